import { isObject, type Json, own } from '../json/json.ts';
import {
  internalError,
  type LogNote,
  type StatusCause,
  type StatusDetails,
  StatusError,
  serviceUnavailable,
  timeout,
  tooManyRequests,
} from '../status.ts';

/** What an upstream's error answer says, whatever its dialect. */
export interface UpstreamError {
  message?: string;
  reason?: string;
  details?: StatusDetails;
  errorCode?: string;
  requestId?: string;
}

const maxMessage = 16_384;
const reasons: Record<number, string> = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
};
/** A text to keep, without the secrets: they go before it is cut, so that no half of one is left at the end. */
type Text = (value: unknown) => string | undefined;
const textWithout =
  (secrets: readonly string[]): Text =>
  (value) =>
    typeof value === 'string' && value !== '' ? redactSecrets(value, secrets).slice(0, maxMessage) : undefined;

/**
 * Reads an error body in CCI's dialects: a Kubernetes Status with errorCode, the API gateway's and the plain form
 * (`error_msg`, `error_code`, `request_id`), IAM's `error` object. What is none of them says nothing. `secrets` are
 * taken out of every text.
 */
export function readUpstreamError(body: Buffer, secrets: readonly string[] = []): UpstreamError {
  const text = textWithout(secrets);
  const parsed = parse(body);
  const iam = own(parsed, 'error');
  if (isObject(iam)) return defined({ message: text(iam.message) });
  if (own(parsed, 'kind') === 'Status') {
    const details = own(parsed, 'details');
    return defined({
      message: text(own(parsed, 'message')),
      reason: text(own(parsed, 'reason')),
      details: isObject(details) ? statusDetails(details, text) : undefined,
      errorCode: text(own(parsed, 'errorCode')),
    });
  }
  return defined({
    message: text(own(parsed, 'error_msg')),
    errorCode: text(own(parsed, 'error_code')),
    requestId: text(own(parsed, 'request_id')),
  });
}

/**
 * The verdict for the caller on an upstream error answer (the table of docs/upstream.md): codes that concern the request are kept with
 * message, details and errorCode; the rest says only that it failed. `secrets` never leave in a message; `retryAfter` in seconds.
 */
export function translate(status: number, error: UpstreamError, body: Buffer, secrets: readonly string[], retryAfter: number): StatusError {
  const note = { reason: `CCI answered ${status}`, errorCode: error.errorCode };
  const reason = reasons[status];
  if (reason) {
    const message = redactSecrets(error.message ?? `the server answered ${status} and gave no reason`, secrets);
    const { details, errorCode } = error;
    const kept = { code: status, reason: error.reason ?? reason, message, ...(details && { details }), ...(errorCode && { errorCode }) };
    return new StatusError(kept, note);
  }
  if (status === 429) return tooManyRequests(note, retryAfter);
  if (status === 502 || status === 503) return serviceUnavailable(note, Math.max(1, retryAfter));
  if (status === 504) return isTooNew(error) ? tooNew(error, secrets, note) : timeout('CCI did not answer in time', note);
  return internalError({ ...note, body: excerpt(body, secrets) });
}

const tooNewCause = 'ResourceVersionTooLarge';

/** Whether the upstream has waited for a resourceVersion that it does not have: an answer about the request, though it is a 504. */
export function isTooNew({ details }: UpstreamError): boolean {
  return details?.causes?.some(({ reason }) => reason === tooNewCause) ?? false;
}

/** Told as the upstream tells it: by the cause informers know that they must list anew, without a version. */
function tooNew({ message, details }: UpstreamError, secrets: readonly string[], note: LogNote): StatusError {
  const causes = details?.causes?.filter(({ reason }) => reason === tooNewCause) ?? [];
  const said = redactSecrets(message ?? 'Timeout: Too large resource version', secrets);
  return new StatusError({ code: 504, reason: 'Timeout', message: said, details: { causes } }, note);
}

const maxRead = 4096;
const keyLike = '[A-Za-z0-9+/=_.~%-]';

/** The first 200 characters of a body for the log, without strings' values and without anything that looks like a key. */
export function excerpt(body: Buffer, secrets: readonly string[]): string {
  // Redacted before it is cut, so that no half of a key is left at the end.
  const whole = redactSecrets(body.toString('utf8'), secrets);
  const start = whole.length > maxRead ? whole.slice(0, maxRead).replace(new RegExp(`${keyLike}*$`), '') : whole;
  return start
    .replace(/"[^"\\]*(?:\\.[^"\\]*)*("\s*:|")?/gs, (string, end?: string) => (end?.endsWith(':') ? string : '"…"'))
    .replace(new RegExp(`${keyLike}{16,}`, 'g'), '…')
    .slice(0, 200);
}

/** A text with `…` in the place of each secret. */
export function redactSecrets(message: string, secrets: readonly string[]): string {
  // The longest first: one may be part of another.
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((rest, secret) => (secret ? rest.replaceAll(secret, '…') : rest), message);
}

function statusDetails(details: Record<string, unknown>, text: Text): StatusDetails {
  const causes = Array.isArray(details.causes) ? details.causes.filter(isObject).slice(0, 100) : undefined;
  return defined({
    name: text(details.name),
    group: text(details.group),
    kind: text(details.kind),
    uid: text(details.uid),
    causes: causes?.map(
      (cause): StatusCause => ({
        ...defined({ reason: text(cause.reason), field: text(cause.field) }),
        message: text(cause.message) ?? '',
      }),
    ),
  });
}

function parse(body: Buffer): Json | undefined {
  try {
    return JSON.parse(body.toString('utf8')) as Json;
  } catch {
    return undefined;
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
