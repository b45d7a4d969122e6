import { expect } from 'vitest';
import { type Decision, decide } from '../../lib/job/decide.ts';
import { at, isObject, type Json, type JsonObject, numberText, own, parseExactJson } from '../../lib/job/json.ts';
import { type JobKind, policyFields } from '../../lib/job/kinds.ts';
import { copyOf, objectOf, refOf } from './jobs.ts';

const maps = ['labels', 'annotations'] as const;

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
  const found = at(job, ['metadata', name]);
  return isObject(found) ? found : {};
}

/** What each replaceable field is to be, said without the code under test: undefined for none. */
function wanted(kind: JobKind, live: JsonObject, requested: JsonObject): Map<string, Json | undefined> {
  const fields = new Map<string, Json | undefined>();
  for (const name of maps) {
    const isOwn = (key: string) => name === 'annotations' && key.startsWith('tfjob-gateway/');
    const theirs = Object.entries(mapOf(requested, name)).filter(([key]) => !isOwn(key));
    const mine = Object.entries(mapOf(live, name)).filter(([key]) => isOwn(key));
    const entries = [...theirs.map(([key, value]) => [key, value ?? ''] as const), ...mine];
    fields.set(`metadata.${name}`, entries.length > 0 ? objectOf(entries) : undefined);
  }
  for (const name of policyFields) {
    const value = at(requested, [...kind.policyIn, name]) ?? undefined;
    const text = numberText(value);
    // The one spelling of an integer; adding 0 turns -0 into it.
    fields.set([...kind.policyIn, name].join('.'), text === undefined ? value : Number(text) + 0);
  }
  return fields;
}

/** The replaceable fields that a request changes. */
export function changedFields(kind: JobKind, live: JsonObject, requested: JsonObject): string[] {
  const isChanged = ([field, value]: [string, Json | undefined]): boolean => {
    const mine = canonical(at(live, field.split('.')));
    if (field.startsWith('metadata.')) return canonical(value) !== (mine === '{}' ? 'null' : mine);
    return canonical(value) !== mine && canonical(at(requested, field.split('.'))) !== mine;
  };
  return [...wanted(kind, live, requested)].filter(isChanged).map(([field]) => field);
}

/** A job without its replaceable fields, and without what only holds them. */
function rest(kind: JobKind, job: JsonObject): string {
  const copy = copyOf(job);
  for (const name of maps) if (isObject(copy.metadata)) delete copy.metadata[name];
  const policies = at(copy, kind.policyIn);
  if (isObject(policies)) for (const name of policyFields) delete policies[name];
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
    const is = at(stored, field.split('.'));
    if (decision.changed.includes(field)) expect(canonical(wellFormed(is))).toBe(canonical(wellFormed(value)));
    else expect(canonical(is)).toBe(canonical(at(live, field.split('.'))));
  }
  expect(judge(kind, stored, requested)).toEqual({ outcome: 'unchanged' });
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
