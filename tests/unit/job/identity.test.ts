import { describe, expect, it } from 'vitest';
import { duplicate } from '../../../lib/job/rules/field-validation.ts';
import { requestedVersion } from '../../../lib/job/rules/resource-version.ts';
import { parseRequested } from '../../../lib/job/rules/shape.ts';
import type { Json, JsonObject } from '../../../lib/json/json.ts';
import { StatusError } from '../../../lib/status.ts';
import { causes, cci, changed, job, judge, kubeflow, kubeflowJob, nested, raw, ref, refusal, sent } from './jobs.ts';

/** What is said of a body that cannot be taken as a request for the documented job. */
function said(body: Json): string {
  try {
    parseRequested(cci, ref, body);
  } catch (error) {
    expect(error).toBeInstanceOf(StatusError);
    const { message, details, ...status } = (error as StatusError).status;
    const [, path, rule] = /cannot be handled as a TFJob: ([^:]*): (must be [^:]*)$/.exec(message) ?? [];
    const cause = { reason: 'FieldValueTypeInvalid', message: rule, field: expect.stringContaining(path ?? '') };
    expect(details).toEqual(path === undefined ? undefined : { causes: [cause] });
    expect(status).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'BadRequest', code: 400 });
    return message;
  }
  return 'accepted';
}

const unrecognized = (why: string): string => `the object provided is unrecognized (must be of type TFJob): ${why}`;
const cannot = (why: string): string => `TFJob in version "v1" cannot be handled as a TFJob: ${why}`;

