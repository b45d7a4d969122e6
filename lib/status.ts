import type { Rule } from './rule.ts';

/** One reason of a refusal, as in Kubernetes' StatusCause. */
export interface StatusCause {
  reason?: string;
  message: string;
  field?: string;
}
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}
/** The answer to every mistake: Kubernetes' meta/v1 Status, with CCI's errorCode where CCI sent one. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Failure';
  message: string;
  reason: string;
  code: number;
  details?: StatusDetails;
  errorCode?: string;
}

/** What the log is told about an error and the caller is not. Never holds a value of a secret or of a job's environment. */
export interface LogNote {
  reason?: string;
  [key: string]: unknown;
}

/**
 * The one error of this product: the Status is the verdict for the caller, the note is the reason for the log. Where a rule of the
 * gateway's own refused (docs/decision.md), it names the rule; what CCI refused and what failed names none.
 */
export class StatusError extends Error {
  override readonly name = 'StatusError';
  readonly status: Status;
  readonly note: LogNote;
  readonly rule: Rule | undefined;
  /** The verbs of the path, where this is a 405. */
  readonly allow: string | undefined;
  /** What admission policies warn of, for the caller. */
  warnings: readonly string[] = [];

  constructor(status: Omit<Status, 'kind' | 'apiVersion' | 'metadata' | 'status'>, note: LogNote = {}, rule?: Rule, allow?: string) {
    super(status.message);
    this.status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...status };
    this.note = note;
    this.rule = rule;
    this.allow = allow;
  }
}

/** Characters of what the log names of one refusal. */
const maxNamed = 2048;

/** The fields that a refusal names, for the log: never a value or a message, and no more of them than 2 KB hold. */
export function refusedFields({ details }: Status): string[] | undefined {
  const fields = details?.causes?.flatMap(({ field }) => (field ? [field] : []));
  let room = maxNamed;
  const named = fields?.filter((field) => {
    room -= field.length;
    return room >= 0;
  });
  return fields && named && named.length < fields.length ? [...named, `and ${fields.length - named.length} more`] : named;
}

/** What names a job: the resource of its kind, its namespace and its name. */
export interface JobRef {
  kind: { group: string; kind: string; plural: string };
  namespace: string;
  name: string;
}

/** 400 BadRequest: the request cannot be read, or names another object than its URL. `causes` say where, each by its field or its line. */
export function badRequest(rule: Rule, message: string, causes: readonly StatusCause[] = []): StatusError {
  return new StatusError(
    { code: 400, reason: 'BadRequest', message, ...(causes.length > 0 && { details: { causes: [...causes] } }) },
    {},
    rule,
  );
}

/** 401 Unauthorized: no authenticated caller; `why` is for the log. */
export function unauthorized(why?: string): StatusError {
  const note = why === undefined ? {} : { reason: why };
  return new StatusError({ code: 401, reason: 'Unauthorized', message: 'Unauthorized' }, note, 'caller');
}

/**
 * 403 Forbidden in Kubernetes' form; kubectl prints only the message, so it names the first five causes itself. `rule` is that of the
 * first; `total` is how many there are where not all are listed; `wayOut` is a command that does what of the request is permitted.
 */
export function forbidden(
  rule: Rule,
  ref: JobRef,
  causes: StatusCause[],
  { total = causes.length, wayOut }: { total?: number; wayOut?: string | undefined } = {},
): StatusError {
  const { group, plural } = ref.kind;
  const first = causes.slice(0, 5).map((cause) => (cause.field ? `${cause.field} ${cause.message}` : cause.message));
  const more = total > 5 ? ` and ${total - 5} more` : '';
  const message = `${plural}.${group} "${ref.name}" is forbidden: ${first.join(', ')}${more}${wayOut ? `\nyou may change: ${wayOut}` : ''}`;
  const details = { name: ref.name, group, kind: plural, causes };
  return new StatusError({ code: 403, reason: 'Forbidden', message, details }, {}, rule);
}

/**
 * 403 Forbidden for a caller who asks to act as `user` (empty where a request names a group or other and no user), in the API
 * server's words. What both are called is cut at 253 characters.
 */
