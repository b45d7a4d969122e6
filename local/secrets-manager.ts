import { randomUUID } from 'node:crypto';
import { close, createAsyncServer, listen, readBody } from './http.ts';

/** A secret's current version. */
export interface SecretVersion {
  versionId: string;
  value: string;
}

/** A running endpoint. */
export interface SecretsManager {
  /** What AWS_ENDPOINT_URL_SECRETS_MANAGER is set to. */
  readonly url: string;
  /** How many times GetSecretValue was asked, unknown secrets included. */
  readonly calls: number;
  /** Changes or adds a secret and returns its new version id. */
  set(name: string, value: string): string;
  close(): Promise<void>;
}

interface Stored extends SecretVersion {
  created: number;
}

/**
 * Starts an endpoint that serves GetSecretValue to the AWS SDK (AWS JSON 1.1), by name or ARN. It knows current versions only,
 * and does not check the SDK's signature: nothing but 127.0.0.1 can reach it. Rejects where the port is taken.
 */
export async function startSecretsManager(options: { secrets: Record<string, SecretVersion>; port?: number }): Promise<SecretsManager> {
  const secrets = new Map<string, Stored>();
  const store = (name: string, version: SecretVersion) => secrets.set(name, { ...version, created: Date.now() / 1000 });
  for (const [name, version] of Object.entries(options.secrets)) store(name, version);
  let calls = 0;

  const server = createAsyncServer(async (request, response) => {
    const body = await readBody(request, 64 * 1024);
    const target = request.headers['x-amz-target'];
    let answer: object;
    if (target === 'secretsmanager.GetSecretValue' && body) {
      calls += 1;
      answer =
        secretValue(secrets, body.toString()) ?? failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    } else {
      answer = failure('UnknownOperationException', `not served here: ${target}`);
    }
    response.statusCode = '__type' in answer ? 400 : 200;
    response
      .setHeader('Content-Type', 'application/x-amz-json-1.1')
      .setHeader('x-amzn-RequestId', randomUUID())
      .end(JSON.stringify(answer));
  });

  return {
    url: await listen(server, options.port ?? 0),
    get calls() {
      return calls;
    },
    set(name, value) {
      const versionId = randomUUID();
      store(name, { versionId, value });
      return versionId;
    },
    close: () => close(server),
  };
}

function secretValue(secrets: Map<string, Stored>, body: string): object | undefined {
  const { SecretId } = JSON.parse(body) as { SecretId: string };
  for (const [name, { versionId, value, created }] of secrets) {
    const arn = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-Local1`;
    if (SecretId !== name && SecretId !== arn) continue;
    return { ARN: arn, Name: name, VersionId: versionId, SecretString: value, VersionStages: ['AWSCURRENT'], CreatedDate: created };
  }
  return undefined;
}

function failure(type: string, message: string): object {
  return { __type: type, Message: message };
}
