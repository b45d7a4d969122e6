import { isMap, type PlacedField } from '../job/fields.ts';
import type { JobKind } from '../job/kinds.ts';
import { getPath, isObject, type Json, type JsonObject, numberText } from '../json/json.ts';
import type { WriteRecord } from '../runtime/request-context.ts';

/** From what to what a scalar was changed: `old` is left out where nobody knows it, null is absent. */
interface Change {
  old?: Json;
  new: Json;
}
/** Which keys of a map were set or removed; `all` were, or how many `more` than can be listed. */
interface Keys {
  set?: string[];
  removed?: string[] | 'all';
  more?: number;
}
/** What a write did to a job's replaceable fields, by their paths. */
interface Told {
  values: Record<string, Change>;
  keys: Record<string, Keys>;
}

/** Characters of the keys of one map, with the quotes, the comma and the escapes that each costs in an event. */
const maxKeys = 16_384;
const costOfKey = 5;
const maxScalar = 64;

/**
 * The annotations that tell a write: which fields it changed or, where nobody can say that it was this one that changed them, which it sent;
 * from what to what it changed the scalars, which keys of the maps, and the job's version before and after. Never a value of a map.
 */
export function tellWrite(kind: JobKind, { live, method, object, end, answer }: WriteRecord): Record<string, string> {
  const isRead = live !== undefined;
  const before = versionOf(method === 'PUT' ? live : (live ?? object));
  const after = end === 'answered' ? versionOf(answer) : undefined;
  const versions = {
    ...(before !== undefined && { 'tfjob-gateway/resource-version-before': before }),
    ...(after !== undefined && { 'tfjob-gateway/resource-version-after': after }),
    ...(end !== 'answered' && { 'tfjob-gateway/unanswered': 'true' }),
  };
  // What CCI takes for the same it does not store.
  if (before !== undefined && before === after) return versions;
  const told = isRead ? differences(kind, live, afterOf(live, method, object, answer)) : named(kind, object, answer);
  const paths = kind.fields.map(({ dotted }) => dotted).filter((path) => path in told.values || path in told.keys);
  return {
    ...versions,
    ...(paths.length > 0 && {
      [isRead && (end === 'answered' || end === 'found') ? 'tfjob-gateway/changed' : 'tfjob-gateway/sent']: JSON.stringify(paths),
    }),
    ...(Object.keys(told.values).length > 0 && { 'tfjob-gateway/values': JSON.stringify(told.values) }),
    ...(Object.keys(told.keys).length > 0 && { 'tfjob-gateway/keys': JSON.stringify(told.keys) }),
  };
}

/** The job as it is after a write: as answered, else as it was sent. */
function afterOf(live: JsonObject, method: WriteRecord['method'], object: JsonObject, answer: JsonObject | undefined): JsonObject {
  if (answer || method === 'PUT') return answer ?? object;
  return merged(live, object);
}

/** The fields of a merge patch over a job: no other member is looked at. */
function merged(live: JsonObject, patch: JsonObject): JsonObject {
  const after: JsonObject = { ...live };
  for (const name in patch) {
    const [old, next] = [live[name], patch[name] as Json];
    if (isObject(next)) after[name] = merged(isObject(old) ? old : {}, next);
    else if (next === null) delete after[name];
    else after[name] = next;
  }
  return after;
}

function differences(kind: JobKind, live: JsonObject, after: JsonObject): Told {
  const told: Told = { values: {}, keys: {} };
  for (const field of kind.fields) {
    const [old, next] = [getPath(live, field.path), getPath(after, field.path)];
    if (isMap(field)) {
      const keys = keysBetween(isObject(old) ? old : {}, isObject(next) ? next : {});
      if (keys) told.keys[field.dotted] = keys;
    } else if (!isSame(old, next)) told.values[field.dotted] = { old: shown(old), new: shown(next) };
  }
  return told;
}

function keysBetween(old: JsonObject, next: JsonObject): Keys | undefined {
  const set = Object.keys(next).filter((key) => !Object.hasOwn(old, key) || !isSame(old[key], next[key]));
  const removed = Object.keys(old).filter((key) => !Object.hasOwn(next, key));
  return set.length + removed.length > 0 ? listed(set, removed) : undefined;
}

/** What a merge patch says, of which nobody knows what was there before. */
function named(kind: JobKind, patch: JsonObject, answer: JsonObject | undefined): Told {
  const told: Told = { values: {}, keys: {} };
  for (const field of kind.fields) {
    const sent = getPath(patch, field.path);
    if (sent === undefined) continue;
    if (isMap(field)) told.keys[field.dotted] = keysNamed(sent);
    else told.values[field.dotted] = { new: newValue(field, sent, answer) };
  }
  return told;
}

function keysNamed(sent: Json): Keys {
  if (!isObject(sent)) return { removed: 'all' };
  const keys = Object.keys(sent);
  return listed(
    keys.filter((key) => sent[key] !== null),
    keys.filter((key) => sent[key] === null),
  );
}

function newValue({ path }: PlacedField, sent: Json, answer: JsonObject | undefined): Json {
  return shown(answer ? getPath(answer, path) : sent);
}

function listed(set: string[], removed: string[]): Keys {
  let room = maxKeys;
  const fits = (key: string): boolean => {
    room -= JSON.stringify(key).length + costOfKey - 2;
    return room >= 0;
  };
  const [first, second] = [set.filter(fits), removed.filter(fits)];
  const more = set.length + removed.length - first.length - second.length;
  return { ...(first.length > 0 && { set: first }), ...(second.length > 0 && { removed: second }), ...(more > 0 && { more }) };
}

/** A scalar of the table is short; what is none is not shown, whatever stands there. */
function shown(value: Json | undefined): Json {
  if (value === undefined) return null;
  const isShort = (typeof value === 'string' && value.length <= maxScalar) || typeof value === 'boolean' || value === null;
  return isShort || numberText(value) !== undefined ? value : 'not shown';
}

function isSame(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

/** A job's resourceVersion, or that on which a patch insists. */
export function versionOf(job: JsonObject | undefined): string | undefined {
  const version = getPath(job, ['metadata', 'resourceVersion']);
  return typeof version === 'string' ? version : undefined;
}
