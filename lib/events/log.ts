import type { Context } from 'aws-lambda';
import type { Around, Middleware } from '../runtime/chain.ts';
import { createLogger } from '../runtime/logger.ts';
import { recordMetrics } from '../runtime/metrics.ts';
import { createRequestContext, type RequestContext } from '../runtime/request-context.ts';
import { surpriseNote } from '../runtime/surprise.ts';
import { refusedFields, StatusError, timeout } from '../status.ts';
import type { Asked, Authorized, EventOutcome, EventRecord, Followed } from './request.ts';

const logger = createLogger();
/** What one event may take; a batch takes no more where less is left. */
const recordTime = 15_000;
/** Kept of Lambda's time for the result event and the answer. */
const reserve = 5000;
let coldStart = true;

/** What the line says became of an event. */
interface Said {
  outcome?: EventOutcome | 'Returned';
  code?: number | undefined;
  [more: string]: unknown;
}

/** What failed for good, a failure of ours or of CCI, and credentials that CCI refuses, are to be looked at. */
function levelOf({ outcome, code = 200 }: Said = {}, context: RequestContext | undefined): 'error' | 'info' {
  return outcome === 'Failed' || code >= 500 || context?.counts.refusedVersions ? 'error' : 'info';
}

/**
 * The outermost step: gives the event its deadline and its context, and writes one line about it: who sent it (as SQS and EventBridge say),
 * what became of it, and which fields changed, never their values.
 */
export function logEvent(): Around<EventRecord, Followed, true, true, Asked & Authorized> {
  const write = async (
    event: EventRecord & Partial<Followed & Asked & Authorized>,
    lambda: Context,
    said: Said | undefined,
  ): Promise<void> => {
    const { claims, context, asked } = event;
    // Nothing goes on after the batch is answered.
    await Promise.allSettled(context?.pending ?? []);
    const ms = Math.round(performance.now() - (event.startedAt ?? 0));
    logger[levelOf(said, context)]('event', {
      ...said,
      job: asked && `${asked.ref.kind.plural}/${asked.ref.namespace}/${asked.ref.name}`,
      event: claims,
      caller: event.user?.username,
      sender: event.attributes.SenderId,
      queue: event.eventSourceARN,
      message_id: event.messageId,
      received: Number(event.attributes.ApproximateReceiveCount),
      ms,
      upstream: context?.calls,
      function_request_id: lambda.awsRequestId,
      cold_start: coldStart,
    });
    recordMetrics(event.settled?.outcome ?? 'Returned', ms, context);
    coldStart = false;
  };
  return {
    before: (_event, lambda) => {
      const deadline = Date.now() + Math.min(lambda.getRemainingTimeInMillis() - reserve, recordTime);
      const context = createRequestContext(deadline, (message, note) => logger.warn(message, { note }), true);
      return { startedAt: performance.now(), context, claims: {}, attempts: 0, settled: undefined };
    },
    after: async (event, answer, lambda) => {
      await write(event, lambda, event.settled);
      return answer;
    },
    onError: async (event, error, lambda) => {
      const known = error instanceof StatusError ? error : undefined;
      const { status, rule, note = surpriseNote(error) } = known ?? {};
      const refused = status && refusedFields(status);
      const { settled = { outcome: 'Returned' as const }, attempts } = event;
      await write(event, lambda, { ...settled, code: status?.code, reason: status?.reason, rule, refused, note, attempts });
      return undefined;
    },
  };
}

/** Begins no event for which too little of Lambda's time is left: it goes back to its queue untried, as a 504 that says so. */
export function requireTimeLeft(): Middleware<EventRecord> {
  return {
    before: (_event, lambda) => {
      const reason = 'no time is left in this batch';
      if (lambda.getRemainingTimeInMillis() - reserve < recordTime) throw timeout(reason, { reason, notTaken: true });
      return undefined;
    },
  };
}
