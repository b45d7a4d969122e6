import { compare, type Difference, sameMoment, sameValue } from './compare.ts';
import { at, isObject, type Json, type JsonObject, own, setOwn, withMember } from './json.ts';
import { type JobKind, policyFields } from './kinds.ts';
import { proposeLastApplied } from './last-applied.ts';
import { isProtected } from './protected-keys.ts';
import { describeDifference, helpFor, shown, shownPath } from './refusal.ts';
import { annotationsSizeCauses, canonicalValue, lastApplied, memberCauses, ownPrefix, policyCauses, stringMap } from './replaceable.ts';
import { badRequest, conflict, forbidden, invalid, invalidPatch, type JobRef, type StatusCause, type StatusError } from './status.ts';
import { unknownFields } from './strict.ts';

/** How a request wants to be judged. */
export interface Rules {
  /** Labels and annotations that may not change: exact keys, or `prefix/*`. */
  protectedKeys?: readonly string[];
  /** The request is a patch: what it leaves out it removes by name, and its mistakes are 422, not 400. */
  patch?: boolean;
  /** fieldValidation=Strict, with what is said of duplicate fields in the body's text. */
  strict?: { duplicates: readonly string[] };
}

/** What becomes of a request. `object` is the live object with nothing but the replaceable fields taken from the request. */
export type Decision =
  | { outcome: 'unchanged' }
  | { outcome: 'change'; object: JsonObject; changed: string[] }
  | { outcome: 'refused'; error: StatusError };

/** What the replaceable fields become, and what speaks against it. */
interface Proposal {
  object: JsonObject;
  changed: string[];
  forbidden: StatusCause[];
  invalid: StatusCause[];
}

/**
 * Decides what becomes of a requested job against the live one: nothing to do, an object to write, or a refusal with every
 * cause (design 3). Pure; neither argument is changed. `requested` has passed parseRequested. Never throws on any input.
 */
export function decide(kind: JobKind, ref: JobRef, live: JsonObject, requested: JsonObject, rules: Rules = {}): Decision {
  const refuse = (error: StatusError): Decision => ({ outcome: 'refused', error });
  const early = precondition(kind, ref, live, requested) ?? strictError(kind, live, requested, rules);
  if (early) return refuse(early);

  const differences = compare(live, requested, kind.shape);
  const proposal = propose(kind, ref, live, requested, rules);
  const causes = [...differences.found.map((difference) => forbiddenCause(kind, difference)), ...proposal.forbidden];
  if (causes.length > 0) {
    const total = differences.total + proposal.forbidden.length;
    const listed = atMost100(causes, 'FieldValueForbidden', 'fields may not be changed', total);
    return refuse(forbidden(ref, listed, total));
  }
  const problems = [...deletionCauses(live, requested), ...proposal.invalid];
  if (problems.length > 0) return refuse(invalid(kind, ref.name, atMost100(problems, 'FieldValueInvalid', 'values are invalid')));
  if (proposal.changed.length === 0) return { outcome: 'unchanged' };
  return { outcome: 'change', object: proposal.object, changed: proposal.changed };
}

/** The first 100 causes, then how many more there are: an answer must not outgrow its request by much. */
function atMost100(causes: StatusCause[], reason: string, what: string, total = causes.length): StatusCause[] {
  const listed = causes.slice(0, 100);
  return total > listed.length ? [...listed, { reason, message: `and ${total - listed.length} more ${what}` }] : listed;
}

/** The resourceVersion that a PUT insists on; `""` and `"0"` count as absent (design 3.6). */
export function requestedVersion(requested: JsonObject): string | undefined {
  const version = at(requested, ['metadata', 'resourceVersion']);
  return typeof version === 'string' && version !== '' && version !== '0' ? version : undefined;
}

const modified = 'the object has been modified; please apply your changes to the latest version and try again';

function precondition(kind: JobKind, ref: JobRef, live: JsonObject, requested: JsonObject): StatusError | undefined {
  const uid = at(requested, ['metadata', 'uid']);
  const liveUid = at(live, ['metadata', 'uid']);
  if (typeof uid === 'string' && uid !== '' && uid !== liveUid) {
    return conflict(
      ref,
      `Precondition failed: UID in precondition: ${uid.slice(0, 63)}, UID in object meta: ${typeof liveUid === 'string' ? liveUid : ''}`,
    );
  }
  const version = requestedVersion(requested);
  if (version !== undefined && version !== at(live, ['metadata', 'resourceVersion'])) return conflict(ref, modified);
  if (requested.kind !== kind.kind) {
    const cause = { reason: 'FieldValueInvalid', message: `Invalid value: ${shown(requested.kind)}: must be ${kind.kind}`, field: 'kind' };
    return invalid(kind, ref.name, [cause]);
  }
  return undefined;
}

