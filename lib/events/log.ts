import { Logger } from '@aws-lambda-powertools/logger';
import { createTrace } from '../cci/trace.ts';
import { refusedFields, StatusError, timeout } from '../job/status.ts';
import { recordMetrics } from '../metrics.ts';
import type { EventStep, EventStepRequest } from './request.ts';

const logger = new Logger({ serviceName: 'tfjob-gateway' });
/** What one event may take; a batch takes no more where less is left. */
const recordTime = 15_000;
/** Kept of Lambda's time for the result event and the answer. */
const reserve = 5000;
let coldStart = true;

/**
 * The outermost step: gives the event its deadline and its trace, and writes one line about it: who sent it (as SQS and EventBridge say),
 * what became of it, and which fields changed, never their values. An event for which no time is left is not begun: it goes back.
 */
export function traceAndLogEvent(): EventStep {
  const started = new WeakMap<EventStepRequest, number>();
  const write = async (request: EventStepRequest, said: object | undefined): Promise<void> => {
    const { event, context } = request;
    const { claims, trace, update } = event;
    // Nothing goes on after the batch is answered.
    await Promise.allSettled(trace.pending);
    const ms = Math.round(performance.now() - (started.get(request) ?? 0));
    logger.info('event', {
      ...said,
      job: update && `${update.ref.kind.plural}/${update.ref.namespace}/${update.ref.name}`,
      event: claims,
      sender: event.attributes.SenderId,
      queue: event.eventSourceARN,
      message_id: event.messageId,
      received: Number(event.attributes.ApproximateReceiveCount),
      ms,
      upstream: trace.calls,
      function_request_id: context.awsRequestId,
    });
    recordMetrics(event.settled?.outcome ?? 'Returned', ms, coldStart, trace);
    coldStart = false;
  };
  return {
    before: (request) => {
      started.set(request, performance.now());
      const { event, context } = request;
      const left = context.getRemainingTimeInMillis() - reserve;
      event.trace = createTrace(Date.now() + Math.min(left, recordTime), (message, note) => logger.warn(message, { note }), true);
      event.claims = {};
      event.attempts = 0;
      if (left < recordTime) throw timeout('no time is left in this batch', { because: 'no time is left in this batch', notTaken: true });
    },
    after: (request) => write(request, request.event.settled),
    onError: (request) => {
      const { status, note, rule } =
        request.error instanceof StatusError ? request.error : { status: undefined, rule: undefined, note: { name: request.error?.name } };
      const refused = status && refusedFields(status);
      const { settled = { outcome: 'Returned' as const }, attempts } = request.event;
      return write(request, { ...settled, code: status?.code, reason: status?.reason, rule, refused, note, attempts });
    },
  };
}
