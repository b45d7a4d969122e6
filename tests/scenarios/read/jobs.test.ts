import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { credential } from '../../credentials.ts';
import { lambdaContext } from '../../fakes/context.ts';
import { handlerOf, jobPath, liveText, now, status, useGateway } from '../gateway.ts';
import { answerWith, asked, read } from './request.ts';

useGateway();

const inNamespace = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs';
const everywhere = '/apis/kubeflow.org/v1/tfjobs';

/** Stores a job beside the documented one. */
const store = (namespace: string, name: string, labels: Record<string, string> = {}) =>
  now.simulator.put({ kind: 'TFJob', metadata: { namespace, name, labels }, spec: {} });
const names = ({ body }: { body: { items: { metadata: { name: string } }[] } }) => body.items.map(({ metadata }) => metadata.name);

describe('a GET of one job', () => {
  it('is the upstream’s text with one call', async () => {
    const answer = await read(jobPath);
    expect([answer.status, answer.type, answer.text]).toEqual([200, 'application/json', `${liveText()}\n`]);
    expect(asked()).toEqual([[jobPath, 'application/json']]);
    expect(answer.headers).toMatchObject({
      'x-request-id': expect.any(String),
      'x-upstream-request-id': expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('keeps every number as the upstream wrote it', async () => {
    now.simulator.put(liveText().replace('"backoffLimit":6', '"backoffLimit":9223372036854775807,"x":1.0,"y":-0'));
    for (const query of ['', '?pretty=true']) {
      const { text } = await read(`${jobPath}${query}`);
      expect(text.replaceAll(/\s/g, '')).toContain('"backoffLimit":9223372036854775807,"x":1.0,"y":-0');
    }
  });

  it.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
    ['', false],
  ])('with pretty=%s is indented: %s', async (value, indented) => {
    const { text } = await read(`${jobPath}?pretty=${value}`);
    expect(text.includes('\n  "kind": "TFJob",\n')).toBe(indented);
    expect(JSON.parse(text)).toEqual(JSON.parse(liveText()));
  });

  it('passes nothing on but resourceVersion and includeObject', async () => {
    await read(`${jobPath}?resourceVersion=0&pretty=true&limit=1&labelSelector=a&watch=true&x=y&dryRun=All&fieldManager=z`);
    expect(asked()).toEqual([[`${jobPath}?resourceVersion=0`, 'application/json']]);
  });

  it('of each kind is that kind’s', async () => {
    for (const [path, kind] of [
      ['pytorchjobs/pytorch-mnist', 'PyTorchJob'],
      ['mxjobs/mxnet-mnist', 'MXJob'],
    ]) {
      expect((await read(`/apis/kubeflow.org/v1/namespaces/kube-test/${path}`)).body.kind).toBe(kind);
    }
  });

  it('that is not there is 404 in the server’s words', async () => {
    const { body } = await read(`${inNamespace}/nope`);
    expect(body).toMatchObject(
      status(404, 'NotFound', 'tfjobs.kubeflow.org "nope" not found', { name: 'nope', group: 'kubeflow.org', kind: 'tfjobs' }),
    );
  });
});

describe('a LIST', () => {
  it('in a namespace and over all', async () => {
    store('other', 'far');
    store('kube-test', 'near');
    expect(names(await read(inNamespace))).toEqual(['near', 'tfjob-test']);
    const all = await read(everywhere);
    expect(names(all)).toEqual(['near', 'tfjob-test', 'far']);
    expect(all.body).toMatchObject({ kind: 'TFJobList', apiVersion: 'kubeflow.org/v1', metadata: { resourceVersion: expect.any(String) } });
    expect(names(await read('/apis/kubeflow.org/v1/namespaces/nowhere/tfjobs'))).toEqual([]);
    expect(asked().map(([url]) => url)).toEqual([inNamespace, everywhere, '/apis/kubeflow.org/v1/namespaces/nowhere/tfjobs']);
  });

  it('passes selectors on as they were meant, encoded', async () => {
    store('sel', 'one', { app: 'x', 'p.io/t': 'red' });
    store('sel', 'two', { app: 'y' });
    const path = '/apis/kubeflow.org/v1/namespaces/sel/tfjobs';
    expect(names(await read(`${path}?labelSelector=app%20in%20(x,z),p.io/t%3Dred`))).toEqual(['one']);
    expect(names(await read(`${path}?labelSelector=app!%3Dx`))).toEqual(['two']);
    expect(names(await read(`${path}?fieldSelector=metadata.name%3Dtwo`))).toEqual(['two']);
    const [url = ''] = asked()[0] as string[];
    expect(url.includes(' ')).toBe(false);
    expect(Object.fromEntries(new URL(url, 'http://x').searchParams)).toEqual({ labelSelector: 'app in (x,z),p.io/t=red' });
  });

  it('goes on where it ended', async () => {
    for (const name of ['a', 'b', 'c']) store('pages', name);
    const path = '/apis/kubeflow.org/v1/namespaces/pages/tfjobs?limit=2';
    const first = await read(path);
    expect([names(first), first.body.metadata.remainingItemCount]).toEqual([['a', 'b'], 1]);
    const second = await read(`${path}&continue=${first.body.metadata.continue}`);
    expect([names(second), second.body.metadata.continue]).toEqual([['c'], '']);
  });

  it('passes on what is documented, takes the first of each, and ignores the rest', async () => {
    answerWith('{"kind":"TFJobList","items":[]}');
    const query =
      'limit=500&limit=-1&resourceVersion=0&resourceVersionMatch=NotOlderThan&timeoutSeconds=30&labelSelector=&x=y&allowWatchBookmarks=true&watch=false';
    expect((await read(`${inNamespace}?${query}`)).status).toBe(200);
    expect(asked()[0]?.[0]).toBe(`${inNamespace}?limit=500&resourceVersion=0&resourceVersionMatch=NotOlderThan&timeoutSeconds=30`);
  });

  const bad: [query: string, name: string][] = [
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=abc', 'limit'],
    ['limit=99999999999999999999', 'limit'],
    ['limit=0x10', 'limit'],
    ['limit=%2B1', 'limit'],
    ['timeoutSeconds=-5', 'timeoutSeconds'],
    ['timeoutSeconds=1000000000000000', 'timeoutSeconds'],
    ['limit=1000000000000000', 'limit'],
    ['limit=', 'limit'],
    ['timeoutSeconds=', 'timeoutSeconds'],
    ['resourceVersion=abc', 'resourceVersion'],
    ['includeObject=All', 'includeObject'],
    ['continue=%00', 'continue'],
    ['continue=..%2F..%2Fsecrets', 'continue'],
    [`continue=${'a'.repeat(9000)}`, 'continue'],
    [`labelSelector=${'a'.repeat(8193)}`, 'labelSelector'],
    [`fieldSelector=${'a%2Cb'.repeat(3000)}`, 'fieldSelector'],
    ['labelSelector=a%0D%0AX-Evil:%201', 'labelSelector'],
    ['labelSelector=a%00', 'labelSelector'],
    ['labelSelector=%C3%A9', 'labelSelector'],
    ['fieldSelector=a%7F', 'fieldSelector'],
  ];
  it.each(bad.map(([query, name]) => [query.slice(0, 40), query, name]))(
    'is 400 for %s, and nothing reaches the upstream',
    async (_title, query, name) => {
      const { body, status: code } = await read(`${inNamespace}?${query}`);
      expect([code, body]).toEqual([400, status(400, 'BadRequest', `the query parameter ${name} is not valid`)]);
      expect(asked()).toEqual([]);
    },
  );

  it('of a namespace is 405 and not 404: kubectl would report the namespace as missing, and not the job', async () => {
    const { body } = await read('/api/v1/namespaces/kube-test');
    expect(body).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
    expect((await read('/api/v1/namespaces')).body).toMatchObject({ code: 404, reason: 'NotFound' });
  });

  it('is 422 for an unknown resourceVersionMatch, as on the API server', async () => {
    const { body } = await read(`${inNamespace}?resourceVersionMatch=exact`);
    const message = 'Unsupported value: "exact": supported values: "Exact", "NotOlderThan", ""';
    const causes = [{ reason: 'FieldValueNotSupported', message, field: 'resourceVersionMatch' }];
    const details = { group: 'meta.k8s.io', kind: 'ListOptions', causes };
    expect(body).toEqual(status(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: ${message}`, details));
    expect(asked()).toEqual([]);
  });

  it('is 422 for a resourceVersionMatch that there is none of', async () => {
    const { body } = await read(`${inNamespace}?resourceVersion=1&resourceVersionMatch=exact`);
    expect(body).toMatchObject({
      code: 422,
      reason: 'Invalid',
      details: { kind: 'ListOptions', causes: [{ field: 'resourceVersionMatch' }] },
    });
    expect(asked()).toEqual([]);
  });

  it.each([
    ['a continue token of somebody else', 'continue=Zm9yZWlnbg'],
    [
      'a token whose key leads elsewhere',
      `continue=${Buffer.from('{"v":"meta.k8s.io/v1","rv":-1,"start":"../../secrets"}').toString('base64url')}`,
    ],
    ['a label selector that is none', 'labelSelector=a%20b%20c'],
    ['a field that cannot be selected by', 'fieldSelector=spec.backoffLimit%3D6'],
  ])('hands on the upstream’s 400 for %s', async (_title, query) => {
    expect((await read(`${inNamespace}?${query}`)).body).toMatchObject({ kind: 'Status', code: 400, reason: 'BadRequest' });
    expect(asked()).toHaveLength(1);
  });

  it('hands on the upstream’s 410 for a token that is too old', async () => {
    answerWith('{"kind":"Status","message":"too old","reason":"Expired","code":410,"metadata":{"continue":"x"}}', {}, 410);
    expect((await read(`${inNamespace}?continue=abc`)).body).toMatchObject({ code: 410, reason: 'Expired', message: 'too old' });
  });

  it.each(['true', '1', 'True', 't', 'yes', ''])('with watch=%s is 405 and says what to do instead', async (value) => {
    for (const path of [inNamespace, everywhere]) {
      const { body, headers } = await read(`${path}?watch=${value}&resourceVersion=5`);
      expect(body).toMatchObject({
        code: 405,
        reason: 'MethodNotAllowed',
        message: expect.stringMatching(/^watch is not served .* list again/),
      });
      expect([headers.allow, headers['retry-after']]).toEqual(['GET', undefined]);
    }
    expect(asked()).toEqual([]);
  });

  it.each(['false', '0', 'FALSE'])('with watch=%s is a list', async (value) => {
    expect((await read(`${inNamespace}?watch=${value}`)).body.kind).toBe('TFJobList');
  });
});

describe('an upstream that compresses', () => {
  it('is asked for it and understood, and the answer is as without', async () => {
    const { text } = await read(inNamespace);
    expect(now.upstream.received[0]?.headers['accept-encoding']).toBe('gzip');
    answerWith(gzipSync(text.trim()), { 'content-encoding': 'gzip' });
    expect((await read(inNamespace)).text).toBe(text);
  });

  it.each<[string, Buffer]>([
    ['is no gzip', Buffer.from('{"kind":"TFJobList"}')],
    ['is cut off', gzipSync('{"kind":"TFJobList","items":[]}').subarray(0, 30)],
    ['is no JSON', gzipSync('<html>')],
    ['is no object', gzipSync('[]')],
    ['is no UTF-8', gzipSync(Buffer.from('{"a":"\xff"}', 'latin1'))],
  ])('but whose answer %s is 500, and says nothing of it', async (_title, bytes) => {
    answerWith(bytes, { 'content-encoding': 'gzip' });
    const { body } = await read(inNamespace);
    expect(body).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: expect.stringMatching(/^Internal error occurred: the gateway/),
    });
  });
});

it('a read without a caller is 401, and nothing reaches the upstream', async () => {
  const handler = await handlerOf('read-jobs');
  const event = {
    resource: '/apis/kubeflow.org/v1/{plural}',
    path: everywhere,
    httpMethod: 'GET',
    headers: { authorization: `Bearer ${credential('caller')}`, 'x-amzn-user-arn': 'arn' },
    pathParameters: { plural: 'tfjobs' },
    requestContext: { httpMethod: 'GET', identity: { userArn: null } },
    body: null,
  };
  const result = (await handler(event as never, lambdaContext())) as {
    statusCode: number;
    body: string;
  };
  expect([result.statusCode, JSON.parse(result.body)]).toEqual([401, status(401, 'Unauthorized', 'Unauthorized')]);
  expect(asked()).toEqual([]);
});

it('the caller’s own Authorization, cookies and headers do not reach the upstream', async () => {
  await read(jobPath, {
    authorization: `Bearer ${credential('caller')}`,
    cookie: credential('cookie'),
    'x-project-id': 'other',
    'x-remote-user': 'admin',
  });
  const { headers } = now.upstream.received[0] as { headers: Record<string, string> };
  expect(headers.authorization).toMatch(/^SDK-HMAC-SHA256 /);
  expect(['cookie', 'x-project-id', 'x-remote-user'].filter((name) => name in headers)).toEqual([]);
});
