import { describe, expect, it } from 'vitest';
import { compare } from '../../../lib/job/compare.ts';
import { decide } from '../../../lib/job/decide.ts';
import { parseRequested } from '../../../lib/job/rules/shape.ts';
import { type Json, type JsonObject, parseExactJson } from '../../../lib/json/json.ts';
import { someOf } from '../../exhaustive.ts';
import { cci, changed, container, cpuTime, job, nested, ref } from './jobs.ts';

const live = job();
const spec = live.spec as JsonObject;
const inSpec = (value: Json): JsonObject => ({ ...live, spec: { ...spec, new: value } });
const ask = (before: JsonObject, requested: JsonObject) =>
  decide(cci, ref, before, requested, { validation: { mode: 'Strict' as const, duplicates: [] } });
const codeOf = (before: JsonObject, requested: JsonObject) => {
  const decision = decide(cci, ref, before, requested);
  return decision.outcome === 'refused' ? decision.error.status.code : decision.outcome;
};
/** Runs within a time that only something worse than linear exceeds. */
function inTime<T>(call: () => T): T {
  let result: T | undefined;
  expect(
    cpuTime(() => {
      result = call();
    }),
  ).toBeLessThan(3000);
  return result as T;
}
const arrays = (levels: number, innermost: Json): Json => {
  let value = innermost;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

describe('what is nested 100,000 deep', () => {
  it.each<[string, (levels: number, innermost: Json) => Json]>([
    ['objects', nested],
    ['arrays and objects', arrays],
  ])('does not overflow and does not pass as equal: %s', (_title, deep) => {
    expect(codeOf(inSpec(deep(100_000, 1)), inSpec(deep(100_000, 2)))).toBe(403);
    expect(codeOf(live, inSpec(deep(100_000, 1)))).toBe(403);
    expect(codeOf(inSpec(deep(100_000, 1)), live)).toBe(403);
    expect(codeOf(inSpec(deep(100_000, 1)), inSpec(deep(99_999, 1)))).toBe(403);
    // Nothing at the bottom: no difference as far as anybody looked, and nobody looked that far.
    expect(codeOf(live, inSpec(nested(100_000, null)))).toBe(403);
  });

  it.each([10, 100, 400])('is compared to its end at %i levels', (levels) => {
    for (const deep of [nested, arrays]) {
      expect(codeOf(inSpec(deep(levels, 1)), inSpec(deep(levels, 1)))).toBe('unchanged');
      expect(codeOf(inSpec(deep(levels, 1)), inSpec(deep(levels, 2)))).toBe(403);
    }
    expect(codeOf(live, inSpec(nested(levels, null)))).toBe('unchanged');
    expect(codeOf(live, inSpec(nested(levels, false)))).toBe(403);
  });

  it.each(['status', 'metadata', 'spec', 'kind', 'x'])('may stand in %s of either job', (member) => {
    for (const deep of [nested(100_000), arrays(100_000, 1)]) {
      const odd = { ...live, [member]: deep };
      for (const [a, b] of [
        [live, odd],
        [odd, live],
        [odd, { ...live, [member]: nested(99_999) }],
      ] as const) {
        expect(['change', 'unchanged', 'refused']).toContain(ask(a, b).outcome);
      }
    }
  });

  it.each([
    'labels',
    'annotations',
    'uid',
    'resourceVersion',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'managedFields',
    'finalizers',
  ])('may stand in metadata.%s of either job', (member) => {
    for (const deep of [nested(100_000), arrays(100_000, 1), { a: nested(100_000) }]) {
      const odd = { ...live, metadata: { ...(live.metadata as JsonObject), [member]: deep } };
      for (const [a, b] of [
        [live, odd],
        [odd, live],
        [odd, odd],
      ] as const)
        expect(ask(a, b).outcome).toBeDefined();
    }
  });

  it.each(['activeDeadlineSeconds', 'ttlSecondsAfterFinished', 'cleanPodPolicy'])('is no %s', (field) => {
    const odd = { ...live, spec: { ...spec, [field]: nested(100_000) } };
    expect(codeOf(live, odd)).toBe(422);
    expect(codeOf(odd, { ...live, spec: { ...spec, [field]: nested(100_000, 2) } })).toBe(422);
  });
});

describe('a large request', () => {
  const many = 300_000;
  it('of 300,000 elements, members or differences is judged in linear time', () => {
    const elements = (value: Json): Json => new Array(many).fill(value);
    const members = (value: Json): Json => Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`m${n}`, value]));
    for (const of of someOf([elements, members], 2)) {
      expect(inTime(() => codeOf(inSpec(of(1)), inSpec(of(1))))).toBe('unchanged');
      expect(inTime(() => codeOf(inSpec(of(1)), inSpec(of(2))))).toBe(403);
      expect(inTime(() => codeOf(live, inSpec(of({}))))).toBe(of === elements ? 403 : 'unchanged');
      expect(inTime(() => codeOf(inSpec(of(1)), live))).toBe(403);
    }
    expect(compare(inSpec(elements(1)), inSpec(elements(2)), cci.semantics)).toMatchObject({ total: many, found: { length: 100 } });
  });

  it('of as many good labels as there may be, or of 50,000 replica types, is judged in linear time', () => {
    const names = (prefix: string, value: Json, length = 50_000): JsonObject =>
      Object.fromEntries(Array.from({ length }, (_, n) => [`${prefix}${n}`, value]));
    const labelled = (length: number) => ({ ...live, metadata: { ...(live.metadata as JsonObject), labels: names('k', 'v', length) } });
    expect(inTime(() => codeOf(live, labelled(2000)))).toBe('change');
    expect(inTime(() => codeOf(live, labelled(50_000)))).toBe(422);
    expect(inTime(() => codeOf(labelled(50_000), live))).toBe('change');
    const replicas = (prefix: string) => ({ ...live, spec: { ...spec, tfReplicaSpecs: names(prefix, { replicas: 2 }) } });
    expect(inTime(() => codeOf(replicas('Worker'), replicas('WORKER')))).toBe('unchanged');
    expect(inTime(() => codeOf(replicas('Worker'), replicas('Chief')))).toBe(403);
    expect(inTime(() => parseRequested(cci, ref, replicas('Worker')))).toBeDefined();
    expect(inTime(() => ask(live, { ...live, spec: { ...spec, tfReplicaSpecs: names('W', { x: 1 }) } }).outcome)).toBe('refused');
  });

  it('of long quantities, numbers, timestamps and images is judged in linear time', () => {
    const digits = '1'.repeat(1_000_000);
    const number = (text: string) => parseExactJson(`{"a":${text}}`);
    for (const [a, b] of [
      [`${digits}1`, `${digits}2`],
      [`${digits}.${digits}`, `${digits}.${digits}0`],
      [`1e${digits}`, `1e${digits}0`],
    ] as const) {
      expect(inTime(() => codeOf(inSpec(number(a)), inSpec(number(b))))).toBe(403);
      for (const path of [
        `${container}.resources.limits.cpu`,
        'spec.tfReplicaSpecs.Worker.template.metadata.creationTimestamp',
        `${container}.image`,
      ]) {
        expect(inTime(() => codeOf(changed(live, { [path]: a }), changed(live, { [path]: b })))).toBe(403);
      }
    }
    const images = [`${':'.repeat(1_000_000)}`, `${'a:'.repeat(500_000)}/`, '@'.repeat(1_000_000), '/'.repeat(1_000_000)];
    for (const image of someOf(images, 2)) expect(inTime(() => codeOf(live, changed(live, { [`${container}.image`]: image })))).toBe(403);
  });
});