function strictError(kind: JobKind, live: JsonObject, requested: JsonObject, { strict, patch }: Rules): StatusError | undefined {
  if (!strict) return undefined;
  const unknown = unknownFields(kind, live, requested).map((path) => {
    const help = helpFor(kind, path);
    return `unknown field "${path}"${help ? ` (${help})` : ''}`;
  });
  const mistakes = [...strict.duplicates, ...unknown];
  if (mistakes.length === 0) return undefined;
  const listed = mistakes.slice(0, 100).join(', ');
  if (patch) return invalidPatch(`strict decoding error: ${listed}`);
  return badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${listed}`);
}

function forbiddenCause(kind: JobKind, difference: Difference): StatusCause {
  return { reason: 'FieldValueForbidden', message: describeDifference(kind, difference), field: shownPath(difference.path) };
}

function deletionCauses(live: JsonObject, requested: JsonObject): StatusCause[] {
  return (['deletionTimestamp', 'deletionGracePeriodSeconds'] as const).flatMap((name) => {
    const mine = at(live, ['metadata', name]) ?? undefined;
    const theirs = at(requested, ['metadata', name]) ?? undefined;
    if (theirs === undefined || (mine !== undefined && sameValue(canonicalValue(mine), canonicalValue(theirs)))) return [];
    if (typeof mine === 'string' && typeof theirs === 'string' && sameMoment(mine, theirs)) return [];
    return [{ reason: 'FieldValueInvalid', message: `Invalid value: ${shown(theirs)}: field is immutable`, field: `metadata.${name}` }];
  });
}

function propose(kind: JobKind, ref: JobRef, live: JsonObject, requested: JsonObject, rules: Rules): Proposal {
  const proposal: Proposal = { object: live, changed: [], forbidden: [], invalid: [] };
  for (const name of ['labels', 'annotations'] as const) proposeMap(name, kind, ref, live, requested, rules, proposal);
  for (const name of policyFields) {
    const path = [...kind.policyIn, name];
    const mine = at(live, path) ?? undefined;
    const theirs = at(requested, path) ?? undefined;
    if (sameValue(mine, theirs)) continue;
    const next = theirs === undefined ? undefined : canonicalValue(theirs);
    if (next === mine) continue;
    const field = path.join('.');
    if (next !== undefined) proposal.invalid.push(...policyCauses(name, field, next));
    proposal.object = withMember(proposal.object, path, next);
    proposal.changed.push(field);
  }
  return proposal;
}

function proposeMap(
  name: 'labels' | 'annotations',
  kind: JobKind,
  ref: JobRef,
  live: JsonObject,
  requested: JsonObject,
  { protectedKeys = [], patch = false }: Rules,
  proposal: Proposal,
): void {
  const liveValue = at(live, ['metadata', name]);
  const mine = isObject(liveValue) ? liveValue : {};
  const next = stringMap(at(requested, ['metadata', name]), mine);
  if (name === 'annotations') {
    keepOwn(mine, next);
    if (!isProtected(lastApplied, protectedKeys)) {
      const { value, forbidden = [], invalid = [] } = proposeLastApplied({ kind, ref, live, protectedKeys, patch }, own(next, lastApplied));
      if (value === undefined) delete next[lastApplied];
      else next[lastApplied] = value;
      proposal.forbidden.push(...forbidden);
      proposal.invalid.push(...invalid);
    }
  }
  const keys = changedKeys(mine, next);
  if (keys.length === 0) return;
  for (const key of keys) {
    const value = own(next, key);
    if (isProtected(key, protectedKeys)) {
      const field = shownPath(`metadata.${name}[${key}]`);
      proposal.forbidden.push({ reason: 'FieldValueForbidden', message: 'is protected and may not be changed', field });
    } else if (value !== undefined) proposal.invalid.push(...memberCauses(name, key, value));
  }
  if (name === 'annotations') proposal.invalid.push(...annotationsSizeCauses(mine, next));
  proposal.object = withMember(proposal.object, ['metadata', name], Object.keys(next).length > 0 ? next : undefined);
  proposal.changed.push(`metadata.${name}`);
}

/** Annotations of the gateway itself stay as they are in the live object. */
function keepOwn(live: JsonObject, next: JsonObject): void {
  for (const key of Object.keys(next)) if (key.startsWith(ownPrefix)) delete next[key];
  for (const key of Object.keys(live)) if (key.startsWith(ownPrefix)) setOwn(next, key, live[key] as Json);
}

function changedKeys(live: JsonObject, next: JsonObject): string[] {
  const keys: string[] = [];
  for (const key in live) if (own(next, key) !== live[key]) keys.push(key);
  for (const key in next) if (!Object.hasOwn(live, key)) keys.push(key);
  return keys;
}
