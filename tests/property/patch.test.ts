import fc from 'fast-check';
import { applyPatch, Pointer } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/job/decide.ts';
import type { JobKind } from '../../lib/job/kinds.ts';
import { canonicalValue } from '../../lib/job/rules/field-value.ts';
import { parsePatched } from '../../lib/job/rules/shape.ts';
import { getPath, isObject, type Json, type JsonObject, own, parseExactJson } from '../../lib/json/json.ts';
import { applyJsonPatch } from '../../lib/json/json-patch.ts';
import { applyMergePatch } from '../../lib/json/merge-patch.ts';
import { StatusError } from '../../lib/status.ts';
import { passThroughPatch } from '../../lib/update/pass-through.ts';
import { mergePatch } from '../../local/cci/merge-patch.ts';
import { runsOf } from '../exhaustive.ts';
import { copyOf, goodMap, goodPolicy, json, kinds, liveJob, map, objectOf, refOf, runPolicyFields } from './jobs.ts';
import { canonical, checkChange, judge } from './oracle.ts';

// PROPERTY_RUNS=1000000 runs a million cases; a failure names the seed and the path that repeat it.
const runs = runsOf(4000);
const timeout = 60_000 + runs * 20;
const share = (part: number): fc.Parameters<unknown> => ({ numRuns: Math.ceil(runs * part) });

const layout = fc.constantFrom(...Object.keys(kinds));
const kindOf = (where: string): JobKind => kinds[where] as JobKind;
const live = layout.chain((where) => fc.tuple(fc.constant(where), liveJob(where)));
const protectedKeys = fc.subarray(['app', 'p.io/*', 'constructor']);

