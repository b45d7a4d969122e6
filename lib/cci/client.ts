import { setTimeout as sleep } from 'node:timers/promises';
import { at, isObject, type Json, type JsonObject, parseExactJson } from '../job/json.ts';
import { internalError, type JobRef, type StatusError, timeout } from '../job/status.ts';
import type { Credential, Credentials } from './credentials.ts';
import { excerpt } from './errors.ts';
import { judge, type Outcome } from './judge.ts';
import { encode, sign } from './signer.ts';
import { type Trace, timeLeft } from './trace.ts';
import type { Transport } from './transport.ts';

/** A job as the upstream sent it: the object, numbers as written, and the text it came in. */
export interface Answer {
  status: number;
  job: JsonObject;
  text: string;
}
/** A write that was answered, or one of which nobody knows whether it happened (`error` is the verdict if it cannot be settled). */
export type Written = ({ known: true } & Answer) | { known: false; error: StatusError };

/** The upstream: reads and writes one job. All errors are thrown as StatusError, within the trace's deadline. */
export interface Cci {
  read(ref: JobRef, trace: Trace): Promise<Answer>;
  /** Replaces a job; the object must carry its resourceVersion, so that a repetition can never overwrite another's change. */
  write(ref: JobRef, object: JsonObject, query: Record<string, string>, trace: Trace): Promise<Written>;
}
export interface CciOptions {
  endpoint: string;
  projectId: string | undefined;
  credentials: Credentials;
  transport: Transport;
}

const jobLimit = 3 * 1024 * 1024;
const attemptTimeout = 10_000;
/** No write is begun with less left, and a write leaves this much for settling it by a read (design 5). */
const writeReserve = 3000;
const settleReserve = 2000;
const readReserve = 1;
const mostTries = 4;
const firstBackoff = 100;

interface Requested {
  method: 'GET' | 'PUT';
  path: string;
  query: Record<string, string>;
  body?: string;
}

/** A client of one CCI endpoint. */
export function createCci({ endpoint, projectId, credentials, transport }: CciOptions): Cci {
  const base = new URL(endpoint);
  const prefix = base.pathname.replace(/\/$/, '');

  const attempt = async ({ method, path, query, body }: Requested, credential: Credential, trace: Trace): Promise<Outcome> => {
    const search = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`);
    const named: Record<string, string> = {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(projectId !== undefined && { 'x-project-id': projectId }),
    };
    const signable = { method, host: base.host, path: `${prefix}${path}`, query, headers: named, ...(body !== undefined && { body }) };
    const authorized =
      credential.form === 'accessKey'
        ? sign(signable, credential.key, new Date())
        : { ...named, host: base.host, authorization: `Bearer ${credential.token}` };
    const headers = { ...authorized, accept: 'application/json', 'user-agent': 'tfjob-gateway' };
    const left = timeLeft(trace) - (method === 'GET' ? 0 : settleReserve);
    const timeout = Math.max(1, Math.min(attemptTimeout, left));
    const started = performance.now();
    const exchange = await transport({
      method,
      path: search.length > 0 ? `${prefix}${path}?${search.join('&')}` : `${prefix}${path}`,
      headers,
      timeout,
      limit: jobLimit,
      ...(body !== undefined && { body }),
    });
    const ms = Math.round((performance.now() - started) * 10) / 10;
    const answered = exchange.answered ? exchange.headers : {};
    const requestId = (answered['x-request-id'] ?? answered['audit-id'])?.toString();
    trace.calls.push({ method, answer: exchange.answered ? exchange.status : exchange.code, ms, requestId });
    return judge(exchange, credential.secrets);
  };

  /** One attempt and, if CCI refuses the credentials and the secret holds newer ones, one more with those. */
  const authorizedAttempt = async (requested: Requested, trace: Trace): Promise<Outcome> => {
    const credential = await credentials.current(trace);
    const outcome = await attempt(requested, credential, trace);
    const newer = outcome.refused && (await credentials.refused(credential, outcome.refused.locked, trace));
    if (!newer) return outcome;
    const second = await attempt(requested, newer, trace);
    if (second.refused) await credentials.refused(newer, second.refused.locked, trace);
    return second;
  };

  /** Tries until there is an answer, a verdict, or no time; `maybeApplied` if any try may have been carried out unheard. */
  const call = async (requested: Requested, trace: Trace): Promise<Outcome> => {
    const reserve = requested.method === 'PUT' ? writeReserve : readReserve;
    let maybeApplied = false;
    for (let tries = 1; ; tries++) {
      if (timeLeft(trace) < reserve) throw timeout('no time is left to call CCI', { because: 'deadline' });
      const outcome = await authorizedAttempt(requested, trace);
      maybeApplied ||= outcome.maybeApplied;
      const pause = pauseBeforeRetry(outcome, requested.method, tries);
      if (pause === undefined || timeLeft(trace) - pause < reserve) return { ...outcome, maybeApplied };
      await sleep(pause);
    }
  };

  return {
    async read(ref, trace) {
      const outcome = await call({ method: 'GET', path: jobPath(ref), query: {} }, trace);
      if (outcome.verdict) throw outcome.verdict;
      return readJob(ref, outcome.status, outcome.body);
    },
    async write(ref, object, query, trace) {
      const outcome = await call({ method: 'PUT', path: jobPath(ref), query, body: JSON.stringify(object) }, trace);
      if (outcome.verdict) {
        if (!outcome.maybeApplied) throw outcome.verdict;
        // Whoever repeats a write that may have happened does it twice: nothing invites to that.
        delete outcome.verdict.status.details?.retryAfterSeconds;
        return { known: false, error: outcome.verdict };
      }
      try {
        return { known: true, ...readJob(ref, outcome.status, outcome.body) };
      } catch (error) {
        // The write was carried out, but its answer cannot be read.
        return { known: false, error: error as StatusError };
      }
    },
  };
}

function jobPath({ kind, namespace, name }: JobRef): string {
  return `/apis/${kind.group}/v1/namespaces/${encodeURIComponent(namespace)}/${kind.plural}/${encodeURIComponent(name)}`;
}

/** The pause in milliseconds before the same request is sent again, or undefined if what came stands. */
function pauseBeforeRetry({ verdict, retry, retryAfter, staleSocket }: Outcome, method: string, tries: number): number | undefined {
  if (verdict === undefined) return undefined;
  if (staleSocket && tries === 1) return 0;
  // A write that timed out is settled by a read, not sent again.
  if (!retry || tries >= mostTries || (method === 'PUT' && verdict.status.code === 504)) return undefined;
  return Math.max(retryAfter * 1000, Math.random() * firstBackoff * 2 ** tries);
}

/** Reads a 200 or 201: it must be the very job that was asked for, with a resourceVersion to fence the write. */
function readJob(ref: JobRef, status: number, body: Buffer): Answer {
  const text = body.toString('utf8');
  let job: Json;
  try {
    job = parseExactJson(text);
  } catch {
    throw internalError({ because: 'the answer is not JSON', body: excerpt(body, []) });
  }
  if (!isObject(job)) throw internalError({ because: 'the answer is not an object', body: excerpt(body, []) });
  const version = at(job, ['metadata', 'resourceVersion']);
  const same =
    at(job, ['metadata', 'name']) === ref.name && at(job, ['metadata', 'namespace']) === ref.namespace && job.kind === ref.kind.kind;
  if (!same || typeof version !== 'string' || version === '')
    throw internalError({ because: 'the answer is not the job that was asked for' });
  return { status, job, text };
}
