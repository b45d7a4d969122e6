import { at, isObject, type JsonObject, own, withMember } from '../json/json.ts';
import { applyMergePatch } from '../json/merge-patch.ts';
import { badRequest, conflict, forbidden, invalid, invalidPatch, type JobRef, type StatusCause, type StatusError } from '../status.ts';
import { Causes } from './causes.ts';
import { compare, type Difference, sameMoment, sameValue } from './compare.ts';
import { type JobKind, policyFields } from './kinds.ts';
import { unknownFields } from './rules/field-validation.ts';
import {
  canonicalValue,
  changedKeys,
  judgeMember,
  keepOwn,
  lastApplied,
  type MapField,
  ownPrefix,
  policyCauses,
  stringMap,
} from './rules/field-value.ts';
import { describeDifference, helpFor, shown, shownPath } from './rules/immutable-field.ts';
import { type JudgedRecord, proposeLastApplied } from './rules/last-applied.ts';
import { judgeSize } from './rules/map-size.ts';
import { isProtected } from './rules/protected-key.ts';
import { Permitted } from './rules/way-out.ts';

/** How a request wants to be judged. */
export interface Rules {
  /** Labels and annotations that may not change: exact keys, or `prefix/*`. */
  protectedKeys?: readonly string[];
  /** The request is a patch: what it leaves out it removes by name, and its mistakes are 422, not 400. */
  patch?: boolean;
  /** fieldValidation=Strict, with what is said of duplicate fields in the body's text. */
  strict?: { duplicates: readonly string[] };
}

/**
 * What becomes of a request. `object` is the live object with nothing but the replaceable fields taken from the request; `warnings` say
 * what of the request was passed over, and are for the caller.
 */
export type Decision =
  | { outcome: 'unchanged'; warnings?: string[] }
  | { outcome: 'change'; object: JsonObject; changed: string[]; warnings?: string[] }
  | { outcome: 'refused'; error: StatusError };

/** What the replaceable fields become, and what speaks against it. */
interface Proposal {
  object: JsonObject;
  changed: string[];
  forbidden: Causes;
  invalid: Causes;
  permitted: Permitted;
  warnings: string[];
}

/**
 * Decides what becomes of a requested job against the live one: nothing to do, an object to write, or a refusal with every
 * cause (docs/decision.md). Pure; neither argument is changed. `requested` has passed parseRequested. Never throws on any input.
 */
export function decide(kind: JobKind, ref: JobRef, live: JsonObject, requested: JsonObject, rules: Rules = {}): Decision {
  const early = precondition(kind, ref, live, requested) ?? strictError(kind, live, requested, rules);
  if (early) return { outcome: 'refused', error: early };
  const proposal = propose(kind, ref, live, requested, rules);
  const { rule, total } = proposal.forbidden;
  if (rule === undefined) return settled(kind, ref, proposal);
  const causes = proposal.forbidden.told('FieldValueForbidden', 'fields may not be changed');
  return { outcome: 'refused', error: forbidden(rule, ref, causes, { total, wayOut: wayOut(kind, ref, live, proposal, rules) }) };
}

/** What becomes of a proposal that nothing forbids. */
function settled(kind: JobKind, ref: JobRef, { object, changed, invalid: problems, warnings }: Proposal): Decision {
  if (problems.rule !== undefined) {
    return { outcome: 'refused', error: invalid(problems.rule, kind, ref.name, problems.told('FieldValueInvalid', 'values are invalid')) };
  }
  const warned = warnings.length > 0 && { warnings };
  return changed.length === 0 ? { outcome: 'unchanged', ...warned } : { outcome: 'change', object, changed, ...warned };
}

/** What a refused caller may have of the request, as a line to paste; decided as any other request, so that it is no false promise. */
function wayOut(kind: JobKind, ref: JobRef, live: JsonObject, { permitted }: Proposal, rules: Rules): string | undefined {
  const line = permitted.line(ref);
  if (line === undefined) return undefined;
  const again = propose(kind, ref, live, applyMergePatch(live, permitted.patch) as JsonObject, rules);
  return again.forbidden.total === 0 && settled(kind, ref, again).outcome === 'change' ? line : undefined;
}

/** The resourceVersion that a PUT insists on; `""` and `"0"` count as absent (docs/decision.md, resource-version). */
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
      'identity',
    );
  }
  const version = requestedVersion(requested);
  if (version !== undefined && version !== at(live, ['metadata', 'resourceVersion'])) return conflict(ref, modified, 'resource-version');
  if (requested.kind !== kind.kind) {
    const cause = { reason: 'FieldValueInvalid', message: `Invalid value: ${shown(requested.kind)}: must be ${kind.kind}`, field: 'kind' };
    return invalid('identity', kind, ref.name, [cause]);
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
  if (patch) return invalidPatch('field-validation', `strict decoding error: ${listed}`);
  return badRequest(
    'field-validation',
    `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${listed}`,
  );
}

