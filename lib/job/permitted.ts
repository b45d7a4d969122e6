import { Causes } from './causes.ts';
import { at, isObject, type Json, type JsonObject, own, setOwn } from './json.ts';
import { type JobKind, policyFields } from './kinds.ts';
import { printable } from './refusal.ts';
import {
  canonicalValue,
  changedKeys,
  isProtected,
  judgeMember,
  lastApplied,
  type MapField,
  ownPrefix,
  policyCauses,
  stringMap,
} from './replaceable.ts';
import type { JobRef } from './status.ts';

/** Bytes of the line: it is to be read before it is pasted. */
const longestLine = 1024;

/**
 * What of a refused request may be changed, as a merge patch: the difference of the five fields between the live job and the requested
 * one, without what is protected, the gateway's own, last-applied or invalid (design 3.2). Undefined where nothing is left, or too much.
 */
export function permittedPatch(
  kind: JobKind,
  live: JsonObject,
  requested: JsonObject,
  protectedKeys: readonly string[],
): JsonObject | undefined {
  const metadata: JsonObject = {};
  for (const name of ['labels', 'annotations'] as const) {
    const map = permittedMembers(name, live, requested, protectedKeys);
    if (map === undefined) return undefined;
    if (Object.keys(map).length > 0) metadata[name] = map;
  }
  const policy: JsonObject = {};
  for (const name of policyFields) {
    const path = [...kind.policyIn, name];
    const mine = at(live, path) ?? null;
    const next = canonicalValue(at(requested, path) ?? null);
    if (next !== mine && (next === null || policyCauses(name, path.join('.'), next).length === 0)) policy[name] = next;
  }
  const holder = kind.policyIn.reduceRight<JsonObject>((inner, key) => ({ [key]: inner }), policy);
  const patch = { ...(Object.keys(metadata).length > 0 && { metadata }), ...(Object.keys(policy).length > 0 && holder) };
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/** The members of one map that may change, null for those that go; undefined where they are more than a line holds. */
function permittedMembers(
  name: MapField,
  live: JsonObject,
  requested: JsonObject,
  protectedKeys: readonly string[],
): JsonObject | undefined {
  const liveMap = at(live, ['metadata', name]);
  const mine = isObject(liveMap) ? liveMap : {};
  const next = stringMap(at(requested, ['metadata', name]), mine);
  const members: JsonObject = {};
  let size = 0;
  for (const key of changedKeys(mine, next)) {
    const value: Json = own(next, key) ?? null;
    const stays = name === 'annotations' && (key === lastApplied || key.startsWith(ownPrefix));
    if (stays || isProtected(key, protectedKeys)) continue;
    const causes = new Causes();
    if (value !== null) judgeMember(name, key, value, causes);
    if (causes.total > 0) continue;
    size += key.length + (typeof value === 'string' ? value.length : 0);
    if (size > longestLine) return undefined;
    setOwn(members, key, value);
  }
  return members;
}

/**
 * The command that makes a permitted patch, for a shell; undefined where it is longer than 1 KB. The patch has no single quote, no
 * control character and nothing that a terminal would not show: JSON can write each of them as an escape.
 */
export function permittedLine({ kind, namespace, name }: JobRef, patch: JsonObject): string | undefined {
  const json = printable(JSON.stringify(patch)).replaceAll("'", '\\u0027');
  const line = `kubectl patch ${kind.kind.toLowerCase()} ${name} -n ${namespace} --type merge -p '${json}'`;
  return Buffer.byteLength(line) <= longestLine ? line : undefined;
}
