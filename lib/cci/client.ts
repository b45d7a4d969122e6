import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, stringifyJson } from '../json/json.ts';
import { type RequestContext, timeLeft } from '../runtime/request-context.ts';
import { answerTooLarge, type JobRef, StatusError, serviceUnavailable, timeout, tooDeep } from '../status.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import { classifyResponse, type Outcome } from './classify-response.ts';
import type { Credential, Credentials } from './credentials/credentials.ts';
import { encode, type Signable, sign } from './credentials/signer.ts';
import { type Answer, type Collection, readJob, readText } from './read-answer.ts';
import { createRetryBudget, pauseBefore, pauseBeforeTurn } from './retry.ts';
import type { Exchange, Transport } from './transport.ts';

/** A write that was answered, or one of which nobody knows whether it happened (`error` is the verdict if it cannot be settled). */
export type Written = ({ known: true } & Answer) | { known: false; error: StatusError };

/** The upstream: reads and writes one job. All errors are thrown as StatusError, within the context's deadline. */
export interface Cci {
  /** The last call failed for want of CCI: whoever can read before writing does so now. */
  readonly isUnwell: boolean;
  read(ref: JobRef, context: RequestContext): Promise<Answer>;
  /** Replaces or patches a job. Only what is conditional on a resourceVersion is repeated where it may have been carried out. */
  write(ref: JobRef, change: Change, context: RequestContext): Promise<Written>;
  /** Reads a job or a list in a form of the upstream's own, as text; a list may have 24 MiB. */
  fetch(
    of: JobRef | Collection,
    query: Record<string, string>,
    accept: string,
    context: RequestContext,
  ): Promise<{ status: number; text: string }>;
}
/** A write: a whole job with its resourceVersion, or a merge patch that is conditional if it names one. */
export interface Change {
  method: 'PUT' | 'PATCH';
  object: JsonObject;
  conditional: boolean;
  /** In whose name the server is to note it; without one in the gateway's own, which it takes from the user agent. */
  manager?: string | undefined;
}
export interface CciOptions {
  endpoint: string;
  projectId: string | undefined;
  credentials: Credentials;
  transport: Transport;
}

const jobLimit = 3 * 1024 * 1024;
/** A list of this size is checked and packed in what a function of 512 MB has. */
const listLimit = 24 * 1024 * 1024;
/**
 * Milliseconds that a write or a list may take; a job's read has those of the breaker. To give up a write early would only make its outcome
 * unknown, and a list takes as long as it is large.
 */
const longTimeout = 10_000;
/** No write is begun with less left, and a write leaves this much for settling it by a read (docs/upstream.md, deadline). */
const writeReserve = 3000;
const settleReserve = 2000;
const readReserve = 1;
const mostTries = 4;
/** Seconds after which to come again while CCI is away, at most, and how many less by chance: not all who were refused come together. */
const comeAgain = 5;
const comeAgainSpread = 3;

interface Requested {
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
}

