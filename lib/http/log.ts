import { Logger } from '@aws-lambda-powertools/logger';
import { createTrace } from '../cci/trace.ts';
import { refusedFields, StatusError } from '../job/status.ts';
import { type Outcome, recordMetrics } from '../metrics.ts';
import type { Said, Step, StepRequest } from './request.ts';

const logger = new Logger({ serviceName: 'tfjob-gateway' });
// Lambda's clock runs on while we answer; this much is kept for the answer itself.
const lambdaReserve = 1000;
// API Gateway gives up after 29 s, counted from when it took the request.
const gatewayLimit = 27_000;
let coldStart = true;

/** What the log calls a success, and the metric that counts it. */
const outcomes: Record<Said, Outcome> = {
  changed: 'Changed',
  written: 'Written',
  unchanged: 'Unchanged',
  'dry-run': 'DryRun',
  read: 'Read',
  document: 'Discovery',
};

/** The metric that counts a failure: a 4xx is the caller's, a 429 says that CCI throttles, a 5xx that the gateway or CCI is in trouble. */
function failure(code: number): Outcome {
  if (code >= 500) return 'Failed';
  return code === 429 ? 'Throttled' : 'Refused';
}

/**
 * The outermost step: gives the request its deadline (docs/upstream.md, deadline) and its trace, and writes one line and one record of
 * metrics about it. Fields that changed, the rule that refused and the paths that it refused are named, never their values; an error is
 * never logged as it is.
 */
export function traceAndLog(): Step {
  const started = new WeakMap<StepRequest, number>();
  const write = (request: StepRequest, outcome: Outcome, said: Record<string, unknown>): void => {
    const { event, context } = request;
    const ms = Math.round(performance.now() - (started.get(request) ?? 0));
    logger.info('request', {
      ...said,
      method: event.method,
      job: event.ref && `${event.kind.plural}/${event.ref.namespace}/${event.ref.name}`,
      caller: event.caller,
      groups: event.groups,
      ms,
      upstream: event.trace?.calls,
      request_id: event.requestId,
      function_request_id: context.awsRequestId,
      cold_start: coldStart,
    });
    recordMetrics(outcome, ms, coldStart, event.trace);
    coldStart = false;
  };
  return {
    before: (request) => {
      started.set(request, performance.now());
      const { context, event } = request;
      const remaining = typeof context.getRemainingTimeInMillis === 'function' ? context.getRemainingTimeInMillis() : gatewayLimit;
      const byLambda = Date.now() + remaining - lambdaReserve;
      const accepted = event.acceptedAt;
      const deadline = accepted === undefined ? byLambda : Math.min(byLambda, accepted + gatewayLimit);
      event.trace = createTrace(deadline, (message, note) => logger.warn(message, { note }));
    },
    after: (request) => {
      const { said } = request.event;
      const { statusCode: code } = request.response as { statusCode: number };
      // An answer that turned out too large to be sent is a refusal to whoever reads it.
      write(request, code < 400 ? outcomes[said.outcome] : failure(code), { ...said, code });
    },
    onError: (request) => {
      if (!(request.error instanceof StatusError)) return;
      const { status, note, rule } = request.error;
      const { code, reason } = status;
      write(request, failure(code), {
        outcome: reason,
        code,
        rule,
        refused: refusedFields(status),
        ...(Object.keys(note).length > 0 && { note }),
      });
    },
  };
}
