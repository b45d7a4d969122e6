import type { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import Negotiator from 'negotiator';
import { stringifyJson } from '../json/json.ts';
import type { Around } from '../runtime/chain.ts';
import { surpriseNote } from '../runtime/surprise.ts';
import { answerTooLarge, StatusError, surprised, tooDeep } from '../status.ts';
import { indentJson } from './indent.ts';
import type { HttpRequest, InContext, JobAnswer, Told, WithOptions } from './request.ts';

// Lambda's answer limit is 6 MB as serialised; a little is kept for what the runtime adds.
const answerLimit = 6 * 1024 * 1024 - 4096;
const gzipAbove = 1024 * 1024;
const maxHeaderBytes = 256;
const maxWarnings = 8;
const maxPolicyWarnings = 4096;
const maxPaths = 2048;

/** What API Gateway, a Function URL and a load balancer take as an answer. */
export interface ProxyResult {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  isBase64Encoded: boolean;
  /** The body of an answer that goes on, where answers are streamed. */
  stream?: Readable | undefined;
}

/**
 * Turns what the chain ends with into the answer: the job, or for any error its Status. What is no StatusError is a surprise, and
 * becomes a 500 that says nothing of the inside. Waits for what runs beside the request: nothing goes on after an answer. An answer that is
 * streamed may be as long as it likes.
 */
export function respond(how?: 'streamed'): Around<HttpRequest & InContext, Told, ProxyResult, JobAnswer, WithOptions> {
  return {
    before: () => ({ said: undefined, isStreamed: how === 'streamed' }),
    after: (event, { answer, outcome, changed, sent, changedPaths, warnings, policyWarnings = [] }) => {
      event.answered = answer;
      event.said = { outcome, ...(changed && { changed }), ...(sent && { sent }), ...(warnings && { warnings }) };
      if (answer.watching) {
        const { stream } = answer.watching;
        return onceDone(event, { statusCode: 200, headers: headersOf(event, {}), body: '', isBase64Encoded: false, stream });
      }
      const told = [...(warnings?.slice(0, maxWarnings).map(warningValue) ?? []), ...policyWarningValues(policyWarnings)];
      const pretty = event.options?.pretty && answer.contentType === undefined;
      const text = answer.text ?? stringifyJson(answer.job);
      if (text === undefined) throw tooDeep();
      const headers = {
        ...answer.headers,
        ...(answer.contentType && { 'Content-Type': answer.contentType }),
        ...(told.length > 0 && { Warning: told.join(', ') }),
        ...(changedPaths && { 'X-Changed-Fields': pathsValue(changedPaths) }),
      };
      const result = pretty
        ? proxyResult(event, answer.status, indentJson(text) ?? text, headers, text)
        : proxyResult(event, answer.status, text, headers);
      return onceDone(event, result);
    },
    onError: (event, thrown) => {
      const error = thrown instanceof StatusError ? thrown : surprised(surpriseNote(thrown));
      const { status, allow } = error;
      const told = policyWarningValues(error.warnings);
      const retryAfter = status.details?.retryAfterSeconds;
      const answer = proxyResult(event, status.code, JSON.stringify(status, undefined, event.options?.pretty ? 2 : undefined), {
        ...(retryAfter !== undefined && { 'Retry-After': String(retryAfter) }),
        ...(status.code === 401 && { 'WWW-Authenticate': 'AWS4-HMAC-SHA256' }),
        ...(allow !== undefined && { Allow: allow }),
        ...(told.length > 0 && { Warning: told.join(', ') }),
        ...(error.rule !== undefined && { 'X-Refused-By': error.rule }),
        ...(error.note.errorCode !== undefined && { 'X-Upstream-Error-Code': headerValue(error.note.errorCode) }),
      });
      return onceDone(event, { answer, error });
    },
  };
}

/** Something, once what runs beside the request is over. */
function onceDone<T>({ context: { pending } }: InContext, what: T): T | Promise<T> {
  return pending.length === 0 ? what : Promise.allSettled(pending).then(() => what);
}

/** `shorter` is sent where `json` is more than can be: a write that was done is not told as a failure for its indentation. */
function proxyResult(
  event: HttpRequest & InContext & Partial<Told>,
  statusCode: number,
  json: string,
  extra: Record<string, string>,
  shorter?: string,
): ProxyResult {
  const headers = headersOf(event, extra);
  const body = json.endsWith('\n') ? json : `${json}\n`;
  if (body.length <= gzipAbove) return { statusCode, headers, body, isBase64Encoded: false };
  const packed = acceptsGzip(event.headers);
  if (packed)
    Object.assign(headers, { 'Content-Encoding': 'gzip', Vary: headers.Vary ? `${headers.Vary}, Accept-Encoding` : 'Accept-Encoding' });
  const result = { statusCode, headers, body: packed ? gzipSync(body, { level: 1 }).toString('base64') : body, isBase64Encoded: packed };
  if (event.isStreamed || Buffer.byteLength(JSON.stringify(result)) <= answerLimit) return result;
  if (shorter !== undefined) return proxyResult(event, statusCode, shorter, extra);
  const { status, rule = 'answer-size' } = answerTooLarge();
  event.refusedBy = rule;
  const plain = { ...headers, 'Content-Type': 'application/json', 'Content-Encoding': 'identity', 'X-Refused-By': rule };
  return { statusCode: status.code, headers: plain, body: `${JSON.stringify(status)}\n`, isBase64Encoded: false };
}

function headersOf({ context, requestId }: HttpRequest & InContext, extra: Record<string, string>): Record<string, string> {
  const upstreamId = context.calls.at(-1)?.requestId;
  return {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-cache, private',
    'X-Content-Type-Options': 'nosniff',
    ...(requestId !== undefined && { 'X-Request-Id': headerValue(requestId) }),
    ...(upstreamId !== undefined && { 'X-Upstream-Request-Id': headerValue(upstreamId) }),
    ...extra,
  };
}

function acceptsGzip(headers: Record<string, string>): boolean {
  return Boolean(headers['accept-encoding']) && new Negotiator({ headers }).encodings(['gzip']).length > 0;
}

/** What comes from callers or the upstream reaches a header only as printable ASCII, at most 256 bytes. */
function headerValue(value: unknown): string {
  return String(value)
    .replace(/[^\x20-\x7e]/g, '')
    .slice(0, maxHeaderBytes);
}

/** A warning as the API server writes one and kubectl prints it: code 299, no agent, the text quoted; cut where no escape is broken. */
function warningValue(text: string): string {
  let value = '299 - "';
  for (const character of headerValue(text)) {
    const quoted = character === '"' || character === '\\' ? `\\${character}` : character;
    if (value.length + quoted.length >= maxHeaderBytes) break;
    value += quoted;
  }
  return `${value}"`;
}

/** The paths that a write changed, as many as fit into 2 KB; `none` where there are none. */
function pathsValue(paths: readonly string[]): string {
  let room = maxPaths;
  const told = paths.map(headerValue).filter((path) => {
    room -= path.length + 2;
    return room >= 0;
  });
  const more = paths.length - told.length;
  return told.length === 0 && more === 0 ? 'none' : [...told, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

/** What admission policies warn of, whole up to 4,096 characters in all as the API server has it, beyond that each cut at 256. */
function policyWarningValues(warnings: readonly string[]): string[] {
  const texts = warnings.map((warning) => warning.replace(/[^\x20-\x7e]/g, '?'));
  const whole = texts.reduce((sum, text) => sum + text.length, 0) <= maxPolicyWarnings;
  let room = maxPolicyWarnings;
  return texts.flatMap((text) => {
    const value = whole ? text : text.slice(0, maxHeaderBytes);
    if (room <= 0) return [];
    room -= value.length;
    return [`299 - "${value.replace(/["\\]/g, '\\$&')}"`];
  });
}
