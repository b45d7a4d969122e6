import type { JsonObject } from '../json/json.ts';
import { applyMergePatch } from '../json/merge-patch.ts';
import { forbidden, invalid, type JobRef, type StatusError } from '../status.ts';
import { isMap } from './fields.ts';
import { type Judged, Proposal, type Rules } from './judged.ts';
import type { JobKind } from './kinds.ts';
import { takeMap, takeScalar } from './rules/checked-is-written.ts';
import { fieldValidation, fieldWarnings } from './rules/field-validation.ts';
import { identityOfKind, identityOfUid } from './rules/identity.ts';
import { immutableField } from './rules/immutable-field.ts';
import { resourceVersion } from './rules/resource-version.ts';
import { serverOwned } from './rules/server-owned.ts';

export type { Rules } from './judged.ts';

/**
 * What becomes of a request. `object` is the live object with nothing but the replaceable fields taken from the request; `warnings` say
 * what of the request was passed over, and are for the caller.
 */
export type Decision =
  | { outcome: 'unchanged'; warnings?: string[] }
  | { outcome: 'change'; object: JsonObject; changed: string[]; warnings?: string[] }
  | { outcome: 'refused'; error: StatusError };

/** The rules that are asked one after the other: the first that refuses is the answer. */
const preconditions = [identityOfUid, resourceVersion, identityOfKind, fieldValidation];
/** The rules of the whole job whose causes are told together, before those of each field (checked-is-written). */
const ofTheJob = [immutableField, serverOwned];

/**
 * Decides what becomes of a requested job against the live one: nothing to do, an object to write, or a refusal with every
 * cause (docs/decision.md). Pure; neither argument is changed. `requested` has passed parseRequested. Never throws on any input.
 */
export function decide(kind: JobKind, ref: JobRef, live: JsonObject, requested: JsonObject, rules: Rules = {}): Decision {
  const judged: Judged = { protectedKeys: [], patch: false, ...rules, kind, ref, live, requested };
  for (const precondition of preconditions) {
    const error = precondition(judged);
    if (error) return { outcome: 'refused', error };
  }
  const proposal = propose(judged);
  const warnings = fieldWarnings(judged);
  const decision = verdict(judged, proposal);
  if (decision.outcome === 'refused') decision.error.warnings = warnings;
  else if (warnings.length > 0) decision.warnings = [...(decision.warnings ?? []), ...warnings];
  return decision;
}

function verdict(judged: Judged, proposal: Proposal): Decision {
  const { rule, total } = proposal.forbidden;
  if (rule === undefined) return settled(judged, proposal);
  const causes = proposal.forbidden.told('FieldValueForbidden', 'fields may not be changed');
  return { outcome: 'refused', error: forbidden(rule, judged.ref, causes, { total, wayOut: wayOut(judged, proposal) }) };
}

function propose(judged: Judged): Proposal {
  const proposal = new Proposal(judged.live);
  for (const rule of ofTheJob) rule(judged, proposal);
  for (const field of judged.kind.fields) {
    if (isMap(field)) takeMap(judged, field, proposal);
    else takeScalar(judged, field, proposal);
  }
  return proposal;
}

/** What becomes of a proposal that nothing forbids. */
function settled({ kind, ref }: Judged, { object, changed, invalid: problems, warnings }: Proposal): Decision {
  if (problems.rule !== undefined) {
    return { outcome: 'refused', error: invalid(problems.rule, kind, ref.name, problems.told('FieldValueInvalid', 'values are invalid')) };
  }
  const warned = warnings.length > 0 && { warnings };
  return changed.length === 0 ? { outcome: 'unchanged', ...warned } : { outcome: 'change', object, changed, ...warned };
}

/** What a refused caller may have of the request, as a line to paste; decided as any other request, so that it is no false promise. */
function wayOut(judged: Judged, { permitted }: Proposal): string | undefined {
  const line = permitted.line(judged.ref);
  if (line === undefined) return undefined;
  const requested = applyMergePatch(judged.live, permitted.patch) as JsonObject;
  const again = propose({ ...judged, requested });
  return again.forbidden.total === 0 && settled(judged, again).outcome === 'change' ? line : undefined;
}
