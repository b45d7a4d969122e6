import {
  escaped,
  getPath,
  isObject,
  type Json,
  type JsonObject,
  maxDepth,
  own,
  parseExactJson,
  setOwn,
  withMember,
} from '../../json/json.ts';
import type { JobRef, StatusCause } from '../../status.ts';
import { isMap } from '../fields.ts';
import type { Judged, MapChange, Proposal } from '../judged.ts';
import type { JobKind } from '../kinds.ts';
import { canonicalValue, valueCauses } from './field-value.ts';
import { ownPrefix } from './own-annotations.ts';
import { isProtected } from './protected-key.ts';

/** The annotation in which kubectl records what was last applied. */
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const field = `metadata.annotations[${lastApplied}]`;
const annotation = ['metadata', 'annotations', lastApplied];

/** What becomes of the record, and what speaks against it: 403 and 422 causes. */
interface ProposedRecord {
  value: Json | undefined;
  forbidden?: StatusCause[];
  invalid?: StatusCause[];
}

/** Puts the record in its place among the requested annotations (docs/decision.md, last-applied); one that is protected, protected-key settles. */
export function lastAppliedRecord(judged: Judged, { name, next }: MapChange, proposal: Proposal): void {
  if (name !== 'annotations' || isProtected(lastApplied, judged.protectedKeys)) return;
  const { value, forbidden = [], invalid = [] } = proposeLastApplied(judged, own(next, lastApplied));
  if (value === undefined) delete next[lastApplied];
  else next[lastApplied] = value;
  proposal.forbidden.addAll('last-applied', forbidden);
  proposal.invalid.addAll('last-applied', invalid);
}

/**
 * What a request makes of the last-applied record, which decides what the next `kubectl apply` deletes, keeps or takes over: the live
 * record with nothing but the replaceable fields taken from the requested one (docs/last-applied.md). One that is
 * left out stays; a `patch` that removes or empties it is 403; what is no JSON of this job is 422.
 */
function proposeLastApplied({ kind, ref, live, protectedKeys, patch }: Judged, requested: Json | undefined): ProposedRecord {
  const mine = getPath(live, annotation);
  if (mine !== undefined && patch && (requested === undefined || (requested === '' && mine !== ''))) {
    return { value: mine, forbidden: [{ reason: 'FieldValueForbidden', message: 'may not be removed', field }] };
  }
  if (requested === undefined || requested === mine) return { value: mine };
  if (typeof requested !== 'string') return { value: requested };
  const record = parseRecord(requested);
  if (!isOf(kind, ref, record)) {
    const message = 'Invalid value: must be JSON of the same apiVersion, kind, name and namespace as the job';
    return { value: mine, invalid: [{ reason: 'FieldValueInvalid', message, field }] };
  }
  return { value: rebuilt(kind, live, record, protectedKeys) };
}

/** The name under which the gateway writes, which an API server takes from its user agent. */
const gatewayManager = 'tfjob-gateway';
/** With one more the API server merges the oldest managers of a job into one. */
const maxManagers = 10;

/**
 * The field manager under which a job must be written; undefined for the gateway's own name. By who owns the record kubectl finds the
 * fields that an `apply --server-side` takes over and drops. So nobody may come to own it: where it changes, its owner writes. And it may
 * not be merged with those who own what is forbidden: where the gateway would be one manager too many, the record's owner writes as well.
 */
export function managerOf(live: JsonObject, next: JsonObject): string | undefined {
  if (getPath(live, annotation) !== getPath(next, annotation)) return ownerOf(live);
  const updates = managedFields(live).filter(isUpdate);
  const isOneTooMany = updates.length >= maxManagers && !updates.some((entry) => own(entry, 'manager') === gatewayManager);
  const manager = isOneTooMany ? own(updates.find(ownsRecord), 'manager') : undefined;
  return typeof manager === 'string' && manager !== '' ? manager : undefined;
}

const ownsRecord = (entry: Json): boolean => getPath(entry, ['fieldsV1', 'f:metadata', 'f:annotations', `f:${lastApplied}`]) !== undefined;
const isUpdate = (entry: Json): boolean => own(entry, 'operation') === 'Update' && (own(entry, 'subresource') ?? '') === '';

