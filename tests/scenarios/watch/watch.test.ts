import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type StreamingHandler, streamAnswer } from '../../../local/api-gateway/stream.ts';
import { close, listen } from '../../../local/http.ts';
import { countdown, lambdaContext } from '../../fakes/context.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { handlerOf, jobEvent, jobPath, liveJob, liveText, now, put, status, useGateway } from '../gateway.ts';
import { answerWith, read } from '../read/request.ts';
import { askedUpstream, everywhere, jobObject, jobsPath, lineOf, metadataOnly, table, upstreamWatch, watch, watchToEnd } from './watch.ts';

useGateway({ auth: 'none', env: { WATCH: 'on' } });

/** What of an event makes it about the jobs of a namespace. */
const collection = (queryStringParameters: Record<string, string>) => ({
  resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}',
  path: jobsPath,
  pathParameters: { namespace: 'kube-test', plural: 'tfjobs' },
  queryStringParameters,
});
const named = (name: string, namespace = 'kube-test', labels: Record<string, string> = {}) =>
  now.simulator.put({ kind: 'TFJob', metadata: { namespace, name, labels }, spec: {} });
const label = (value: string) =>
  put({ metadata: { labels: { seen: value } } }, { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' } });

beforeEach(() => {
  for (const [namespace, name] of [
    ['other', 'far'],
    ['kube-test', 'near'],
  ] as const)
    now.simulator.delete('tfjobs', namespace, name);
});

describe('a watch', () => {
  it('begins at once, and passes on what there is and each change, byte for byte, as it comes', async () => {
    const watching = await watch();
    expect([watching.status, watching.headers['content-type'], watching.headers['transfer-encoding']]).toEqual([
      200,
      'application/json',
      'chunked',
    ]);
    expect(watching.headers).toMatchObject({
      'cache-control': 'no-cache, private',
      'x-request-id': expect.any(String),
      'x-upstream-request-id': expect.any(String),
    });
    await watching.until(1);
    expect(watching.text()).toBe(`{"type":"ADDED","object":${liveText()}}\n`);
    await label('once');
    const [, changed] = await watching.until(2);
    expect([changed.type, changed.object]).toEqual(['MODIFIED', liveJob()]);
    now.simulator.delete('tfjobs', 'kube-test', 'tfjob-test');
    expect((await watching.until(3))[2]).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'tfjob-test' } } });
    watching.leave();
  });

  it.each([
    ['', { timeoutSeconds: '270' }],
    ['timeoutSeconds=7', { timeoutSeconds: '7' }],
    ['timeoutSeconds=0', { timeoutSeconds: '270' }],
    ['timeoutSeconds=86400', { timeoutSeconds: '270' }],
    [
      'resourceVersion=5&labelSelector=a%3Db&fieldSelector=metadata.name%3Dx&limit=500&continue=abc&x=y&pretty=1',
      {
        timeoutSeconds: '270',
        resourceVersion: '5',
        labelSelector: 'a=b',
        fieldSelector: 'metadata.name=x',
        limit: '500',
        continue: 'abc',
      },
    ],
    [
      'allowWatchBookmarks=1&sendInitialEvents=FALSE&resourceVersionMatch=NotOlderThan',
      { timeoutSeconds: '270', allowWatchBookmarks: 'true', sendInitialEvents: 'false', resourceVersionMatch: 'NotOlderThan' },
    ],
    ['allowWatchBookmarks=', { timeoutSeconds: '270', allowWatchBookmarks: 'true' }],
  ])('asks the upstream for what is asked for and no longer than a Lambda may stay: %s', async (query, asked) => {
    upstreamWatch((response) => response.end());
    for (const path of [jobsPath, everywhere]) expect(await watchToEnd(query, { path })).toEqual({ status: 200, text: '', end: 'clean' });
    expect(askedUpstream()).toEqual([
      [jobsPath, { watch: 'true', ...asked }],
      [everywhere, { watch: 'true', ...asked }],
    ]);
    expect(now.upstream.received[0]?.headers).not.toHaveProperty('accept-encoding');
  });

  it.each(['true', '1', 'True', 't', 'yes', ''])('is what watch=%s asks for', async (value) => {
    upstreamWatch((response) => response.end());
    expect((await read(`${jobsPath}?watch=${value}`)).status).toBe(200);
    expect(askedUpstream()[0]?.[1].watch).toBe('true');
  });

  it('of another kind, of selected jobs, and over all namespaces', async () => {
    named('far', 'other', { app: 'x' });
    named('near', 'kube-test', { app: 'x' });
    const names = async (query: string, path?: string) => {
      const { text } = await watchToEnd(`timeoutSeconds=1&${query}`, path ? { path } : {});
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line).object.metadata.name);
    };
    expect(await names('labelSelector=app%3Dx', everywhere)).toEqual(['near', 'far']);
    expect(await names('fieldSelector=metadata.name%3Dnear')).toEqual(['near']);
    expect(await names('', jobsPath.replace('tfjobs', 'mxjobs'))).toEqual(['mxnet-mnist']);
  });

  it('is told as Tables, with their objects or without, and as metadata alone', async () => {
    const first = async (accept: string, query = '') => {
      const watching = await watch(query, { headers: { accept } });
      const [event] = await watching.until(1);
      watching.leave();
      return event.object;
    };
    expect(await first(table)).toMatchObject({ kind: 'Table', rows: [{ cells: ['tfjob-test', 'Running', expect.any(String)] }] });
    expect(await first(table, 'includeObject=None')).toMatchObject({ kind: 'Table', rows: [{ object: null }] });
    expect(await first(`${table},application/json`, 'includeObject=Object')).toMatchObject({ rows: [{ object: { kind: 'TFJob' } }] });
    expect(await first(`application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,${metadataOnly}`)).toMatchObject({
      kind: 'PartialObjectMetadata',
    });
    expect(now.upstream.received.map(({ headers }) => headers.accept)).toEqual([
      `${table},application/json`,
      `${table},application/json`,
      `${table},application/json`,
      metadataOnly,
    ]);
  });

  it('has bookmarks for whoever asks for them, and for nobody else', async () => {
    const mark = lineOf('BOOKMARK', { kind: 'TFJob', apiVersion: 'kubeflow.org/v1', metadata: { resourceVersion: '9' } });
    upstreamWatch((response) => response.end(mark));
    expect((await watchToEnd('allowWatchBookmarks=true')).text).toBe(mark);
    expect((await watchToEnd('allowWatchBookmarks=false')).text).toBe('');
    expect((await watchToEnd()).text).toBe('');
    now.upstream.answer = undefined;
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    for (const headers of [{}, { accept: table }, { accept: metadataOnly }] as Record<string, string>[]) {
      const watching = await watch(query, { headers });
      expect((await watching.until(2)).map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
      watching.leave();
    }
  });
});