describe('a body (docs/decision.md, identity)', () => {
  it.each([null, [], 'TFJob', 5, true, [{}]])('%j is refused with 400, as it is no object', (body) => {
    expect(said(body)).toBe(unrecognized('it is not a JSON object'));
  });

  it('that is a number kept as text is refused with 400', () => {
    expect(said(raw('1.0'))).toBe(unrecognized('it is not a JSON object'));
  });

  it.each([
    ['no kind', { kind: undefined }, unrecognized("Object 'Kind' is missing")],
    ['an empty kind', { kind: '' }, unrecognized("Object 'Kind' is missing")],
    ['no apiVersion', { apiVersion: undefined }, unrecognized("Object 'apiVersion' is missing")],
    ['a null apiVersion', { apiVersion: null }, unrecognized("Object 'apiVersion' is missing")],
    ['a kind that is no text', { kind: 5 }, cannot('kind: must be a string')],
    ['an apiVersion that is no text', { apiVersion: ['kubeflow.org/v1'] }, cannot('apiVersion: must be a string')],
    ['no metadata', { metadata: undefined }, 'the name of the object (tfjob-test based on URL) was undeterminable: name must be provided'],
    ['null metadata', { metadata: null }, 'the name of the object (tfjob-test based on URL) was undeterminable: name must be provided'],
    ['metadata that is no object', { metadata: 'a' }, cannot('metadata: must be an object')],
    [
      'metadata that is an array',
      { metadata: [] },
      'the name of the object (tfjob-test based on URL) was undeterminable: name must be provided',
    ],
    [
      'no name',
      { 'metadata.name': undefined },
      'the name of the object (tfjob-test based on URL) was undeterminable: name must be provided',
    ],
    [
      'an empty name',
      { 'metadata.name': '' },
      'the name of the object (tfjob-test based on URL) was undeterminable: name must be provided',
    ],
    ['another name', { 'metadata.name': 'other' }, 'the name of the object (other) does not match the name on the URL (tfjob-test)'],
    ['a name that is no text', { 'metadata.name': 5 }, cannot('metadata.name: must be a string')],
    [
      'another namespace',
      { 'metadata.namespace': 'other' },
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'another version',
      { apiVersion: 'kubeflow.org/v1beta2' },
      'the API version in the data (kubeflow.org/v1beta2) does not match the expected API version (kubeflow.org/v1)',
    ],
    ['v1 alone', { apiVersion: 'v1' }, 'the API version in the data (v1) does not match the expected API version (kubeflow.org/v1)'],
    [
      'a resourceVersion that is no decimal',
      { 'metadata.resourceVersion': 'abc' },
      cannot('metadata.resourceVersion: must be a decimal string'),
    ],
    ['a resourceVersion with a sign', { 'metadata.resourceVersion': '-1' }, cannot('metadata.resourceVersion: must be a decimal string')],
    [
      'a resourceVersion and a line end',
      { 'metadata.resourceVersion': '1\n' },
      cannot('metadata.resourceVersion: must be a decimal string'),
    ],
    ['a number as resourceVersion', { 'metadata.resourceVersion': 72447176 }, cannot('metadata.resourceVersion: must be a string')],
    ['a number as uid', { 'metadata.uid': 5 }, cannot('metadata.uid: must be a string')],
    ['a label that is no text', { 'metadata.labels': { a: 'b', c: 5 } }, cannot('metadata.labels: must be a map of strings')],
    ['a label that is false', { 'metadata.labels': { constructor: false } }, cannot('metadata.labels: must be a map of strings')],
    ['labels in an array', { 'metadata.labels': ['a'] }, cannot('metadata.labels: must be a map of strings')],
    ['labels as a text', { 'metadata.labels': 'a' }, cannot('metadata.labels: must be a map of strings')],
    ['an annotation that is an object', { 'metadata.annotations': { a: {} } }, cannot('metadata.annotations: must be a map of strings')],
    ['a generation that is a text', { 'metadata.generation': '2' }, cannot('metadata.generation: must be an integer')],
    ['a generation with a fraction', { 'metadata.generation': 2.5 }, cannot('metadata.generation: must be an integer')],
    ['finalizers as a text', { 'metadata.finalizers': 'a' }, cannot('metadata.finalizers: must be an array')],
    ['a deletionTimestamp that is a number', { 'metadata.deletionTimestamp': 5 }, cannot('metadata.deletionTimestamp: must be a string')],
  ])('with %s is refused with 400', (_title, changes, message) => {
    expect(said(job(changes))).toBe(message);
  });

  it('with a label named __proto__ that is no text is refused with 400', () => {
    expect(said(job({ 'metadata.labels': JSON.parse('{"__proto__":5}') }))).toBe(cannot('metadata.labels: must be a map of strings'));
  });

  it('with two replica types that fold together is refused with 400, and both are named', () => {
    const replicas = { Worker: {}, PS: {}, chief: {}, Ps: {} };
    expect(said(job({ 'spec.tfReplicaSpecs': replicas }))).toBe('spec.tfReplicaSpecs: "PS" and "Ps" name the same replica type');
  });

  it.each([
    ['no namespace', { 'metadata.namespace': undefined }],
    ['an empty namespace', { 'metadata.namespace': '' }],
    ['another kind, which is settled against the live job', { kind: 'PyTorchJob' }],
    ['no resourceVersion', { 'metadata.resourceVersion': undefined }],
    ['null for every other member of metadata', { metadata: { name: 'tfjob-test', labels: null, uid: null, generation: null } }],
    ['a null label', { 'metadata.labels': { a: null } }],
    ['unknown fields, a spec that is no object, and a status of any kind', { x: 1, spec: [], status: 5, 'metadata.x': 1 }],
    ['nothing but what is required', { spec: undefined, status: undefined, metadata: { name: 'tfjob-test' } }],
    ['a whole generation in another spelling', { 'metadata.generation': raw('2.0') }],
    ['a generation that a double cannot hold', { 'metadata.generation': raw('9007199254740993') }],
  ])('with %s is taken as it came', (_title, changes) => {
    const body = job(changes);
    expect(parseRequested(cci, ref, body)).toBe(body);
  });

  it('is not quoted at length in what is said of it', () => {
    const long = 'x'.repeat(1_000_000);
    for (const path of ['metadata.name', 'apiVersion', 'kind', 'metadata.namespace', 'metadata.resourceVersion']) {
      expect(said(job({ [path]: long })).length).toBeLessThan(500);
    }
    expect(said(job({ 'spec.tfReplicaSpecs': { [long]: {}, [long.toUpperCase()]: {} } })).length).toBeLessThan(500);
  });

  it('may be nested 100,000 deep at any place', () => {
    const deep = nested(100_000);
    for (const path of ['spec', 'status', 'x', 'metadata.x', 'spec.tfReplicaSpecs.Worker']) {
      expect(parseRequested(cci, ref, { ...job(), ...changedTop(path, deep) })).toBeDefined();
    }
    expect(said({ ...job(), metadata: { name: 'tfjob-test', labels: deep } })).toBe(cannot('metadata.labels: must be a map of strings'));
  });
});

