import type { JsonObject } from '../json/json.ts';
import { StatusError, timeout } from '../status.ts';
import { surpriseNote } from './surprise.ts';

/** One call to the upstream, as the log tells it: what was answered (or the error's code), and milliseconds. */
export interface Call {
  method: string;
  answer: number | string;
  ms: number;
  requestId?: string | undefined;
}

/** What is counted of one request beside its calls. */
export interface Counts {
  /** Calls to CCI that were sent again after a failure. */
  retries: number;
  /** Writes that CCI answered with 409. */
  conflicts: number;
  /** Reads of the secret, and exchanges of a password for a token. */
  credentialRefreshes: number;
  /** Versions of the secret that CCI or IAM refused. */
  refusedVersions: number;
  /** Policies that could not be evaluated for a fault of our own, and therefore denied. */
  policyFaults: number;
}

/** A write that went upstream, for whoever tells of it: over which live job (undefined: unread), and what of it. */
export interface WriteRecord {
  live: JsonObject | undefined;
  readonly method: 'PUT' | 'PATCH';
  readonly object: JsonObject;
  /**
   * `unknown`: no answer, and a read told nothing. `found`: no answer, but its marker is on the job. `held`: no answer, but the job holds what
   * was asked, by this write or by that of another.
   */
  end: 'unknown' | 'answered' | 'found' | 'held';
  /** The job as CCI answered it. */
  answer?: JsonObject;
}
/** What is known of an update while it is carried out, however it ends: an audit event tells it even where the answer does not. */
export interface UpdateRecord {
  /** The job as it was last read. */
  live?: JsonObject;
  /** The last write that CCI did not refuse; there is never more than one. */
  write?: WriteRecord | undefined;
  outcome?: string;
  /** What the admission policies want to be told, by their keys. */
  annotations: Readonly<Record<string, string>>;
}

/** What one request does upstream: its deadline (wall clock, milliseconds), its calls, and what must be awaited before its answer. */
export interface RequestContext {
  readonly deadline: number;
  readonly calls: Call[];
  readonly counts: Counts;
  readonly pending: Promise<unknown>[];
  readonly warn: (message: string, note: object) => void;
  /** Nobody waits for the answer: while CCI throttles it is asked again until the deadline, however often. */
  readonly patient: boolean;
  readonly record: UpdateRecord;
  /** What must be done before anything is written; it throws where nothing may be. */
  mayWrite?: (() => Promise<void>) | undefined;
}

/** The context of a request that begins. `warn` writes to the log; `patient`: see RequestContext. */
export function createRequestContext(deadline: number, warn: RequestContext['warn'], patient = false): RequestContext {
  const counts = { retries: 0, conflicts: 0, credentialRefreshes: 0, refusedVersions: 0, policyFaults: 0 };
  return { deadline, calls: [], counts, pending: [], warn, patient, record: { annotations: {} } };
}

/** Milliseconds until a request's deadline. */
export function timeLeft(context: RequestContext): number {
  return context.deadline - Date.now();
}

/** Waits for credentials that another request is getting, but not beyond the own deadline: then it throws 504. */
export async function within<T>(context: RequestContext, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(timeout('no time is left to call CCI', { reason: 'credentials: not there before the deadline' })),
    timeLeft(context),
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Says in the log why something was not renewed; what is at hand stays in use. Of an error that is not ours only the name and its places are kept. */
export function warnThatKept(context: RequestContext, what: string, error: unknown): void {
  context.warn(`${what}; the copy at hand stays in use`, noteOf(error));
}

/** What the log may say of an error: the note of one of ours, of any other its name and where it was. */
export function noteOf(error: unknown): object {
  return error instanceof StatusError ? error.note : surpriseNote(error);
}