describe('before its first byte a watch is refused with a Status', () => {
  it.each([
    ['limit=-1', {}, 400, 'BadRequest'],
    ['resourceVersion=abc', {}, 400, 'BadRequest'],
    ['timeoutSeconds=x', {}, 400, 'BadRequest'],
    ['resourceVersionMatch=Some', {}, 422, 'Invalid'],
    ['', { accept: 'application/yaml' }, 406, 'NotAcceptable'],
    ['', { accept: 'application/vnd.kubernetes.protobuf' }, 406, 'NotAcceptable'],
    ['', { accept: metadataOnly.replace('Metadata', 'MetadataList') }, 406, 'NotAcceptable'],
    ['', { 'impersonate-user': 'x' }, 403, 'Forbidden'],
  ] as [string, Record<string, string>, number, string][])('of ours: %s %o', async (query, headers, code, reason) => {
    const { body, headers: answered } = await read(`${jobsPath}?watch=1&${query}`, headers);
    expect(body).toMatchObject({ kind: 'Status', code, reason });
    expect(answered['x-refused-by']).toEqual(expect.any(String));
    expect(now.upstream.received).toEqual([]);
  });

  it('that the upstream has said', async () => {
    expect((await read(`${jobsPath}?watch=1&resourceVersionMatch=Exact`)).body).toMatchObject({ code: 422, reason: 'Invalid' });
    answerWith(JSON.stringify({ kind: 'Status', message: 'too old', reason: 'Expired', code: 410 }), {}, 410);
    expect((await read(`${jobsPath}?watch=1`)).body).toMatchObject({ code: 410, reason: 'Expired', message: 'too old' });
    answerWith('<html>', { 'content-type': 'text/html' }, 502);
    expect((await read(`${jobsPath}?watch=1`)).body).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
  });

  it.each([
    ['HTML', '<html>', { 'content-type': 'text/html' }, 200],
    ['packed', '', { 'content-encoding': 'gzip' }, 200],
    ['protobuf', '', { 'content-type': 'application/vnd.kubernetes.protobuf;stream=watch' }, 200],
    ['a 201', '', {}, 201],
    ['a redirect', '', { location: '/elsewhere' }, 302],
  ])('where the upstream answers what is no watch: %s', async (_what, body, headers, code) => {
    answerWith(body, headers, code);
    const answer = await read(`${jobsPath}?watch=1`);
    expect([answer.status, answer.body]).toEqual([
      500,
      status(500, 'InternalError', expect.stringContaining('its log has the reason'), {}),
    ]);
  });

  it('for another verb, another path, or the name of a job', async () => {
    for (const method of ['PUT', 'POST', 'DELETE'])
      expect((await read(`${jobsPath}?watch=1`, {}, method)).body).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
    expect((await read('/apis/kubeflow.org/v1/watch/tfjobs')).body).toMatchObject({ code: 404 });
    expect((await read(`${jobPath}?watch=1`)).body.kind).toBe('TFJob');
  });
});