/** One top-level member of the documented job with a value at a path, made without a copy of that value. */
function changedTop(path: string, value: Json): JsonObject {
  const keys = path.split('.');
  const [top = ''] = keys;
  return {
    [top]: keys.slice(1).reduceRight<Json>((inner, key) => ({ ...(top === 'metadata' && { name: 'tfjob-test' }), [key]: inner }), value),
  };
}

describe('a request of another object', () => {
  const conflict = (why: string, causes?: object[]) => ({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    reason: 'Conflict',
    code: 409,
    message: `Operation cannot be fulfilled on tfjobs.kubeflow.org "tfjob-test": ${why}`,
    details: { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs', ...(causes && { causes }) },
  });
  const live = [{ reason: 'FieldValueInvalid', message: 'the live one is "72447176"', field: 'metadata.resourceVersion' }];
  const modified = 'the object has been modified; please apply your changes to the latest version and try again';
  const uid = '083cc6df-ade3-11e9-aaa4-340a9837e413';

  it('of another uid is a conflict that names both', () => {
    expect(refusal(job(), job({ 'metadata.uid': 'other' }))).toEqual(
      conflict(`Precondition failed: UID in precondition: other, UID in object meta: ${uid}`),
    );
    expect(refusal(job({ 'metadata.uid': undefined }), job()).message).toBe(
      conflict(`Precondition failed: UID in precondition: ${uid}, UID in object meta: `).message,
    );
  });

  it.each(['1', '72447177', '072447176', '724471760'])('of the resourceVersion %s is a conflict', (resourceVersion) => {
    expect(refusal(job(), job({ 'metadata.resourceVersion': resourceVersion }))).toEqual(conflict(modified, live));
  });

  it('of a stale resourceVersion is not told what it may not change', () => {
    const stale = { 'metadata.resourceVersion': '1' };
    expect(refusal(job(), job(stale, { 'spec.backoffLimit': 7, kind: 'PyTorchJob' }))).toEqual(conflict(modified, live));
    expect(
      refusal(job(), job(stale, { 'spec.cleanPodPolicy': 'Some' }), {
        validation: { mode: 'Strict', duplicates: [duplicate('duplicate field "kind"', 'kind')] },
      }),
    ).toEqual(conflict(modified, live));
    expect(refusal(job(), job(stale))).toEqual(conflict(modified, live));
  });

  it('of another kind is invalid', () => {
    expect(refusal(job(), job({ kind: 'PyTorchJob' }))).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'Invalid',
      code: 422,
      message: 'TFJob.kubeflow.org "tfjob-test" is invalid: kind: Invalid value: "PyTorchJob": must be TFJob',
      details: {
        name: 'tfjob-test',
        group: 'kubeflow.org',
        kind: 'TFJob',
        causes: [{ reason: 'FieldValueInvalid', message: 'Invalid value: "PyTorchJob": must be TFJob', field: 'kind' }],
      },
    });
  });
});

describe('a resourceVersion', () => {
  it.each([
    ['', undefined],
    ['0', undefined],
    [null, undefined],
    [undefined, undefined],
    ['72447176', '72447176'],
    ['00', '00'],
  ])('%j stands for %j', (written, meant) => {
    expect(requestedVersion(job({ 'metadata.resourceVersion': written }))).toBe(meant);
  });

  it('that is left out, empty or "0" lets the live one be sent', () => {
    for (const resourceVersion of [undefined, null, '', '0']) {
      const requested = job({ 'metadata.resourceVersion': resourceVersion, 'spec.ttlSecondsAfterFinished': 5 });
      expect(sent(job(), requested)).toEqual({
        object: job({ 'spec.ttlSecondsAfterFinished': 5 }),
        changed: ['spec.ttlSecondsAfterFinished'],
      });
    }
  });
});

