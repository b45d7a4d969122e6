import { describe, expect, it } from 'vitest';
import { type Sent, send, simulator, useSimulator } from './signed.ts';

const stored = ['tfjobs', 'kube-test', 'tfjob-test'] as const;

useSimulator();

/** PUTs a job as JSON. */
function put(job: object | string, more: Sent = {}) {
  const body = typeof job === 'string' ? job : JSON.stringify(job);
  return send(simulator.url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body, ...more });
}

describe('the storage', () => {
  it('starts with the documented job, which has no ttlSecondsAfterFinished yet', async () => {
    const answer = await send(simulator.url, {});
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.json()).toMatchObject({
      metadata: { resourceVersion: '72447176', uid: '083cc6df-ade3-11e9-aaa4-340a9837e413', generation: 2, labels: { app: 'test' } },
      spec: { backoffLimit: 6 },
      status: { replicaStatuses: { PS: { active: 1 } } },
    });
    expect(answer.json().spec).not.toHaveProperty('ttlSecondsAfterFinished');
  });

  it('stores a changed spec under a grown resourceVersion and generation', async () => {
    const job = (await send(simulator.url, {})).json();
    job.spec.ttlSecondsAfterFinished = 1000;
    const answer = await put(job);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      spec: { ttlSecondsAfterFinished: 1000 },
      metadata: { resourceVersion: '72447177', generation: 3 },
    });
    expect((await send(simulator.url, {})).text).toBe(answer.text);
    expect(simulator.text(...stored)).toBe(answer.text);
    expect(simulator.requests.map(({ method, status }) => [method, status])).toEqual([
      ['GET', 200],
      ['PUT', 200],
      ['GET', 200],
    ]);
  });

  it('keeps the generation when only labels change', async () => {
    const job = (await send(simulator.url, {})).json();
    job.metadata.labels = { app: 'other', constructor: 'x' };
    expect((await put(job)).json().metadata).toMatchObject({
      labels: { app: 'other', constructor: 'x' },
      generation: 2,
      resourceVersion: '72447177',
    });
  });

  it('keeps the resourceVersion when nothing changes, whatever the order of the keys', async () => {
    const job = (await send(simulator.url, {})).json();
    const before = simulator.text(...stored);
    const answer = await put({
      spec: job.spec,
      metadata: Object.fromEntries(Object.entries(job.metadata).reverse()),
      kind: job.kind,
      apiVersion: job.apiVersion,
    });
    expect(answer.text).toBe(before);
    expect(simulator.text(...stored)).toBe(before);
  });

  it('keeps what is the server’s own: status, uid, creationTimestamp, selfLink, generation, managedFields', async () => {
    const before = simulator.get(...stored);
    const { status: _status, ...job } = (await send(simulator.url, {})).json();
    const { uid: _uid, ...metadata } = job.metadata;
    const claimed = {
      creationTimestamp: '2000-01-01T00:00:00Z',
      generation: 99,
      selfLink: '/x',
      managedFields: [{}],
      labels: { app: 'new' },
    };
    const answer = await put({ ...job, status: { startTime: 'never' }, metadata: { ...metadata, ...claimed } });
    expect(answer.json()).toEqual({
      ...before,
      metadata: { ...before?.metadata, labels: { app: 'new' }, resourceVersion: '72447177' },
    });
  });

  it('rounds no number and rewrites none', async () => {
    const text = simulator
      .text(...stored)
      ?.replace('"backoffLimit":6', '"backoffLimit":9007199254740993,"big":1e400,"one":1.0,"zero":-0') as string;
    const answer = await put(text);
    expect(answer.status).toBe(200);
    for (const found of [answer.text, (await send(simulator.url, {})).text]) {
      expect(found).toContain('"backoffLimit":9007199254740993,"big":1e400,"one":1.0,"zero":-0');
    }
    expect((await put(answer.text.replace('9007199254740993', '9007199254740992'))).json().metadata.resourceVersion).toBe('72447178');
  });

  it('answers a dry run with what would be stored and stores nothing', async () => {
    const before = simulator.text(...stored);
    const job = JSON.parse(before as string);
    job.spec.backoffLimit = 7;
    const answer = await put(job, { query: { dryRun: ['All', 'All'] } });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ spec: { backoffLimit: 7 }, metadata: { generation: 3, resourceVersion: '72447176' } });
    expect(simulator.text(...stored)).toBe(before);
  });

  it('gives a job that a test puts what a created job has', async () => {
    simulator.put({ kind: 'TFJob', metadata: { name: 'other', namespace: 'n' }, spec: {} });
    const answer = await send(simulator.url, { path: '/apis/kubeflow.org/v1/namespaces/n/tfjobs/other' });
    expect(answer.json().metadata).toMatchObject({
      generation: 1,
      resourceVersion: '72447177',
      uid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(() => simulator.put({ kind: 'Pod', metadata: { name: 'p', namespace: 'n' } })).toThrow('not a job that can be stored');
  });
});

