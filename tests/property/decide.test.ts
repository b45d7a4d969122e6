import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../lib/job/compare.ts';
import { decide } from '../../lib/job/decide.ts';
import type { JobKind } from '../../lib/job/kinds.ts';
import { lastApplied } from '../../lib/job/rules/last-applied.ts';
import { parseRequested } from '../../lib/job/rules/shape.ts';
import { getPath, isObject, type Json, type JsonObject, own } from '../../lib/json/json.ts';
import { StatusError } from '../../lib/status.ts';
import { runsOf } from '../exhaustive.ts';
import { copyOf, goodMap, goodPolicy, json, kinds, liveJob, map, objectOf, refOf } from './jobs.ts';
import { changeMeaning, overwritten, respelled, waysToSpell } from './mutations.ts';
import { changedFields, checkChange, checkWayOut, codeOf, judge, said, touches, warned } from './oracle.ts';

// PROPERTY_RUNS=1000000 runs a million cases; a failure names the seed and the path that repeat it.
const runs = runsOf(10_000);
const timeout = 60_000 + runs * 20;
const share = (part: number): fc.Parameters<unknown> => ({ numRuns: Math.ceil(runs * part) });

const layout = fc.constantFrom(...Object.keys(kinds));
const kindOf = (where: string): JobKind => kinds[where] as JobKind;
const pick = fc.nat({ max: 100_000 });
/** Any JSON, or nothing, at any place. */
const changes = fc.array(fc.tuple(pick, fc.option(json, { nil: undefined })), { maxLength: 4 });

