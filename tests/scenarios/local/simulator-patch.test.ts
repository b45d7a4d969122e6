import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/json/json.ts';
import { mergePatch } from '../../../local/cci/merge-patch.ts';
import { rfc7386 } from '../../rfc7386.ts';
import { type Sent, send, simulator, useSimulator } from './signed.ts';

const stored = ['tfjobs', 'kube-test', 'tfjob-test'] as const;

useSimulator();

function patch(body: unknown, more: Sent = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return send(simulator.url, { method: 'PATCH', headers: { 'content-type': 'application/merge-patch+json' }, body: text, ...more });
}
const live = () => simulator.get(...stored) as JsonObject & { metadata: JsonObject; spec: JsonObject };

describe('RFC 7386', () => {
  it.each([
    ...rfc7386,
    ['{"a":{"__proto__":{"b":1}}}', '{"a":{"__proto__":{"c":2},"constructor":1}}', '{"a":{"__proto__":{"b":1,"c":2},"constructor":1}}'],
  ])('makes of %s with %s: %s', (target, patched, outcome) => {
    expect(JSON.stringify(mergePatch(JSON.parse(target), JSON.parse(patched)))).toBe(outcome);
  });
});

describe('a merge patch', () => {
  it('changes what it names, removes what it calls null, and grows the resourceVersion', async () => {
    const before = live();
    const answer = await patch(
      { metadata: { labels: { app: null, team: 'red' }, annotations: { note: 'x' } } },
      { query: { fieldManager: 'kubectl-label' } },
    );
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      ...before,
      metadata: { ...before.metadata, labels: { team: 'red' }, annotations: { note: 'x' }, resourceVersion: '72447177' },
    });
    expect(simulator.text(...stored)).toBe(answer.text);
  });

  it('of the spec grows the generation too', async () => {
    const answer = await patch({ spec: { ttlSecondsAfterFinished: 60, unknownField: { kept: true } } });
    expect(answer.json()).toMatchObject({
      metadata: { generation: 3, resourceVersion: '72447177' },
      spec: { backoffLimit: 6, ttlSecondsAfterFinished: 60, unknownField: { kept: true } },
    });
  });

  it('that says null of the spec leaves none, as a real server without a schema for it', async () => {
    expect((await patch({ spec: null })).status).toBe(200);
    expect(live()).not.toHaveProperty('spec');
  });

  it('that takes the last label away leaves no labels, as a real server reads metadata', async () => {
    const answer = await patch({ metadata: { labels: { app: null }, annotations: {} } });
    expect(answer.json()).toMatchObject({ metadata: { resourceVersion: '72447177' } });
    expect(live().metadata).not.toHaveProperty('labels');
    expect(live().metadata).not.toHaveProperty('annotations');
  });

  it('that changes nothing leaves the job letter for letter', async () => {
    const before = simulator.text(...stored);
    for (const body of [{}, { metadata: { labels: { app: 'test' }, annotations: null } }, { spec: { backoffLimit: 6 } }]) {
      expect((await patch(body)).text).toBe(before);
    }
    expect(simulator.text(...stored)).toBe(before);
  });

  it('keeps every number as written, its own and the job’s', async () => {
    const text = simulator.text(...stored)?.replace('"backoffLimit":6', '"backoffLimit":9007199254740993,"one":1.0') as string;
    simulator.put(text);
    const answer = await patch('{"spec":{"activeDeadlineSeconds":9007199254740995}}');
    expect(answer.text).toContain('"backoffLimit":9007199254740993,"one":1.0');
    expect(answer.text).toContain('"activeDeadlineSeconds":9007199254740995');
  });

  it('cannot change what is the server’s own', async () => {
    const before = live();
    const metadata = {
      creationTimestamp: null,
      generation: 99,
      selfLink: '/x',
      managedFields: [{}],
      uid: null,
      deletionTimestamp: '2000-01-01T00:00:00Z',
    };
    const answer = await patch({ status: null, metadata: { ...metadata, labels: { app: 'new' } } });
    expect(answer.json()).toEqual({ ...before, metadata: { ...before.metadata, labels: { app: 'new' }, resourceVersion: '72447177' } });
  });

  it('may name the resourceVersion that it is meant for', async () => {
    expect((await patch({ metadata: { resourceVersion: '72447176', labels: { a: '1' } } })).status).toBe(200);
    const stale = await patch({ metadata: { resourceVersion: '72447176', labels: { a: '2' } } });
    expect(stale.json()).toMatchObject({
      code: 409,
      reason: 'Conflict',
      details: { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs' },
      errorCode: 'CCI.02.409101',
    });
    expect(live().metadata.labels).toMatchObject({ a: '1' });
  });

  it('as a dry run is answered with what would be stored and stores nothing', async () => {
    const before = simulator.text(...stored);
    const answer = await patch({ spec: { backoffLimit: 7 } }, { query: { dryRun: 'All' } });
    expect(answer.json()).toMatchObject({ spec: { backoffLimit: 7 }, metadata: { generation: 3, resourceVersion: '72447176' } });
    expect(simulator.text(...stored)).toBe(before);
  });

  it('is answered in the form that the Accept header names', async () => {
    const headers = {
      'content-type': 'application/merge-patch+json',
      accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
    };
    const answer = await patch({ metadata: { labels: { a: '1' } } }, { headers });
    expect(answer.json()).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { labels: { a: '1', app: 'test' } } });
  });

  it('works on every kind', async () => {
    for (const job of ['pytorchjobs/pytorch-mnist', 'mxjobs/mxnet-mnist']) {
      const answer = await patch({ spec: { ttlSecondsAfterFinished: 5 } }, { path: `/apis/kubeflow.org/v1/namespaces/kube-test/${job}` });
      expect(answer.json()).toMatchObject({ spec: { ttlSecondsAfterFinished: 5 }, metadata: { generation: 2 } });
    }
  });
});