export function impersonationForbidden(caller: string, user: string): StatusError {
  const [, namespace, account] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  const kind = account === undefined ? 'users' : 'serviceaccounts';
  const name = (account ?? user).slice(0, 253);
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace.slice(0, 253))}`;
  const rule = `User ${JSON.stringify(caller.slice(0, 253))} cannot impersonate resource "${kind}" in API group "" ${where}`;
  const message = `${kind}${name === '' ? '' : ` ${JSON.stringify(name)}`} is forbidden: ${rule}`;
  const details = { ...(name !== '' && { name }), kind };
  return new StatusError({ code: 403, reason: 'Forbidden', message, details }, { reason: 'an Impersonate-* header' }, 'impersonation');
}

/** What a caller wanted to do, as a refusal names it; without a namespace in all of them, without a name to all of a resource. */
export interface Refused {
  verb: string;
  group: string;
  resource: string;
  namespace: string;
  name: string;
}

/** 403 Forbidden for a caller whom the policies do not allow this, in the API server's words; `why` is what RBAC adds. */
export function accessForbidden(
  user: string,
  { verb, group, resource, namespace, name }: Refused,
  why: string,
  note: LogNote,
): StatusError {
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const said = `User ${JSON.stringify(user)} cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  // The API server escapes what might pass for HTML, and not what RBAC says.
  const escaped = said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const about = `${resource}.${group}${name === '' ? '' : ` ${JSON.stringify(name)}`}`;
  const message = `${about} is forbidden: ${escaped}${why === '' ? '' : `: ${why}`}`;
  const details = { ...(name !== '' && { name }), group, kind: resource };
  return new StatusError({ code: 403, reason: 'Forbidden', message, details }, note, 'authorization');
}

const codes = { Forbidden: 403, RequestEntityTooLarge: 413, Invalid: 422 } as const;

/**
 * What admission policies deny: code and reason of the first, in the API server's words; it tells the first as well, and in its causes. Here
 * each further one is a cause.
 */
export function deniedByPolicy(
  ref: JobRef,
  denials: readonly { message: string; reason: keyof typeof codes }[],
  note: LogNote,
): StatusError {
  const { group, plural } = ref.kind;
  const [{ message, reason } = { message: '', reason: 'Invalid' as const }] = denials;
  const details = { name: ref.name, group, kind: plural, causes: denials.map((denial) => ({ message: denial.message })) };
  const said = `${plural}.${group} ${JSON.stringify(ref.name)} is forbidden: ${message}`;
  return new StatusError({ code: codes[reason], reason, message: said, details }, note, 'admission');
}

/** 404 NotFound for a path that is no resource, in the API server's words. */
export function pathNotFound(): StatusError {
  const message = 'the server could not find the requested resource';
  return new StatusError({ code: 404, reason: 'NotFound', message, details: {} }, {}, 'path');
}

/** 405 MethodNotAllowed, in the API server's words unless there are better ones; `allow` are the verbs that the path has. */
export function methodNotAllowed(allow?: string, message = 'the server does not allow this method on the requested resource'): StatusError {
  return new StatusError({ code: 405, reason: 'MethodNotAllowed', message, details: {} }, {}, 'method', allow);
}

/** 406 NotAcceptable: the Accept header names nothing that is served. */
export function notAcceptable(served: readonly string[]): StatusError {
  const message = `only the following media types are accepted: ${served.join(', ')}`;
  return new StatusError({ code: 406, reason: 'NotAcceptable', message }, {}, 'accept');
}

/** 409 Conflict; `why` is the end of the sentence, as in Kubernetes' NewConflict, and `causes` what the caller may need to go on. */
export function conflict(ref: JobRef, why: string, rule?: Rule, causes: readonly StatusCause[] = []): StatusError {
  const { group, plural } = ref.kind;
  const message = `Operation cannot be fulfilled on ${plural}.${group} "${ref.name}": ${why}`;
  const details = { name: ref.name, group, kind: plural, ...(causes.length > 0 && { causes: [...causes] }) };
  return new StatusError({ code: 409, reason: 'Conflict', message, details }, {}, rule);
}

/** 413 RequestEntityTooLarge; `limit` in bytes. */
export function tooLarge(rule: Rule, limit: number): StatusError {
  const message = `Request entity too large: limit is ${limit}`;
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message }, {}, rule);
}

/** 413 RequestEntityTooLarge for an answer that cannot pass Lambda (6 MB) or that the upstream makes too large (24 MiB). */
export function answerTooLarge(): StatusError {
  const message = 'the answer is too large to be sent: use limit and continue to read it in parts';
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message }, {}, 'answer-size');
}

