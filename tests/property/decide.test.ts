import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compare } from '../../lib/job/compare.ts';
import { type Decision, decide } from '../../lib/job/decide.ts';
import { at, isObject, type Json, type JsonObject, numberText, own, parseExactJson } from '../../lib/job/json.ts';
import { type JobKind, policyFields } from '../../lib/job/kinds.ts';
import { parseRequested } from '../../lib/job/schema.ts';
import { StatusError } from '../../lib/job/status.ts';
import { goodMap, goodPolicy, json, kinds, liveJob, map, objectOf, refOf, reparsed } from './jobs.ts';
import { changeMeaning, overwritten, respelled, waysToSpell } from './mutations.ts';

// `PROPERTY_RUNS=1000000 npx vitest run tests/property` runs a million; a failure names the seed and the path that repeat it.
const runs = Number(process.env.PROPERTY_RUNS ?? 10_000);
const timeout = 60_000 + runs * 20;
const share = (part: number): fc.Parameters<unknown> => ({ numRuns: Math.ceil(runs * part) });

const kind = fc.constantFrom(...kinds);
const pick = fc.nat({ max: 100_000 });
const ways = fc.array(fc.tuple(fc.constantFrom(...waysToSpell), pick), { maxLength: 6 });

/** The text of a value with its members in order, every number as written. */
function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)
    .join()}}`;
}

/** Decides about frozen jobs, so that a change of either argument throws. */
function judge(of: JobKind, live: JsonObject, requested: JsonObject, protectedKeys: readonly string[] = []): Decision {
  return decide(of, refOf(of), frozen(live), frozen(requested), { protectedKeys });
}
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}
const codeOf = (decision: Decision): number => (decision.outcome === 'refused' ? decision.error.status.code : 200);

const mapsOf = ['labels', 'annotations'] as const;
const mapOf = (job: JsonObject, name: string): JsonObject => {
  const found = at(job, ['metadata', name]);
  return isObject(found) ? found : {};
};

/** What a replaceable field is to be, said without the code under test: undefined for none. */
function wanted(of: JobKind, live: JsonObject, requested: JsonObject): Map<string, Json | undefined> {
  const fields = new Map<string, Json | undefined>();
  for (const name of mapsOf) {
    const isOwn = (key: string) => name === 'annotations' && key.startsWith('tfjob-gateway/');
    const theirs = Object.entries(mapOf(requested, name)).filter(([key]) => !isOwn(key));
    const mine = Object.entries(mapOf(live, name)).filter(([key]) => isOwn(key));
    const entries = [...theirs.map(([key, value]) => [key, value ?? ''] as const), ...mine];
    fields.set(`metadata.${name}`, entries.length > 0 ? objectOf(entries) : undefined);
  }
  for (const name of policyFields) {
    const value = at(requested, [...of.policyIn, name]) ?? undefined;
    const text = numberText(value);
    fields.set([...of.policyIn, name].join('.'), text === undefined ? value : Number(text) + 0);
  }
  return fields;
}

/** A job without its replaceable fields, and without what only holds them. */
function rest(of: JobKind, job: JsonObject): string {
  const copy = reparsed(job);
  for (const name of mapsOf) if (isObject(copy.metadata)) delete copy.metadata[name];
  const policies = at(copy, of.policyIn);
  if (isObject(policies)) for (const name of policyFields) delete policies[name];
  const spec = own(copy, 'spec');
  if (isObject(spec) && (canonical(spec.runPolicy) === '{}' || spec.runPolicy === null)) delete spec.runPolicy;
  if (canonical(spec) === '{}' || spec === null) delete copy.spec;
  return JSON.stringify(copy);
}

/** Whether the request changes a label or annotation whose key is among these. */
function touches(live: JsonObject, requested: JsonObject, protectedKeys: readonly string[]): boolean {
  return mapsOf.some((name) => {
    const [mine, theirs] = [mapOf(live, name), mapOf(requested, name)];
    const changes = (key: string) => Object.hasOwn(mine, key) !== Object.hasOwn(theirs, key) || mine[key] !== (theirs[key] ?? '');
    return [...Object.keys(mine), ...Object.keys(theirs)].some((key) => protectedKeys.includes(key) && changes(key));
  });
}

/** Whether a request can be taken at all; anything but a StatusError is a failure. */
function isTaken(of: JobKind, body: Json): body is JsonObject {
  try {
    return parseRequested(of, refOf(of), body) === body;
  } catch (error) {
    if (error instanceof StatusError) return false;
    throw error;
  }
}

/** The object to be sent equals the live one outside the replaceable fields, and asking again changes nothing. */
function checkChange(of: JobKind, live: JsonObject, requested: JsonObject, decision: Decision): void {
  if (decision.outcome !== 'change') return;
  const stored = parseExactJson(JSON.stringify(decision.object)) as JsonObject;
  expect(rest(of, stored)).toBe(rest(of, live));
  for (const [field, value] of wanted(of, live, requested)) {
    if (!decision.changed.includes(field)) continue;
    expect(canonical(wellFormed(at(stored, field.split('.'))))).toBe(canonical(wellFormed(value)));
  }
  expect(judge(of, stored, requested)).toEqual({ outcome: 'unchanged' });
}
const wellFormed = (value: Json | undefined): Json => reparsed(JSON.parse(JSON.stringify(value ?? null).replace(/\\u[dD][89a-fA-F]../g, '\ufffd')));

describe('decide', () => {
  it('refuses with 403 exactly what changes a meaning that may not be changed, and else sends the five fields alone', { timeout }, () => {
    const given = kind.chain((of) => fc.tuple(fc.constant(of), liveJob(of, goodPolicy, goodMap)));
    const asked = fc.record({ labels: fc.option(goodMap), annotations: fc.option(goodMap), policies: fc.option(goodPolicy) });
    fc.assert(
      fc.property(given, ways, asked, fc.option(pick), ([of, live], spelling, { labels, annotations, policies }, change) => {
        const edited = reparsed(live);
        const metadata = edited.metadata as JsonObject;
        if (labels) metadata.labels = labels;
        if (annotations) metadata.annotations = annotations;
        if (policies) Object.assign(at(edited, of.policyIn) as JsonObject, policies);
        const meant = respelled(of, edited, spelling);
        const requested = change === null ? meant : changeMeaning(of, meant, change);

        const decision = judge(of, live, requested);
        if (change !== null) expect(codeOf(decision)).toBe(403);
        else {
          const before = wanted(of, live, live);
          const after = wanted(of, live, requested);
          const asWritten = (field: string) => canonical(at(live, field.split('.')) ?? undefined);
          const changed = [...after.keys()].filter(
            (field) => canonical(after.get(field)) !== canonical(before.get(field)) || respelt(live, requested, field, asWritten(field)),
          );
          expect(decision.outcome === 'refused' ? decision.error.status : decision.outcome === 'change' ? decision.changed : []).toEqual(changed);
          checkChange(of, live, requested, decision);
        }
      }),
      share(0.35),
    );
  });

  it('leaves any job that is asked for as it is unchanged', { timeout }, () => {
    const given = kind.chain((of) => fc.tuple(fc.constant(of), liveJob(of), fc.array(fc.tuple(pick, fc.option(json, { nil: undefined })), { maxLength: 3 })));
    fc.assert(
      fc.property(given, ([of, job, changes]) => {
        const metadata = { ...(job.metadata as JsonObject) };
        const weird = { ...overwritten({ ...job, metadata: {} }, changes), kind: of.kind, metadata };
        expect(judge(of, weird, reparsed(weird), ['a', 'b'])).toEqual({ outcome: 'unchanged' });
      }),
      share(0.15),
    );
  });

  it('refuses with 403 exactly what compare finds or what touches a protected key, whatever was asked for', { timeout }, () => {
    const changes = fc.array(fc.tuple(pick, fc.option(json, { nil: undefined })), { maxLength: 4 });
    const given = kind.chain((of) => fc.tuple(fc.constant(of), liveJob(of), fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, liveJob(of))));
    const maps = fc.record({ labels: fc.option(map), annotations: fc.option(map) });
    fc.assert(
      fc.property(given, changes, maps, fc.subarray(['app', 'p.io/x', 'constructor', 'a b', '__proto__']), ([of, live, other], wild, replaced, protectedKeys) => {
        const requested = overwritten(other ?? live, wild);
        for (const name of mapsOf) if (replaced[name] && isObject(requested.metadata)) requested.metadata[name] = reparsed(replaced[name]);
        if (!isTaken(of, requested)) return;
        const decision = judge(of, live, requested, protectedKeys);
        const { uid = '', resourceVersion = '' } = requested.metadata as { uid?: string | null; resourceVersion?: string | null };
        const isConflict = !['', 'u', null].includes(uid) || !['', '0', '7', null].includes(resourceVersion);
        const isForbidden = compare(live, requested, of.shape).total > 0 || touches(live, requested, protectedKeys);
        const code = isConflict ? 409 : requested.kind !== of.kind ? 422 : isForbidden ? 403 : expect.toBeOneOf([200, 422]);
        expect(codeOf(decision)).toEqual(code);
        checkChange(of, live, requested, decision);
      }),
      share(0.25),
    );
  });

  it('never throws on any two objects', { timeout }, () => {
    const metadata = fc.array(
      fc.tuple(fc.constantFrom('name', 'uid', 'resourceVersion', 'labels', 'annotations', 'deletionTimestamp', 'deletionGracePeriodSeconds'), json),
      { maxLength: 7 },
    );
    const object = fc.tuple(metadata, json, json, json).map(([entries, aKind, spec, root]) => {
      const top = isObject(root) ? root : {};
      return reparsed({ ...top, kind: aKind, metadata: entries.length > 0 ? objectOf(entries) : spec, spec });
    });
    const strict = { duplicates: [] };
    fc.assert(
      fc.property(kind, object, object, fc.boolean(), (of, live, requested, same) => {
        const asked = { ...requested, ...(same ? { kind: of.kind } : {}) };
        expect(decide(of, refOf(of), frozen(live), frozen(asked), { protectedKeys: ['a', 'b/*'], ...(same ? {} : { strict }) }).outcome).toBeDefined();
      }),
      share(0.1),
    );
  });
});

/** Whether a scalar field has one value in two spellings, which is a change unless the live one is how it would be sent. */
function respelt(_live: JsonObject, requested: JsonObject, field: string, live: string): boolean {
  const theirs = at(requested, field.split('.')) ?? undefined;
  const text = numberText(theirs);
  return text !== undefined && text !== live && String(Number(text) + 0) !== live;
}

describe('compare', () => {
  const selects = /(?:^s|S)elector$/;
  /** What a value says where no field has a default: null, [] and {} say nothing as members, and numbers are their value. */
  function said(value: Json, isMember: boolean, name = ''): string {
    const text = numberText(value);
    if (text !== undefined) return exactNumber(text);
    if (value === null) return isMember ? '' : 'null';
    if (typeof value !== 'object') return JSON.stringify(value);
    if (Array.isArray(value)) return value.length === 0 && isMember && !selects.test(name) ? '' : `[${value.map((element) => said(element, false)).join()}]`;
    const members = Object.entries(value as JsonObject).map(([key, member]) => [key, said(member, true, key)] as const);
    const meant = members.filter(([, text]) => text !== '').sort(([a], [b]) => (a < b ? -1 : 1));
    if (meant.length > 0 || !isMember) return `{${meant.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`;
    return selects.test(name) ? '[]' : '';
  }
  function exactNumber(text: string): string {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
    const digits = (whole + fraction).replace(/^0+/, '');
    const significant = digits.replace(/0+$/, '');
    return significant === '' ? '0' : `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
  }

  it('finds a difference between any two values exactly where they do not say the same', { timeout }, () => {
    const similar = fc.tuple(json, fc.array(fc.tuple(pick, fc.option(json, { nil: undefined })), { maxLength: 2 }));
    fc.assert(
      fc.property(kind, similar, (of, [value, changes]) => {
        const live = reparsed({ spec: { weird: value } });
        const requested = overwritten(live, changes);
        const weird = (job: JsonObject) => own(own(job, 'spec'), 'weird') ?? null;
        const only = reparsed({ spec: { weird: weird(requested) } });
        const differs = said(weird(live), true) !== said(weird(only), true);
        expect([compare(live, only, of.shape).total > 0, compare(only, live, of.shape).total > 0]).toEqual([differs, differs]);
      }),
      share(0.15),
    );
  });
});
