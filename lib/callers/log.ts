import type { APIGatewayTokenAuthorizerEvent, Context } from 'aws-lambda';
import type { Around } from '../runtime/chain.ts';
import { createLogger } from '../runtime/logger.ts';
import { countAuthorizerFailure } from '../runtime/metrics.ts';
import { surpriseNote } from '../runtime/surprise.ts';
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
const maxArn = 1024;
let coldStart = true;

/**
 * The outermost step: writes one line about the check, and ends a failed one as API Gateway wants it: `Unauthorized` makes it a
 * 401, any other error a 500. (A policy that denies would be no error of the function; but API Gateway keeps it as long as a policy that
 * allows, and answers as where a resource policy denies.) The errors are new ones, since Lambda logs them with all they hold, and have no
 * stack, which would say where this line is. AWS counts both as the function's Errors: AuthorizerFailures counts the second alone.
 */
export function logVerdict(): Around<Asked, Started, Authorized> {
  const line = (
    { startedAt = 0, asked }: Asked & Partial<Started>,
    { awsRequestId }: Context,
    verdict: Record<string, unknown>,
  ): Record<string, unknown> => {
    const cold_start = coldStart;
    coldStart = false;
    const ms = Math.round(performance.now() - startedAt);
    return { ...verdict, method_arn: methodOf(asked), ms, function_request_id: awsRequestId, cold_start };
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
        return { error: withoutStack('Unauthorized') };
      }
      const note =
        error instanceof KeysError ? { reason: error.reason, code: error.code } : { reason: 'a surprise', ...surpriseNote(error) };
      logger.error('authorizer', line(event, context, { outcome: 'InternalError', ...note }));
      countAuthorizerFailure();
      return { error: withoutStack('the token could not be checked; the line before this one says why') };
    },
  };
}

/** The stage, the method and the path that were asked for. */
function methodOf(asked: Asked['asked'] | null): string | undefined {
  return typeof asked?.methodArn === 'string' ? asked.methodArn.slice(0, maxArn) : undefined;
}

function withoutStack(message: string): Error {
  const error = new Error(message);
  error.stack = `Error: ${message}`;
  return error;
}
