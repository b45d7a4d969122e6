import { GetSecretValueCommand, ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SecretsManager, startSecretsManager } from '../../local/secrets-manager.ts';

let endpoint: SecretsManager;
let client: SecretsManagerClient;

beforeEach(async () => {
  endpoint = await startSecretsManager({ secrets: { 'a/secret': { versionId: 'version-1', value: '{"token":"t"}' } } });
  client = new SecretsManagerClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});

afterEach(async () => {
  client.destroy();
  await endpoint.close();
});

const read = (SecretId: string) => client.send(new GetSecretValueCommand({ SecretId }));

describe('the local Secrets Manager', () => {
  it('serves the current version to the AWS SDK', async () => {
    const answer = await read('a/secret');
    expect(answer).toMatchObject({
      Name: 'a/secret',
      VersionId: 'version-1',
      SecretString: '{"token":"t"}',
      VersionStages: ['AWSCURRENT'],
    });
    expect(answer.ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:\d{12}:secret:a\/secret-\w{6}$/);
    expect(Math.abs(Date.now() - (answer.CreatedDate?.getTime() ?? 0))).toBeLessThan(60_000);
  });

  it('serves a secret by its ARN', async () => {
    const { ARN } = await read('a/secret');
    expect((await read(ARN as string)).VersionId).toBe('version-1');
  });

  it('answers ResourceNotFoundException for a secret that does not exist, whatever its name', async () => {
    for (const name of ['b/secret', 'constructor', '__proto__']) {
      await expect(read(name)).rejects.toMatchObject({ name: 'ResourceNotFoundException', $metadata: { httpStatusCode: 400 } });
    }
  });

  it('gives a changed secret a new version', async () => {
    const versionId = endpoint.set('a/secret', '{"token":"u"}');
    expect(versionId).not.toBe('version-1');
    expect(await read('a/secret')).toMatchObject({ VersionId: versionId, SecretString: '{"token":"u"}' });
  });

  it('counts the calls of GetSecretValue, those for unknown secrets included, and no others', async () => {
    await read('a/secret');
    await read('nope').catch(() => undefined);
    await expect(client.send(new ListSecretsCommand({}))).rejects.toMatchObject({ name: 'UnknownOperationException' });
    expect(endpoint.calls).toBe(2);
  });
});