/** Whether a request can be taken at all; anything but a StatusError is a failure. */
function isTaken(kind: JobKind, body: JsonObject): boolean {
  try {
    return parseRequested(kind, refOf(kind), body) === body;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
}

/** The code of a refusal that comes before any comparison, if one is due. */
function earlyCode(kind: JobKind, { kind: name, metadata }: JsonObject): number | undefined {
  const unlike = (field: string, live: string, absent: Json[]) => ![live, ...absent].includes(own(metadata, field) ?? null);
  if (unlike('uid', 'u', [null, '']) || unlike('resourceVersion', '7', [null, '', '0'])) return 409;
  return name === kind.kind ? undefined : 422;
}

describe('decide', () => {
  it('refuses with 403 exactly what changes a meaning that may not be changed, and else sends the five fields alone', { timeout }, () => {
    const live = layout.chain((where) => fc.tuple(fc.constant(where), liveJob(where, goodPolicy, goodMap)));
    const fields = fc.record({ labels: fc.option(goodMap), annotations: fc.option(goodMap), policies: fc.option(goodPolicy) });
    const ways = fc.array(fc.tuple(fc.constantFrom(...waysToSpell), pick), { maxLength: 6 });
    const edited = (kind: JobKind, job: JsonObject, { labels, annotations, policies }: Record<string, JsonObject | null>): JsonObject => {
      const copy = copyOf(job);
      Object.assign(copy.metadata as JsonObject, labels && { labels }, annotations && { annotations });
      Object.assign(getPath(copy, kind.policyIn) as JsonObject, policies);
      return copy;
    };
    let found = 0;
    fc.assert(
      fc.property(live, fields, ways, fc.option(pick), ([where, job], replaced, spelling, change) => {
        const kind = kindOf(where);
        const meant = respelled(kind, edited(kind, job, replaced), spelling);
        const requested = change === null ? meant : changeMeaning(kind, meant, change);
        const decision = judge(kind, job, requested);
        if (change !== null) {
          expect(codeOf(decision)).toBe(403);
          found += checkWayOut(kind, job, requested, [], decision) ? 1 : 0;
        } else {
          const changed = changedFields(kind, job, requested);
          expect(decision).toEqual(
            changed.length === 0
              ? { outcome: 'unchanged', ...warned(job, requested) }
              : { outcome: 'change', changed, object: expect.anything(), ...warned(job, requested) },
          );
          checkChange(kind, job, requested, decision);
        }
      }),
      share(0.35),
    );
    expect(found).toBeGreaterThan(runs / 100);
  });

  it('leaves any job that is asked for as it is unchanged', { timeout }, () => {
    const live = layout.chain((where) => fc.tuple(fc.constant(where), liveJob(where)));
    fc.assert(
      fc.property(live, changes, ([where, job], wild) => {
        const kind = kindOf(where);
        const weird = { ...overwritten({ ...job, metadata: {} }, wild), kind: kind.kind, metadata: job.metadata as Json };
        expect(judge(kind, weird, copyOf(weird), ['a', 'b'])).toEqual({ outcome: 'unchanged' });
      }),
      share(0.15),
    );
  });

  it('refuses with 403 exactly what compare finds or what touches a protected key, whatever was asked for', { timeout }, () => {
    const jobs = layout.chain((where) =>
      fc.tuple(fc.constant(where), liveJob(where), fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, liveJob(where))),
    );
    const maps = fc.record({ labels: fc.option(map), annotations: fc.option(map) });
    const protectedKeys = fc.subarray(['app', 'p.io/x', 'constructor', 'a b', '__proto__']);
    fc.assert(
      fc.property(jobs, changes, maps, protectedKeys, ([where, live, other], wild, { labels, annotations }, keys) => {
        const kind = kindOf(where);
        const requested = overwritten(other ?? live, wild);
        if (isObject(requested.metadata)) Object.assign(requested.metadata, labels && { labels }, annotations && { annotations });
        if (!isTaken(kind, requested)) return;
        const decision = judge(kind, live, requested, keys);
        const isForbidden = compare(live, requested, kind.semantics).total > 0 || touches(live, requested, keys);
        expect(codeOf(decision)).toEqual(earlyCode(kind, requested) ?? (isForbidden ? 403 : expect.toBeOneOf([200, 422])));
        checkChange(kind, live, requested, decision);
        checkWayOut(kind, live, requested, keys, decision);
      }),
      share(0.25),
    );
  });

  it('never throws on any two objects', { timeout }, () => {
    const fields = [
      'name',
      'uid',
      'resourceVersion',
      'labels',
      'annotations',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
      lastApplied,
    ];
    const metadata = fc.oneof(fc.array(fc.tuple(fc.constantFrom(...fields), json), { maxLength: 7 }).map(objectOf), json);
    const object = fc
      .tuple(metadata, json, json, json)
      .map(([meta, kind, spec, root]) => ({ ...(isObject(root) ? root : {}), kind, metadata: meta, spec }) as JsonObject);
    fc.assert(
      fc.property(layout, object, object, fc.boolean(), (where, live, requested, named) => {
        const kind = kindOf(where);
        const asked = named ? { ...requested, kind: kind.kind } : requested;
        const rules = { protectedKeys: ['a', 'b/*'], ...(live.kind ? { validation: { mode: 'Strict' as const, duplicates: [] } } : {}) };
        expect(decide(kind, refOf(kind), live, asked, rules).outcome).toBeOneOf(['unchanged', 'change', 'refused']);
      }),
      share(0.05),
    );
  });
});

describe('compare', () => {
  it('finds a difference between any two values exactly where they do not say the same', { timeout }, () => {
    const inSpec = (weird: Json): JsonObject => ({ spec: { weird } });
    fc.assert(
      fc.property(layout, json, changes, (where, value, wild) => {
        const other = own(own(overwritten(inSpec(value), wild), 'spec'), 'weird') ?? null;
        const total = (a: Json, b: Json) => compare(inSpec(a), inSpec(b), kindOf(where).semantics).total;
        const differs = said(value, true) !== said(other, true);
        expect([total(value, other) > 0, total(other, value) > 0]).toEqual([differs, differs]);
      }),
      share(0.15),
    );
  });
});
