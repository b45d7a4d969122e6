/**
 * What `kubectl apply` does with a custom resource (k8s.io/apimachinery jsonmergepatch, gopkg.in/evanphx/json-patch.v4), written apart from
 * lib/job: tests/conformance holds it against kubectl itself.
 */
import { isObject, type Json, type JsonObject, own, parseExactJson, setOwn } from '../lib/json/json.ts';

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Go's kinds of JSON values: a value of another kind is replaced as a whole. */
function kindOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return isObject(value) ? 'object' : typeof value === 'object' ? 'number' : typeof value;
}

const isSame = (a: Json, b: Json): boolean => sorted(a) === sorted(b);

/** JSON with members in order, as Go writes it: kubectl's annotation is this and a line's end. */
function sorted(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join()}]`;
  if (isObject(value)) {
    const names = Object.keys(value).sort();
    return `{${names.map((name) => `${sorted(name)}:${sorted(value[name] as Json)}`).join()}}`;
  }
  const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escaped);
}

/** A merge patch that makes `b` of `a` (json-patch's getDiff). */
function difference(a: JsonObject, b: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const [name, theirs] of Object.entries(b)) {
    const mine = own(a, name);
    if (mine === undefined || kindOf(mine) !== kindOf(theirs)) setOwn(patch, name, theirs);
    else if (isObject(mine)) {
      const inner = difference(mine, theirs as JsonObject);
      if (Object.keys(inner).length > 0) setOwn(patch, name, inner);
    } else if (!isSame(mine, theirs)) setOwn(patch, name, theirs);
  }
  for (const name of Object.keys(a)) if (!Object.hasOwn(b, name)) setOwn(patch, name, null);
  return patch;
}

/** The nulls of a merge patch alone, or everything but its nulls (keepOrDeleteNullInObj). */
function only(nulls: boolean, patch: JsonObject): JsonObject {
  const kept: JsonObject = {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || !isObject(value) || Object.keys(value).length === 0) {
      if (nulls === (value === null)) setOwn(kept, name, value);
      continue;
    }
    const inner = only(nulls, value);
    if (Object.keys(inner).length > 0) setOwn(kept, name, inner);
  }
  return kept;
}

function merged(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = {};
  if (isObject(target)) for (const [name, value] of Object.entries(target)) setOwn(result, name, value);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else setOwn(result, name, merged(own(result, name), value));
  }
  return result;
}

/** The two halves of kubectl's patch side by side: nulls stay nulls. */
function joined(deletions: JsonObject, changes: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(deletions)) setOwn(result, name, value);
  for (const [name, value] of Object.entries(changes)) {
    const other = own(result, name);
    setOwn(result, name, isObject(other) && isObject(value) ? joined(other, value) : value);
  }
  return result;
}

/** The last-applied record of a job, as text; undefined for none. */
export function recordOf(job: JsonObject): string | undefined {
  const text = own(own(own(job, 'metadata'), 'annotations'), lastApplied);
  return typeof text === 'string' ? text : undefined;
}

/** A copy of a job with a record, or without one. */
export function withRecord(job: JsonObject, record: string | undefined): JsonObject {
  const metadata = own(job, 'metadata') as JsonObject;
  const { [lastApplied]: _old, ...annotations } = (own(metadata, 'annotations') ?? {}) as JsonObject;
  return { ...job, metadata: { ...metadata, annotations: record === undefined ? annotations : { ...annotations, [lastApplied]: record } } };
}

/** A file as kubectl takes it: it reads annotations as texts, so that null is an empty one, and there is always a map of them. */
function read(file: JsonObject): JsonObject {
  const metadata = own(file, 'metadata') as JsonObject;
  const annotations: JsonObject = {};
  for (const [name, value] of Object.entries((own(metadata, 'annotations') ?? {}) as JsonObject)) setOwn(annotations, name, value ?? '');
  return { ...file, metadata: { ...metadata, annotations } };
}

/** The record that kubectl makes of a file: all of it but the record itself. */
export const recordFor = (file: JsonObject): string => `${sorted(withRecord(read(file), undefined))}\n`;

/**
 * The merge patch that `kubectl apply -f` sends for a file to a job that is there, `{}` included; undefined where kubectl gives up, since
 * the live record is no JSON object.
 */
export function applyPatch(file: JsonObject, live: JsonObject): JsonObject | undefined {
  const modified = withRecord(read(file), recordFor(file));
  const text = recordOf(live) ?? '';
  let original: Json;
  try {
    original = text === '' ? {} : parseExactJson(text);
  } catch {
    return undefined;
  }
  if (!isObject(original)) return undefined;
  return joined(only(true, difference(original, modified)), only(false, difference(live, modified)));
}

/** What becomes of a live job by `kubectl apply -f` directly at the API server; undefined where kubectl gives up. */
export function applied(file: JsonObject, live: JsonObject): JsonObject | undefined {
  const patch = applyPatch(file, live);
  return patch && (merged(live, patch) as JsonObject);
}
