import { getPath, type JsonObject } from '../json/json.ts';
import type { Rule } from '../rule.ts';
import { forbidden, invalid, invalidPatch, type StatusCause, StatusError } from '../status.ts';
import type { JobUpdate, UpdateResult } from './job-update.ts';

/** What is said of a cause without the value that it is about. */
const saidOf: Record<string, string> = {
  FieldValueForbidden: 'may not be changed',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueTooLong: 'Too long',
};

/**
 * What a caller who may not `get` the job is told of a write that was done: which job it is, at which version, and the names of the fields
 * that changed (docs/decision.md, authorization).
 */
export function identityAlone(result: UpdateResult): UpdateResult {
  const { job, status } = result.answer;
  const answer: JsonObject = {};
  for (const name of ['apiVersion', 'kind']) if (job[name] !== undefined) answer[name] = job[name];
  const metadata: JsonObject = {};
  for (const name of ['name', 'namespace', 'uid', 'resourceVersion']) {
    const value = getPath(job, ['metadata', name]);
    if (value !== undefined) metadata[name] = value;
  }
  return {
    ...result,
    changedPaths: undefined,
    answer: { status, job: { ...answer, metadata, changed: result.changed ?? result.sent ?? [] } },
  };
}

/**
 * A refusal for a caller who may not `get` the job: its rule and its paths, and no value, as that may be the live job's: a JSON patch can
 * copy one to where it is refused, and CCI's words may quote one. Returns what is no such refusal as it is.
 */
export function pathsAlone(error: unknown, update: JobUpdate): unknown {
  if (!(error instanceof StatusError) || ![400, 403, 405, 409, 413, 415, 422].includes(error.status.code)) return error;
  const { status, note, rule } = error;
  if (status.code === 409) {
    const { causes: _, ...details } = status.details ?? {};
    return new StatusError({ ...status, details }, note, rule);
  }
  // What a policy says was cut already (admit).
  if (rule === 'admission') return error;
  if (rule !== undefined) return bareRefusal(error, rule, update);
  const { causes: _, ...details } = status.details ?? {};
  return new StatusError({ ...status, message: 'the upstream refused the request', details }, note);
}

function bareRefusal({ status, note, allow }: StatusError, rule: Rule, { kind, ref }: JobUpdate): StatusError {
  const causes = status.details?.causes?.map(bare) ?? [];
  if (causes.length === 0) return new StatusError({ ...status, message: `refused by the rule ${rule}` }, note, rule, allow);
  if (status.code === 403) return forbidden(rule, ref, causes);
  return causes[0]?.field === 'patch' ? invalidPatch(rule, 'the patch does not make a job') : invalid(rule, kind, ref.name, causes);
}

/** A cause without a field is a count. */
function bare({ reason, field, message }: StatusCause): StatusCause {
  return {
    ...(reason !== undefined && { reason }),
    message: field ? (saidOf[reason ?? ''] ?? 'Invalid value') : message,
    ...(field && { field }),
  };
}
