import type { Context } from 'aws-lambda';
import type { Around } from '../runtime/chain.ts';
import { createLogger } from '../runtime/logger.ts';
import { createRequestContext } from '../runtime/request-context.ts';
import { surpriseNote } from '../runtime/surprise.ts';
import { StatusError } from '../status.ts';
import type { Given, InContext, Outcome, RotationEvent } from './step.ts';

const logger = createLogger();
/** Milliseconds of Lambda's own limit that are kept for what follows the proof: a refused version must lose its stage. */
const reserve = 10_000;
let coldStart = true;

/** What is told of each step: which it was, where that could be read, and what it did, or `failed`. */
export interface ToldStep {
  verb: 'update';
  step: string | undefined;
  version: string | undefined;
  outcome: Outcome | 'failed';
}

/** When the step began, by the process's own clock, and its context. */
type Logged = InContext & { startedAt: number };

/**
 * The outermost step: gives the event its deadline, writes one line about it, and tells the audit trail of it. A failure ends as a new error with our own words,
 * since Lambda logs an error with all it holds, and Secrets Manager shows it to the operator.
 */
export function logStep(tell: (step: ToldStep) => void): Around<Given, Logged, { outcome: Outcome }, { outcome: Outcome }, RotationEvent> {
  const line = (event: Partial<Logged & RotationEvent>, lambda: Context, verdict: object): Record<string, unknown> => {
    const cold_start = coldStart;
    coldStart = false;
    const ms = Math.round(performance.now() - (event.startedAt ?? 0));
    const { Step: step, ClientRequestToken: version, context } = event;
    return { step, version, ...verdict, ms, upstream: context?.calls, function_request_id: lambda.awsRequestId, cold_start };
  };

  return {
    before: (_event, lambda) => {
      const deadline = Date.now() + lambda.getRemainingTimeInMillis() - reserve;
      return { startedAt: performance.now(), context: createRequestContext(deadline, (message, note) => logger.warn(message, { note })) };
    },
    after: (event, answer, lambda) => {
      logger.info('rotation', line(event, lambda, answer));
      tell({ ...namesOf(event), outcome: answer.outcome });
      return answer;
    },
    onError: (event, error, lambda) => {
      const verdict =
        error instanceof StatusError ? { reason: error.message, note: error.note } : { reason: 'a surprise', ...surpriseNote(error) };
      logger.error('rotation', line(event, lambda, { outcome: 'Failed', ...verdict }));
      tell({ ...namesOf(event), outcome: 'failed' });
      const words = error instanceof StatusError ? error.message : 'the step failed in a way that was not foreseen; the log has its name';
      return { error: new Error(words) };
    },
  };
}

function namesOf({ Step: step, ClientRequestToken: version }: Partial<RotationEvent>): Pick<ToldStep, 'verb' | 'step' | 'version'> {
  return { verb: 'update', step, version };
}