function forbiddenCause(kind: JobKind, difference: Difference): StatusCause {
  return { reason: 'FieldValueForbidden', message: describeDifference(kind, difference), field: shownPath(difference.path) };
}

function judgeDeletion(live: JsonObject, requested: JsonObject, causes: Causes): void {
  for (const name of ['deletionTimestamp', 'deletionGracePeriodSeconds']) {
    const mine = at(live, ['metadata', name]) ?? undefined;
    const theirs = at(requested, ['metadata', name]) ?? undefined;
    if (theirs === undefined || (mine !== undefined && sameValue(canonicalValue(mine), canonicalValue(theirs)))) continue;
    if (typeof mine === 'string' && typeof theirs === 'string' && sameMoment(mine, theirs)) continue;
    const message = `Invalid value: ${shown(theirs)}: field is immutable`;
    causes.add('server-owned', () => ({ reason: 'FieldValueInvalid', message, field: `metadata.${name}` }));
  }
}

function propose(kind: JobKind, ref: JobRef, live: JsonObject, requested: JsonObject, rules: Rules): Proposal {
  const [refused, problems] = [new Causes(), new Causes()];
  const proposal: Proposal = { object: live, changed: [], forbidden: refused, invalid: problems, permitted: new Permitted(), warnings: [] };
  const differences = compare(live, requested, kind.shape);
  refused.addAll(
    'immutable-field',
    differences.found.map((difference) => forbiddenCause(kind, difference)),
    differences.total,
  );
  judgeDeletion(live, requested, problems);
  for (const name of ['labels', 'annotations'] as const) proposeMap(name, kind, ref, live, requested, rules, proposal);
  for (const name of policyFields) {
    const path = [...kind.policyIn, name];
    const mine = at(live, path) ?? undefined;
    const theirs = at(requested, path) ?? undefined;
    if (sameValue(mine, theirs)) continue;
    const next = theirs === undefined ? undefined : canonicalValue(theirs);
    if (next === mine) continue;
    const field = path.join('.');
    const causes = next === undefined ? [] : policyCauses(name, field, next);
    problems.addAll('field-value', causes);
    if (causes.length === 0) proposal.permitted.add(path, next ?? null);
    proposal.object = withMember(proposal.object, path, next);
    proposal.changed.push(field);
  }
  return proposal;
}

function proposeMap(
  name: MapField,
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
    warnOf(keepOwn(mine, next, patch), proposal);
    if (!isProtected(lastApplied, protectedKeys)) judgeLastApplied({ kind, ref, live, protectedKeys, patch }, next, proposal);
  }
  const keys = changedKeys(mine, next);
  if (keys.length === 0) return;
  for (const key of keys) {
    const value = own(next, key);
    const problems = proposal.invalid.total;
    if (isProtected(key, protectedKeys)) {
      const message = 'is protected and may not be changed';
      proposal.forbidden.add('protected-key', () => ({
        reason: 'FieldValueForbidden',
        message,
        field: shownPath(`metadata.${name}[${key}]`),
      }));
      continue;
    }
    if (value !== undefined) judgeMember(name, key, value, proposal.invalid);
    const isRecord = name === 'annotations' && key === lastApplied;
    if (!isRecord && proposal.invalid.total === problems) proposal.permitted.add(['metadata', name, key], value ?? null);
  }
  judgeSize(name, mine, next, proposal.invalid);
  proposal.object = withMember(proposal.object, ['metadata', name], Object.keys(next).length > 0 ? next : undefined);
  proposal.changed.push(`metadata.${name}`);
}

/** Puts the record of the last `kubectl apply` in its place among the requested annotations, as the rules have it. */
function judgeLastApplied(judged: JudgedRecord, next: JsonObject, proposal: Proposal): void {
  const { value, forbidden = [], invalid = [] } = proposeLastApplied(judged, own(next, lastApplied));
  if (value === undefined) delete next[lastApplied];
  else next[lastApplied] = value;
  proposal.forbidden.addAll('last-applied', forbidden);
  proposal.invalid.addAll('last-applied', invalid);
}

/** Tells of the gateway's own annotations that the request would have changed: it is carried out without them. */
function warnOf(kept: readonly string[], { warnings }: Proposal): void {
  if (kept.length === 0) return;
  const more = kept.length > 2 ? ` and ${kept.length - 2} more` : '';
  const names = kept.slice(0, 2).map((key) => (key.length > 64 ? `${key.slice(0, 64)}...` : key));
  warnings.push(`annotations under ${ownPrefix} are the gateway's own and stay as they are: ${names.join(', ')}${more}`);
}
