import { Logger } from '@aws-lambda-powertools/logger';
import { createTrace } from '../cci/trace.ts';
import { StatusError } from '../job/status.ts';
import type { StepEvent, StepMiddleware, StepRequest } from './step.ts';

const logger = new Logger({ serviceName: 'tfjob-gateway' });
/** Milliseconds of Lambda's own limit that are kept for what follows the proof: a refused version must lose its stage. */
const reserve = 10_000;
let coldStart = true;

/**
 * The outermost step: gives the event its deadline, and writes one line about it. A failure ends as a new error with our own words,
 * since Lambda logs an error with all it holds, and Secrets Manager shows it to the operator.
 */
export function logStep(): StepMiddleware {
  const started = new WeakMap<StepRequest, number>();
  const line = (request: StepRequest, verdict: object): Record<string, unknown> => {
    const { event, context } = request;
    const cold_start = coldStart;
    coldStart = false;
    const ms = Math.round(performance.now() - (started.get(request) ?? 0));
    const { Step: step, ClientRequestToken: version, trace } = event;
    return { step, version, ...verdict, ms, upstream: trace?.calls, function_request_id: context.awsRequestId, cold_start };
  };

  return {
    before: (request) => {
      started.set(request, performance.now());
      const deadline = Date.now() + request.context.getRemainingTimeInMillis() - reserve;
      const trace = createTrace(deadline, (message, note) => logger.warn(message, { note }));
      request.event = { given: request.event, trace } as unknown as StepEvent;
    },
    after: (request) => {
      logger.info('rotation', line(request, request.response as object));
    },
    onError: (request) => {
      const { error } = request;
      const verdict =
        error instanceof StatusError
          ? { because: error.message, note: error.note }
          : { because: 'a surprise', name: error?.name, code: (error as NodeJS.ErrnoException | null)?.code };
      logger.error('rotation', line(request, { outcome: 'Failed', ...verdict }));
      const words = error instanceof StatusError ? error.message : 'the step failed in a way that was not foreseen; the log has its name';
      request.error = new Error(words);
    },
  };
}
