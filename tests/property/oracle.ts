import { expect } from 'vitest';
import { type Decision, decide } from '../../lib/job/decide.ts';
import type { JobKind } from '../../lib/job/kinds.ts';
import { lastApplied } from '../../lib/job/rules/last-applied.ts';
import { getPath, isObject, type Json, type JsonObject, numberText, own, parseExactJson } from '../../lib/json/json.ts';
import { applyMergePatch } from '../../lib/json/merge-patch.ts';
import { copyOf, objectOf, refOf, runPolicyFields } from './jobs.ts';

const maps = ['labels', 'annotations'] as const;
const isOwn = (key: string) => key.startsWith('tfjob-gateway/');

/** The text of a value with its members in order, every number as written. */
export function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join()}}`;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

/** Decides about frozen jobs, so that a change of either argument throws. */
export function judge(kind: JobKind, live: JsonObject, requested: JsonObject, protectedKeys: readonly string[] = []): Decision {
  return decide(kind, refOf(kind), frozen(live), frozen(requested), { protectedKeys });
}

export const codeOf = (decision: Decision): number => (decision.outcome === 'refused' ? decision.error.status.code : 200);

function mapOf(job: JsonObject, name: string): JsonObject {
  const found = getPath(job, ['metadata', name]);
  return isObject(found) ? found : {};
}

/** What each replaceable field is to be, said without the code under test: undefined for none. */
function wanted(kind: JobKind, live: JsonObject, requested: JsonObject): Map<string, Json | undefined> {
  const fields = new Map<string, Json | undefined>();
  for (const name of maps) {
    const isKept = (key: string) => name === 'annotations' && isOwn(key);
    const theirs = Object.entries(mapOf(requested, name)).filter(([key]) => !isKept(key));
    const mine = Object.entries(mapOf(live, name)).filter(([key]) => isKept(key));
    const entries = [...theirs.map(([key, value]) => [key, value ?? ''] as const), ...mine];
    fields.set(`metadata.${name}`, entries.length > 0 ? objectOf(entries) : undefined);
  }
  for (const name of runPolicyFields) {
    const value = getPath(requested, [...kind.policyIn, name]) ?? undefined;
    const text = numberText(value);
    // The one spelling of an integer; adding 0 turns -0 into it.
    fields.set([...kind.policyIn, name].join('.'), text === undefined ? value : Number(text) + 0);
  }
  return fields;
}

/** The replaceable fields that a request changes. */
export function changedFields(kind: JobKind, live: JsonObject, requested: JsonObject): string[] {
  const isChanged = ([field, value]: [string, Json | undefined]): boolean => {
    const mine = canonical(getPath(live, field.split('.')));
    if (field.startsWith('metadata.')) return canonical(value) !== (mine === '{}' ? 'null' : mine);
    return canonical(value) !== mine && canonical(getPath(requested, field.split('.'))) !== mine;
  };
  return [...wanted(kind, live, requested)].filter(isChanged).map(([field]) => field);
}

/** A job without its replaceable fields, and without what only holds them. */
function rest(kind: JobKind, job: JsonObject): string {
  const copy = copyOf(job);
  for (const name of maps) if (isObject(copy.metadata)) delete copy.metadata[name];
  const policies = getPath(copy, kind.policyIn);
  if (isObject(policies)) for (const name of runPolicyFields) delete policies[name];
  const spec = own(copy, 'spec');
  const holdsNothing = (value: Json | undefined) => ['{}', 'null'].includes(canonical(value));
  if (isObject(spec) && holdsNothing(spec.runPolicy)) delete spec.runPolicy;
  if (holdsNothing(spec)) delete copy.spec;
  return JSON.stringify(copy);
}

/** Lone surrogates as Go reads them, in the keys and values of a map. */
function wellFormed(value: Json | undefined): Json | undefined {
  if (!isObject(value)) return value;
  return objectOf(Object.entries(value).map(([key, text]) => [key.toWellFormed(), typeof text === 'string' ? text.toWellFormed() : text]));
}

/**
 * What holds of every change: the object to be sent equals the live one outside the replaceable fields, by the text of its numbers too;
 * in them it equals what was requested; and once it is stored, the same request changes nothing.
 */
export function checkChange(kind: JobKind, live: JsonObject, requested: JsonObject, decision: Decision): void {
  if (decision.outcome !== 'change') return;
  const stored = parseExactJson(JSON.stringify(decision.object)) as JsonObject;
  expect(rest(kind, stored)).toBe(rest(kind, live));
  for (const [field, value] of wanted(kind, live, requested)) {
    const is = getPath(stored, field.split('.'));
    if (decision.changed.includes(field)) expect(canonical(wellFormed(is))).toBe(canonical(wellFormed(value)));
    else expect(canonical(is)).toBe(canonical(getPath(live, field.split('.'))));
  }
  expect(judge(kind, stored, requested)).toEqual({ outcome: 'unchanged', ...warned(stored, requested) });
}

/** The warning that is due where a PUT names annotations of the gateway otherwise than they are. */
export function warned(live: JsonObject, requested: JsonObject): { warnings?: string[] } {
  const [mine, theirs] = [mapOf(live, 'annotations'), mapOf(requested, 'annotations')];
  const same = (key: string) =>
    [theirs[key] ?? '', own(wellFormed({ a: theirs[key] ?? '' }), 'a')].some((value) => canonical(mine[key]) === canonical(value));
  const kept = Object.keys(theirs).filter((key) => isOwn(key) && !(Object.hasOwn(mine, key) && same(key)));
  return kept.length > 0 ? { warnings: [expect.stringContaining("are the gateway's own")] } : {};
}

/** Each single difference of the five fields that a request makes, as a merge patch of its own: as it was written, and as it is sent. */
function differences(kind: JobKind, live: JsonObject, requested: JsonObject): [written: JsonObject, sent: JsonObject][] {
  const nest = (path: readonly string[], value: Json) =>
    path.reduceRight<Json>((inner, key) => objectOf([[key, inner]]), value) as JsonObject;
  const changed = changedFields(kind, live, requested);
  const fields = [...wanted(kind, live, requested)].filter(([field]) => field.startsWith('spec.') && changed.includes(field));
  const members = maps.flatMap((name) => {
    const [mine, theirs] = [mapOf(live, name), mapOf(requested, name)];
    const same = (key: string) => Object.hasOwn(mine, key) && canonical(mine[key]) === canonical(theirs[key]);
    // What is as it was stays so, to the letter.
    const next = objectOf(
      Object.entries(theirs).flatMap(([key, value]) =>
        Object.entries(same(key) ? objectOf([[key, value]]) : (wellFormed(objectOf([[key, value ?? '']])) as JsonObject)),
      ),
    );
    const isKept = (key: string) => name === 'annotations' && (isOwn(key) || key === lastApplied);
    const keys = [...new Set([...Object.keys(mine), ...Object.keys(next)])].filter(
      (key) => !isKept(key) && canonical(own(mine, key) ?? 0) !== canonical(own(next, key) ?? 0),
    );
    return keys.map((key) => nest(['metadata', name, key], own(next, key) ?? null)).map((part): [JsonObject, JsonObject] => [part, part]);
  });
  const policies = fields.map(([field, value]): [JsonObject, JsonObject] => {
    const path = field.split('.');
    return [nest(path, getPath(requested, path) ?? null), nest(path, value ?? null)];
  });
  return [...policies, ...members];
}

/**
 * What holds of the way out of every refusal with 403: it is a merge patch of exactly those differences in the five fields that are
 * accepted alone, and it is accepted as a whole. It may be missing where that is nothing, too much for a line, or refused as a whole.
 */
export function checkWayOut(kind: JobKind, live: JsonObject, requested: JsonObject, keys: readonly string[], decision: Decision): boolean {
  if (decision.outcome !== 'refused' || codeOf(decision) !== 403) return false;
  const accepted = (patch: JsonObject) => judge(kind, live, applyMergePatch(live, patch) as JsonObject, keys).outcome === 'change';
  const expected = differences(kind, live, requested)
    .filter(([written]) => accepted(written))
    .map(([, sent]) => sent)
    .reduce(mergedInto, {});
  const line = decision.error.status.message.split('\n')[1];
  if (line === undefined) {
    const isEmpty = Object.keys(expected).length === 0;
    expect(isEmpty || JSON.stringify(expected).length > 500 || !accepted(expected)).toBe(true);
    return false;
  }
  const start = `you may change: kubectl patch ${kind.kind.toLowerCase()} tfjob-test -n kube-test --type merge -p '`;
  expect([line.slice(0, start.length), line.at(-1)]).toEqual([start, "'"]);
  const patch = parseExactJson(line.slice(start.length, -1)) as JsonObject;
  expect([canonical(patch), accepted(patch)]).toEqual([canonical(expected), true]);
  return true;
}

