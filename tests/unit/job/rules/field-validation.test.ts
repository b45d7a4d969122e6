import { describe, expect, it } from 'vitest';
import { duplicate, duplicateFields, unknownFields } from '../../../../lib/job/rules/field-validation.ts';
import { parseExactJson } from '../../../../lib/json/json.ts';
import { someOf } from '../../../exhaustive.ts';
import { causes, cci, changed, container, cpuTime, job, judge, kubeflow, kubeflowJob, pod, refusal, worker } from '../jobs.ts';

const live = job();
const strict = { validation: { mode: 'Strict' as const, duplicates: [] } };
const unknown = (changes: Record<string, unknown>, before = live, kind = cci) => unknownFields(kind, before, changed(before, changes));

describe('an unknown field under fieldValidation=Strict (docs/decision.md, field-validation)', () => {
  it.each([
    ['x', 1],
    ['metadata.x', 1],
    ['metadata.clusterName', ''],
    ['spec.x', 1],
    ['spec.x', null],
    ['spec.x', []],
    ['spec.runPolicy', {}],
    ['spec.successPolicy', ''],
    ['spec.constructor', 1],
    ['spec.activeDeadlineSecond', 5],
    [`${worker}.x`, 1],
    ['spec.tfReplicaSpecs.Chief.x', 1],
    ['metadata.a b', 1],
  ])('%s (%j) is refused with 400', (path, value) => {
    const shown = path === 'metadata.a b' ? 'metadata[a b]' : path;
    expect(unknown({ [path]: value })).toEqual([shown]);
    const { code, reason, message, details } = refusal(live, changed(live, { [path]: value }), strict);
    const cause = { reason: 'FieldValueInvalid', field: shown, message: expect.stringContaining(`unknown field "${shown}"`) };
    expect([code, reason, details]).toEqual([400, 'BadRequest', { causes: [cause] }]);
    expect(message).toContain(`TFJob in version "v1" cannot be handled as a TFJob: strict decoding error: unknown field "${shown}"`);
  });

  it('is named with the right field where it looks like one', () => {
    expect(refusal(live, job({ 'spec.activeDeadlineSecond': 5 }), strict).message).toBe(
      'TFJob in version "v1" cannot be handled as a TFJob: strict decoding error: ' +
        'unknown field "spec.activeDeadlineSecond" (unknown field; did you mean spec.activeDeadlineSeconds?)',
    );
  });

  it('is one of all, and duplicates come first', () => {
    const requested = job({ 'spec.a': 1, 'spec.b': 2, x: 3 });
    expect(
      refusal(live, requested, { validation: { mode: 'Strict', duplicates: [duplicate('duplicate field "kind"', 'kind')] } }).message,
    ).toBe(
      'TFJob in version "v1" cannot be handled as a TFJob: strict decoding error: ' +
        'duplicate field "kind", unknown field "x", unknown field "spec.a", unknown field "spec.b"',
    );
    expect(refusal(live, live, { validation: { mode: 'Strict', duplicates: [duplicate('duplicate field "kind"', 'kind')] } }).code).toBe(
      400,
    );
  });

  it.each([
    'metadata.generateName',
    'metadata.finalizers',
    'metadata.deletionTimestamp',
    'metadata.managedFields',
    'spec.activeDeadlineSeconds',
    'spec.cleanPodPolicy',
    'spec.backoffLimit',
    'spec.tfReplicaSpecs',
    `${worker}.restartPolicy`,
    `${worker}.template.x`,
    `${worker}.template.metadata.x`,
    `${pod}.x`,
    `${container}.x`,
    'metadata.labels.x',
    'metadata.annotations.x',
    'status.x',
  ])('is not %s', (path) => {
    expect(unknown({ [path]: 'v' })).toEqual([]);
  });

  it('is none that the live job has at the same place, whatever its value', () => {
    const before = job({ x: null, 'metadata.x': 1, 'spec.x': 1, [`${worker}.x`]: false });
    expect(unknown({}, before)).toEqual([]);
    expect(unknown({ x: 5, 'metadata.x': 5, 'spec.x': 5, [`${worker}.x`]: 5 }, before)).toEqual([]);
    expect(unknown({ y: 1 }, before)).toEqual(['y']);
    expect(causes(before, changed(before, { 'spec.x': 2 }), strict)).toMatchObject([403, { field: 'spec.x' }]);
  });

  it('is none that the live replica has under another case of its name', () => {
    const before = job({ 'spec.tfReplicaSpecs.Ps.x': 1 });
    const { Ps, Worker } = (before.spec as never as { tfReplicaSpecs: Record<string, never> }).tfReplicaSpecs;
    const requested = changed(before, { 'spec.tfReplicaSpecs': { PS: Ps, Worker } });
    expect(judge(before, requested, strict)).toEqual({ outcome: 'unchanged' });
  });

  it('is judged by its own layout', () => {
    const before = kubeflowJob();
    for (const path of ['spec.cleanPodPolicy', 'spec.backoffLimit', 'spec.runPolicy.x', 'spec.runPolicy.labels']) {
      expect(unknown({ [path]: 'v' }, before, kubeflow)).toEqual([path]);
    }
    for (const path of [
      'spec.runPolicy.cleanPodPolicy',
      'spec.runPolicy.suspend',
      'spec.successPolicy',
      'spec.runPolicy.schedulingPolicy.x',
    ]) {
      expect(unknown({ [path]: 'v' }, before, kubeflow)).toEqual([]);
    }
  });

  it('is an ordinary difference without Strict', () => {
    expect(causes(live, job({ 'spec.x': 1 }))).toMatchObject([403, { field: 'spec.x' }]);
    expect(judge(live, job({ 'spec.x': null }))).toEqual({ outcome: 'unchanged' });
  });

  it('is at most one of 100 in the message, and a long name is cut', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`spec.x${n}`, 1]));
    expect(refusal(live, job(many), strict).message.split('unknown field').length).toBe(101);
    const long = {
      [`spec.tfReplicaSpecs.${'w'.repeat(500_000)}`]: Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`x${n}`, 1])),
    };
    expect(refusal(live, job(long), strict).message.length).toBeLessThan(50_000);
  });
});

