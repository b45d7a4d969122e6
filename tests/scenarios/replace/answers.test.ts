import { describe, expect, it } from 'vitest';
import { someOf } from '../../exhaustive.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { handlerOf, invoke, jobPath, type Loose, liveText, now, put, requested, reset, status, useGateway } from '../gateway.ts';

useGateway();

const labelled = () => requested(({ metadata }) => Object.assign(metadata.labels, { team: 'vision' }));
const upstreamHeader = 'x-upstream-request-id';

/** A request as an event, for what cannot be sent over HTTP or must be seen as the function returns it. */
const event = (job: unknown, headers: Record<string, string> = {}, query: Record<string, string> = {}, context: object = {}) => ({
  resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
  path: jobPath,
  httpMethod: 'PUT',
  headers,
  queryStringParameters: query,
  pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
  requestContext: { httpMethod: 'PUT', identity: { userArn: somebodysArn }, requestId: 'id', ...context },
  body: JSON.stringify(job),
  isBase64Encoded: false,
});
/** What the function returns for it, untouched. */
const returned = async (sent: object): Promise<Loose> => (await handlerOf('replace-job'))(sent as never, {} as never);

describe('an answer', () => {
  it('is the job as the upstream wrote it, in one line', async () => {
    const answer = await put(labelled());
    expect(answer.text).toBe(`${liveText()}\n`);
    expect(answer.headers.get('cache-control')).toBe('no-cache, private');
  });

  it.each(['true', '1'])('is indented with pretty=%s, be it a job or a Status', async (pretty) => {
    const query = `?pretty=${pretty}`;
    const job = await put(labelled(), { query });
    expect(job.text).toBe(`${JSON.stringify(JSON.parse(liveText()), undefined, 2)}\n`);
    const refusal = await put(
      requested(({ spec }) => Object.assign(spec, { backoffLimit: 7 })),
      { query },
    );
    expect(refusal.text).toBe(`${JSON.stringify(refusal.body, undefined, 2)}\n`);
    const unread = await put('{bad', { query });
    expect(unread.text).toBe(`${JSON.stringify(unread.body, undefined, 2)}\n`);
  });

  it.each(['', '?pretty=false', '?pretty=0', '?pretty=', '?pretty=yes', '?pretty=false&pretty=true'])(
    'is in one line with %j',
    async (query) => {
      expect((await put(labelled(), { query })).text.trim()).not.toContain('\n');
    },
  );

  it('is indented with its numbers as written', async () => {
    now.simulator.put(liveText().replace('"backoffLimit":6', '"backoffLimit":9007199254740993'));
    const sent = liveText().replace('"app":"test"', '"app":"new"');
    expect((await put(sent, { query: '?pretty=true' })).text).toContain('    "backoffLimit": 9007199254740993,\n');
  });
});

describe('the request ids', () => {
  it('are API Gateway’s and the upstream’s last one', async () => {
    let last = '';
    now.upstream.answer = ({ method, body }, response) => {
      last = `upstream-${method}`;
      response.setHeader('X-Request-Id', last).end(method === 'GET' ? liveText() : body);
    };
    const answer = await put(labelled());
    expect(answer.headers.get('x-request-id')).toBe(answer.headers.get('x-amzn-requestid'));
    expect([answer.headers.get(upstreamHeader), last]).toEqual(['upstream-PUT', 'upstream-PUT']);
  });

  it('of the upstream is absent where it was not asked or gave none', async () => {
    expect((await put('{bad')).headers.get(upstreamHeader)).toBeNull();
    now.upstream.answer = (_request, response) => void response.end(liveText());
    expect((await put(requested())).headers.get(upstreamHeader)).toBeNull();
  });

  it('and error codes reach a header as printable ASCII of at most 256 bytes', async () => {
    const hostile = `\u00e9\t${'i'.repeat(300)}`;
    const errorCode = `CCI\r\nSet-Cookie: a=b\u0000\u00e9${'c'.repeat(300)}`;
    now.upstream.answer = (_request, response) => {
      response.writeHead(409, { 'X-Request-Id': hostile });
      response.end(JSON.stringify({ kind: 'Status', code: 409, reason: 'Conflict', message: 'no', errorCode }));
    };
    const { statusCode, headers } = await returned(
      event(
        requested(({ metadata }) => Object.assign(metadata, { resourceVersion: '72447176' })),
        {},
        {},
        { requestId: `a\r\nX: y\u00e9${'b'.repeat(300)}` },
      ),
    );
    expect(statusCode).toBe(409);
    expect(headers).toEqual({
      'Content-Type': 'application/json',
      'Cache-Control': 'no-cache, private',
      'X-Content-Type-Options': 'nosniff',
      'X-Request-Id': `aX: y${'b'.repeat(251)}`,
      'X-Upstream-Request-Id': 'i'.repeat(256),
      'X-Upstream-Error-Code': `CCISet-Cookie: a=b${'c'.repeat(238)}`,
    });
  });

  // By X-Amzn-RequestId API Gateway lets a caller choose it: docs/audit.md says what does tell requests apart.
  it('never come from the caller by a header of ours', async () => {
    const claimed = { 'x-request-id': 'mine', 'audit-id': 'mine', 'x-upstream-request-id': 'mine' };
    const answer = await put(labelled(), { headers: claimed });
    expect([...answer.headers.values()]).not.toContain('mine');
  });
});

