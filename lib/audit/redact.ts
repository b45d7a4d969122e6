import { lastApplied } from '../job/rules/last-applied.ts';
import { isObject, type Json, type JsonObject, maxDepth, numberText, own, parseExactJson, setOwn, stringifyJson } from '../json/json.ts';
import { maxEventBytes } from './event.ts';
import { hidden, hiderOf, minSought } from './hide.ts';

/** Members of a pod that may hold a secret, wherever they stand, and those of a Secret that somebody sends by mistake. */
const secretive = new Set(['env', 'args', 'command', 'httpHeaders', 'data', 'stringData', 'binaryData']);
/** Maps whose keys are the caller's own: a label `env` is none of those. */
const freeMaps = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector']);
/** Of labels and annotations a part is hidden if it is as long as this, and the whole in any case. */
const minPartOfText = 8;

/** How an object is shown in an audit event. */
export interface Showing {
  omitManagedFields: boolean;
  /** What else may not be shown in a label or an annotation: a patch can copy it there, and other tools keep whole jobs there. */
  secrets?: ReadonlySet<string>;
}
interface How {
  omitManagedFields: boolean;
  hide: (text: string) => string;
}

/**
 * A job, a list, a table, a Status or a patch as an audit event may show it: without what may hold a secret (`env`, `args`, `command`, headers of
 * probes; in the record of kubectl apply as well), of a JSON patch also by the paths of its operations. What is nested too deeply is not shown.
 */
export function shownObject(value: Json, { omitManagedFields, secrets = new Set() }: Showing): Json {
  const hideParts = hiderOf(secrets, minPartOfText);
  const how = { omitManagedFields, hide: (text: string) => (secrets.has(text) ? hidden : hideParts(text)) };
  return Array.isArray(value) ? value.map((operation) => shownOperation(operation, how)) : shown(value, 0, how, false);
}

function shown(value: Json, depth: number, how: How, isFree: boolean): Json {
  // A text in the place of an object may be all of a job.
  if (depth > maxDepth || (depth === 0 && typeof value === 'string')) return hidden;
  if (Array.isArray(value)) return value.map((item) => shown(item, depth + 1, how, false));
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    if (name === 'managedFields' && how.omitManagedFields) continue;
    setOwn(copy, name, shownMember(name, member, depth, how, isFree));
  }
  return copy;
}

function shownMember(name: string, member: Json, depth: number, how: How, isFree: boolean): Json {
  if (name === lastApplied) return shownRecord(member, how);
  // Its members are paths, which end in no value.
  if (name === 'managedFields') return member;
  if (isFree && !isObject(member) && !Array.isArray(member)) return shownText(member, how);
  return secretive.has(name) ? hidden : shown(member, depth + 1, how, freeMaps.has(name));
}

