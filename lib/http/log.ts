import { Logger } from '@aws-lambda-powertools/logger';
import { createTrace } from '../cci/trace.ts';
import { StatusError } from '../job/status.ts';
import type { Step, StepRequest } from './request.ts';

const logger = new Logger({ serviceName: 'tfjob-gateway' });
// Lambda's clock runs on while we answer; this much is kept for the answer itself.
const lambdaReserve = 1000;
// API Gateway gives up after 29 s, counted from when it took the request.
const gatewayLimit = 27_000;
let coldStart = true;

/**
 * The outermost step: gives the request its deadline (design 5) and its trace, and writes one line about it. Fields that changed and
 * paths that were refused are named, never their values; an error is never logged as it is.
 */
export function traceAndLog(): Step {
  const started = new WeakMap<StepRequest, number>();
  const write = (request: StepRequest, outcome: Record<string, unknown>): void => {
    const { event, context } = request;
    logger.info('request', {
      ...outcome,
      method: event.method,
      job: event.ref && `${event.kind.plural}/${event.ref.namespace}/${event.ref.name}`,
      caller: event.caller,
      groups: event.groups,
      ms: Math.round(performance.now() - (started.get(request) ?? 0)),
      upstream: event.trace?.calls,
      request_id: event.requestId,
      function_request_id: context.awsRequestId,
      cold_start: coldStart,
    });
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
      write(request, { ...request.event.said, code: (request.response as { statusCode: number }).statusCode });
    },
    onError: (request) => {
      if (!(request.error instanceof StatusError)) return;
      const { status, note } = request.error;
      const refused = status.details?.causes?.flatMap(({ field }) => (field ? [field] : []));
      write(request, { outcome: status.reason, code: status.code, refused, ...(Object.keys(note).length > 0 && { note }) });
    },
  };
}
