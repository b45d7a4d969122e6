import { execFile } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { alsoSearched, credential } from '../credentials.ts';
import { listenWhileTesting } from '../fakes/server.ts';
import { now, useGateway } from '../scenarios/gateway.ts';

useGateway();

const session = credential('smoke-session');
const key = { AWS_ACCESS_KEY_ID: credential('smoke-ak'), AWS_SECRET_ACCESS_KEY: credential('smoke-sk'), AWS_SESSION_TOKEN: session };

/** `npm run smoke -- ARGS`, and what it says. */
async function smoke(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const environment = { PATH: process.env.PATH, HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...key };
  const { code, said } = await new Promise<{ code: number; said: string }>((resolve) =>
    execFile(process.execPath, ['scripts/smoke.ts', ...args], { env: environment }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
    ),
  );
  alsoSearched(said);
  return { code, lines: said.trim().split('\n') };
}

/** What stands before the gateway: it may refuse a request, or change its URL; else the gateway answers, whose answer it may change. */
interface Front {
  refuses?: (request: IncomingMessage, body: string) => string | undefined;
  asks?: (url: string) => string;
  answers?: (path: string, body: string) => string;
}
async function front({ refuses, asks = (url) => url, answers = (_, body) => body }: Front): Promise<string> {
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const body = await text(request);
    const challenge = refuses?.(request, body);
    if (challenge !== undefined) return response.writeHead(401, { 'www-authenticate': challenge }).end('{"kind":"Status","code":401}');
    const headers = { 'content-type': request.headers['content-type'] ?? '' };
    const answer = await fetch(`${now.gateway.url}${asks(url.replace(/^\/prod/, ''))}`, { method, headers, ...(body && { body }) });
    return response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answers(url, await answer.text()));
  });
  return `${await listenWhileTesting(server)}/prod`;
}
/** A server that is no gateway, and what it was sent. */
async function liar(answer: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  return listenWhileTesting(createServer((request, response) => void answer(request, response)));
}
async function tokenFile(content: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'smoke-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'token'), content);
  return join(folder, 'token');
}

