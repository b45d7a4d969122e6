import { GetSecretValueCommand, type GetSecretValueCommandOutput, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../../lib/cci/credentials.ts';
import type { Trace } from '../../../lib/cci/trace.ts';
import type { StatusError } from '../../../lib/job/status.ts';

/** What becomes of a secret with this content. */
function read(content: Partial<GetSecretValueCommandOutput>) {
  const client = new SecretsManagerClient({ region: 'eu-west-1' });
  mockClient(client).on(GetSecretValueCommand).resolves(content);
  const trace: Trace = { deadline: Date.now() + 20_000, calls: [], pending: [], warn: () => undefined };
  return createCredentials('hunter0', client).current(trace);
}
/** Everything that is said of a malformed secret, to the caller and to the log. */
async function refused(content: Partial<GetSecretValueCommandOutput>): Promise<StatusError> {
  return read(content).then(
    () => expect.fail('a malformed secret was used'),
    (error: StatusError) => error,
  );
}

describe('a secret', () => {
  it('may be an access key', async () => {
    expect(await read({ VersionId: 'v1', SecretString: '{"accessKey":"AKID","secretKey":"s/e+c=="}' })).toEqual({
      version: 'v1',
      form: 'accessKey',
      key: { accessKey: 'AKID', secretKey: 's/e+c==' },
      secrets: ['AKID', 's/e+c=='],
    });
  });

  it('may be a temporary access key', async () => {
    const key = { accessKey: 'AKID', secretKey: 'sec', securityToken: 'tok' };
    expect(await read({ VersionId: 'v1', SecretString: JSON.stringify(key) })).toEqual({
      version: 'v1',
      form: 'accessKey',
      key,
      secrets: ['AKID', 'sec', 'tok'],
    });
  });

  it('may be a bearer token', async () => {
    expect(await read({ VersionId: 'v1', SecretString: ' {"token":"ey.J0"}\n' })).toEqual({
      version: 'v1',
      form: 'token',
      token: 'ey.J0',
      secrets: ['ey.J0'],
    });
  });

  const foreign = 'it has a key that belongs to no form of the secret';
  const ascii = 'must be printable ASCII without spaces';
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
    ['{"accessKey":"hunter2\\n","secretKey":"hünter2"}', [`accessKey ${ascii}`, `secretKey ${ascii}`]],
    ['{"accessKey":"a","secretKey":"b","securityToken":""}', [`securityToken ${ascii}`]],
    ['{"accessKey":"a","secretKey":"b","securityToken":{"hunter2":1}}', ['securityToken must be a string']],
    ['{"token":"hunter2\\r\\nHost: x"}', [`token ${ascii}`]],
    ['{"token":["hunter2"]}', ['token must be a string']],
    ['{"token":"hunter2","accessKey":"hunter2","secretKey":"hunter2"}', [foreign]],
    ['{"accessKey":"a","secretKey":"b","hunter2":"c"}', [foreign]],
    ['{"accessKey":"a","secretKey":"b","constructor":"hunter2"}', [foreign]],
    ['{"accessKey":"a","secretKey":"b","toString":"hunter2"}', [foreign]],
    ['{"accessKey":"a","secretKey":"b","__proto__":"hunter2"}', [foreign]],
    ['{"hunter2":"hunter3"}', ['accessKey is missing', 'secretKey is missing', foreign]],
  ])('that is %j is refused by what is wrong with it, never by a value', async (text, mistakes) => {
    const { status, note, message } = await refused({ VersionId: 'v1', SecretString: text });
    expect(note).toEqual({ because: 'credentials: the secret is malformed', mistakes });
    expect(status).toMatchObject({ code: 500, reason: 'InternalError' });
    expect(JSON.stringify({ status, note, message })).not.toMatch(/hunter|hünter/);
  });

  it('that is binary is refused', async () => {
    const { note } = await refused({ VersionId: 'v1', SecretBinary: Buffer.from('{"token":"hunter2"}') });
    expect(note.mistakes).toEqual(['it is not a JSON object']);
  });
});
