import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { awsErrorNote } from '../runtime/aws-error.ts';
import { stepFailed } from './step.ts';

export const current = 'AWSCURRENT';
export const pending = 'AWSPENDING';

/** Which version each stage is on: a stage is on one version only. */
export type Stages = ReadonlyMap<string, string>;

/** The secret that is rotated. Every failure is thrown as stepFailed, without the secret's name. */
export interface RotatedSecret {
  readonly id: string;
  /** Its versions' stages. Refuses another secret than ours, and one whose rotation is off. */
  stages(asked: string): Promise<Stages>;
  /** A version's text; undefined where it has none or there is no such version. */
  value(version: string): Promise<string | undefined>;
  /** Fills a version and gives it the stage AWSPENDING. */
  fill(version: string, value: string, rotationToken: string | undefined): Promise<void>;
  /** Takes a stage from one version and gives it to another, or to none. */
  move(stage: string, from: string | undefined, to?: string): Promise<void>;
}

/** The secret of this name or ARN. */
export function openSecret(id: string, client: SecretsManagerClient): RotatedSecret {
  const SecretId = id;
  return {
    id,
    async stages(asked) {
      const answer = await client.send(new DescribeSecretCommand({ SecretId })).catch(refused('DescribeSecret'));
      if (![id, answer.ARN, answer.Name].includes(asked)) throw stepFailed('this function rotates another secret than the one asked for');
      // Absent while a rotation is being set up: Secrets Manager then tries the function before it turns the rotation on.
      if (answer.RotationEnabled === false) throw stepFailed('the rotation of the secret is not turned on');
      const versions = Object.entries(answer.VersionIdsToStages ?? {});
      return new Map(versions.flatMap(([version, stages]) => stages.map((stage): [string, string] => [stage, version])));
    },
    async value(VersionId) {
      const none = (error: Error) => (error.name === 'ResourceNotFoundException' ? undefined : refused('GetSecretValue')(error));
      const answer = await client.send(new GetSecretValueCommand({ SecretId, VersionId })).catch(none);
      return answer && (answer.SecretString ?? '');
    },
    async fill(ClientRequestToken, SecretString, RotationToken) {
      const input = { SecretId, ClientRequestToken, SecretString, VersionStages: [pending], RotationToken };
      await client.send(new PutSecretValueCommand(input)).catch(refused('PutSecretValue'));
    },
    async move(VersionStage, RemoveFromVersionId, MoveToVersionId) {
      const input = { SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId };
      await client.send(new UpdateSecretVersionStageCommand(input)).catch(refused('UpdateSecretVersionStage'));
    },
  };
}

function refused(operation: string): (error: unknown) => never {
  return (thrown) => {
    const { error, code, why } = awsErrorNote(thrown);
    const words = [error, code, why].filter((word) => word !== undefined);
    throw stepFailed(`Secrets Manager did not carry out ${operation}: ${words.join(', ')}`);
  };
}
