import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/job/json.ts';
import { causes, cci, changed, cpuTime, forbidden, job, judge, kubeflow, kubeflowJob, lastApplied, nested, refusal, sent } from './jobs.ts';

describe('a protected key (design 3.11)', () => {
  const rules = { protectedKeys: ['team', 'example.com/*', 'quota.io/limit'] };
  const maps = {
    'metadata.labels': { team: 'a', 'example.com/x': '1', free: 'f' },
    'metadata.annotations': { team: 'a', 'quota.io/limit': '5' },
  };
  const live = job(maps);
  const ask = (name: string, map: unknown) => causes(live, changed(live, { [`metadata.${name}`]: map }), rules);
  const no = (field: string) => forbidden(field, 'is protected and may not be changed');

  it('may not be changed, added or removed, in labels and in annotations', () => {
    expect(ask('labels', { team: 'b', 'example.com/x': '1', free: 'f' })).toEqual([403, no('metadata.labels[team]')]);
    expect(ask('labels', { team: 'a', 'example.com/y': '2', free: 'f' })).toEqual([
      403,
      no('metadata.labels[example.com/x]'),
      no('metadata.labels[example.com/y]'),
    ]);
    expect(ask('labels', undefined)).toEqual([403, no('metadata.labels[team]'), no('metadata.labels[example.com/x]')]);
    expect(ask('annotations', null)).toEqual([403, no('metadata.annotations[team]'), no('metadata.annotations[quota.io/limit]')]);
    expect(ask('annotations', { team: null, 'quota.io/limit': '5' })).toEqual([403, no('metadata.annotations[team]')]);
  });

  it('is named beside every other difference, in one refusal', () => {
    const requested = changed(live, { 'metadata.labels.team': 'b', 'spec.backoffLimit': 7, 'spec.cleanPodPolicy': 'Some' });
    expect(causes(live, requested, rules)).toEqual([
      403,
      forbidden('spec.backoffLimit', 'may not be changed: 6 → 7'),
      no('metadata.labels[team]'),
    ]);
  });

  it.each(['Team', 'team2', 'tea', 'example.com', 'example.comx', 'xexample.com/x', 'quota.io/limits', 'sub.example.com/x'])(
    'is not one that only looks like it: %s',
    (key) => {
      const requested = changed(live, { 'metadata.labels': { ...(maps['metadata.labels'] as object), [key]: 'v' } });
      expect(sent(live, requested, rules).changed).toEqual(['metadata.labels']);
    },
  );

  it('may stay as it is while others change', () => {
    const requested = changed(live, { 'metadata.labels.free': 'g', 'metadata.annotations.free': 'g' });
    expect(sent(live, requested, rules).changed).toEqual(['metadata.labels', 'metadata.annotations']);
    expect(judge(live, live, rules)).toEqual({ outcome: 'unchanged' });
  });

  it('is none without configuration', () => {
    expect(sent(live, changed(live, { 'metadata.labels': undefined })).changed).toEqual(['metadata.labels']);
    expect(sent(live, changed(live, { 'metadata.labels': undefined }), { protectedKeys: [] }).changed).toEqual(['metadata.labels']);
  });

  it('may be the gateway’s own, which never changes', () => {
    const own = { protectedKeys: ['tfjob-gateway/*'] };
    expect(judge(live, changed(live, { 'metadata.annotations.tfjob-gateway/x': 'planted' }), own)).toMatchObject({ outcome: 'unchanged' });
  });

  it('is cut short where it is long, and 100 of many are listed', () => {
    const long = 'x'.repeat(100_000);
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`example.com/${long}${n}`, '']));
    const status = refusal(live, changed(live, { 'metadata.labels': { ...maps['metadata.labels'], ...many } }), rules);
    expect(status.details?.causes?.length).toBe(101);
    expect(status.message).toMatch(/ and 295 more$/);
    expect(JSON.stringify(status).length).toBeLessThan(100_000);
  });
});