/** 413 RequestEntityTooLarge for what would have to be made here of more than the function's memory allows (4 MiB of JSON). */
export function tooLargeToBeMade(): StatusError {
  const message =
    'the answer is too large to be written as YAML or indented: ask for JSON without pretty, or use limit and continue to read it in parts';
  return new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message }, {}, 'answer-size');
}

/** 415 UnsupportedMediaType for a content type that is not read here. */
export function unsupportedMediaType(accepted: readonly string[]): StatusError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new StatusError({ code: 415, reason: 'UnsupportedMediaType', message }, {}, 'media-type');
}

/** 422 Invalid with all causes at once, `rule` that of the first; `kind` is the Kind (not the plural), as in Kubernetes' NewInvalid. */
export function invalid(rule: Rule, kind: { group: string; kind: string }, name: string, causes: StatusCause[]): StatusError {
  const errors = [...new Set(causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : cause.message)))];
  const list = errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`;
  const message = `${kind.kind}.${kind.group} ${JSON.stringify(name)} is invalid: ${list}`;
  const details = { ...(name !== '' && { name }), group: kind.group, kind: kind.kind, causes };
  return new StatusError({ code: 422, reason: 'Invalid', message, details }, {}, rule);
}

/** 422 Invalid for a patch whose result is no job, in the API server's form: the cause is the patch itself. */
export function invalidPatch(rule: Rule, why: string): StatusError {
  const message = `Invalid value: ${why}`;
  const details = { causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }] };
  return new StatusError({ code: 422, reason: 'Invalid', message: ` "" is invalid: patch: ${message}`, details }, {}, rule);
}

/** 422 Invalid for a JSON patch that cannot be applied or whose test fails, in the API server's words. */
export function unprocessablePatch(): StatusError {
  const message = 'the server rejected our request due to an error in our request';
  return new StatusError({ code: 422, reason: 'Invalid', message, details: {} }, {}, 'patch');
}

/** 429 TooManyRequests: CCI throttles and nothing was written. `retryAfterSeconds` only where the wait is brief. */
export function tooManyRequests(note: LogNote, retryAfterSeconds?: number): StatusError {
  const message = 'the server has received too many requests and has asked us to try again later';
  return new StatusError({ code: 429, reason: 'TooManyRequests', message, details: retryDetails(retryAfterSeconds) }, note);
}

// client-go resends any request, writes included, up to ten times on an answer with Retry-After: so it is said only for a brief cause.
function retryDetails(retryAfterSeconds: number | undefined): StatusDetails {
  return retryAfterSeconds === undefined || retryAfterSeconds > 5 ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterSeconds)) };
}

/** 500 InternalError: says nothing of the inside; `note` is for the log. */
export function internalError(note: LogNote): StatusError {
  const message = 'Internal error occurred: the gateway could not complete the request; its log has the reason under the request id';
  return new StatusError({ code: 500, reason: 'InternalError', message, details: {} }, note);
}

const surpriseReason = 'a surprise';

/** 500 InternalError for an error that is none of ours: an audit event tells it as a Panic. */
export function surprised(note: LogNote): StatusError {
  return internalError({ reason: surpriseReason, ...note });
}

/** Whether something is what `surprised` made. */
export function isSurprise(error: unknown): boolean {
  return error instanceof StatusError && error.note.reason === surpriseReason;
}

/** 500 InternalError for a job that was read and is nested too deeply to be written as JSON. */
export function tooDeep(): StatusError {
  return internalError({ reason: 'the job is nested too deeply to be written as JSON' });
}

/** 503 ServiceUnavailable: CCI cannot be reached and nothing was written. */
export function serviceUnavailable(note: LogNote, retryAfterSeconds?: number): StatusError {
  const message = 'the server is currently unable to handle the request';
  return new StatusError({ code: 503, reason: 'ServiceUnavailable', message, details: retryDetails(retryAfterSeconds) }, note);
}

/** 503 ServiceUnavailable: the audit trail could not be told of a write, so nothing was written. An event waits in its queue. */
export function notAudited(note: LogNote): StatusError {
  const message = 'the audit trail does not answer, and nothing is written without it';
  const status = { code: 503, reason: 'ServiceUnavailable', message, details: retryDetails(1) };
  return new StatusError(status, { ...note, notTaken: true }, 'audit');
}

/** 504 Timeout: no answer in time; a write may or may not have happened. Never carries Retry-After. */
export function timeout(what: string, note: LogNote): StatusError {
  return new StatusError({ code: 504, reason: 'Timeout', message: `Timeout: ${what}`, details: {} }, note);
}
