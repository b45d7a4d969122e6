import { describe, expect, it } from 'vitest';
import { managerOf } from '../../../../lib/job/rules/last-applied.ts';
import { causes, cci, changed, cpuTime, forbidden, job, judge, kubeflow, kubeflowJob, lastApplied, sent } from '../jobs.ts';

type Loose = Record<string, unknown>;
const annotation = `metadata.annotations[${lastApplied}]`;
const identity = { apiVersion: 'kubeflow.org/v1', kind: 'TFJob', metadata: { name: 'tfjob-test', namespace: 'kube-test' } };
const old = {
  ...identity,
  metadata: { ...identity.metadata, labels: { a: '1', team: 'x' }, annotations: { c: '1', 'tfjob-gateway/k': 'own' } },
  spec: { backoffLimit: 6, tfReplicaSpecs: { Worker: { replicas: 1, args: ['a', { b: 1 }] } } },
};
const rules = { protectedKeys: ['team'] };
const patch = { ...rules, patch: true };

const textOf = (record: unknown): string => (typeof record === 'string' ? record : JSON.stringify(record));
/** A job with a record, and others of its annotations; managedFields as its server would show them. */
const applied = (record: unknown, base = job(), more: Loose = {}) =>
  changed(base, { 'metadata.annotations': { ...(record === undefined ? {} : { [lastApplied]: textOf(record) }), ...more } });
/** The record that is sent where `live` is the live one and `next` the requested one, with a label changed so that something is sent. */
function stored(live: unknown, next: unknown, { kind = cci, base = job() } = {}): unknown {
  const requested = changed(applied(next, base), { 'metadata.labels': { seen: 'yes' } });
  const { object } = sent(applied(live, base), requested, rules, kind);
  const text = (object.metadata as { annotations?: Record<string, string> }).annotations?.[lastApplied];
  return text === undefined ? undefined : JSON.parse(text);
}
const withMeta = (metadata: Loose) => ({ ...old, metadata: { ...old.metadata, ...metadata } });
const withSpec = (spec: Loose) => ({ ...old, spec: { ...old.spec, ...spec } });

