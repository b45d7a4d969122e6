import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import type { Around } from '../runtime/chain.ts';
import { createTrace } from '../runtime/request-context.ts';
import { StatusError } from '../status.ts';
import type { Given, Outcome, RotationEvent, Traced } from './step.ts';

const logger = new Logger({ serviceName: 'tfjob-gateway' });
/** Milliseconds of Lambda's own limit that are kept for what follows the proof: a refused version must lose its stage. */
const reserve = 10_000;
let coldStart = true;

/** When the step began, by the process's own clock, and its trace. */
type Logged = Traced & { startedAt: number };

/**
 * The outermost step: gives the event its deadline, and writes one line about it. A failure ends as a new error with our own words,
 * since Lambda logs an error with all it holds, and Secrets Manager shows it to the operator.
 */
export function logStep(): Around<Given, Logged, { outcome: Outcome }, { outcome: Outcome }, RotationEvent> {
  const line = (event: Partial<Logged & RotationEvent>, context: Context, verdict: object): Record<string, unknown> => {
    const cold_start = coldStart;
    coldStart = false;
    const ms = Math.round(performance.now() - (event.startedAt ?? 0));
    const { Step: step, ClientRequestToken: version, trace } = event;
    return { step, version, ...verdict, ms, upstream: trace?.calls, function_request_id: context.awsRequestId, cold_start };
  };

  return {
    before: (_event, context) => {
      const deadline = Date.now() + context.getRemainingTimeInMillis() - reserve;
      return { startedAt: performance.now(), trace: createTrace(deadline, (message, note) => logger.warn(message, { note })) };
    },
    after: (event, answer, context) => {
      logger.info('rotation', line(event, context, answer));
      return answer;
    },
    onError: (event, error, context) => {
      const verdict =
        error instanceof StatusError
          ? { because: error.message, note: error.note }
          : { because: 'a surprise', name: (error as Error | null)?.name, code: (error as NodeJS.ErrnoException | null)?.code };
      logger.error('rotation', line(event, context, { outcome: 'Failed', ...verdict }));
      const words = error instanceof StatusError ? error.message : 'the step failed in a way that was not foreseen; the log has its name';
      return { error: new Error(words) };
    },
  };
}