describe('a last-applied configuration (design 3.11)', () => {
  const annotation = `metadata.annotations[${lastApplied}]`;
  const identity = { apiVersion: 'kubeflow.org/v1', kind: 'TFJob', metadata: { name: 'tfjob-test', namespace: 'kube-test' } };
  const applied = (config: unknown, base = job()): JsonObject =>
    changed(base, { 'metadata.annotations': { [lastApplied]: typeof config === 'string' ? config : JSON.stringify(config) } });
  const plant = (path: string) => forbidden(annotation, `may not name ${path}, which it did not hold before`);
  const old = { ...identity, spec: { backoffLimit: 6, tfReplicaSpecs: { Worker: { replicas: 1, args: ['a', { b: 1 }] } } } };

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
      expect(sent(live, changed(live, { 'spec.cleanPodPolicy': 'All' })).changed).toEqual(['spec.cleanPodPolicy']);
    }
  });

  it('may name anything where there was none before', () => {
    expect(sent(job(), applied({ ...old, planted: 1 })).changed).toEqual(['metadata.annotations']);
  });

  it('may not come to name a protected key or an annotation of the gateway, which the next apply would then delete', () => {
    const metadata = { ...identity.metadata, labels: { team: 'a', free: 'f' }, annotations: { 'tfjob-gateway/x': '1', free: 'f' } };
    const live = applied(old);
    const rules = { protectedKeys: ['team'] };
    expect(causes(live, applied({ ...old, metadata }), rules)).toEqual([
      403,
      plant('metadata.labels.team'),
      plant('metadata.annotations[tfjob-gateway/x]'),
    ]);
    const named = applied({ ...old, metadata });
    expect(sent(named, applied({ ...old, metadata: { ...metadata, labels: { team: 'b' } } }), rules).changed).toEqual([
      'metadata.annotations',
    ]);
  });

  it('may be removed, as every annotation may', () => {
    expect(sent(applied(old), job()).changed).toEqual(['metadata.annotations']);
  });

  it('may come to name the five fields, drop others, and change the values of those that it held', () => {
    for (const config of [
      identity,
      { ...old, metadata: { ...identity.metadata, labels: { a: 'b' }, annotations: { c: { d: 'e' } } } },
      { ...old, spec: { ...old.spec, activeDeadlineSeconds: 5, ttlSecondsAfterFinished: 6, cleanPodPolicy: 'All' } },
      { ...old, spec: { backoffLimit: 7, tfReplicaSpecs: { Worker: { replicas: 2, args: ['x', { y: 2 }, 3] } } } },
      { ...old, spec: { tfReplicaSpecs: null } },
      { ...old, spec: { tfReplicaSpecs: { Worker: 'gone' } } },
      { ...identity, spec: {} },
      { ...identity, spec: { cleanPodPolicy: { anything: 'below' } } },
    ]) {
      expect(sent(applied(old), applied(config)).changed).toEqual(['metadata.annotations']);
    }
  });

  it.each<[string, unknown, string[]]>([
    ['a field of spec', { ...old, spec: { ...old.spec, suspend: true } }, ['spec.suspend']],
    ['a null, which deletes as well', { ...old, spec: { ...old.spec, suspend: null } }, ['spec.suspend']],
    ['the other layout', { ...old, spec: { ...old.spec, runPolicy: { cleanPodPolicy: 'All' } } }, ['spec.runPolicy']],
    ['a root field', { ...old, status: {} }, ['status']],
    ['finalizers', { ...old, metadata: { ...identity.metadata, finalizers: ['f'] } }, ['metadata.finalizers']],
    ['a replica type', { ...old, spec: { tfReplicaSpecs: { PS: {} } } }, ['spec.tfReplicaSpecs.PS']],
    ['a deep field', { ...old, spec: { tfReplicaSpecs: { Worker: { template: {} } } } }, ['spec.tfReplicaSpecs.Worker.template']],
    ['members of what was a number', { ...old, spec: { backoffLimit: { a: 1, b: 2 } } }, ['spec.backoffLimit.a', 'spec.backoffLimit.b']],
    [
      'members of what was an array',
      { ...old, spec: { tfReplicaSpecs: { Worker: { args: { 0: 'a' } } } } },
      ['spec.tfReplicaSpecs.Worker.args[0]'],
    ],
    ['two at once', { ...old, a: 1, spec: { ...old.spec, b: 2 } }, ['spec.b', 'a']],
    ['one named constructor', { ...old, spec: { ...old.spec, constructor: 1 } }, ['spec.constructor']],
  ])('may not come to name %s', (_title, config, paths) => {
    expect(causes(applied(old), applied(config))).toEqual([403, ...paths.map(plant)]);
  });

  it('may not come to name what is called __proto__', () => {
    const text = JSON.stringify(old).replace('"spec":{', '"spec":{"__proto__":{"x":1},');
    expect(causes(applied(old), applied(text))).toEqual([403, plant('spec.__proto__')]);
  });

  it('may not come to name what JSON.parse of Node 24 takes for a name that it held (nodejs/node#63785)', () => {
    const holding = (name: string) => JSON.stringify({ ...old, x: 0 }).replace('"x":0', `"x":{"a":1,${name}:0}`);
    expect(causes(applied(holding('"b\\\\"')), applied(holding('"b\\""')))).toEqual([403, plant('x[b"]')]);
  });

  it('may name nothing beside the five fields where the old value was no JSON', () => {
    expect(causes(applied('{bad'), applied(old))).toEqual([403, plant('spec.backoffLimit'), plant('spec.tfReplicaSpecs')]);
    expect(sent(applied('{bad'), applied(identity)).changed).toEqual(['metadata.annotations']);
  });

  it('may come to name the identity of the job', () => {
    expect(sent(applied({}), applied(identity)).changed).toEqual(['metadata.annotations']);
  });

  it('has the five fields at their places in the kubeflow layout', () => {
    const config = (spec: unknown) => applied({ ...identity, spec }, kubeflowJob());
    const ask = (spec: unknown) => judge(config({}), config(spec), {}, kubeflow);
    expect(ask({ runPolicy: { cleanPodPolicy: 'All', ttlSecondsAfterFinished: 1, activeDeadlineSeconds: 1 } }).outcome).toBe('change');
    expect(causes(config({}), config({ cleanPodPolicy: 'All', runPolicy: { backoffLimit: 1 } }), {}, kubeflow)).toEqual([
      403,
      plant('spec.cleanPodPolicy'),
      plant('spec.runPolicy.backoffLimit'),
    ]);
  });

  it('is refused as a whole with every other difference', () => {
    const requested = changed(applied({ ...old, planted: 1 }), { 'spec.backoffLimit': 7 });
    expect(causes(applied(old), requested)).toEqual([403, forbidden('spec.backoffLimit', 'may not be changed: 6 → 7'), plant('planted')]);
  });

  it('that is protected is only that', () => {
    const rules = { protectedKeys: [lastApplied] };
    expect(causes(applied(old), applied('{bad'), rules)).toEqual([403, forbidden(annotation, 'is protected and may not be changed')]);
  });

  it('of any size and depth is answered in time, with at most 100 causes and a count of all', () => {
    const members = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`k${n}`, 0]));
    const { details, message } = refusal(applied(old), applied({ ...old, spec: { ...old.spec, ...members } }));
    expect(details?.causes?.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, n) => plant(`spec.k${n}`)));
    expect(details?.causes?.[100]).toEqual({ reason: 'FieldValueForbidden', message: 'and 199900 more fields may not be changed' });
    expect(message).toMatch(/ and 199995 more$/);

    const long = 'x'.repeat(500_000);
    const under = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`k${n}`, 0]));
    const [before, after] = [applied({ ...old, spec: { [long]: {} } }), applied({ ...old, spec: { [long]: under } })];
    expect(JSON.stringify(refusal(before, after)).length).toBeLessThan(100_000);
    expect(cpuTime(() => judge(before, after))).toBeLessThan(2000);

    const deep = (levels: number, end: unknown) => `{"a":`.repeat(levels) + JSON.stringify(end) + '}'.repeat(levels);
    const hold = (inside: string) => applied(JSON.stringify({ ...old, x: 0 }).replace('"x":0', `"x":${inside}`));
    expect(causes(hold(deep(100_000, 1)), hold(deep(100_000, 2)))[0]).toBe(403);
    expect(causes(hold('{}'), hold(deep(100_000, 2)))).toEqual([403, plant('x.a')]);
    expect(JSON.stringify(nested(400))).toBe(deep(400, 1));
    expect(judge(hold(deep(400, 1)), hold(deep(400, 2))).outcome).toBe('change');
    expect(causes(hold(deep(400, {})), hold(deep(400, { z: 1 })))).toMatchObject([403, { field: annotation }]);
  });

  it('is judged for the kind at hand', () => {
    expect(judge(applied(identity), applied({ ...identity, spec: {} }), {}, cci).outcome).toBe('change');
  });
});