describe('what is stored of a last-applied record (docs/decision.md, last-applied)', () => {
  it('is the live one, with labels, annotations and the three scalars of the requested one', () => {
    const next = {
      ...withMeta({ labels: { b: '2', team: 'x' }, annotations: { d: '3' } }),
      spec: { ttlSecondsAfterFinished: 5, cleanPodPolicy: 'All' },
    };
    expect(stored(old, next)).toEqual({
      ...withMeta({ labels: { b: '2', team: 'x' }, annotations: { d: '3', 'tfjob-gateway/k': 'own' } }),
      spec: { ...old.spec, ttlSecondsAfterFinished: 5, cleanPodPolicy: 'All' },
    });
  });

  it('loses what may change and the request leaves out, and nothing else', () => {
    const full = withSpec({ activeDeadlineSeconds: 5, cleanPodPolicy: 'All' });
    expect(stored(full, identity)).toEqual(withMeta({ labels: { team: 'x' }, annotations: { 'tfjob-gateway/k': 'own' } }));
  });

  it.each<[string, Loose]>([
    ['a field of spec', withSpec({ suspend: true })],
    ['a null, which deletes as well', withSpec({ suspend: null })],
    ['other values', withSpec({ backoffLimit: 7, tfReplicaSpecs: { Worker: { replicas: 2 } } })],
    ['the other layout', withSpec({ runPolicy: { cleanPodPolicy: 'All' } })],
    ['less of spec', { ...old, spec: {} }],
    ['no spec', { ...old, spec: undefined }],
    ['spec as a text', { ...old, spec: 'x' }],
    ['a root field', { ...old, status: {} }],
    ['finalizers', withMeta({ finalizers: ['f'] })],
    ['members of an array', withSpec({ tfReplicaSpecs: { Worker: { replicas: 1, args: [] } } })],
    ['a protected label of another value', withMeta({ labels: { a: '1', team: 'y' } })],
    ['no protected label', withMeta({ labels: { a: '1' } })],
    ['a protected label as null', withMeta({ labels: { a: '1', team: null } })],
    ['another of the gateway’s own annotations', withMeta({ annotations: { c: '1', 'tfjob-gateway/k': 'x', 'tfjob-gateway/l': 'y' } })],
    ['a record in the record', withMeta({ annotations: { c: '1', [lastApplied]: '{}' } })],
    ['a label that is no text', withMeta({ labels: { a: '1', b: 5, c: { d: 'e' } } })],
    ['a policy of the wrong type', withSpec({ ttlSecondsAfterFinished: 'x', activeDeadlineSeconds: {}, cleanPodPolicy: 5 })],
    ['a name called __proto__', JSON.parse(JSON.stringify(old).replace('"spec":{', '"spec":{"__proto__":{"x":1},'))],
  ])('takes nothing of %s, and leaves the live text as it is', (_title, next) => {
    const live = applied(`${JSON.stringify(old)} `);
    expect(judge(live, applied(next), rules)).toEqual({ outcome: 'unchanged' });
    expect(judge(live, applied(next), patch)).toEqual({ outcome: 'unchanged' });
  });

  it.each<[string, Loose, Loose]>([
    ['no labels', withMeta({ labels: undefined }), old],
    ['labels as null', withMeta({ labels: null }), old],
    ['no annotations', withMeta({ annotations: undefined }), withMeta({ annotations: { d: '1' } })],
    ['no metadata', { ...old, metadata: undefined }, old],
    ['no spec', { ...old, spec: undefined }, withSpec({ cleanPodPolicy: 'All' })],
    ['spec as null', { ...old, spec: null }, withSpec({ cleanPodPolicy: 'All' })],
    ['nothing at all', {}, withSpec({ cleanPodPolicy: 'All' })],
  ])('gains no map where it has %s: an apply of a file without that map would delete all of it', (_title, live, next) => {
    expect(stored(live, next)).toEqual(JSON.parse(JSON.stringify(live)));
  });

  it('keeps a map that the request leaves out or empties, so that the next apply deletes what it would have deleted', () => {
    for (const next of [withMeta({ labels: undefined }), withMeta({ labels: null }), withMeta({ labels: {} }), withMeta({ labels: 'x' })]) {
      expect(stored(old, next)).toEqual(withMeta({ labels: { team: 'x' } }));
    }
  });

  it('keeps what is no text, since a server-side apply would otherwise come to read the record', () => {
    const live = { ...withMeta({ labels: { a: 5, team: 'x' } }), spec: { ...old.spec, ttlSecondsAfterFinished: 'x' } };
    expect(stored(live, { ...withMeta({ labels: { a: '1', b: '2' } }), spec: { ttlSecondsAfterFinished: 5 } })).toEqual({
      ...live,
      metadata: { ...live.metadata, labels: { a: 5, b: '2', team: 'x' } },
    });
  });

  it('has the scalars at their places in the kubeflow layout', () => {
    const live = withSpec({ runPolicy: { backoffLimit: 3, suspend: true }, cleanPodPolicy: 'None' });
    const next = withSpec({ runPolicy: { cleanPodPolicy: 'All' }, cleanPodPolicy: 'All' });
    const where = { kind: kubeflow, base: kubeflowJob() };
    expect(stored(live, next, where)).toEqual(
      withSpec({ runPolicy: { backoffLimit: 3, suspend: true, cleanPodPolicy: 'All' }, cleanPodPolicy: 'None' }),
    );
    expect(stored(old, next, where)).toEqual(old);
    expect(stored(live, withSpec({ runPolicy: null }), where)).toEqual(live);
  });

  it('is written as kubectl writes it, so that an apply of the same file changes nothing', () => {
    const live =
      '{"apiVersion":"kubeflow.org/v1","kind":"TFJob","metadata":{"annotations":{},"name":"tfjob-test","namespace":"kube-test"},"spec":{"10":1,"9":1,"n":1.50}}\n';
    const next = live.replace('"annotations":{}', '"annotations":{"b":"1","a":"\\u003c\\u0026\\u003e\\u2028é\\n"}');
    const { object } = sent(applied(live), applied(next));
    expect((object.metadata as { annotations: Loose }).annotations[lastApplied]).toBe(
      live.replace('"annotations":{}', '"annotations":{"a":"\\u003c\\u0026\\u003e\\u2028é\\n","b":"1"}'),
    );
  });
});