describe('a refusal', () => {
  const about = { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs' };
  const edited = async (edit: (job: { [key: string]: unknown; metadata: Record<string, unknown> }) => void) => {
    const job = JSON.parse(simulator.text(...stored) as string);
    edit(job);
    return JSON.stringify(job);
  };

  it('of a stale resourceVersion is 409 Conflict with CCI’s errorCode', async () => {
    const answer = await put(await edited((job) => Object.assign(job.metadata, { resourceVersion: '72447175' })));
    expect(answer.json()).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'Operation cannot be fulfilled on tfjobs.kubeflow.org "tfjob-test": the object has been modified; please apply your changes to the latest version and try again',
      reason: 'Conflict',
      details: about,
      code: 409,
      errorCode: 'CCI.02.409101',
    });
    expect(answer.status).toBe(409);
  });

  it.each<[string, number, string, (job: { [key: string]: unknown; metadata: Record<string, unknown> }) => void, RegExp]>([
    [
      'another uid',
      409,
      'Conflict',
      ({ metadata }) => Object.assign(metadata, { uid: 'x', resourceVersion: '1' }),
      /Precondition failed: UID in precondition: x, UID in object meta: 083cc6df/,
    ],
    [
      'no resourceVersion',
      422,
      'Invalid',
      ({ metadata }) => delete metadata.resourceVersion,
      /metadata.resourceVersion: Invalid value: 0: must be specified for an update/,
    ],
    [
      'resourceVersion "0"',
      422,
      'Invalid',
      ({ metadata }) => Object.assign(metadata, { resourceVersion: '0' }),
      /must be specified for an update/,
    ],
    [
      'a resourceVersion that is a number',
      400,
      'BadRequest',
      ({ metadata }) => Object.assign(metadata, { resourceVersion: 72447176 }),
      /metadata.resourceVersion/,
    ],
    [
      'another name',
      400,
      'BadRequest',
      ({ metadata }) => Object.assign(metadata, { name: 'other' }),
      /^the name of the object \(other\) does not match the name on the URL \(tfjob-test\)$/,
    ],
    ['no name', 400, 'BadRequest', ({ metadata }) => delete metadata.name, /name must be provided/],
    [
      'another namespace',
      400,
      'BadRequest',
      ({ metadata }) => Object.assign(metadata, { namespace: 'other' }),
      /^the namespace of the provided object does not match/,
    ],
    ['no kind', 400, 'BadRequest', (job) => delete job.kind, /Object 'Kind' is missing in/],
    ['another kind', 422, 'Invalid', (job) => Object.assign(job, { kind: 'Pod' }), /kind: Invalid value: "Pod"/],
    ['another apiVersion', 400, 'BadRequest', (job) => Object.assign(job, { apiVersion: 'v1' }), /does not match the expected API version/],
    ['metadata that is no object', 400, 'BadRequest', (job) => Object.assign(job, { metadata: [] }), /metadata/],
  ])('of %s is %i %s, and nothing is stored', async (_title, code, reason, edit, message) => {
    const before = simulator.text(...stored);
    const answer = await put(await edited(edit));
    expect(answer.json()).toMatchObject({ kind: 'Status', status: 'Failure', code, reason, message: expect.stringMatching(message) });
    expect(answer.status).toBe(code);
    expect(simulator.text(...stored)).toBe(before);
  });

  it('of a missing resourceVersion names the field as a cause', async () => {
    const answer = await put(await edited(({ metadata }) => delete metadata.resourceVersion));
    expect(answer.json().details).toEqual({
      ...about,
      causes: [
        { reason: 'FieldValueInvalid', message: 'Invalid value: 0: must be specified for an update', field: 'metadata.resourceVersion' },
      ],
    });
  });

  it.each(['{bad', '', 'null', '[]', '5', '{}'])('of the body %j is 400 BadRequest', async (body) => {
    expect((await put(body)).json()).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      errorCode: 'CCI.01.400101',
      message: expect.stringContaining('the object provided is unrecognized (must be of type TFJob): '),
    });
  });

  it('of an unknown job is 404 NotFound, and of an unknown path too', async () => {
    const answer = await send(simulator.url, { path: '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/nope' });
    expect(answer.json()).toMatchObject({
      code: 404,
      reason: 'NotFound',
      message: 'tfjobs.kubeflow.org "nope" not found',
      details: { ...about, name: 'nope' },
    });
    for (const path of [
      '/',
      '/healthz',
      '/apis/kubeflow.org/v1/namespaces/kube-test/pods/p',
      '/apis/kubeflow.org/v1/namespaces/n/constructor/p',
    ]) {
      expect((await send(simulator.url, { path })).json()).toMatchObject({
        code: 404,
        reason: 'NotFound',
        message: 'the server could not find the requested resource',
      });
    }
  });

  it('of another method is 405', async () => {
    for (const method of ['DELETE', 'POST']) {
      expect((await send(simulator.url, { method })).json()).toMatchObject({ code: 405, reason: 'MethodNotAllowed' });
    }
  });

  it('of another content type is 415', async () => {
    for (const type of ['text/plain', 'application/merge-patch+json', 'application/yaml']) {
      const answer = await put('{}', { headers: { 'content-type': type } });
      expect(answer.json()).toMatchObject({ code: 415, reason: 'UnsupportedMediaType' });
    }
    const body = simulator.text(...stored) as string;
    expect((await put(body, { headers: { 'content-type': 'application/JSON; charset=utf-8' } })).status).toBe(200);
  });

  it('of a body above 3 MiB is 413, signed or too long to be checked', async () => {
    for (const size of [3 * 1024 * 1024 + 1, 13 * 1024 * 1024]) {
      expect((await put(' '.repeat(size))).json()).toMatchObject({
        code: 413,
        reason: 'RequestEntityTooLarge',
        message: 'Request entity too large: limit is 3145728',
      });
    }
    expect((await put(' '.repeat(3 * 1024 * 1024))).status).toBe(400);
  });

  it('of any dryRun but All is 422', async () => {
    for (const dryRun of ['Some', '']) {
      const answer = await put('{}', { query: { dryRun } });
      expect(answer.json()).toMatchObject({
        code: 422,
        reason: 'Invalid',
        details: { causes: [{ reason: 'FieldValueNotSupported', field: 'dryRun' }] },
      });
    }
  });
});
