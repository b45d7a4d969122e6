import { childPath } from './compare.ts';
import { at, isObject, type Json, type JsonObject, own, parseExactJson } from './json.ts';
import { type JobKind, policyFields } from './kinds.ts';
import { shownPath } from './refusal.ts';
import { isProtected, lastApplied, ownPrefix } from './replaceable.ts';
import type { JobRef, StatusCause } from './status.ts';

const field = `metadata.annotations[${lastApplied}]`;
const deepest = 500;

/** What a last-applied configuration may always name: `true` with all below it, a tree for the fields that it lists. */
type Allowed = true | { [key: string]: Allowed };

/**
 * What speaks against a new last-applied annotation: whoever plants a field there makes the next `kubectl apply` delete it
 * (design 3.11). `refused` are 403 causes, at most 100, and `unlisted` how many more; `invalid` are 422 ones.
 */
export function lastAppliedCauses(
  kind: JobKind,
  ref: JobRef,
  live: Json | undefined,
  next: string,
  protectedKeys: readonly string[],
): { refused: StatusCause[]; unlisted: number; invalid: StatusCause[] } {
  const applied = parse(next);
  const same =
    own(applied, 'apiVersion') === `${kind.group}/${kind.version}` &&
    own(applied, 'kind') === kind.kind &&
    at(applied, ['metadata', 'name']) === ref.name &&
    at(applied, ['metadata', 'namespace']) === ref.namespace;
  if (!isObject(applied) || !same) {
    const message = 'Invalid value: must be JSON of the same apiVersion, kind, name and namespace as the job';
    return { refused: [], unlisted: 0, invalid: [{ reason: 'FieldValueInvalid', message, field }] };
  }
  const plants: Plants = { paths: [], total: 0 };
  if (typeof live === 'string') {
    const had = parse(live);
    findProtected(applied, had, protectedKeys, plants);
    findPlants(applied, had, allowedIn(kind), '', 0, plants);
  }
  const refused = plants.paths.map((path) => ({
    reason: 'FieldValueForbidden',
    message: `may not name ${shownPath(path)}, which it did not hold before`,
    field,
  }));
  return { refused, unlisted: plants.total - refused.length, invalid: [] };
}

function allowedIn(kind: JobKind): Allowed {
  let policy: Allowed = Object.fromEntries(policyFields.map((name) => [name, true as const]));
  for (const key of kind.policyIn.toReversed()) policy = { [key]: policy };
  return {
    apiVersion: true,
    kind: true,
    metadata: { name: true, namespace: true, labels: true, annotations: true },
    ...(policy as object),
  };
}

/** The first members that the old value did not have, and how many there are. */
interface Plants {
  paths: string[];
  total: number;
}

/** Finds labels and annotations that nobody may change, and that the next apply would delete if they were named here. */
function findProtected(value: JsonObject, had: Json | undefined, protectedKeys: readonly string[], plants: Plants): void {
  for (const name of ['labels', 'annotations'] as const) {
    const map = at(value, ['metadata', name]);
    if (!isObject(map)) continue;
    for (const key in map) {
      const kept = isProtected(key, protectedKeys) || (name === 'annotations' && key.startsWith(ownPrefix));
      if (kept && own(at(had, ['metadata', name]), key) === undefined) addPlant(plants, childPath(`metadata.${name}`, key));
    }
  }
}

function addPlant(plants: Plants, path: string): void {
  plants.total += 1;
  if (plants.paths.length < 100) plants.paths.push(path);
}

/** Finds members that the old value did not have. kubectl merges arrays of a custom resource as one value, so these are leaves. */
function findPlants(
  value: JsonObject,
  had: Json | undefined,
  allowed: Allowed | undefined,
  path: string,
  depth: number,
  plants: Plants,
): void {
  for (const key in value) {
    const allow = typeof allowed === 'object' && Object.hasOwn(allowed, key) ? allowed[key] : undefined;
    if (allow === true) continue;
    const before = own(had, key);
    const member = value[key];
    if (depth >= deepest || (before === undefined && allow === undefined)) {
      addPlant(plants, childPath(path, key));
    } else if (isObject(member)) findPlants(member, before, allow, childPath(path, key), depth + 1, plants);
  }
}

function parse(text: string): Json | undefined {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}
