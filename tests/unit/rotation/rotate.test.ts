import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { rotate } from '../../../lib/rotation/rotate.ts';
import type { StepEvent } from '../../../lib/rotation/step.ts';
import { parseConfig } from '../../../lib/runtime/config.ts';
import { createRequestContext } from '../../../lib/runtime/request-context.ts';
import { credential } from '../../credentials.ts';

const version = '11111111-2222-3333-4444-555555555555';
const rotationToken = 'rotation-token-of-at-least-36-characters';
const key = JSON.stringify({ accessKey: credential('unit-rotation-ak'), secretKey: credential('unit-rotation-sk') });
const secrets = mockClient(SecretsManagerClient);

/** One createSecret, without a CCI. */
function createSecret(more: object = {}): Promise<{ outcome: string }> {
  const step = rotate(parseConfig({ CCI_ENDPOINT: 'http://127.0.0.1:1', CCI_SECRET_ID: 'team/cci' }));
  const context = createRequestContext(Date.now() + 10_000, () => undefined);
  return step({ Step: 'createSecret', SecretId: 'team/cci', ClientRequestToken: version, given: undefined, context, ...more } as StepEvent);
}

beforeEach(() => {
  secrets.reset();
  secrets.on(PutSecretValueCommand).resolves({}).on(UpdateSecretVersionStageCommand).resolves({});
  const VersionIdsToStages = { old: ['AWSCURRENT'], [version]: ['AWSPENDING'], waiting: ['NEXT'] };
  secrets.on(DescribeSecretCommand).resolves({ ARN: 'arn:aws:…', Name: 'team/cci', RotationEnabled: true, VersionIdsToStages });
  const none = Object.assign(new Error('none'), { name: 'ResourceNotFoundException' });
  secrets.on(GetSecretValueCommand, { VersionId: version }).rejects(none);
  secrets.on(GetSecretValueCommand, { VersionId: 'waiting' }).resolves({ SecretString: key });
});

describe('createSecret', () => {
  it('hands on the rotation token, which tells Secrets Manager that it is the rotation that puts the value', async () => {
    expect(await createSecret({ RotationToken: rotationToken })).toEqual({ outcome: 'Copied' });
    expect(secrets.commandCalls(PutSecretValueCommand).map(({ args }) => args[0].input)).toEqual([
      { SecretId: 'team/cci', ClientRequestToken: version, SecretString: key, VersionStages: ['AWSPENDING'], RotationToken: rotationToken },
    ]);
    expect(secrets.commandCalls(UpdateSecretVersionStageCommand).map(({ args }) => args[0].input)).toEqual([
      { SecretId: 'team/cci', VersionStage: 'NEXT', RemoveFromVersionId: 'waiting', MoveToVersionId: undefined },
    ]);
  });

  it('puts the value before it takes the stage NEXT away, so that nothing is lost where it ends in between', async () => {
    secrets.on(PutSecretValueCommand).rejects(new Error('the value may be told here'));
    await expect(createSecret()).rejects.toMatchObject({ message: 'Secrets Manager did not carry out PutSecretValue: Error' });
    expect(secrets.commandCalls(UpdateSecretVersionStageCommand)).toEqual([]);
  });

  it('is done also where Secrets Manager does not say yet that the rotation is on, but not where it says that it is off', async () => {
    const described = (more: object) =>
      secrets
        .on(DescribeSecretCommand)
        .resolves({ Name: 'team/cci', VersionIdsToStages: { waiting: ['NEXT'], [version]: ['AWSPENDING'] }, ...more });
    described({});
    expect(await createSecret()).toEqual({ outcome: 'Copied' });
    described({ RotationEnabled: false });
    await expect(createSecret()).rejects.toThrow('the rotation of the secret is not turned on');
  });

  it('takes a secret in bytes for a malformed one', async () => {
    secrets.on(GetSecretValueCommand, { VersionId: 'waiting' }).resolves({ SecretBinary: Buffer.from(key) });
    await expect(createSecret()).rejects.toThrow(/^the new secret is malformed: it is not a JSON object/);
    expect(secrets.commandCalls(PutSecretValueCommand)).toEqual([]);
  });
});