const record = (fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<JsonObject> =>
  fc.record(fields, { requiredKeys: [] }).map((members) => objectOf(Object.entries(members) as [string, Json][]));
const withNulls = fc.tuple(goodMap, fc.subarray(['app', 'a', 'p.io/x', 'q.io/y', 'A.io/z'])).map(([members, removed]) => {
  return objectOf([...Object.entries(members), ...removed.map((key): [string, Json] => [key, null])]);
});
const rarely = <T>(usual: fc.Arbitrary<T>, wild: fc.Arbitrary<T>): fc.Arbitrary<T> => fc.oneof({ weight: 12, arbitrary: usual }, wild);
const anyMap = rarely<Json>(fc.oneof<fc.Arbitrary<Json>[]>(withNulls, withNulls, fc.constant(null)), fc.oneof(map, json));
const metadata = record({
  labels: anyMap,
  annotations: anyMap,
  resourceVersion: rarely<Json>(fc.constant('7'), fc.constantFrom<Json[]>('8', '0', '', 7, null, '07')),
  name: rarely<Json>(fc.constant('tfjob-test'), json),
  namespace: rarely<Json>(fc.constant('kube-test'), json),
});
const policies = rarely<JsonObject>(
  goodPolicy,
  record({ ttlSecondsAfterFinished: json, cleanPodPolicy: json, backoffLimit: json, weird: json }),
);
const spec = fc.oneof(policies, record({ runPolicy: rarely<Json>(policies, json) }));
/** A merge patch: mostly of what may be replaced, sometimes of anything. */
const mergePatches: fc.Arbitrary<Json> = rarely<Json>(
  fc
    .tuple(
      record({
        apiVersion: fc.constant('kubeflow.org/v1'),
        kind: fc.constant('TFJob'),
        metadata: rarely<Json>(metadata, json),
        spec: rarely<Json>(spec, json),
      }),
      rarely<[string, Json][]>(
        fc.constant([]),
        fc.array(fc.tuple(fc.constantFrom('Spec', 'status', '__proto__', 'uid', ''), json), { maxLength: 2 }),
      ),
    )
    .map(([known, more]) => objectOf([...Object.entries(known), ...more])),
  json,
);

/** A job to compare: an empty map, and a policy that is null, are none; an integer has one spelling; half a surrogate pair is U+FFFD, as Go reads it. */
function normal(kind: JobKind, job: JsonObject): string {
  const copy = copyOf(job);
  const { metadata } = copy as { metadata: JsonObject };
  delete metadata.resourceVersion;
  for (const name of ['labels', 'annotations']) {
    const entries = Object.entries((own(metadata, name) as JsonObject) ?? {}).map(([key, text]) => [
      key,
      typeof text === 'string' ? text.toWellFormed() : text,
    ]);
    delete metadata[name];
    if (entries.length > 0) metadata[name] = objectOf(entries as [string, Json][]);
  }
  const holder = getPath(copy, kind.policyIn);
  for (const name of runPolicyFields) {
    const value = own(holder, name);
    if (isObject(holder) && value === null) delete holder[name];
    else if (isObject(holder) && value !== undefined) holder[name] = canonicalValue(value);
  }
  return canonical(copy);
}

/** What the whole way makes of a patch: the decision, or the error with which it ends; anything but a StatusError is a failure. */
function decided(kind: JobKind, job: JsonObject, patched: () => Json, keys: readonly string[]) {
  try {
    const requested = parsePatched(kind, refOf(kind), job, patched());
    return { requested, decision: judge(kind, job, requested, keys) };
  } catch (error) {
    if (error instanceof StatusError) return undefined;
    throw error;
  }
}

describe('a direct patch', () => {
  it('makes of any job what the decision would make of it, and never touches anything but the five fields', { timeout }, () => {
    let direct = 0;
    fc.assert(
      fc.property(live, mergePatches, protectedKeys, ([where, job], patch, keys) => {
        const kind = kindOf(where);
        const sent = passThroughPatch(kind, refOf(kind), patch, keys);
        if (!sent) return;
        direct += 1;
        const {
          metadata: { labels, annotations, resourceVersion = '7', ...restOfMetadata } = {},
          spec = {},
          ...rest
        } = sent as Record<string, JsonObject>;
        const holder = kind.layout === 'cci' ? { runPolicy: spec } : spec;
        const { runPolicy = {}, ...restOfSpec } = holder as Record<string, JsonObject>;
        const unknown = Object.keys(runPolicy).filter((name) => !runPolicyFields.some((field) => field === name));
        expect([rest, restOfMetadata, restOfSpec, unknown]).toEqual([{}, {}, {}, []]);

        const after = parseExactJson(JSON.stringify(mergePatch(job, parseExactJson(JSON.stringify(sent))))) as JsonObject;
        const slow = decided(kind, job, () => applyMergePatch(job, patch), keys);
        if (!slow) throw new Error('the decision cannot be made');
        const { decision } = slow;
        if (resourceVersion !== '7') expect(decision).toMatchObject({ outcome: 'refused', error: { status: { code: 409 } } });
        else {
          expect(decision.outcome).not.toBe('refused');
          expect(normal(kind, after)).toBe(normal(kind, decision.outcome === 'change' ? decision.object : job));
        }
      }),
      share(1),
    );
    // The property says nothing if nothing goes directly.
    expect(direct).toBeGreaterThan(runs / 20);
  });
});

describe('a merge patch', () => {
  it('of anything is decided or refused, never throws, and changes nothing but the five fields', { timeout }, () => {
    fc.assert(
      fc.property(live, mergePatches, protectedKeys, ([where, job], patch, keys) => {
        const kind = kindOf(where);
        const before = canonical(patch);
        const slow = decided(kind, job, () => applyMergePatch(job, patch), keys);
        if (slow) checkChange(kind, job, slow.requested, slow.decision);
        expect(canonical(patch)).toBe(before);
      }),
      share(0.5),
    );
  });

  it('applied to anything makes what another hand makes of RFC 7386', { timeout }, () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        expect(canonical(applyMergePatch(target, patch))).toBe(canonical(mergePatch(target, patch)));
      }),
      share(0.5),
    );
  });
});