/** The signature of a request by AWS's documentation (Signature Version 4), or undefined where it names nobody. */
function isSigned(request: IncomingMessage, body: string): boolean {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/execute-api\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/;
  const [, id, day = '', region = '', names = '', signature] = pattern.exec(request.headers.authorization ?? '') ?? [];
  if (id !== key.AWS_ACCESS_KEY_ID) return false;
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const hash = (data: string) => createHash('sha256').update(data).digest('hex');
  const headers = names.split(';').map((name) => `${name}:${request.headers[name]}\n`);
  const canonical = [request.method, path, query.split('&').sort().join('&'), headers.join(''), names, hash(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', request.headers['x-amz-date'], `${day}/${region}/execute-api/aws4_request`, hash(canonical)].join(
    '\n',
  );
  const hmac = (secret: string | Buffer, data: string) => createHmac('sha256', secret).update(data).digest();
  const signing = [day, region, 'execute-api', 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${key.AWS_SECRET_ACCESS_KEY}`);
  expect(names.split(';')).toContain('host');
  return hmac(signing, toSign).toString('hex') === signature;
}

describe('npm run smoke', () => {
  it('says that what answers is what was built, and that it reads, tries and refuses as it should, without a write', async () => {
    const before = now.simulator.text('tfjobs', 'kube-test', 'tfjob-test');
    const { code, lines } = await smoke('--url', now.gateway.url);
    expect(lines).toEqual([
      'ok     how callers are known: not at all: whoever reaches it may use it',
      expect.stringMatching(/^ok {5}build: \d+\.\d+\.\d+/),
      'ok     policies: none',
      'ok     a job is read: /apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test',
      'ok     a dry run of a change: is answered with the job as it would be',
      'ok     a change of what nobody may change: is refused, on a dry run',
      'All is well.',
    ]);
    expect(code).toBe(0);
    expect(now.simulator.text('tfjobs', 'kube-test', 'tfjob-test')).toBe(before);
  });

  it('signs where AWS signatures are asked for', async () => {
    const url = await front({ refuses: (request, body) => (isSigned(request, body) ? undefined : 'AWS4-HMAC-SHA256') });
    const { code, lines } = await smoke('--url', url, '--region', 'eu-central-1');
    expect([lines[0], lines.at(-1), code]).toEqual(['ok     how callers are known: by AWS signatures', 'All is well.', 0]);
    expect(await smoke('--url', url)).toEqual({ code: 1, lines: ['WRONG  it asks for AWS signatures: name the region by --region'] });
  });

  it('brings the bearer token of a file, and says where one is missing', async () => {
    const token = credential('smoke-token');
    const file = await tokenFile(`${token}\n`);
    const url = await front({ refuses: ({ headers }) => (headers.authorization === `Bearer ${token}` ? undefined : 'Bearer realm="x"') });
    expect(await smoke('--url', url, '--token-file', file)).toMatchObject({ code: 0 });
    expect(await smoke('--url', url)).toEqual({ code: 1, lines: ['WRONG  it asks for a bearer token: give one by --token-file'] });
  });

  it.each<[what: string, how: Front, sentence: RegExp]>([
    [
      'another build',
      { answers: (path, body) => (path.endsWith('/version') ? '{"build":"0.0.1+old"}' : body) },
      /^WRONG {2}build: 0\.0\.1\+old answers, but .* was built$/,
    ],
    [
      'other policies',
      { answers: (path, body) => (path.endsWith('/version') ? body.replace('{', '{"policies":"sha256:x",') : body) },
      /^WRONG {2}policies: sha256:x answers, but none was built$/,
    ],
    ['a dry run that is none', { asks: (url) => url.replace('dryRun=All', '') }, /^WRONG {2}the dry run was written$/],
    ['a path that is not there', { asks: () => '/nothing' }, /^WRONG {2}\/version is answered with 404 /],
  ])('says what is wrong: %s', async (_, how, sentence) => {
    const { code, lines } = await smoke('--url', await front(how));
    expect(code).toBe(1);
    expect(lines).toContainEqual(expect.stringMatching(sentence));
    expect(lines).not.toContain('All is well.');
  });

  it('says that whoever asks is answered, where a token was given: the gateway is open', async () => {
    const { code, lines } = await smoke('--url', now.gateway.url, '--token-file', await tokenFile(credential('smoke-token')));
    expect(code).toBe(1);
    for (const path of ['/version', '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test'])
      expect(lines).toContain(`WRONG  ${path} is answered to whoever asks, without a token or a signature`);
  });

  it('follows no redirect: what it was signed with, a session token too, goes to nobody else', async () => {
    const others: IncomingMessage[] = [];
    const other = await liar((request, response) => response.end(`{"at":${others.push(request)}}`));
    const url = await liar(({ headers }, response) =>
      headers.authorization ? response.writeHead(307, { location: other }).end() : response.writeHead(401).end('{}'),
    );
    const { code, lines } = await smoke('--url', url, '--region', 'eu-central-1');
    expect([code, lines.at(-1)]).toEqual([1, 'WRONG  /version is answered with 307, a redirect, which is not followed']);
    expect(others).toEqual([]);
  });

  it('shows no token, whatever answers and whatever the file has', async () => {
    const token = credential('smoke-token');
    const url = await liar(({ headers }, response) =>
      response
        .writeHead(403)
        .end(JSON.stringify({ message: `\u001b[2J${headers.authorization ?? ''}${headers['x-amz-security-token'] ?? ''}` })),
    );
    const answers = [
      await smoke('--url', url, '--token-file', await tokenFile(token)),
      await smoke('--url', url, '--region', 'eu-central-1'),
    ];
    const lame = await smoke('--url', url, '--token-file', await tokenFile(`${token}\n${token}`));
    for (const { code, lines } of [...answers, lame]) {
      expect(code).toBe(1);
      for (const secret of [token, session, '\u001b']) expect(lines.join('\n')).not.toContain(secret);
    }
    expect(answers[0]?.lines).toContain('WRONG  /version is answered with 403  [2JBearer …');
    expect(lame.lines.at(-1)).toMatch(/ has no token, or more than one line$/);
    expect((await smoke('--url', url, '--token-file', await tokenFile('\n'))).lines.at(-1)).toMatch(
      / has no token, or more than one line$/,
    );
  });

  it('believes nothing that only looks like an answer, and waits for no end that does not come', async () => {
    const page = await smoke('--url', await liar((_, response) => response.end('<html>welcome</html>')));
    expect([page.code, page.lines[1]]).toEqual([1, expect.stringMatching(/^WRONG {2}build: none answers/)]);
    const endless = await liar((_, response) => {
      const more = () => response.destroyed || response.write('x'.repeat(1 << 20), more);
      more();
    });
    const { code, lines } = await smoke('--url', endless);
    expect([code, lines.at(-1)]).toEqual([1, expect.stringMatching(/^WRONG {2}nothing answers at .*: the answer has no end$/)]);
  });

  it('says where nothing answers, and how it is called', async () => {
    expect(await smoke('--url', 'http://127.0.0.1:1')).toMatchObject({
      code: 1,
      lines: [expect.stringMatching(/^WRONG {2}nothing answers at http:/)],
    });
    for (const args of [
      [],
      ['--url', 'ftp://a'],
      ['--url', 'http://gateway.example.com'],
      ['--url', 'https://a/prod?x=1'],
      ['--url', 'http://a', '--job', 'x'],
      ['--nonsense'],
    ]) {
      const { code, lines } = await smoke(...args);
      expect([code, lines.at(-1)]).toEqual([1, expect.stringMatching(/^usage: npm run smoke -- --url /)]);
    }
  });
});