/** Two patches as one; a null stays, which a merge would take away. */
function mergedInto(whole: JsonObject, part: JsonObject): JsonObject {
  return objectOf(
    [...new Set([...Object.keys(whole), ...Object.keys(part)])].map((key) => {
      const [a, b] = [own(whole, key), own(part, key)];
      return [key, isObject(a) && isObject(b) ? mergedInto(a, b) : ((b === undefined ? a : b) as Json)];
    }),
  );
}

/** Whether the request changes a label or annotation whose key is among these. */
export function touches(live: JsonObject, requested: JsonObject, protectedKeys: readonly string[]): boolean {
  return maps.some((name) => {
    const [mine, theirs] = [mapOf(live, name), mapOf(requested, name)];
    const isChanged = (key: string) => Object.hasOwn(mine, key) !== Object.hasOwn(theirs, key) || mine[key] !== (theirs[key] ?? '');
    return [...Object.keys(mine), ...Object.keys(theirs)].some((key) => protectedKeys.includes(key) && isChanged(key));
  });
}

// Member names whose empty object selects everything.
const selects = /(?:^s|S)elector$/;

/** What a value says where no field has a default: null, [] and {} say nothing as members, and a number says its value. */
export function said(value: Json, isMember: boolean, name = ''): string {
  const number = numberText(value);
  if (number !== undefined) return exactNumber(number);
  if (value === null) return isMember ? '' : 'null';
  if (typeof value !== 'object') return JSON.stringify(value);
  const parts = Array.isArray(value)
    ? value.map((element) => said(element, false))
    : Object.entries(value)
        .map(([key, member]) => [key, said(member, true, key)] as const)
        .filter(([, text]) => text !== '')
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  if (parts.length > 0 || !isMember) return Array.isArray(value) ? `[${parts.join()}]` : `{${parts.join()}}`;
  return selects.test(name) ? '{}' : '';
}

function exactNumber(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)\.?(\d*)(?:[eE]([-+]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return significant === '' ? '0' : `${sign}${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}
