import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { close, createAsyncServer, listen, readBody } from '../http.ts';
import { AwsError, VersionedSecret } from './secret-versions.ts';

/** A secret's current version. */
export interface SecretVersion {
  versionId: string;
  value: string;
}

/** What the endpoint does with the next calls before, or instead of, answering them well. */
export interface SecretsFault {
  /** GetSecretValue and so on; default: any. */
  operation?: string;
  /** The exception it answers, such as ThrottlingException or AccessDeniedException; without one it only delays. */
  type?: string;
  /** Milliseconds. */
  delay?: number;
  /** Default 1. */
  times?: number;
}

/** A running endpoint. */
export interface SecretsManager {
  /** What AWS_ENDPOINT_URL_SECRETS_MANAGER is set to. */
  readonly url: string;
  /** How many times GetSecretValue was asked, unknown secrets included. */
  readonly calls: number;
  /** Every operation that was asked for, in order. */
  readonly asked: readonly string[];
  /** Changes or adds a secret and returns its new version id. */
  set(name: string, value: string): string;
  /** Adds a version with this stage (AWSPENDING) and returns its id; one without a value is what RotateSecret begins with. */
  stage(name: string, value: string | undefined, stage?: string, versionId?: string): string;
  /** The versions that have a stage, with all their stages. */
  stages(name: string): Record<string, string[]>;
  /** Whether a secret's rotation is on, as DescribeSecret says; it is unless this says otherwise. */
  rotation(name: string, enabled: boolean): void;
  /** Spoils the next calls; faults are used up in their order. */
  fail(fault: SecretsFault): void;
  close(): Promise<void>;
}

type Input = { SecretId: string } & Parameters<VersionedSecret['put']>[0] & Parameters<VersionedSecret['move']>[0];

const operations = {
  GetSecretValue: (secret: VersionedSecret, input: object) => secret.get(input),
  DescribeSecret: (secret: VersionedSecret) => secret.describe(),
  PutSecretValue: (secret: VersionedSecret, input: Input) => secret.put(input),
  UpdateSecretVersionStage: (secret: VersionedSecret, input: Input) => secret.move(input),
} satisfies Record<string, (secret: VersionedSecret, input: Input) => object>;

/**
 * Starts an endpoint that serves a secret's versions and stages to the AWS SDK (AWS JSON 1.1), by name or ARN. It does not check
 * the SDK's signature: nothing but 127.0.0.1 can reach it. Rejects where the port is taken.
 */
export async function startSecretsManager(options: { secrets: Record<string, SecretVersion>; port?: number }): Promise<SecretsManager> {
  const secrets = new Map<string, VersionedSecret>();
  const secretOf = (name: string): VersionedSecret => {
    const secret = secrets.get(name) ?? new VersionedSecret(name);
    secrets.set(name, secret);
    return secret;
  };
  for (const [name, { versionId, value }] of Object.entries(options.secrets)) secretOf(name).add(versionId, value, ['AWSCURRENT']);
  const asked: string[] = [];
  const faults: SecretsFault[] = [];

  const takeFault = (operation: string): SecretsFault | undefined => {
    const index = faults.findIndex((fault) => (fault.operation ?? operation) === operation);
    const fault = faults[index];
    if (fault && --(fault.times as number) === 0) faults.splice(index, 1);
    return fault;
  };

  const answer = async (target: string, body: Buffer): Promise<object> => {
    const operation = target.replace(/^secretsmanager\./, '');
    if (!Object.hasOwn(operations, operation)) throw new AwsError('UnknownOperationException', `not served here: ${target}`);
    asked.push(operation);
    const input = JSON.parse(body.toString()) as Input;
    const { type, delay } = takeFault(operation) ?? {};
    if (delay !== undefined) await sleep(delay);
    // AWS names the secret here too.
    if (type !== undefined) throw new AwsError(type, `${operation} on resource ${input.SecretId} failed`);
    const secret = [...secrets.values()].find(({ identity }) => identity.Name === input.SecretId || identity.ARN === input.SecretId);
    if (!secret) throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return operations[operation as keyof typeof operations](secret, input);
  };

  const server = createAsyncServer(async (request, response) => {
    const body = (await readBody(request, 128 * 1024)) ?? Buffer.alloc(0);
    const answered = await answer(String(request.headers['x-amz-target']), body).catch((error: unknown) => {
      if (!(error instanceof AwsError)) throw error;
      response.statusCode = error.type === 'InternalServiceError' ? 500 : 400;
      return { __type: error.type, Message: error.message };
    });
    response
      .setHeader('Content-Type', 'application/x-amz-json-1.1')
      .setHeader('x-amzn-RequestId', randomUUID())
      .end(JSON.stringify(answered));
  });

  return {
    url: await listen(server, options.port ?? 0),
    asked,
    get calls() {
      return asked.filter((operation) => operation === 'GetSecretValue').length;
    },
    set(name, value) {
      const versionId = randomUUID();
      secretOf(name).add(versionId, value, ['AWSCURRENT']);
      return versionId;
    },
    stage(name, value, stage = 'AWSPENDING', versionId = randomUUID()) {
      secretOf(name).add(versionId, value, [stage]);
      return versionId;
    },
    stages: (name) => secretOf(name).staged(),
    rotation(name, enabled) {
      secretOf(name).rotationEnabled = enabled;
    },
    fail(fault) {
      faults.push({ times: 1, ...fault });
    },
    close: () => close(server),
  };
}