describe('a job with odd names', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', '', '0', '\ud800', '\u0000'];
  it.each(names)('such as %j is compared by them', (name) => {
    const of = (value: Json) => inSpec(parseExactJson(`{${JSON.stringify(name)}:${JSON.stringify(value)}}`));
    expect(codeOf(of({ a: 1 }), of({ a: 1 }))).toBe('unchanged');
    expect(codeOf(of({ a: 1 }), of({ a: 2 }))).toBe(403);
    expect(codeOf(of({ a: 1 }), inSpec({}))).toBe(403);
    expect(codeOf(inSpec({}), of('x'))).toBe(403);
    expect(codeOf(inSpec({}), of({}))).toBe('unchanged');
    expect(codeOf(inSpec({}), of(null))).toBe('unchanged');
  });

  it.each(names)('such as %j at the root, in metadata, spec and each replica', (name) => {
    const text = JSON.stringify(live);
    const member = `${JSON.stringify(name)}:{"x":1},`;
    for (const place of ['{"apiVersion"', '"metadata":{', '"spec":{', '"tfReplicaSpecs":{', '"Worker":{']) {
      const odd = parseExactJson(
        text.replace(place, place.startsWith('{') ? `{${member}${place.slice(1)}` : `${place}${member}`),
      ) as JsonObject;
      expect([codeOf(live, odd), codeOf(odd, live), codeOf(odd, parseExactJson(JSON.stringify(odd)) as JsonObject)]).toEqual([
        403,
        403,
        'unchanged',
      ]);
    }
  });
});