const escaped = (token: string): string => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`;

describe('a JSON patch', () => {
  const tokens = fc.constantFrom(
    'metadata',
    'labels',
    'annotations',
    'app',
    'spec',
    'runPolicy',
    'cleanPodPolicy',
    'name',
    'resourceVersion',
    'tfReplicaSpecs',
    'Worker',
    '0',
    '-1',
    '-',
    '__proto__',
    'constructor',
    '',
    'weird',
    'a',
    'b',
  );
  const paths = fc.oneof(
    fc.array(tokens, { maxLength: 5 }).map((path) => path.map(escaped).join('')),
    fc.constantFrom(
      '/metadata/labels',
      '/metadata/labels/app',
      '/metadata/annotations/a',
      '/spec/cleanPodPolicy',
      '/spec/runPolicy/cleanPodPolicy',
      '/spec/weird',
      '/metadata/weird',
    ),
  );
  const operation = record({
    op: rarely<Json>(fc.constantFrom('add', 'remove', 'replace', 'test', 'copy', 'move'), json),
    path: rarely<Json>(paths, json),
    from: paths,
    value: fc.oneof(json, fc.constantFrom('All', 'v'), goodMap),
  });

  it('of anything is decided or refused, never throws, and changes nothing but the five fields', { timeout }, () => {
    let applied = 0;
    fc.assert(
      fc.property(live, rarely<Json>(fc.array(operation, { maxLength: 4 }), json), ([where, job], patch) => {
        const kind = kindOf(where);
        const before = canonical(patch);
        const slow = decided(kind, job, () => applyJsonPatch(JSON.stringify(job), patch), ['p.io/*']);
        expect(canonical(patch)).toBe(before);
        if (!slow) return;
        applied += 1;
        checkChange(kind, job, slow.requested, slow.decision);
      }),
      share(1),
    );
    expect(applied).toBeGreaterThan(runs / 20);
    expect(({} as JsonObject).polluted).toBeUndefined();
  });

  // What both sides agree on: no inherited names, no negative indices, every value given, and no whole document replaced.
  const names = rarely(fc.constantFrom('a', 'b', '0', '-'), fc.constantFrom('', 'c~d', 'e/f', '~1', '1', '2', '01'));
  const plain = fc.letrec<{ value: Json }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      fc.constantFrom<Json[]>(null, true, false, 0, 1, 2.5, ''),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.array(fc.tuple(names, tie('value')), { maxLength: 4 }).map(objectOf),
    ),
  })).value;
  const pointer = fc.array(names, { minLength: 1, maxLength: 3 }).map((path) => path.map(escaped).join(''));
  const standard = fc.record({
    op: fc.constantFrom('add', 'add', 'remove', 'replace', 'test', 'copy', 'move'),
    path: rarely(pointer, fc.constant('')),
    from: rarely(pointer, fc.constant('')),
    value: plain,
  });
  type Standard = typeof standard extends fc.Arbitrary<infer T> ? T : never;

  /** What the library makes of an operation, each as RFC 6902 explains it by add, remove and test; false where it does not apply. */
  function applies(holder: { doc: Json }, { op, path, from, value }: Standard): boolean {
    const run = (one: object) => applyPatch(holder.doc, [one as never])[0] === null;
    // To the API server, a member that is not there is null where there is an object that could hold it.
    const at = (place: string): { value: Json | undefined; isMember: boolean } => {
      const { parent, value } = Pointer.fromJSON(place).evaluate(holder.doc) as { parent: Json; value: Json | undefined };
      return { value: value === undefined && isObject(parent) ? null : value, isMember: isObject(parent) };
    };
    const held = at(from).value;
    const kept = held === undefined ? undefined : (JSON.parse(JSON.stringify(held)) as Json);
    try {
      if (op === 'replace') return (run({ op: 'remove', path }) || at(path).isMember) && run({ op: 'add', path, value });
      if (op === 'move') return run({ op: 'remove', path: from }) && run({ op: 'add', path, value: kept });
      if (op === 'copy') return kept !== undefined && run({ op: 'add', path, value: kept });
      if (op === 'test' && value === null) return at(path).value === null;
      return run({ op, path, value });
    } catch {
      return false;
    }
  }

  it('does what the library rfc6902 does', { timeout }, () => {
    let applied = 0;
    const document = fc.tuple(plain, plain, plain).map(([a, b, zero]) =>
      objectOf([
        ['a', a],
        ['b', b],
        ['0', zero],
      ]),
    );
    const operations = fc.array(standard, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(document, operations, (doc, patch) => {
        fc.pre(!patch.some(({ op, path }) => op === 'replace' && path === ''));
        const holder = { doc: copyOf<Json>(doc) };
        const fits = patch.every((one) => applies(holder, one));
        const ours = () => applyJsonPatch(JSON.stringify(doc), patch as unknown as Json);
        if (fits) expect(canonical(ours())).toBe(canonical(holder.doc));
        else expect(ours).toThrow(expect.objectContaining({ status: expect.objectContaining({ code: 422 }) }));
        applied += fits ? 1 : 0;
      }),
      share(2),
    );
    expect(applied).toBeGreaterThan(runs / 20);
  });
});

describe('parsePatched', () => {
  it('lets nothing through that the decision would throw at', { timeout }, () => {
    fc.assert(
      fc.property(live, json, ([where, job], patched) => {
        const kind = kindOf(where);
        const given = isObject(patched) ? { ...job, ...patched } : patched;
        const slow = decided(kind, job, () => given, []);
        if (slow)
          expect(() =>
            decide(kind, refOf(kind), job, slow.requested, { patch: true, validation: { mode: 'Strict' as const, duplicates: [] } }),
          ).not.toThrow();
      }),
      share(0.25),
    );
  });
});
