import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { devNull } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { alsoSearched, credential } from '../../credentials.ts';
import { someOf } from '../../exhaustive.ts';
import { freePorts } from '../../free-ports.ts';
import { jobPath, type Loose } from '../gateway.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const running: ChildProcess[] = [];
afterEach(async () => {
  for (const child of running.splice(0)) if (child.exitCode === null && child.kill()) await once(child, 'exit');
});

/** What `npm run gateway` runs after its build, with this environment and nothing of the machine's own AWS settings. */
function start(env: Record<string, string>) {
  const nothing = { AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull, AWS_EC2_METADATA_DISABLED: 'true' };
  const child = spawn(process.execPath, ['local/gateway.ts'], {
    cwd: project,
    env: { PATH: process.env.PATH, ...nothing, AUTH: 'none', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', alsoSearched);
  return child;
}
const good = { CCI_ENDPOINT: 'http://127.0.0.1:1', CCI_SECRET_ID: 'x/only-audited' };
const keys = { AWS_ACCESS_KEY_ID: credential('aws-ak'), AWS_SECRET_ACCESS_KEY: credential('aws-sk') };

describe('npm run gateway', () => {
  it('does not start without a region, and names this with every other mistake', async () => {
    const child = start({ ...keys, PORT: 'x', CCI_ENDPOINT: 'http://example.com', POWERTOOLS_LOG_LEVEL: 'loud' });
    const [[code], said] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    expect([code, said.trim().split('\n')]).toEqual([
      1,
      [
        'PORT must be a number from 1 to 65535, not "x"',
        'CCI_ENDPOINT must be https (http only on loopback)',
        'CCI_SECRET_ID is missing',
        'POWERTOOLS_LOG_LEVEL must be one of TRACE, DEBUG, INFO, WARN, ERROR, CRITICAL, SILENT',
        'there is no AWS region: set AWS_REGION',
      ],
    ]);
  });

  it('starts neither for everybody and for callers at once, nor with a file of callers that cannot be read', async () => {
    const said = async (env: Record<string, string>) => {
      const child = start({ ...good, ...keys, AWS_REGION: 'us-east-1', ...env });
      const [[code], text_] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
      return [code, text_.trim()];
    };
    const both = 'AUTH=none lets everybody in, AUTH_TOKENS only callers with a token: set one of them';
    expect(await said({ AUTH: 'none', AUTH_TOKENS: 'local/callers.csv' })).toEqual([1, both]);
    expect(await said({ AUTH: '', AUTH_TOKENS: 'none.csv' })).toEqual([1, expect.stringContaining('ENOENT')]);
    expect(await said({ AUTH: '', AUTH_TOKENS: 'package.json' })).toEqual([
      1,
      expect.stringMatching(/^package.json:1: must be token,user,uid/),
    ]);
  });

  it('lets in the callers of a file, says how kubectl becomes each, and answers 401 to others', async () => {
    const [port] = (await freePorts(1)) as [number];
    const child = start({ ...good, ...keys, AWS_REGION: 'us-east-1', AUTH: '', AUTH_TOKENS: 'local/callers.csv', PORT: String(port) });
    let said = '';
    for await (const piece of child.stdout.iterator({ destroyOnReturn: false })) {
      said += piece;
      if (said.includes('--context eve')) break;
    }
    // It goes on to print.
    child.stdout.resume();
    expect(said).toContain('Who brings a token of local/callers.csv is its caller. It listens on 127.0.0.1, so only this machine can.');
    const version = (headers: Record<string, string>) => fetch(`http://127.0.0.1:${port}/version`, { headers });
    expect((await version({ authorization: 'Bearer ada-token' })).status).toBe(200);
    expect((await version({})).status).toBe(401);
  });

  const unreadable: [string, Record<string, string>, object][] = [
    [
      'there are no AWS credentials',
      {},
      { error: 'CredentialsProviderError', why: 'there are no AWS credentials: set them as for any AWS client' },
    ],
    ['Secrets Manager cannot be reached', { ...keys, AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1' }, { code: 'ECONNREFUSED' }],
    [
      'its name cannot be resolved',
      { ...keys, AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://${'a'.repeat(64)}.invalid` },
      { code: 'ENOTFOUND' },
    ],
  ];
  it.each(someOf(unreadable, 3))('answers 500 and logs why where %s', async (_title, env, note) => {
    const [port] = (await freePorts(1)) as [number];
    const child = start({ ...good, AWS_REGION: 'eu-west-1', PORT: String(port), ...env });
    let said = '';
    const until = (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const look = () => {
          const [line] = pattern.exec(said) ?? [];
          if (line) resolve(line);
        };
        child.stdout.on('data', look);
        child.once('exit', () => reject(new Error(said)));
        look();
      });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (piece) => {
        said += piece;
      });
    }
    await until(/AUTH=none/);
    const answer = await fetch(`http://127.0.0.1:${port}${jobPath}`);
    expect([answer.status, ((await answer.json()) as Loose).reason]).toEqual([500, 'InternalError']);
    const line = JSON.parse(await until(/^\{.*"message":"request".*$/m));
    expect(line.note).toMatchObject({ reason: 'credentials: the secret could not be read', ...note });
    // The audit trail names the secret whose reading failed.
    const log = said.split('\n').filter((line) => !line.startsWith('{"kind":"Event"'));
    expect(log.join('\n')).not.toContain('only-audited');
  });
});
