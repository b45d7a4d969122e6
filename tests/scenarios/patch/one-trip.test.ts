import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { jobPath, liveJob, liveText, now, reset, useGateway } from '../gateway.ts';
import { mergePatch, patch, sent, trips } from './request.ts';

useGateway();

describe('a merge patch of replaceable fields alone', () => {
  it.each([
    ['labels', '{"metadata":{"labels":{"team":"red"}}}'],
    ['annotations', '{"metadata":{"annotations":{"note":"a \\" b"}}}'],
    [
      'all five fields',
      '{"metadata":{"labels":{"a":"b"},"annotations":{"c":"d"}},"spec":{"activeDeadlineSeconds":60,"ttlSecondsAfterFinished":0,"cleanPodPolicy":"All"}}',
    ],
    ['removals', '{"metadata":{"labels":{"app":null},"annotations":{"x":null}},"spec":{"cleanPodPolicy":null}}'],
    ['its resourceVersion', '{"metadata":{"resourceVersion":"72447176","labels":{"a":"b"}}}'],
  ])('costs exactly one upstream call: %s', async (_title, body) => {
    const answer = await patch(body);
    expect([answer.status, trips(), sent()]).toEqual([200, 'PATCH', body]);
    expect(now.upstream.received[0]).toMatchObject({ url: jobPath, headers: { 'content-type': mergePatch, accept: 'application/json' } });
    expect(answer.text).toBe(`${liveText()}\n`);
    expect(answer.headers.get('x-upstream-request-id')).toMatch(/^[0-9a-f]{32}$/);
  });

  it('that takes all labels away is decided on the live job, since it would take protected ones as well', async () => {
    const body = '{"metadata":{"labels":null}}';
    expect([(await patch(body)).status, trips(), liveJob().metadata.labels]).toEqual([200, 'GET PUT', undefined]);
    await reset(({ metadata }) => Object.assign(metadata, { labels: { 'app.kubernetes.io/instance': 'mine', a: 'b' } }));
    const before = liveText();
    expect([(await patch(body)).status, liveText()]).toEqual([403, before]);
  });

  it('changes what it names and leaves the rest, and is answered with the job', async () => {
    const before = liveJob();
    const { body } = await patch({ metadata: { labels: { app: null, team: 'red' } }, spec: { ttlSecondsAfterFinished: 60 } });
    expect(body).toEqual({
      ...before,
      metadata: { ...before.metadata, labels: { team: 'red' }, generation: 3, resourceVersion: expect.stringMatching(/^724471\d\d$/) },
      spec: { ...before.spec, ttlSecondsAfterFinished: 60 },
    });
  });

  it('is built anew from what was checked: no spelling, no duplicate and no name of the job goes upstream', async () => {
    const body =
      ' { "kind":"TFJob", "apiVersion":"kubeflow.org\\/v1","spec":null,"metadata":{"finalizers":[]},' +
      '"metadata":{"name":"tfjob-test","namespace":"kube-test","labels":{"a":"1","\\u0061":"2"},"labels":{}, "labels":{"constructor":"x"}},' +
      '"spec":{"activeDeadlineSeconds":5.0,"ttlSecondsAfterFinished":6E1} }\n';
    expect((await patch(body)).status).toBe(200);
    expect([trips(), sent()]).toEqual([
      'PATCH',
      '{"spec":{"activeDeadlineSeconds":5,"ttlSecondsAfterFinished":60},"metadata":{"labels":{"constructor":"x"}}}',
    ]);
  });

  it('may come compressed, and with parameters in its content type', async () => {
    const body = gzipSync('{"metadata":{"labels":{"a":"b"}}}');
    const answer = await patch(body, { type: `${mergePatch}; charset=utf-8`, headers: { 'content-encoding': 'gzip' } });
    expect([answer.status, trips(), sent()]).toEqual([200, 'PATCH', '{"metadata":{"labels":{"a":"b"}}}']);
  });

  it('passes nothing of the query on: under the callers’ names a job would have more managers than its server keeps apart', async () => {
    await patch(
      { metadata: { labels: { a: 'b' } } },
      { query: '?fieldManager=kubectl%20label&fieldValidation=Ignore&force=true&pretty=true&dryrun=All&x=y' },
    );
    expect(now.upstream.received.map(({ url }) => url)).toEqual([jobPath]);
    await patch({ metadata: { labels: { a: 'c' } } }, { query: '?fieldValidation=Warn' });
    expect(now.upstream.received[1]?.url).toBe(jobPath);
  });

  it('that changes nothing is still one call', async () => {
    const before = liveText();
    expect((await patch({ metadata: { labels: { app: 'test' } } })).text).toBe(`${before}\n`);
    expect([trips(), liveText()]).toEqual(['PATCH', before]);
  });

  it('of another kind goes to that kind', async () => {
    const path = '/apis/kubeflow.org/v1/namespaces/kube-test/mxjobs/mxnet-mnist';
    const response = await fetch(`${now.gateway.url}${path}`, {
      method: 'PATCH',
      headers: { 'content-type': mergePatch },
      body: '{"spec":{"ttlSecondsAfterFinished":5}}',
    });
    expect([response.status, trips(), now.upstream.received[0]?.url]).toEqual([200, 'PATCH', path]);
    expect(now.simulator.get('mxjobs', 'kube-test', 'mxnet-mnist')?.spec).toMatchObject({ ttlSecondsAfterFinished: 5, jobMode: 'MXTrain' });
  });
});

