import { setTimeout as sleep } from 'node:timers/promises';
import { type RequestContext, timeLeft } from '../runtime/request-context.ts';
import { StatusError, serviceUnavailable } from '../status.ts';
import { type CciOptions, createAttempt, type Requested, requireTime, reserveOf } from './attempt.ts';
import type { Breaker } from './breaker.ts';
import type { Outcome } from './classify-response.ts';
import { createRetryBudget, pauseBefore, pauseBeforeTurn } from './retry.ts';

const maxTries = 4;
/** Seconds after which to come again while CCI is away, at most, and how many less by chance: not all who were refused come together. */
const comeAgain = 5;
const comeAgainSpread = 3;

/** Asks CCI until there is an answer, a verdict, or no time; `outcomeUnknown` if any try may have been carried out unheard. */
export type Call = (requested: Requested, context: RequestContext) => Promise<Outcome>;

/** Calls of one CCI endpoint: with credentials, tried again where that is safe, and none while the breaker is open. */
export function createCall(options: CciOptions, breaker: Breaker): Call {
  const attempt = createAttempt(options, breaker);
  const budget = createRetryBudget();
  const authorized = async (requested: Requested, context: RequestContext): Promise<Outcome> => {
    requireTime(requested.method, context);
    return options.credentials.use(context, (credential) => attempt(requested, credential, context));
  };
  return async (requested, context) => {
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

/** The pause in milliseconds before the same request is sent again, or undefined if what came stands. */
function pauseBeforeRetry(outcome: Outcome, { method, repeatable }: Requested, tries: number): number | undefined {
  const { verdict, retry, retryAfter, staleSocket, outcomeUnknown } = outcome;
  if (verdict === undefined || (outcomeUnknown && !repeatable)) return undefined;
  if (staleSocket && tries === 1) return 0;
  // A write that timed out or whose answer was cut off is settled by a read, not sent again.
  if (!retry || tries >= maxTries || (method !== 'GET' && (verdict.status.code === 504 || verdict.status.code === 500))) return undefined;
  return pauseBefore(tries, retryAfter);
}