describe('what a request omits (docs/decision.md, replace-means-replace)', () => {
  it('means "as live" for uid, namespace, generateName, ownerReferences and finalizers', () => {
    const live = job({ 'metadata.generateName': 'a-', 'metadata.ownerReferences': [{ uid: 'u' }], 'metadata.finalizers': ['f'] });
    const names = ['uid', 'namespace', 'generateName', 'ownerReferences', 'finalizers'];
    for (const nothing of [undefined, null]) {
      const omitted = Object.fromEntries(names.map((name) => [`metadata.${name}`, nothing]));
      expect(judge(live, changed(live, omitted))).toEqual({ outcome: 'unchanged' });
      const requested = changed(live, omitted, { 'spec.cleanPodPolicy': 'All' });
      expect(sent(live, requested).object).toEqual(changed(live, { 'spec.cleanPodPolicy': 'All' }));
    }
    expect(judge(live, changed(live, { 'metadata.uid': '', 'metadata.namespace': '' }))).toEqual({ outcome: 'unchanged' });
  });

  it('is a difference where it is not replaceable', () => {
    expect(causes(job(), job({ 'spec.backoffLimit': undefined }))[1]).toMatchObject({ field: 'spec.backoffLimit' });
    expect(causes(job(), job({ spec: undefined }))).toMatchObject([403, { field: 'spec' }]);
    const live = kubeflowJob({ 'spec.runPolicy.ttlSecondsAfterFinished': 5 });
    expect(causes(live, changed(live, { 'spec.runPolicy': undefined }), {}, kubeflow)).toMatchObject([
      403,
      { field: 'spec.runPolicy.backoffLimit', message: 'may not be changed: 6 → absent' },
    ]);
  });
});

describe('what the server owns (docs/decision.md, server-owned)', () => {
  it.each([
    ['status', 5],
    ['status', undefined],
    ['metadata.creationTimestamp', '2001-01-01T00:00:00Z'],
    ['metadata.creationTimestamp', undefined],
    ['metadata.generation', 99],
    ['metadata.selfLink', '/x'],
    ['metadata.managedFields', [{ manager: 'm' }]],
  ])('is ignored silently: %s as %j', (path, value) => {
    expect(judge(job(), job({ [path]: value }))).toEqual({ outcome: 'unchanged' });
    const requested = job({ [path]: value, 'spec.cleanPodPolicy': 'None' });
    expect(sent(job(), requested).object).toEqual(job({ 'spec.cleanPodPolicy': 'None' }));
  });

  it('is no difference in a live job that is being deleted, and its deletion is immutable', () => {
    const deletion = { 'metadata.deletionTimestamp': '2019-07-24T07:17:01Z', 'metadata.deletionGracePeriodSeconds': 30 };
    const live = job(deletion);
    expect(judge(live, job())).toEqual({ outcome: 'unchanged' });
    for (const spelling of [deletion, { ...deletion, 'metadata.deletionTimestamp': '2019-07-24T09:17:01.000+02:00' }]) {
      expect(judge(live, job(spelling))).toEqual({ outcome: 'unchanged' });
    }
    expect(judge(live, job({ 'metadata.deletionGracePeriodSeconds': raw('30.0') }))).toEqual({ outcome: 'unchanged' });
    const immutable = (field: string, value: string) => ({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${value}: field is immutable`,
      field: `metadata.${field}`,
    });
    expect(causes(live, job({ 'metadata.deletionTimestamp': '2019-07-24T07:17:02Z', 'metadata.deletionGracePeriodSeconds': 0 }))).toEqual([
      422,
      immutable('deletionTimestamp', '"2019-07-24T07:17:02Z"'),
      immutable('deletionGracePeriodSeconds', '0'),
    ]);
    expect(causes(job(), live)).toEqual([
      422,
      immutable('deletionTimestamp', '"2019-07-24T07:17:01Z"'),
      immutable('deletionGracePeriodSeconds', '30'),
    ]);
    expect(refusal(live, job({ 'metadata.deletionTimestamp': '2030-01-01T00:00:00Z', 'spec.backoffLimit': 7 })).code).toBe(403);
  });
});
