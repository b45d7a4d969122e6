import type { IncomingMessage } from 'node:http';
import { internalError, type LogNote, type StatusError, serviceUnavailable, timeout } from '../status.ts';
import { isTooNew, readUpstreamError, redactSecrets, translate } from './errors.ts';
import type { Exchange } from './transport.ts';

/** One exchange judged: an answer to use, or a verdict with what may follow it. */
export interface Outcome {
  status: number;
  body: Buffer;
  /** The body of a 200 that goes on. */
  stream?: IncomingMessage | undefined;
  /** Undefined for a 200 or 201. */
  verdict: StatusError | undefined;
  retry: boolean;
  /** Seconds that the upstream asks to wait. */
  retryAfter: number;
  /** A write may have been carried out although nobody said so. */
  outcomeUnknown: boolean;
  /** The gateway's own credentials were good: the answer is about the request. */
  accepted?: boolean;
  /** The gateway's own credentials were refused. */
  refused?: Refused;
  /** A kept-alive socket had died before any byte of an answer. */
  staleSocket?: boolean;
  /** The upstream's id of the request, from a header or from its error's body. */
  requestId?: string | undefined;
  /** What the log may not show of the body. */
  secrets?: readonly string[];
}

/** How credentials were refused. */
export interface Refused {
  /** They failed too often, or will with a few more failures: they are left alone for longer. */
  locked: boolean;
  /** They were looked at, and are wrong. */
  wrong: boolean;
}

const nothing = { status: 0, body: Buffer.alloc(0), retry: false, retryAfter: 0, outcomeUnknown: false } as const;

/** Turns an exchange into an answer or a verdict, by the table of docs/upstream.md. `secrets` never leave in a message. */
export function classifyResponse(exchange: Exchange, secrets: readonly string[], method = 'PUT'): Outcome {
  if (!exchange.answered) return classifyFailure(exchange, method);
  const { status, headers, body } = exchange;
  const header = (headers['x-request-id'] ?? headers['audit-id'])?.toString();
  const inHeader = header === undefined ? undefined : redactSecrets(header, secrets);
  if (status === 200 || status === 201)
    return { ...nothing, status, body, stream: exchange.stream, verdict: undefined, accepted: true, secrets, requestId: inHeader };
  const error = readUpstreamError(body, secrets);
  const requestId = inHeader ?? error.requestId;
  if (status === 401) {
    const locked = /reach the limit/i.test(error.message ?? '');
    return {
      ...refusal({ reason: 'credentials: CCI refused them', errorCode: error.errorCode, locked }, { locked, wrong: !locked }),
      requestId,
    };
  }
  const retryAfter = secondsToWait(headers['retry-after'] ?? '');
  const notReached = status === 502 || status === 503 || status === 504;
  const verdict = translate(status, error, body, secrets, retryAfter);
  // Another 2xx is a success that cannot be read; a change of protocol (101) says nothing.
  const outcomeUnknown = notReached || status < 300;
  const isAboutVersion = status === 504 && isTooNew(error);
  const retry = (notReached && !isAboutVersion) || status === 429;
  const accepted = isAboutVersion || (status < 500 && status !== 429 && (status < 300 || status >= 400));
  return { ...nothing, verdict, retry, retryAfter, outcomeUnknown, accepted, requestId };
}

/** The outcome where the gateway's own credentials were refused. */
export function refusal(note: LogNote, refused: Refused): Outcome & { verdict: StatusError } {
  return { ...nothing, verdict: internalError(note), refused };
}

/** What Retry-After says, in seconds or as a date; 0 where it says nothing. */
function secondsToWait(header: string): number {
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return seconds > 0 ? seconds : 0;
}

function classifyFailure({ sent, code, staleSocket }: Exchange & { answered: false }, method: string): Outcome {
  const note = { reason: 'no answer from CCI', code };
  if (code === 'EMSGSIZE') return { ...nothing, verdict: internalError({ reason: 'the answer is too large', code }), outcomeUnknown: true };
  if (code === 'ECUTOFF') {
    return { ...nothing, verdict: internalError({ reason: 'the answer was cut off' }), retry: true, outcomeUnknown: true };
  }
  if (code.startsWith('HPE_')) {
    return { ...nothing, verdict: internalError({ reason: 'the answer is not HTTP', code }), retry: true, outcomeUnknown: true };
  }
  if (sent) {
    const verdict = timeout(method === 'GET' ? 'CCI did not answer in time' : 'CCI gave no answer, so the outcome is unknown', note);
    return { ...nothing, verdict, retry: true, outcomeUnknown: true, staleSocket };
  }
  // A certificate that is not trusted, or a request that cannot be made: no repetition helps.
  if (/^ERR_|CERT|SELF_SIGNED|UNABLE_TO_|EPROTO/.test(code)) return { ...nothing, verdict: internalError(note) };
  return { ...nothing, verdict: serviceUnavailable(note, 1), retry: true };
}