describe('a job without a record', () => {
  it('gets none by a request: apply --prune deletes what has one', () => {
    for (const next of [identity, old, { ...old, planted: 1 }]) {
      expect(judge(job(), applied(next), rules)).toEqual({ outcome: 'unchanged' });
      expect(stored(undefined, next)).toBeUndefined();
    }
  });

  it.each(['{bad', '', '[]', '5', 'null', JSON.stringify('x')])('keeps one that cannot be read: %s', (live) => {
    expect(judge(applied(live), applied(old), rules)).toEqual({ outcome: 'unchanged' });
  });

  it('keeps one that is deeper than any job', () => {
    const deep = textOf(old).replace('"spec":{', `"spec":{"x":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)},`);
    expect(judge(applied(deep), applied(withMeta({ labels: {} })), rules)).toEqual({ outcome: 'unchanged' });
    expect(causes(applied(old), applied(deep))[0]).toBe(422);
  });
});

describe('a last-applied record that is asked for', () => {
  it.each([
    ['no JSON', '{bad'],
    ['an empty text', ''],
    ['null', null],
    ['an array', [identity]],
    ['a number', 5],
    ['another apiVersion', { ...identity, apiVersion: 'kubeflow.org/v1beta1' }],
    ['no apiVersion', { ...identity, apiVersion: undefined }],
    ['another kind', { ...identity, kind: 'PyTorchJob' }],
    ['another name', { ...identity, metadata: { name: 'other', namespace: 'kube-test' } }],
    ['no namespace', { ...identity, metadata: { name: 'tfjob-test' } }],
    ['another namespace', { ...identity, metadata: { name: 'tfjob-test', namespace: 'other' } }],
    ['no metadata', { ...identity, metadata: undefined }],
    ['metadata in a prototype', '{"apiVersion":"kubeflow.org/v1","kind":"TFJob","__proto__":{"metadata":{"name":"tfjob-test"}}}'],
  ])('must be of the same job: %s is invalid', (_title, config) => {
    const message = 'Invalid value: must be JSON of the same apiVersion, kind, name and namespace as the job';
    const cause = { reason: 'FieldValueInvalid', message, field: annotation };
    expect(causes(job(), applied(config))).toEqual([422, cause]);
    expect(causes(applied(old), applied(config))).toEqual([422, cause]);
  });

  it('that stays as it is is never judged', () => {
    for (const config of ['{bad', '', '[]', { ...identity, kind: 'X' }]) {
      const live = applied(config);
      expect(judge(live, changed(live))).toEqual({ outcome: 'unchanged' });
      expect(sent(live, changed(live, { 'spec.cleanPodPolicy': 'All' }), { patch: true }).changed).toEqual(['spec.cleanPodPolicy']);
    }
  });

  it('and is no text is invalid, as every annotation is', () => {
    const requested = changed(job(), { 'metadata.annotations': { [lastApplied]: { a: 1 } } });
    expect(causes(applied(old), requested)).toMatchObject([422, { reason: 'FieldValueTypeInvalid' }]);
  });

  it('stays as it is where a replace leaves it out, with all annotations or alone', () => {
    for (const next of [job(), applied(undefined, job(), { c: '1' }), changed(job(), { 'metadata.annotations': null })]) {
      const requested = changed(next, { 'metadata.labels': { seen: 'yes' } });
      const { object } = sent(applied(old), requested, rules);
      expect((object.metadata as { annotations: Loose }).annotations[lastApplied]).toBe(textOf(old));
    }
    expect(judge(applied(old), job(), rules)).toEqual({ outcome: 'unchanged' });
  });

  it.each([
    ['removes it', job()],
    ['removes all annotations', changed(job(), { 'metadata.annotations': null })],
    ['empties it', applied('')],
  ])('may not go by a patch that %s', (_title, requested) => {
    expect(causes(applied(old), requested, patch)).toEqual([403, forbidden(annotation, 'may not be removed')]);
    expect(judge(job(), job(), patch)).toEqual({ outcome: 'unchanged' });
  });

  it('may not go by a patch even where it is empty: apply --prune asks only whether there is one', () => {
    expect(causes(applied(''), job(), patch)).toEqual([403, forbidden(annotation, 'may not be removed')]);
  });

  it('is named beside every other difference, in one refusal', () => {
    const requested = changed(job(), { 'spec.backoffLimit': 7 });
    expect(causes(applied(old), requested, patch)).toEqual([
      403,
      forbidden('spec.backoffLimit', 'may not be changed: 6 → 7'),
      forbidden(annotation, 'may not be removed'),
    ]);
  });

  it('that is protected is only that', () => {
    const own = { protectedKeys: [lastApplied] };
    for (const next of [applied('{bad'), applied(identity), job()]) {
      expect(causes(applied(old), next, own)).toEqual([403, forbidden(annotation, 'is protected and may not be changed')]);
    }
  });

  it('counts towards the size of all annotations as it is stored, not as it came', () => {
    const long = 'x'.repeat(300_000);
    expect(judge(applied(old), applied({ ...old, planted: long }), rules)).toEqual({ outcome: 'unchanged' });
    expect(causes(applied(old), applied(withMeta({ annotations: { long } })), rules)).toMatchObject([422, { reason: 'FieldValueTooLong' }]);
  });

  it('of any size is answered in time', () => {
    const labels = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, '']));
    const [before, after] = [applied(withMeta({ labels })), applied(withSpec({ labels }))];
    expect(cpuTime(() => judge(before, after, rules))).toBeLessThan(2000);
  });
});

