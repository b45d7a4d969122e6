import { lastApplied } from '../job/rules/last-applied.ts';
import { isObject, type Json, type JsonObject, maxDepth, own, parseExactJson, setOwn } from '../json/json.ts';

/** Stands where something is not shown. */
export const hidden = 'not shown';

/** Members of a pod that may hold a secret, wherever they stand. */
const secretive = new Set(['env', 'args', 'command', 'httpHeaders']);
/** Maps whose keys are the caller's own: a label `env` is none of those. */
const freeMaps = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector']);
/** Shorter texts stand in others by chance. */
const minSought = 4;

/** How an object is shown in an audit event. */
export interface Showing {
  omitManagedFields: boolean;
}

/**
 * A job, a list, a table, a Status or a patch as an audit event may show it: without what may hold a secret (`env`, `args`, `command`, headers of
 * probes; in the record of kubectl apply as well), of a JSON patch also by the paths of its operations. What is nested too deeply is not shown.
 */
export function shownObject(value: Json, { omitManagedFields }: Showing): Json {
  return Array.isArray(value) ? value.map(shownOperation) : shown(value, 0, omitManagedFields, false);
}

function shown(value: Json, depth: number, omit: boolean, isFree: boolean): Json {
  if (depth > maxDepth) return hidden;
  if (Array.isArray(value)) return value.map((item) => shown(item, depth + 1, omit, false));
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === 'managedFields' && omit) continue;
    setOwn(copy, name, shownMember(name, member, depth, omit, isFree));
  }
  return copy;
}

function shownMember(name: string, member: Json, depth: number, omit: boolean, isFree: boolean): Json {
  if (name === lastApplied) return shownRecord(member);
  // Its members are paths, which end in no value.
  if (name === 'managedFields') return member;
  if (isFree && !isObject(member) && !Array.isArray(member)) return member;
  return secretive.has(name) ? hidden : shown(member, depth + 1, omit, freeMaps.has(name));
}

/** The record of kubectl apply is a job as text. */
function shownRecord(record: Json): Json {
  if (record === null) return null;
  if (typeof record !== 'string') return hidden;
  try {
    return JSON.stringify(shown(parseExactJson(record), 0, false, false));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return hidden;
    throw error;
  }
}

/** An operation of a JSON patch: what its path names tells what its value is. */
function shownOperation(operation: Json): Json {
  if (!isObject(operation)) return operation === null ? null : hidden;
  const path = own(operation, 'path');
  const copy: JsonObject = {};
  for (const name of Object.keys(operation)) {
    if (name === 'op' || name === 'path' || name === 'from') setOwn(copy, name, operation[name] as Json);
    else if (name === 'value') setOwn(copy, name, shownValue(path, operation[name] as Json));
    else setOwn(copy, name, hidden);
  }
  return copy;
}

function shownValue(path: Json | undefined, value: Json): Json {
  if (typeof path !== 'string') return hidden;
  const steps = path.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = steps.at(-1) ?? '';
  const holder = steps.at(-2) ?? '';
  if (last === lastApplied) return shownRecord(value);
  const isOwnKey = freeMaps.has(holder) && !isObject(value) && !Array.isArray(value);
  const before = isOwnKey ? steps.slice(0, -1) : steps;
  if (before.some((step) => secretive.has(step))) return hidden;
  return shown(value, steps.length, false, freeMaps.has(last));
}

/**
 * Makes a text of somebody else's (a policy's message may quote the job) safe to show: each value of `env`, `args` and `command` of these
 * objects is replaced in it. Texts of less than four characters are left: they stand in others by chance.
 */
export function hiderOf(objects: readonly (Json | undefined)[]): (text: string) => string {
  const secrets = new Set<string>();
  for (const object of objects) if (object !== undefined) collect(object, 0, false, secrets);
  const longest = [...secrets].sort((a, b) => b.length - a.length);
  return (text) => longest.reduce((rest, secret) => rest.replaceAll(secret, hidden), text);
}

function collect(value: Json, depth: number, isSecret: boolean, into: Set<string>): void {
  if (depth > maxDepth) return;
  if (typeof value === 'string' && isSecret && value.length >= minSought) into.add(value);
  if (Array.isArray(value)) for (const item of value) collect(item, depth + 1, isSecret, into);
  if (isObject(value)) for (const [name, member] of Object.entries(value)) collectMember(name, member, depth, isSecret, into);
}

function collectMember(name: string, member: Json, depth: number, isSecret: boolean, into: Set<string>): void {
  // Which variables there are is no secret.
  if (isSecret && name === 'name') return;
  if (name === lastApplied && typeof member === 'string') collectRecord(member, into);
  else collect(member, depth + 1, isSecret || secretive.has(name), into);
}

function collectRecord(record: string, into: Set<string>): void {
  into.add(record);
  try {
    collect(parseExactJson(record), 0, false, into);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}