/** The one manager that owns the record, by an update of the whole job; undefined where there is none, or more. */
function ownerOf(live: JsonObject): string | undefined {
  const owners = managedFields(live).filter(ownsRecord);
  const [owner] = owners;
  const isOne = owners.length === 1 && owner !== undefined && isUpdate(owner) && own(owner, 'apiVersion') === live.apiVersion;
  const manager = own(owner, 'manager');
  return isOne && typeof manager === 'string' && manager !== '' ? manager : undefined;
}

function managedFields(live: JsonObject): Json[] {
  const entries = getPath(live, ['metadata', 'managedFields']);
  return Array.isArray(entries) ? entries : [];
}

function isOf(kind: JobKind, ref: JobRef, record: Json | undefined): record is JsonObject {
  return (
    own(record, 'apiVersion') === `${kind.group}/${kind.version}` &&
    own(record, 'kind') === kind.kind &&
    getPath(record, ['metadata', 'name']) === ref.name &&
    getPath(record, ['metadata', 'namespace']) === ref.namespace
  );
}

/**
 * The live record with what may change taken from the requested one. Whether there is a record, or a map or object in it, is the
 * administrator's: `apply --prune` deletes what has one, and an apply of a file without a map that the record has deletes it all.
 */
function rebuilt(kind: JobKind, live: JsonObject, requested: JsonObject, protectedKeys: readonly string[]): Json | undefined {
  const mine = getPath(live, annotation);
  const record = typeof mine === 'string' ? parseRecord(mine) : undefined;
  const isWritable = managedFields(live).length === 0 || ownerOf(live) !== undefined;
  if (!isObject(record) || !isWritable) return mine;
  let next = record;
  for (const field of kind.fields) {
    const { path, name } = field;
    const [old, asked] = [getPath(record, path), getPath(requested, path)];
    if (isMap(field)) {
      const isKept = (key: string): boolean =>
        isProtected(key, protectedKeys) || (name === 'annotations' && (key.startsWith(ownPrefix) || key === lastApplied));
      if (isObject(old)) next = withMember(next, path, rebuiltMap(old, asked, isKept));
    } else if (isObject(getPath(record, path.slice(0, -1)))) {
      const value = canonicalValue(asked ?? null) ?? undefined;
      const isSound = (one: Json | undefined): boolean => one === undefined || valueCauses(field.value, name, one).length === 0;
      if (isSound(value) && isSound(old)) next = withMember(next, path, value);
    }
  }
  const text = kubectlText(next);
  return text === kubectlText(record) ? mine : `${text}\n`;
}

/** A server-side apply reads the record only if it is sound: what is no text is never added, and stays where it is. */
function rebuiltMap(mine: JsonObject, theirs: Json | undefined, isKept: (key: string) => boolean): JsonObject {
  const map: JsonObject = {};
  const stays = (key: string): boolean => isKept(key) || (Object.hasOwn(mine, key) && typeof mine[key] !== 'string');
  for (const key in mine) if (stays(key)) setOwn(map, key, mine[key] as Json);
  if (!isObject(theirs)) return map;
  for (const key in theirs) if (!stays(key) && typeof theirs[key] === 'string') setOwn(map, key, theirs[key]);
  return map;
}

/** The JSON of a record; undefined for what is none, or is nested so deeply that it is no job. */
function parseRecord(text: string): Json | undefined {
  const isDeep = (value: Json, depth: number): boolean =>
    depth > maxDepth || (typeof value === 'object' && value !== null && Object.values(value).some((member) => isDeep(member, depth + 1)));
  try {
    const value = parseExactJson(text);
    return isDeep(value, 0) ? undefined : value;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** JSON as kubectl writes it (Go's encoding/json), so that an apply of the same file finds nothing to change. */
function kubectlText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(kubectlText).join()}]`;
  if (isObject(value)) {
    const members = Object.keys(value).toSorted();
    return `{${members.map((key) => `${kubectlText(key)}:${kubectlText(value[key] as Json)}`).join()}}`;
  }
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, escaped);
}