describe('the manager in whose name a changed record is written', () => {
  const owns = { 'f:metadata': { 'f:annotations': { [`f:${lastApplied}`]: {} } } };
  const entry = (more: Loose = {}) => ({
    manager: 'kubectl-client-side-apply',
    operation: 'Update',
    apiVersion: 'kubeflow.org/v1',
    fieldsV1: owns,
    ...more,
  });
  const others = entry({ manager: 'kueue', fieldsV1: { 'f:spec': {} } });
  const next = withMeta({ labels: { b: '2' } });
  const managed = (...entries: Loose[]) => changed(applied(old), { 'metadata.managedFields': entries });
  const writes = (live: ReturnType<typeof job>, requested: unknown) =>
    managerOf(live, sent(live, changed(applied(requested), { 'metadata.labels': { seen: 'yes' } }), rules).object);
  const isRebuilt = (live: ReturnType<typeof job>) => judge(live, applied(next), rules).outcome === 'change';

  it('is the one that owns it, so that nobody comes to own it', () => {
    expect(writes(managed(others, entry()), next)).toBe('kubectl-client-side-apply');
    expect(writes(managed(entry({ manager: 'kubectl-create', subresource: '' }), others), next)).toBe('kubectl-create');
  });

  it('is the gateway’s own where the record stays, or the server keeps no managers', () => {
    expect(writes(managed(others, entry()), old)).toBeUndefined();
    expect(writes(applied(old), next)).toBeUndefined();
    expect([isRebuilt(applied(old)), isRebuilt(managed())]).toEqual([true, true]);
  });

  it('is the one that owns it where the gateway would be the eleventh, since the server would merge it with others', () => {
    const named = (count: number, first = 'm') => Array.from({ length: count }, (_, n) => ({ ...others, manager: `${first}${n}` }));
    expect(writes(managed(...named(9), entry()), old)).toBe('kubectl-client-side-apply');
    expect(writes(managed(...named(8), entry()), old)).toBeUndefined();
    expect(writes(managed(...named(8), { ...others, manager: 'tfjob-gateway' }, entry()), old)).toBeUndefined();
    // What an apply owns, and a status, is not merged.
    const apart = [
      { ...others, operation: 'Apply' },
      { ...others, subresource: 'status' },
    ];
    expect(writes(managed(...named(8), ...apart, entry()), old)).toBeUndefined();
    // Without a record there is nothing that a server-side apply would take over.
    expect(writes(managed(...named(10)), old)).toBeUndefined();
  });

  it.each<[string, Loose[]]>([
    ['owned by nobody', [others]],
    ['owned by two', [entry(), entry({ manager: 'other' })]],
    ['owned by a server-side apply', [entry({ operation: 'Apply' })]],
    ['owned by both', [entry(), entry({ manager: 'kubectl-last-applied', operation: 'Apply' })]],
    ['owned through a subresource', [entry({ subresource: 'status' })]],
    ['owned through another version', [entry({ apiVersion: 'kubeflow.org/v1beta1' })]],
    ['owned by a manager without a name', [entry({ manager: '' })]],
  ])('is none where the record is %s, and the record stays', (_title, entries) => {
    expect(isRebuilt(managed(...entries))).toBe(false);
    expect(writes(managed(...entries), next)).toBeUndefined();
  });
});