describe('the order of refusals (docs/decision.md)', () => {
  const mistakes = { 'spec.x': 1, 'spec.backoffLimit': 7, 'spec.cleanPodPolicy': 'Some' };
  it('is conflict, then unknown fields under Strict, then 403, then 422', () => {
    expect(refusal(live, job(mistakes, { 'metadata.uid': 'u', 'metadata.resourceVersion': '1' }), strict).message).toMatch(
      /UID in precond/,
    );
    expect(refusal(live, job(mistakes, { 'metadata.resourceVersion': '1' }), strict).code).toBe(409);
    expect(refusal(live, job(mistakes), strict).code).toBe(400);
    expect(refusal(live, job(mistakes)).code).toBe(403);
    expect(refusal(live, job(mistakes, { 'spec.x': undefined }), strict).code).toBe(403);
    expect(refusal(live, job({ 'spec.cleanPodPolicy': 'Some' }), strict).code).toBe(422);
  });
});

describe('duplicateFields', () => {
  it.each([
    ['{}', []],
    ['[]', []],
    ['{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}', []],
    ['{"a":"{\\"a\\":1,\\"a\\":2}","b":"a"}', []],
    ['{"a":"\\\\","b":"\\\\\\"","c":"a\\"b"}', []],
    ['{"kind":1,"kind":1}', ['kind']],
    ['{"a":1,"b":2,"a":3,"b":4,"a":5}', ['a', 'b']],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"x":{"a":{},"a":[]}}', ['x.a']],
    ['{"x":[1,{"a":1,"b":[],"a":2}]}', ['x[1].a']],
    ['[[0,{"a":1,"a":1}]]', ['[0][1].a']],
    ['{"":1,"":2}', ['[]']],
    ['{"__proto__":1,"__proto__":2,"constructor":1}', ['__proto__']],
    ['{"a b":1,"a b":2}', ['[a b]']],
    [' { "a" : 1 ,\n "a" : [ ] } ', ['a']],
    ['{"a":{"b":1},"a":{"b":2}}', ['a']],
    ['{"a":"x\\"","a":1}', ['a']],
    ['{"metadata":{"labels":{"x/y":"1","x/y":"2"}}}', ['metadata.labels[x/y]']],
  ])('finds in %s %j', (text, paths) => {
    expect(duplicateFields(text, parseExactJson(text))).toEqual(paths.map((field) => duplicate(`duplicate field "${field}"`, field)));
  });

  const large: [string, string][] = [
    ['one member half a million times', `{${'"a":1,'.repeat(500_000)}"a":1}`],
    ['many members twice', `{${Array.from({ length: 100_000 }, (_, n) => `"k${n}":1,"k${n}":2`).join()}}`],
    ['one member many times, deep inside', `${`{"${'k'.repeat(100)}":`.repeat(60)}{${'"a":1,'.repeat(400_000)}"a":1}${'}'.repeat(60)}`],
    ['one long name many times', `{"${'k'.repeat(1_000_000)}":{${'"a":1,'.repeat(300_000)}"a":1}}`],
    ['objects of two', `${`{"${'k'.repeat(100)}":`.repeat(60)}{${'"x":{"a":1,"a":1},'.repeat(150_000)}"x":0}${'}'.repeat(60)}`],
    ['depth alone', `${'{"a":'.repeat(500_000)}1${'}'.repeat(500_000)}`],
    ['backslashes', `{"a":"${'\\\\'.repeat(1_000_000)}","b":"${'\\"'.repeat(1_000_000)}","a":1}`],
    ['quotes', `[${'"",'.repeat(900_000)}""]`],
  ];
  it.each(someOf(large, 3))('takes time in proportion to its text: %s', (_title, text) => {
    const parsed = parseExactJson(text);
    let found: object[] = [];
    const took = cpuTime(() => {
      found = duplicateFields(text, parsed);
    });
    expect(took).toBeLessThan(2000);
    expect(found.length).toBeLessThanOrEqual(100);
    expect(JSON.stringify(found).length).toBeLessThan(100_000);
  });
});
