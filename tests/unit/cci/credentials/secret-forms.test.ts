import { GetSecretValueCommand, type GetSecretValueCommandOutput, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../../../lib/cci/credentials/credentials.ts';
import { parseSecret } from '../../../../lib/cci/credentials/secret.ts';
import { credential, known } from '../../../credentials.ts';
import { credentialOf, refusal } from './credentials-harness.ts';

/** The credential that a secret with this content makes. */
function read(content: Partial<GetSecretValueCommandOutput>) {
  const client = new SecretsManagerClient({ region: 'eu-west-1' });
  mockClient(client).on(GetSecretValueCommand).resolves(content);
  return credentialOf(createCredentials({ SecretId: 'hunter0' }, client));
}
const login = {
  iamEndpoint: 'https://iam.cn-north-4.myhuaweicloud.com',
  domain: 'hunter-domain',
  user: 'hunter-user',
  password: 'hunter2 p"ä',
  project: 'cn-north-4',
};
const without = (key: keyof typeof login) => JSON.stringify({ ...login, [key]: undefined });
const withOther = (key: keyof typeof login, value: unknown) => JSON.stringify({ ...login, [key]: value });

describe('a secret', () => {
  it('may be an access key', async () => {
    const key = { accessKey: known.accessKey, secretKey: known.plusAndSlash };
    expect(await read({ VersionId: 'v1', SecretString: JSON.stringify(key) })).toEqual({
      form: 'accessKey',
      key,
      secrets: Object.values(key),
    });
  });

  it('may be a temporary access key', async () => {
    const key = { accessKey: known.accessKey, secretKey: known.plusAndSlash, securityToken: known.sessionSigns };
    expect(await read({ VersionId: 'v1', SecretString: JSON.stringify(key) })).toEqual({
      form: 'accessKey',
      key,
      secrets: Object.values(key),
    });
  });

  it('may be a bearer token', async () => {
    const token = credential('bearer');
    expect(await read({ VersionId: 'v1', SecretString: ` ${JSON.stringify({ token })}\n` })).toEqual({
      form: 'bearer',
      token,
      secrets: [token],
    });
  });

  it.each(['https://iam.example.com', 'https://iam.example.com:8443/base/', 'http://127.0.0.1:8080', 'http://[::1]:1', 'http://localhost'])(
    'may be a user of IAM at %s',
    (iamEndpoint) => {
      expect(parseSecret(withOther('iamEndpoint', iamEndpoint))).toEqual({
        form: 'password',
        login: { ...login, iamEndpoint },
        secrets: [login.password],
      });
    },
  );

  const foreign = 'it has a key that belongs to no form of the secret';
  const ascii = 'must be printable ASCII without spaces';
  const address = 'iamEndpoint must be https (http only on loopback), without userinfo, query or fragment';
  it.each<[string, string[]]>([
    ['', ['it is not a JSON object']],
    ['hunter2', ['it is not a JSON object']],
    ['"hunter2"', ['it is not a JSON object']],
    ['["hunter2"]', ['it is not a JSON object']],
    ['null', ['it is not a JSON object']],
    ['{"accessKey":"hunter2"', ['it is not a JSON object']],
    ['{}', ['accessKey is missing', 'secretKey is missing']],
    ['{"accessKey":"hunter2"}', ['secretKey is missing']],
    ['{"secretKey":"hunter2"}', ['accessKey is missing']],
    ['{"accessKey":7,"secretKey":null}', ['accessKey must be a string', 'secretKey must be a string']],
    ['{"accessKey":"hunter2 ","secretKey":""}', [`accessKey ${ascii}`, `secretKey ${ascii}`]],
    ['{"accessKey":"hunter2\\n","secretKey":"hunter2ü"}', [`accessKey ${ascii}`, `secretKey ${ascii}`]],
    ['{"accessKey":"a","secretKey":"b","securityToken":""}', [`securityToken ${ascii}`]],
    ['{"accessKey":"a","secretKey":"b","securityToken":{"hunter2":1}}', ['securityToken must be a string']],
    ['{"token":"hunter2\\r\\nHost: x"}', [`token ${ascii}`]],
    ['{"token":["hunter2"]}', ['token must be a string']],
    ['{"token":"hunter2","accessKey":"hunter2","secretKey":"hunter2"}', ['accessKey belongs to another form of the secret']],
    ['{"accessKey":"a","secretKey":"b","hunter2":"c"}', [foreign]],
    ['{"accessKey":"a","secretKey":"b","constructor":"hunter2"}', [foreign]],
    ['{"accessKey":"a","secretKey":"b","toString":"hunter2"}', [foreign]],
    ['{"accessKey":"a","secretKey":"b","__proto__":"hunter2"}', [foreign]],
    ['{"accesKey":"hunter2","secretKey":"b"}', ['accessKey is missing', 'accessKey is misspelt']],
    ['{"AccessKey":"hunter2","secret_key":"b"}', ['accessKey is missing', 'secretKey is missing', 'accessKey is misspelt']],
    ['{"accessKey":"a","secretKey":"b","security-Token":"c"}', ['securityToken is misspelt']],
    ['{"Token":"hunter2"}', ['accessKey is missing', 'secretKey is missing', 'token is misspelt']],
    [JSON.stringify({ ...login, iamEndpiont: 'hunter2', iamEndpoint: undefined }), ['iamEndpoint is missing', 'iamEndpoint is misspelt']],
    // What was pasted as a key, however much it looks like one of ours, is not shown.
    [JSON.stringify({ ...login, Passw0rd1: 'hunter2' }), ['password is misspelt']],
    [`{"accessKey":"a","secretKey":"b","${'accessKey'.repeat(100_000)}":"c"}`, [foreign]],
    ['{"hunter2":"hunter3"}', ['accessKey is missing', 'secretKey is missing', foreign]],
    ...(['iamEndpoint', 'domain', 'user', 'password', 'project'] as const).flatMap<[string, string[]]>((key) => [
      [without(key), [`${key} is missing`]],
      [withOther(key, ['hunter2']), [`${key} must be a string`]],
      [withOther(key, null), [`${key} must be a string`]],
      [withOther(key, ''), [key === 'iamEndpoint' ? address : `${key} may not be empty`]],
    ]),
    ['{"password":"hunter2"}', ['iamEndpoint is missing', 'domain is missing', 'user is missing', 'project is missing']],
    ...[
      'hunter2',
      'iam.hunter2.com',
      'http://iam.hunter2.com',
      'http://127.0.0.1.hunter2.com',
      'ftp://iam.hunter2.com',
      'https://hunter2:hunter3@iam.example.com',
      'https://iam.example.com/?hunter2',
      'https://iam.example.com/#hunter2',
    ].map<[string, string[]]>((endpoint) => [withOther('iamEndpoint', endpoint), [address]]),
    [JSON.stringify({ ...login, accessKey: 'hunter2' }), ['accessKey belongs to another form of the secret']],
    [JSON.stringify({ ...login, scope: 'hunter2' }), [foreign]],
    [JSON.stringify({ ...login, token: 'hunter2' }), ['iamEndpoint belongs to another form of the secret']],
    ['{"user":"hunter2"}', ['accessKey is missing', 'secretKey is missing', 'user belongs to another form of the secret']],
    [JSON.stringify({ ...login, user: '', password: 7 }), ['user may not be empty', 'password must be a string']],
  ])('number %# is refused by what is wrong with it, never by a value', async (text, mistakes) => {
    const { status, note, message } = await refusal(read({ VersionId: 'v1', SecretString: text }));
    expect(note).toEqual({ reason: 'credentials: the secret is malformed', mistakes });
    expect(status).toMatchObject({ reason: 'InternalError' });
    expect(JSON.stringify({ status, note, message })).not.toMatch(/hunter/);
  });

  it('that is binary is refused', async () => {
    const { note } = await refusal(read({ VersionId: 'v1', SecretBinary: Buffer.from('{"token":"hunter2"}') }));
    expect(note.mistakes).toEqual(['it is not a JSON object']);
  });
});
