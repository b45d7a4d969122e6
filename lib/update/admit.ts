import { isDeepStrictEqual } from 'node:util';
import { isMap } from '../job/fields.ts';
import { lastApplied } from '../job/rules/last-applied.ts';
import { getPath, isObject, type JsonObject, own, parseExactJson, withMember } from '../json/json.ts';
import type { Admission, AdmissionRequest, Denial, Verdict } from '../policy/admission.ts';
import type { RequestContext } from '../runtime/request-context.ts';
import { surpriseNote } from '../runtime/surprise.ts';
import { deniedByPolicy, type StatusError } from '../status.ts';
import type { JobUpdate } from './job-update.ts';

/** What may be written, and what the policies say of it. */
export interface Admitted {
  object: JsonObject;
  /** For the caller, as Warning headers or in an event's result. */
  policyWarnings: string[];
}

/** Policies that judge before anything is written, and the bundle that they are of. */
export interface AdmittingPolicies {
  readonly digest: string;
  readonly admission?: Admission | undefined;
}

/** Whether any policy may be about this job: then no patch goes upstream unread. */
export function mayJudge(policies: AdmittingPolicies | undefined, { kind, ref }: JobUpdate): boolean {
  const { group, version, plural: resource } = kind;
  return policies?.admission?.mayJudge({ group, version, resource, namespace: ref.namespace, name: ref.name }) ?? false;
}

/**
 * Asks the policies whether an object may be written over the live one, on a dry run as well (docs/decision.md, admission). Throws what
 * they deny with: 422, 403 or 413. Whoever may not `get` the job is told no message that an expression may have made of it. What the policies want to be audited goes to the record.
 */
export function admit(
  policies: AdmittingPolicies | undefined,
  update: JobUpdate,
  live: JsonObject,
  object: JsonObject,
  context: RequestContext,
): Admitted {
  if (!policies?.admission) return { object, policyWarnings: [] };
  const review = (next: JsonObject): Verdict => {
    const verdict = policies.admission?.review(requestOf(update, live, next)) as Verdict;
    context.counts.policyFaults += verdict.faults.length;
    return verdict;
  };
  const admitted = (verdict: Verdict): string[] => {
    // Of what is judged only to know whether it may be recorded, nothing is told.
    context.record.annotations = verdict.auditAnnotations;
    return requireAdmission(policies, update, verdict);
  };
  const policyWarnings = admitted(review(object));
  const withoutNames = withoutRecorded(update, live, object);
  // What an apply that follows would remove by this record is removed only where the policies allow it.
  if (withoutNames === undefined || review(withoutNames).denials.length === 0) return { object, policyWarnings };
  const unrecorded = withRecordOf(live, object);
  return { object: unrecorded, policyWarnings: admitted(review(unrecorded)) };
}

/** The warnings of a verdict for the caller. Throws where it denies. */
function requireAdmission({ digest }: AdmittingPolicies, update: JobUpdate, { denials, warnings, faults }: Verdict): string[] {
  const policyWarnings = update.mayRead ? warnings : warnings.map((warning) => warning.slice(0, warning.indexOf("': ") + 1));
  const note = { policies: digest, ...(faults.length > 0 && { faults: faults.map(surpriseNote) }) };
  if (denials.length > 0)
    throw withWarnings(
      deniedByPolicy(
        update.ref,
        denials.map((denial) => messageOf(denial, update)),
        note,
      ),
      policyWarnings,
    );
  return policyWarnings;
}

function withWarnings(error: StatusError, warnings: string[]): StatusError {
  error.warnings = warnings;
  return error;
}

function messageOf({ policy, binding, message, reason }: Denial, { mayRead }: JobUpdate): { message: string; reason: Denial['reason'] } {
  const denied = `ValidatingAdmissionPolicy '${policy}' with binding '${binding}' denied request`;
  return { message: mayRead ? `${denied}: ${message}` : denied, reason };
}

function requestOf({ kind, ref, user, dryRun, options: sent }: JobUpdate, oldObject: JsonObject, next: JsonObject): AdmissionRequest {
  const object = withGeneration(oldObject, next);
  // An API server makes these of the options of a patch as well.
  const options = { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', ...sent };
  const { group, version, plural: resource } = kind;
  return { group, version, resource, kind: kind.kind, namespace: ref.namespace, name: ref.name, user, dryRun, options, object, oldObject };
}

/** The object with the generation that it will have: an API server counts a changed spec before its policies see it. */
function withGeneration(live: JsonObject, object: JsonObject): JsonObject {
  const generation = getPath(live, generationPath);
  if (typeof generation !== 'number' || isDeepStrictEqual(own(live, 'spec'), own(object, 'spec'))) return object;
  return withMember(object, generationPath, generation + 1);
}

const generationPath = ['metadata', 'generation'];
const recordPath = ['metadata', 'annotations', lastApplied];

/**
 * The live job without the labels, annotations and other replaceable fields that the last-applied record gains; undefined where it gains
 * none that are live.
 */
function withoutRecorded({ kind }: JobUpdate, live: JsonObject, object: JsonObject): JsonObject | undefined {
  const [before, after] = [recordIn(live), recordIn(object)];
  if (!before || !after) return undefined;
  let job = live;
  for (const field of kind.fields) {
    const paths = isMap(field) ? Object.keys(objectAt(after, field.path)).map((name) => [...field.path, name]) : [field.path];
    for (const path of paths) {
      const isGained = getPath(after, path) !== undefined && getPath(before, path) === undefined;
      if (isGained && getPath(live, path) !== undefined) job = withMember(job, path, undefined);
    }
  }
  return job === live ? undefined : job;
}

function objectAt(job: JsonObject, path: readonly string[]): JsonObject {
  const value = getPath(job, path);
  return isObject(value) ? value : {};
}

function recordIn(job: JsonObject): JsonObject | undefined {
  const text = getPath(job, recordPath);
  if (typeof text !== 'string') return undefined;
  try {
    const record = parseExactJson(text);
    return isObject(record) ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function withRecordOf(live: JsonObject, object: JsonObject): JsonObject {
  return withMember(object, recordPath, getPath(live, recordPath));
}