describe('a watch ends cleanly', () => {
  it('when its time is over, whether or not the upstream ends it', async () => {
    const began = performance.now();
    expect(await watchToEnd('timeoutSeconds=1&resourceVersion=99999999')).toEqual({ status: 200, text: '', end: 'clean' });
    expect(performance.now() - began).toBeLessThan(2500);
    upstreamWatch(() => undefined);
    expect(await watchToEnd('timeoutSeconds=1')).toEqual({ status: 200, text: '', end: 'clean' });
    expect(performance.now() - began).toBeGreaterThan(3500);
  });

  it('before its function does, however late the upstream has begun it', async () => {
    // As for a function of 8 seconds: 3 are the watch's.
    const handler = (await handlerOf('list-jobs')) as object as StreamingHandler;
    const event = jobEvent('GET', { identity: { userArn: somebodysArn } }, collection({ watch: '1' }));
    const left = countdown(8000);
    const server = createServer((_request, response) => void streamAnswer(handler, event, lambdaContext(left), response));
    const url = await listen(server, 0);
    now.upstream.answer = (_request, response) => {
      setTimeout(() => response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders(), 3000);
    };
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(left()).toBeGreaterThan(2000);
    await close(server);
  });

  it.each([
    ['by a reset', (response: import('node:http').ServerResponse) => response.socket?.resetAndDestroy()],
    ['in the middle of a chunk', (response: import('node:http').ServerResponse) => response.socket?.end('ffff\r\n{"type":"ADD')],
    [
      'in the middle of a line',
      (response: import('node:http').ServerResponse) => response.write('{"type":"ADDED","obj', () => response.destroy()),
    ],
  ])('when the upstream is lost %s, without what had come of a line', async (_how, lose) => {
    const line = lineOf('ADDED', jobObject());
    upstreamWatch(async (response) => {
      response.write(line);
      await sleep(50);
      lose(response);
    });
    expect(await watchToEnd()).toEqual({ status: 200, text: line, end: 'clean' });
  });

  it('and begins anew where it ended: every change is seen once', async () => {
    const seen: string[] = [];
    let since = (await read(jobsPath)).body.metadata.resourceVersion;
    const done = (async () => {
      while (seen.length < 60) {
        const { text } = await watchToEnd(`timeoutSeconds=1&resourceVersion=${since}`);
        for (const line of text.split('\n').filter(Boolean)) {
          const { metadata } = JSON.parse(line).object;
          seen.push(metadata.labels.seen);
          since = metadata.resourceVersion;
        }
      }
    })();
    for (let change = 0; change < 60; change += 1) {
      await label(String(change));
      await sleep(40);
    }
    await done;
    expect(seen).toEqual(Array.from({ length: 60 }, (_, change) => String(change)));
  });
});