/** A label or an annotation. One that is JSON may be a record as kubectl's is: other tools keep theirs under their own names. */
function shownText(value: Json, how: How): Json {
  if (typeof value !== 'string') return value;
  // No event holds it, so that its objects are left out (eventLine), as kube-apiserver's are: not worth a search.
  if (value.length > maxEventBytes) return value;
  const parsed = /^\s*[{[]/.test(value) ? jsonIn(value) : undefined;
  if (parsed === undefined) return how.hide(value);
  const safe = JSON.stringify(shown(parsed, 0, how, false));
  return how.hide(safe === JSON.stringify(parsed) ? value : safe);
}

/** The record of kubectl apply is a job as text. */
function shownRecord(record: Json, how: How): Json {
  if (record === null) return null;
  const parsed = typeof record === 'string' ? jsonIn(record) : undefined;
  return parsed === undefined ? hidden : JSON.stringify(shown(parsed, 0, how, false));
}

/** What a text says as JSON; undefined for what is none, or is nested too deeply. */
function jsonIn(text: string): Json | undefined {
  try {
    const value = parseExactJson(text);
    // What is nested too deeply is no record of a job, and cannot be written again.
    return stringifyJson(value) === undefined ? undefined : value;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** An operation of a JSON patch: what its path names tells what its value is. */
function shownOperation(operation: Json, how: How): Json {
  if (!isObject(operation)) return operation === null ? null : hidden;
  const path = own(operation, 'path');
  const copy: JsonObject = {};
  for (const name of Object.keys(operation)) {
    if (name === 'op' || name === 'path' || name === 'from') setOwn(copy, name, operation[name] as Json);
    else if (name === 'value') setOwn(copy, name, shownValue(path, operation[name] as Json, how));
    else setOwn(copy, name, hidden);
  }
  return copy;
}

function shownValue(path: Json | undefined, value: Json, how: How): Json {
  if (typeof path !== 'string') return hidden;
  const steps = stepsOf(path);
  const last = steps.at(-1) ?? '';
  if (last === lastApplied) return shownRecord(value, how);
  const isOwnKey = freeMaps.has(steps.at(-2) ?? '') && !isObject(value) && !Array.isArray(value);
  if (isSecretive(isOwnKey ? steps.slice(0, -1) : steps)) return hidden;
  return isOwnKey ? shownText(value, how) : shown(value, steps.length, how, freeMaps.has(last));
}

function stepsOf(path: string): string[] {
  return path.split('/').map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isSecretive(steps: readonly string[]): boolean {
  return steps.some((step) => secretive.has(step));
}

/**
 * The values of `env`, `args` and `command` in jobs and patches. Texts of less than four characters are left out: they
 * stand in others by chance.
 */
export function secretsIn(objects: readonly (Json | undefined)[]): Set<string> {
  const secrets = new Set<string>();
  for (const object of objects) {
    if (object !== undefined) collect(object, 0, false, secrets);
    if (Array.isArray(object)) for (const operation of object) collectOperation(operation, secrets);
  }
  return secrets;
}

function collectOperation(operation: Json, into: Set<string>): void {
  const [path, value] = [own(operation, 'path'), own(operation, 'value')];
  if (typeof path !== 'string' || value === undefined) return;
  const steps = stepsOf(path);
  if (steps.at(-1) === lastApplied && typeof value === 'string') collectRecord(value, into);
  else collect(value, 0, isSecretive(steps), into);
}

function collect(value: Json, depth: number, isSecret: boolean, into: Set<string>): void {
  if (depth > maxDepth) return;
  const text = typeof value === 'string' ? value : numberText(value);
  if (isSecret && text !== undefined && text.length >= minSought) into.add(text);
  if (Array.isArray(value)) for (const item of value) collect(item, depth + 1, isSecret, into);
  if (isObject(value)) for (const [name, member] of Object.entries(value)) collectMember(name, member, depth, isSecret, into);
}

function collectMember(name: string, member: Json, depth: number, isSecret: boolean, into: Set<string>): void {
  // Which variables there are is no secret.
  if (isSecret && name === 'name') return;
  if (!isSecret && freeMaps.has(name) && isObject(member)) collectFree(member, depth + 1, into);
  else collect(member, depth + 1, isSecret || secretive.has(name), into);
}

/** Of labels and annotations only what is none, and jobs as text: the record of kubectl apply, and those of other tools. */
function collectFree(map: JsonObject, depth: number, into: Set<string>): void {
  for (const [name, value] of Object.entries(map)) {
    if (name === lastApplied && typeof value === 'string') collectRecord(value, into);
    else if (typeof value === 'string') collectWithin(value, into);
    else collectMember(name, value, depth, false, into);
  }
}

function collectRecord(record: string, into: Set<string>): void {
  into.add(record);
  collectWithin(record, into);
}

function collectWithin(text: string, into: Set<string>): void {
  const parsed = /^\s*[{[]/.test(text) ? jsonIn(text) : undefined;
  if (parsed !== undefined) collect(parsed, 0, false, into);
}
