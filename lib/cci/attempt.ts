import { type RequestContext, timeLeft } from '../runtime/request-context.ts';
import { timeout } from '../status.ts';
import type { Breaker } from './breaker.ts';
import { classifyResponse, type Outcome } from './classify-response.ts';
import type { Credential, Credentials } from './credentials/credentials.ts';
import { encode, type Signable, sign } from './credentials/signer.ts';
import type { Exchange, Transport } from './transport.ts';

export interface CciOptions {
  endpoint: string;
  projectId: string | undefined;
  credentials: Credentials;
  transport: Transport;
}

/** What is asked of CCI. */
export interface Requested {
  method: 'GET' | 'PUT' | 'PATCH';
  path: string;
  query: Record<string, string>;
  body?: string;
  /** May be sent again although it may have been carried out. */
  repeatable: boolean;
  accept?: string;
  /** The most bytes of an answer; default: those of a job. */
  limit?: number;
  /** The answer may be packed. */
  gzip?: boolean;
  /** The answer is to be handed over as it comes. */
  stream?: boolean;
}

/** The most bytes of a job. */
export const jobLimit = 3 * 1024 * 1024;
/**
 * Milliseconds that a write or a list may take; a job's read has those of the breaker. To give up a write early would only make its outcome
 * unknown, and a list takes as long as it is large.
 */
const longTimeout = 10_000;
/** No write is begun with less left, and a write leaves this much for settling it by a read (docs/upstream.md, deadline). */
const writeReserve = 3000;
const settleReserve = 2000;
const readReserve = 1;

/** One try of a request with one credential. Throws 504 where too little time is left to begin it. */
export type Attempt = (requested: Requested, credential: Credential, context: RequestContext) => Promise<Outcome>;

/** Tries of requests to one CCI endpoint, each counted in its request's context and told to the breaker. */
export function createAttempt({ endpoint, projectId, transport }: CciOptions, breaker: Breaker): Attempt {
  const { host, pathname } = new URL(endpoint);
  const prefix = pathname.replace(/\/$/, '');
  return async (requested, credential, context) => {
    const { method, query, body, limit = jobLimit, stream } = requested;
    const path = `${prefix}${requested.path}`;
    const headers = headersOf(requested, { host, path, projectId }, credential);
    // Reading the credentials may have taken its time.
    requireTime(method, context);
    const left = timeLeft(context) - (method === 'GET' ? 0 : settleReserve);
    const timeout = Math.max(1, Math.min(isQuick(requested) ? breaker.timeout() : longTimeout, left));
    const started = performance.now();
    const sent = { method, path: withQuery(path, query), headers, timeout, limit, stream };
    const exchange = await transport(body === undefined ? sent : { ...sent, body });
    const ms = Math.round((performance.now() - started) * 10) / 10;
    // The signature (or the token's end) is a secret too: an upstream may echo the header.
    const outcome = classifyResponse(exchange, [...credential.secrets, (headers.authorization ?? '').slice(-64)], method);
    note(breaker, exchange, outcome, ms);
    if (outcome.verdict?.status.code === 409 && method !== 'GET') context.counts.conflicts += 1;
    context.calls.push({ method, answer: exchange.answered ? exchange.status : exchange.code, ms, requestId: outcome.requestId });
    return outcome;
  };
}

function withQuery(path: string, query: Record<string, string>): string {
  const search = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return search.length > 0 ? `${path}?${search.join('&')}` : path;
}

/** Where a request goes, as its signature has it. */
interface Target {
  host: string;
  path: string;
  projectId: string | undefined;
}

function headersOf({ method, query, body, accept, gzip }: Requested, { host, path, projectId }: Target, credential: Credential) {
  const named: Record<string, string> = {};
  if (body !== undefined) named['content-type'] = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  if (projectId !== undefined) named['x-project-id'] = projectId;
  const signable = { method, host, path, query, headers: named };
  const headers: Record<string, string> = {
    ...authenticate(body === undefined ? signable : { ...signable, body }, named, credential),
    accept: accept ?? 'application/json',
    'user-agent': 'tfjob-gateway',
  };
  if (gzip) headers['accept-encoding'] = 'gzip';
  return headers;
}

/** Tells the breaker what came of a try. */
function note(breaker: Breaker, exchange: Exchange, { accepted }: Outcome, ms: number): void {
  if (!exchange.answered) {
    if (exchange.code === 'EMSGSIZE') breaker.answered(ms);
    else breaker.failed(ms, exchange.code === 'ETIMEDOUT');
  } else if (exchange.status < 502 || exchange.status > 504) breaker.answered(ms);
  // For a version that it does not have CCI waits on purpose, which says nothing of how quick it is.
  else if (accepted) breaker.answered(0);
  // What stands before CCI says that there was no answer, at once or after it has waited itself.
  else breaker.failed(ms, false);
}

/** The read of a job, unless CCI is asked to wait for a version: that takes it 3 seconds. */
function isQuick({ method, limit = jobLimit, stream, query }: Requested): boolean {
  return method === 'GET' && limit === jobLimit && !stream && !query.resourceVersion;
}

/** All headers of a request, those that authenticate it included. */
function authenticate(signable: Signable, named: Record<string, string>, credential: Credential): Record<string, string> {
  if (credential.form === 'accessKey') return sign(signable, credential.key, new Date());
  const { host } = signable;
  return credential.form === 'iam'
    ? { ...named, host, 'x-auth-token': credential.token }
    : { ...named, host, authorization: `Bearer ${credential.token}` };
}

/** Milliseconds that must be left to begin a call, by its method. */
export function reserveOf(method: string): number {
  return method === 'GET' ? readReserve : writeReserve;
}

/** Throws 504 where too little time is left to begin a call. */
export function requireTime(method: string, context: RequestContext): void {
  if (timeLeft(context) < reserveOf(method)) throw timeout('no time is left to call CCI', { reason: 'deadline' });
}