describe('a merge patch of anything else', () => {
  it.each<[string, string, string?]>([
    ['the job’s own uid', '{"metadata":{"uid":"UID","labels":{"a":"b"}}}'],
    ['a member that stays what it is', '{"metadata":{"labels":{"a":"b"}},"spec":{"backoffLimit":6}}'],
    ['status, which is the server’s', '{"metadata":{"labels":{"a":"b"}},"status":null}'],
    ['annotations null', '{"metadata":{"annotations":null,"labels":{"a":"b"}}}'],
    ['finalizers null', '{"metadata":{"finalizers":null,"labels":{"a":"b"}}}'],
    ['an annotation of the gateway', '{"metadata":{"annotations":{"tfjob-gateway/x":"y"},"labels":{"a":"b"}}}'],
    ['Strict', '{"metadata":{"labels":{"a":"b"}}}', '?fieldValidation=Strict'],
  ])('is read, decided and written: %s', async (_title, body, query = '') => {
    const answer = await patch(body.replace('UID', liveJob().metadata.uid), { query });
    expect([answer.status, trips()]).toEqual([200, 'GET PUT']);
    expect(liveJob().metadata.labels).toEqual({ app: 'test', a: 'b' });
    expect(liveJob()).toMatchObject({ spec: { backoffLimit: 6 }, status: { startTime: '2019-07-24T07:16:13Z' } });
    expect(liveJob().metadata.annotations).toBeUndefined();
  });

  it('keeps the gateway’s own annotations when all are taken away', async () => {
    await reset((job) => {
      job.metadata.annotations = { 'tfjob-gateway/x': 'kept', y: 'z' };
    });
    expect((await patch({ metadata: { annotations: null } })).status).toBe(200);
    expect([trips(), liveJob().metadata.annotations]).toEqual(['GET PUT', { 'tfjob-gateway/x': 'kept' }]);
  });

  it('passes no fieldManager on', async () => {
    await patch({ metadata: { annotations: null, labels: { a: 'b' } } }, { query: '?fieldManager=me' });
    expect(now.upstream.received.map(({ url }) => url)).toEqual([jobPath, jobPath]);
  });

  it.each([
    '{}',
    '{"metadata":{}}',
    '{"metadata":{"labels":{},"annotations":{}},"spec":{}}',
    '{"metadata":{"finalizers":null}}',
    '{"metadata":{"uid":null,"namespace":null}}',
    '{"kind":"TFJob"}',
  ])('that changes nothing is read and not written: %s', async (body) => {
    const before = liveText();
    expect((await patch(body)).text).toBe(`${before}\n`);
    expect([trips(), liveText()]).toEqual(['GET', before]);
  });

  it('as a dry run is read and answered, and nothing is written', async () => {
    const before = liveText();
    const answer = await patch(
      { metadata: { labels: { a: 'b' } }, spec: { ttlSecondsAfterFinished: 5.0 } },
      { query: '?dryRun=All&dryRun=All' },
    );
    expect(answer.body).toMatchObject({ metadata: { labels: { app: 'test', a: 'b' } }, spec: { ttlSecondsAfterFinished: 5 } });
    expect([trips(), liveText()]).toEqual(['GET', before]);
  });
});