describe('a merge patch is refused', () => {
  it.each<[string, number, string, unknown, RegExp]>([
    ['another uid', 422, 'Invalid', { metadata: { uid: 'x' } }, /^TFJob.kubeflow.org "tfjob-test" is invalid: metadata.uid: .*immutable$/],
    ['no resourceVersion at all', 422, 'Invalid', { metadata: { resourceVersion: null } }, /must be specified for an update$/],
    ['an empty resourceVersion', 422, 'Invalid', { metadata: { resourceVersion: '' } }, /must be specified for an update$/],
    ['resourceVersion "0"', 422, 'Invalid', { metadata: { resourceVersion: '0' } }, /must be specified for an update$/],
    ['a resourceVersion that is a number', 422, 'Invalid', { metadata: { resourceVersion: 1 } }, /must be specified for an update$/],
    ['another name', 400, 'BadRequest', { metadata: { name: 'other' } }, /does not match the name on the URL \(tfjob-test\)$/],
    ['another namespace', 400, 'BadRequest', { metadata: { namespace: 'other' } }, /^the namespace of the provided object does not match/],
    ['no metadata', 400, 'BadRequest', { metadata: null }, /name must be provided$/],
    ['another kind', 422, 'Invalid', { kind: 'Pod' }, /^ "" is invalid: patch: Invalid value: /],
    ['no apiVersion', 422, 'Invalid', { apiVersion: null }, /^ "" is invalid: patch: Invalid value: /],
    ['metadata that is no object', 422, 'Invalid', { metadata: [] }, /^ "" is invalid: patch: Invalid value: /],
    ['what is no JSON', 400, 'BadRequest', '{bad', /^invalid JSON patch$/],
    ['an empty body', 400, 'BadRequest', '', /^invalid JSON patch$/],
    ['null', 400, 'BadRequest', 'null', /^Invalid JSON Patch$/],
    ['an array', 400, 'BadRequest', '[]', /^Invalid JSON Patch$/],
  ])('for %s with %i %s, and nothing is stored', async (_title, code, reason, body, message) => {
    const before = simulator.text(...stored);
    const answer = await patch(body);
    expect(answer.json()).toMatchObject({ kind: 'Status', status: 'Failure', code, reason, message: expect.stringMatching(message) });
    expect(answer.status).toBe(code);
    expect(simulator.text(...stored)).toBe(before);
  });

  it('under every other content type', async () => {
    for (const type of ['application/json', 'application/json-patch+json', 'application/strategic-merge-patch+json', 'text/plain']) {
      const answer = await patch({}, { headers: { 'content-type': type } });
      expect([answer.status, answer.json()]).toEqual([
        415,
        {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: 'the body of the request was in an unknown format - accepted media types include: application/merge-patch+json',
          reason: 'UnsupportedMediaType',
          code: 415,
        },
      ]);
    }
    const parameters = { 'content-type': 'application/merge-patch+json; charset=utf-8' };
    expect((await patch({}, { headers: parameters })).status).toBe(200);
  });

  it('where there is no such job, where it is too large, and as any dry run but All', async () => {
    const nope = await patch({}, { path: '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/nope' });
    expect(nope.json()).toMatchObject({ code: 404, reason: 'NotFound', details: { name: 'nope', kind: 'tfjobs' } });
    expect((await patch(' '.repeat(3 * 1024 * 1024 + 1))).json()).toMatchObject({ code: 413, reason: 'RequestEntityTooLarge' });
    expect((await patch({}, { query: { dryRun: 'Some' } })).json()).toMatchObject({
      code: 422,
      message: expect.stringMatching(/^PatchOptions.meta.k8s.io "" is invalid: dryRun: /),
      details: { kind: 'PatchOptions', causes: [{ reason: 'FieldValueNotSupported', field: 'dryRun' }] },
    });
  });
});