describe('of a watch whose reader is gone', () => {
  it('nothing is left at the upstream', async () => {
    let closed = 0;
    upstreamWatch((response) =>
      response.on('close', () => {
        closed += 1;
      }),
    );
    const watching = await Promise.all(Array.from({ length: 100 }, () => watch()));
    expect(now.upstream.received).toHaveLength(100);
    for (const one of watching) one.leave();
    for (const deadline = Date.now() + 5000; Date.now() < deadline && closed < 100; ) await sleep(20);
    expect(closed).toBe(100);
  });

  it('the others go on, and reads and writes with them, however many watch', async () => {
    const watching = await Promise.all(Array.from({ length: 100 }, () => watch()));
    for (const one of watching) await one.until(1);
    await label('all');
    expect((await read(jobsPath)).status).toBe(200);
    for (const one of watching) expect((await one.until(2))[1].object.metadata.labels.seen).toBe('all');
    for (const one of watching) one.leave();
  });
});

describe('a list beside watches', () => {
  it.each([
    ['short', 10],
    ['over a chunk', 20_000],
    ['over what is packed', 2_000_000],
    ['over what Lambda answers unless it streams', 8_000_000],
  ])('is the upstream’s, byte for byte: %s', async (_what, size) => {
    const text = JSON.stringify({ kind: 'TFJobList', items: [], x: '😀任务"\\\u0001'.repeat(size / 20) });
    answerWith(text);
    for (const headers of [{}, { 'accept-encoding': 'gzip' }] as Record<string, string>[]) {
      const answer = await read(jobsPath, headers);
      expect([answer.status, answer.text === `${text}\n`]).toEqual([200, true]);
      expect(answer.headers['content-encoding']).toBe('accept-encoding' in headers && text.length > 2 ** 20 ? 'gzip' : undefined);
    }
  });

  it('is refused as ever', async () => {
    answerWith(`{"kind":"TFJobList","items":[],"x":"${'x'.repeat(24 * 1024 * 1024)}"}`);
    expect((await read(jobsPath)).body).toMatchObject({ code: 413, message: expect.stringMatching(/use limit and continue/) });
    answerWith(`{"kind":"TFJobList","items":[],"x":"${'x'.repeat(5 * 1024 * 1024)}"}`);
    expect((await read(jobsPath, { accept: 'application/yaml' })).body).toMatchObject({ code: 413 });
    expect((await read(`${jobsPath}?limit=x`)).body).toMatchObject({ code: 400 });
  });
});

describe('discovery', () => {
  it('names the verb, and OpenAPI its parameters', async () => {
    const { body } = await read('/apis/kubeflow.org/v1');
    expect(body.resources.map(({ verbs }: { verbs: string[] }) => verbs)).toEqual(
      Array(3).fill(['get', 'list', 'patch', 'update', 'watch']),
    );
    const openApi = (await read('/openapi/v3/apis/kubeflow.org/v1')).body;
    const names = openApi.paths[everywhere].get.parameters.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['watch', 'allowWatchBookmarks', 'sendInitialEvents', 'labelSelector']));
  });
});
