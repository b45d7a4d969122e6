import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SecretsManager, startSecretsManager } from '../../../local/aws/secrets-manager.ts';
import { credential } from '../../credentials.ts';

let endpoint: SecretsManager;
let client: SecretsManagerClient;

beforeEach(async () => {
  endpoint = await startSecretsManager({ secrets: { 'a/secret': { versionId: 'version-1', value: '{"token":"t"}' } } });
  client = new SecretsManagerClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: credential('aws-ak'), secretAccessKey: credential('aws-sk') },
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

const SecretId = 'a/secret';
const versionOf = (letter: string): string => letter.repeat(36);
const put = (letter: string, SecretString: string, VersionStages?: string[]) =>
  client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken: versionOf(letter), SecretString, VersionStages }));
const move = (VersionStage: string, RemoveFromVersionId?: string, MoveToVersionId?: string) =>
  client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId }));
const get = (input: { VersionId?: string; VersionStage?: string }) => client.send(new GetSecretValueCommand({ SecretId, ...input }));
const staged = async () => (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages;

describe('the versions of a secret', () => {
  it('become current as they are put, and the one before is the previous', async () => {
    expect(await put('b', 'two')).toMatchObject({ Name: SecretId, VersionId: versionOf('b'), VersionStages: ['AWSCURRENT'] });
    expect(await staged()).toEqual({ [versionOf('b')]: ['AWSCURRENT'], 'version-1': ['AWSPREVIOUS'] });
    await put('c', 'three');
    expect(await staged()).toEqual({ [versionOf('c')]: ['AWSCURRENT'], [versionOf('b')]: ['AWSPREVIOUS'] });
    expect(endpoint.stages(SecretId)).toEqual(await staged());
  });

  it('are read by id, by stage, or by both where they agree', async () => {
    await put('b', 'two', ['AWSPENDING', 'MINE']);
    for (const input of [
      { VersionId: versionOf('b') },
      { VersionStage: 'MINE' },
      { VersionId: versionOf('b'), VersionStage: 'AWSPENDING' },
    ]) {
      expect(await get(input)).toMatchObject({ SecretString: 'two', VersionId: versionOf('b'), VersionStages: ['AWSPENDING', 'MINE'] });
    }
    expect((await get({})).SecretString).toBe('{"token":"t"}');
    await expect(get({ VersionId: versionOf('b'), VersionStage: 'AWSCURRENT' })).rejects.toMatchObject({ name: 'InvalidRequestException' });
    for (const input of [{ VersionId: versionOf('x') }, { VersionStage: 'OTHER' }]) {
      await expect(get(input)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    }
  });

  it('keep what they hold: the same again changes nothing, something else is refused', async () => {
    await put('b', 'two', ['AWSPENDING']);
    await put('c', 'three', ['AWSPENDING']);
    const before = await staged();
    await put('b', 'two', ['AWSPENDING']);
    expect(await staged()).toEqual(before);
    await expect(put('b', 'other', ['AWSPENDING'])).rejects.toMatchObject({ name: 'ResourceExistsException' });
    expect((await get({ VersionId: versionOf('b') })).SecretString).toBe('two');
  });

  it('may be empty, as a rotation begins, until they are filled', async () => {
    const version = endpoint.stage(SecretId, undefined);
    expect(await staged()).toEqual({ 'version-1': ['AWSCURRENT'], [version]: ['AWSPENDING'] });
    await expect(get({ VersionId: version, VersionStage: 'AWSPENDING' })).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await client.send(
      new PutSecretValueCommand({ SecretId, ClientRequestToken: version, SecretString: 'two', VersionStages: ['AWSPENDING'] }),
    );
    expect((await get({ VersionStage: 'AWSPENDING' })).SecretString).toBe('two');
  });

  it('have ids of 32 to 64 characters', async () => {
    const command = new PutSecretValueCommand({ SecretId, ClientRequestToken: 'short', SecretString: 'two' });
    await expect(client.send(command)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  });

  it('say whether they are rotated', async () => {
    const enabled = async () => (await client.send(new DescribeSecretCommand({ SecretId }))).RotationEnabled;
    expect(await enabled()).toBe(true);
    endpoint.rotation(SecretId, false);
    expect(await enabled()).toBe(false);
  });
});

describe('a stage', () => {
  it('is on one version: put on another it leaves the first', async () => {
    await put('b', 'two', ['AWSPENDING']);
    await put('c', 'three', ['AWSPENDING']);
    expect(await staged()).toEqual({ 'version-1': ['AWSCURRENT'], [versionOf('c')]: ['AWSPENDING'] });
    expect((await get({ VersionId: versionOf('b') })).VersionStages).toEqual([]);
  });

  it('AWSCURRENT moves with AWSPREVIOUS behind it, there and back', async () => {
    await put('b', 'two', ['AWSPENDING']);
    await move('AWSCURRENT', 'version-1', versionOf('b'));
    expect(await staged()).toEqual({ [versionOf('b')]: ['AWSCURRENT', 'AWSPENDING'], 'version-1': ['AWSPREVIOUS'] });
    await move('AWSCURRENT', versionOf('b'), 'version-1');
    expect(await staged()).toEqual({ [versionOf('b')]: ['AWSPENDING', 'AWSPREVIOUS'], 'version-1': ['AWSCURRENT'] });
  });

  it('is taken away from the version that it is on', async () => {
    await put('b', 'two', ['AWSPENDING']);
    await move('AWSPENDING', versionOf('b'));
    expect(await staged()).toEqual({ 'version-1': ['AWSCURRENT'] });
  });

  it.each<[string, Parameters<typeof move>]>([
    ['from a version that it is not on', ['AWSCURRENT', versionOf('b'), versionOf('b')]],
    ['without naming the version that it is on', ['AWSCURRENT', undefined, versionOf('b')]],
    ['to a version that there is not', ['AWSCURRENT', 'version-1', versionOf('x')]],
    ['away, where it is AWSCURRENT', ['AWSCURRENT', 'version-1']],
    ['nowhere', ['AWSPENDING']],
  ])('is not moved %s', async (_, input) => {
    await put('b', 'two', ['AWSPENDING']);
    const before = await staged();
    await expect(move(...input)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    expect(await staged()).toEqual(before);
  });
});

describe('the next calls', () => {
  it('fail as they are told to, each operation for itself, and then no more', async () => {
    endpoint.fail({ operation: 'PutSecretValue', type: 'AccessDeniedException' });
    endpoint.fail({ type: 'ThrottlingException', times: 2 });
    await expect(read(SecretId)).rejects.toMatchObject({ name: 'ThrottlingException', $metadata: { httpStatusCode: 400 } });
    await expect(put('b', 'two')).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(staged()).rejects.toMatchObject({ name: 'ThrottlingException' });
    expect((await read(SecretId)).VersionId).toBe('version-1');
    expect(endpoint.asked).toEqual(['GetSecretValue', 'PutSecretValue', 'DescribeSecret', 'GetSecretValue']);
    endpoint.fail({ type: 'InternalServiceError' });
    await expect(read(SecretId)).rejects.toMatchObject({ name: 'InternalServiceError', $metadata: { httpStatusCode: 500 } });
  });

  it('are late as they are told to', async () => {
    endpoint.fail({ delay: 200 });
    const started = performance.now();
    expect((await read(SecretId)).VersionId).toBe('version-1');
    expect(performance.now() - started).toBeGreaterThan(190);
  });
});
