import type { APIGatewayTokenAuthorizerEvent, Context } from 'aws-lambda';
import type { Around } from '../runtime/chain.ts';
import { createLogger } from '../runtime/logger.ts';
import { countAuthorizerFailure } from '../runtime/metrics.ts';
import type { Authorized } from './authorize.ts';
import { BadToken, KeysError } from './errors.ts';

/** What the authorizer is asked. */
export interface Asked {
  asked: APIGatewayTokenAuthorizerEvent;
}
/** When the check began, by the process's own clock. */
interface Started {
  startedAt: number;
}

const logger = createLogger();
let coldStart = true;

/**
 * The outermost step: writes one line about the check, and ends a failed one as API Gateway wants it: `Unauthorized` makes it a
 * 401, any other error a 500. The errors are new ones, since Lambda logs them with all they hold.
 */
export function logVerdict(): Around<Asked, Started, Authorized> {
  const line = (
    { startedAt = 0 }: Partial<Started>,
    { awsRequestId }: Context,
    verdict: Record<string, unknown>,
  ): Record<string, unknown> => {
    const cold_start = coldStart;
    coldStart = false;
    const ms = Math.round(performance.now() - startedAt);
    return { ...verdict, ms, function_request_id: awsRequestId, cold_start };
  };
  return {
    before: () => ({ startedAt: performance.now() }),
    after: (event, answer, context) => {
      logger.info('authorizer', line(event, context, { outcome: 'Allowed', caller: answer.principalId }));
      return answer;
    },
    onError: (event, error, context) => {
      if (error instanceof BadToken) {
        logger.info('authorizer', line(event, context, { outcome: 'Unauthorized', reason: error.reason, claim: error.claim }));
        return { error: new Error('Unauthorized') };
      }
      const note =
        error instanceof KeysError
          ? { reason: error.reason, code: error.code }
          : { reason: 'a surprise', name: (error as Error | null)?.name, code: (error as NodeJS.ErrnoException | null)?.code };
      logger.error('authorizer', line(event, context, { outcome: 'InternalError', ...note }));
      countAuthorizerFailure();
      return { error: new Error('the token could not be checked; the line before this one says why') };
    },
  };
}
