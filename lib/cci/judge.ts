import { internalError, type StatusError, serviceUnavailable, timeout } from '../job/status.ts';
import { readUpstreamError, translate } from './errors.ts';
import type { Exchange } from './transport.ts';

/** One exchange judged: an answer to use, or a verdict with what may follow it. */
export interface Outcome {
  status: number;
  body: Buffer;
  /** Undefined for a 200 or 201. */
  verdict: StatusError | undefined;
  retry: boolean;
  /** Seconds that the upstream asks to wait. */
  retryAfter: number;
  /** A write may have been carried out although nobody said so. */
  maybeApplied: boolean;
  /** The gateway's own credentials were refused; `locked` is CCI's own word for a key that failed too often. */
  refused?: { locked: boolean };
  /** A kept-alive socket had died before any byte of an answer. */
  staleSocket?: boolean;
}

const nothing = { status: 0, body: Buffer.alloc(0), retry: false, retryAfter: 0, maybeApplied: false } as const;

/** Turns an exchange into an answer or a verdict, by the table of design 5. `secrets` never leave in a message. */
export function judge(exchange: Exchange, secrets: readonly string[]): Outcome {
  if (!exchange.answered) return judgeFailure(exchange);
  const { status, headers, body } = exchange;
  if (status === 200 || status === 201) return { ...nothing, status, body, verdict: undefined };
  const error = readUpstreamError(body);
  if (status === 401) {
    const locked = /reach the limit/i.test(error.message ?? '');
    const verdict = internalError({ because: 'credentials: CCI refused them', errorCode: error.errorCode, locked });
    return { ...nothing, verdict, refused: { locked } };
  }
  const retryAfter = Math.max(0, Number(headers['retry-after']) || 0);
  const notReached = status === 502 || status === 503 || status === 504;
  const verdict = translate(status, error, body, secrets, retryAfter);
  return { ...nothing, verdict, retry: notReached || status === 429, retryAfter, maybeApplied: notReached };
}

function judgeFailure({ sent, code, staleSocket }: Exchange & { answered: false }): Outcome {
  const note = { because: 'no answer from CCI', code };
  if (code === 'EMSGSIZE') return { ...nothing, verdict: internalError({ because: 'the answer is too large' }), maybeApplied: true };
  if (sent) {
    const verdict = timeout('CCI gave no answer, so the outcome is unknown', note);
    return { ...nothing, verdict, retry: true, maybeApplied: true, staleSocket };
  }
  const badCertificate = /CERT|SELF_SIGNED|TLS|SSL|EPROTO/.test(code);
  if (badCertificate) return { ...nothing, verdict: internalError(note) };
  return { ...nothing, verdict: serviceUnavailable(note, 1), retry: true };
}