/** A client of one CCI endpoint. */
export function createCci({ endpoint, projectId, credentials, transport }: CciOptions): Cci {
  const base = new URL(endpoint);
  const prefix = base.pathname.replace(/\/$/, '');
  const budget = createRetryBudget();
  const breaker = createBreaker();

  const attempt = async (
    { method, path, query, body, accept, limit = jobLimit, gzip }: Requested,
    credential: Credential,
    context: RequestContext,
  ): Promise<Outcome> => {
    const search = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
    const named: Record<string, string> = {
      ...(body !== undefined && { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' }),
      ...(projectId !== undefined && { 'x-project-id': projectId }),
    };
    const signable = { method, host: base.host, path: `${prefix}${path}`, query, headers: named, ...(body !== undefined && { body }) };
    const headers: Record<string, string> = {
      ...authenticate(signable, named, credential),
      accept: accept ?? 'application/json',
      'user-agent': 'tfjob-gateway',
      ...(gzip && { 'accept-encoding': 'gzip' }),
    };
    // Reading the credentials may have taken its time.
    requireTime(method, context);
    const left = timeLeft(context) - (method === 'GET' ? 0 : settleReserve);
    const timeout = Math.max(1, Math.min(isJobRead(method, limit) ? breaker.timeout() : longTimeout, left));
    const started = performance.now();
    const exchange = await transport({
      method,
      path: search.length > 0 ? `${prefix}${path}?${search.join('&')}` : `${prefix}${path}`,
      headers,
      timeout,
      limit,
      ...(body !== undefined && { body }),
    });
    const ms = Math.round((performance.now() - started) * 10) / 10;
    note(breaker, exchange, ms);
    // The signature (or the token's end) is a secret too: an upstream may echo the header.
    const outcome = classifyResponse(exchange, [...credential.secrets, (headers.authorization ?? '').slice(-64)], method);
    if (outcome.verdict?.status.code === 409 && method !== 'GET') context.counts.conflicts += 1;
    context.calls.push({ method, answer: exchange.answered ? exchange.status : exchange.code, ms, requestId: outcome.requestId });
    return outcome;
  };

  const authorized = async (requested: Requested, context: RequestContext): Promise<Outcome> => {
    requireTime(requested.method, context);
    return credentials.use(context, (credential) => attempt(requested, credential, context));
  };

  /** Tries until there is an answer, a verdict, or no time; `outcomeUnknown` if any try may have been carried out unheard. */
  const call = async (requested: Requested, context: RequestContext): Promise<Outcome> => {
    requireAnswering(breaker, context);
    let outcomeUnknown = false;
    for (let tries = 1; ; ) {
      const outcome = await authorized(requested, context).catch(unsent);
      outcomeUnknown ||= outcome.outcomeUnknown;
      if (outcome.accepted) budget.earn();
      // Whoever waits for a turn takes none of the tries, nor of the budget for failures.
      const waits = context.patient && outcome.verdict?.status.code === 429;
      const pause = waits ? pauseBeforeTurn(outcome.retryAfter) : pauseBeforeRetry(outcome, requested, tries);
      if (breaker.isOpen || pause === undefined || timeLeft(context) - pause < reserveOf(requested.method) || !(waits || budget.take())) {
        return withoutInvitation({ ...outcome, outcomeUnknown }, requested, context, breaker);
      }
      context.counts.retries += 1;
      if (!waits) tries += 1;
      await sleep(pause);
    }
  };

  return {
    get isUnwell() {
      return breaker.isUnwell;
    },
    async read(ref, context) {
      const outcome = await call({ method: 'GET', path: pathOf(ref), query: {}, repeatable: true }, context);
      if (outcome.verdict) throw outcome.verdict;
      return readJob(ref, outcome);
    },
    async fetch(of, query, accept, context) {
      const limit = 'name' in of ? jobLimit : listLimit;
      const outcome = await call({ method: 'GET', path: pathOf(of), query, repeatable: true, accept, limit, gzip: true }, context);
      if (outcome.verdict?.note.code === 'EMSGSIZE' && !('name' in of)) throw answerTooLarge();
      if (outcome.verdict) throw outcome.verdict;
      return { status: outcome.status, text: readText(of, outcome) };
    },
    async write(ref, { method, object, conditional, manager }, context) {
      const query: Record<string, string> = manager === undefined ? {} : { fieldManager: manager };
      const body = stringifyJson(object);
      if (body === undefined) throw tooDeep();
      const outcome = await call({ method, path: pathOf(ref), query, body, repeatable: conditional }, context);
      if (outcome.verdict) {
        if (!outcome.outcomeUnknown) throw outcome.verdict;
        return { known: false, error: outcome.verdict };
      }
      try {
        return { known: true, ...readJob(ref, outcome) };
      } catch (error) {
        // The write was carried out, but its answer cannot be read.
        return { known: false, error: error as StatusError };
      }
    },
  };
}

/** Tells the breaker what came of a try. */
function note(breaker: Breaker, exchange: Exchange, ms: number): void {
  if (!exchange.answered && exchange.code !== 'EMSGSIZE') breaker.failed(ms, exchange.code === 'ETIMEDOUT');
  // What stands before CCI says that there was no answer, at once or after it has waited itself.
  else if (exchange.answered && exchange.status >= 502 && exchange.status <= 504) breaker.failed(ms, false);
  else breaker.answered(ms);
}

function isJobRead(method: string, limit: number): boolean {
  return method === 'GET' && limit === jobLimit;
}

/** Throws 503 where CCI is not to be asked now. What a request has begun it ends: a write is settled by a read, whatever is known of CCI. */
function requireAnswering(breaker: Breaker, context: RequestContext): void {
  const refused = context.calls.length === 0 ? breaker.refuses() : undefined;
  if (!refused) return;
  const note = { reason: 'CCI gave no answer a moment ago; not asked again for now', notTaken: true };
  throw serviceUnavailable(note, refused.brief ? comeAgain - Math.floor(Math.random() * comeAgainSpread) : undefined);
}

/** Clients follow a Retry-After up to ten times: not for what is not brief or was waited for here already, nor for a write that may have been done. */
function withoutInvitation(outcome: Outcome, { method }: Requested, context: RequestContext, { isLong }: Breaker): Outcome {
  const { verdict, outcomeUnknown } = outcome;
  const isBrief = verdict?.status.code !== 503 || !isLong;
  const mayInvite = isBrief && context.counts.retries === 0 && (method === 'GET' || !outcomeUnknown);
  if (!mayInvite) delete verdict?.status.details?.retryAfterSeconds;
  return outcome;
}

/** All headers of a request, those that authenticate it included. */
function authenticate(signable: Signable, named: Record<string, string>, credential: Credential): Record<string, string> {
  if (credential.form === 'accessKey') return sign(signable, credential.key, new Date());
  const { host } = signable;
  return credential.form === 'iam'
    ? { ...named, host, 'x-auth-token': credential.token }
    : { ...named, host, authorization: `Bearer ${credential.token}` };
}

function reserveOf(method: string): number {
  return method === 'GET' ? readReserve : writeReserve;
}

/** Throws 504 where too little time is left to begin a call. */
function requireTime(method: string, context: RequestContext): void {
  if (timeLeft(context) < reserveOf(method)) throw timeout('no time is left to call CCI', { reason: 'deadline' });
}

/** A try that failed before anything was sent, so that what is known of earlier tries is not lost. */
function unsent(error: unknown): Outcome {
  if (!(error instanceof StatusError)) throw error;
  return {
    status: 0,
    body: Buffer.alloc(0),
    verdict: error,
    retry: error.status.code === 503 && !error.note.notTaken,
    retryAfter: 0,
    outcomeUnknown: false,
  };
}

/** The path of a job, or without a name of a collection, in one namespace or over all. */
function pathOf(of: JobRef | Collection): string {
  const { kind, namespace } = of;
  const within = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${kind.group}/v1${within}/${kind.plural}${'name' in of ? `/${encodeURIComponent(of.name)}` : ''}`;
}

/** The pause in milliseconds before the same request is sent again, or undefined if what came stands. */
function pauseBeforeRetry(outcome: Outcome, { method, repeatable }: Requested, tries: number): number | undefined {
  const { verdict, retry, retryAfter, staleSocket, outcomeUnknown } = outcome;
  if (verdict === undefined || (outcomeUnknown && !repeatable)) return undefined;
  if (staleSocket && tries === 1) return 0;
  // A write that timed out or whose answer was cut off is settled by a read, not sent again.
  if (!retry || tries >= mostTries || (method !== 'GET' && (verdict.status.code === 504 || verdict.status.code === 500))) return undefined;
  return pauseBefore(tries, retryAfter);
}