describe('a job above 1 MB', () => {
  const grown = (length: number) =>
    reset(({ spec }) => Object.assign(spec.tfReplicaSpecs.Ps.template.spec.containers[0], { args: Array.from({ length }, () => 'a') }));

  it('is compressed for a client that accepts gzip', async () => {
    await grown(290_000);
    for (const accepted of someOf(['gzip', 'deflate, gzip;q=0.5', '*'], 3)) {
      const result = await returned(event(requested(), { 'Accept-Encoding': accepted }));
      expect(result).toMatchObject({
        statusCode: 200,
        isBase64Encoded: true,
        headers: { 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' },
      });
      expect(result.body.length).toBeLessThan(100_000);
    }
    const answer = await put(labelled(), { headers: { 'accept-encoding': 'gzip' } });
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(answer.text).toBe(`${liveText()}\n`);
  });

  it('is not for one that does not, and no smaller job is', async () => {
    await grown(290_000);
    const others: Record<string, string>[] = [
      {},
      { 'Accept-Encoding': 'gzip;q=0' },
      { 'Accept-Encoding': 'identity' },
      { 'Accept-Encoding': 'br, deflate' },
    ];
    for (const headers of someOf(others, 3)) {
      const result = await returned(event(requested(), headers));
      expect(result.headers).not.toHaveProperty('Content-Encoding');
    }
    expect((await put(labelled(), { headers: { 'accept-encoding': 'identity' } })).text).toBe(`${liveText()}\n`);
    await reset();
    expect(await returned(event(requested(), { 'Accept-Encoding': 'gzip' }))).toMatchObject({ statusCode: 200, isBase64Encoded: false });
  });

  it.each([
    ['compressed', { 'Accept-Encoding': 'gzip' }],
    ['in full', {}],
  ])('fits into what Lambda can return, %s, also with pretty=true', async (_title, headers) => {
    // Indented, each argument takes six times its length.
    await grown(290_000);
    const before = liveText();
    for (const query of [{}, { pretty: 'true' }]) {
      const answer = await invoke(await handlerOf('replace-job'), event(requested(), headers, query as Record<string, string>));
      expect(answer.status).toBe(200);
      expect(JSON.stringify(answer.body)).toBe(before);
    }
  });

  it('fits into what Lambda can return, though each of its characters is one that JSON escapes', async () => {
    await reset(({ metadata }) => Object.assign(metadata, { annotations: { a: '"'.repeat(1_500_000) } }));
    const answer = await invoke(
      await handlerOf('replace-job'),
      event(
        requested(({ metadata }) => delete metadata.annotations),
        {},
        { dryRun: 'All' },
      ),
    );
    expect(answer.status).toBe(200);
    expect((await invoke(await handlerOf('replace-job'), event(requested()))).status).toBe(200);
  });
});

describe('Accept', () => {
  const refused = status(406, 'NotAcceptable', 'only the following media types are accepted: application/json, application/yaml');

  it.each([
    'application/xml',
    'application/vnd.kubernetes.protobuf',
    'text/*',
    'application/json;q=0',
    'application/json;as=Table;v=v1;g=meta.k8s.io',
    'x',
  ])('%s is 406', async (accept) => {
    const before = liveText();
    const answer = await put(labelled(), { headers: { accept } });
    expect([answer.status, answer.body, liveText(), now.upstream.received]).toEqual([406, refused, before, []]);
  });

  it.each([
    '',
    '*/*',
    'application/*',
    'application/json',
    'APPLICATION/JSON',
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
    'text/html, */*;q=0.1',
    'application/json; charset=utf-8, */*',
  ])('%j is served', async (accept) => {
    expect((await invoke(await handlerOf('replace-job'), event(requested(), { Accept: accept }))).status).toBe(200);
  });
});
