import { Logger } from '@aws-lambda-powertools/logger';
import type { MiddlewareObj, Request } from '@middy/core';
import type { APIGatewayTokenAuthorizerEvent } from 'aws-lambda';
import type { Authorized } from './authorize.ts';
import { BadToken, KeysError } from './errors.ts';

type AuthorizerRequest = Request<APIGatewayTokenAuthorizerEvent, Authorized>;

const logger = new Logger({ serviceName: 'tfjob-gateway' });
let coldStart = true;

/**
 * The outermost step: writes one line about the check, and ends a failed one as API Gateway wants it: `Unauthorized` makes it a
 * 401, any other error a 500. The errors are new ones, since Lambda logs them with all they hold.
 */
export function logVerdict(): MiddlewareObj<APIGatewayTokenAuthorizerEvent, Authorized> {
  const started = new WeakMap<AuthorizerRequest, number>();
  const line = (request: AuthorizerRequest, verdict: Record<string, unknown>): Record<string, unknown> => {
    const cold_start = coldStart;
    coldStart = false;
    const ms = Math.round(performance.now() - (started.get(request) ?? 0));
    return { ...verdict, ms, function_request_id: request.context.awsRequestId, cold_start };
  };
  return {
    before: (request) => {
      started.set(request, performance.now());
    },
    after: (request) => {
      logger.info('authorizer', line(request, { outcome: 'Allowed', caller: request.response?.principalId }));
    },
    onError: (request) => {
      const { error } = request;
      if (error instanceof BadToken) {
        logger.info('authorizer', line(request, { outcome: 'Unauthorized', because: error.because, claim: error.claim }));
        request.error = new Error('Unauthorized');
        return;
      }
      const note =
        error instanceof KeysError
          ? { because: error.because, code: error.code }
          : { because: 'a surprise', name: error?.name, code: (error as NodeJS.ErrnoException | null)?.code };
      logger.error('authorizer', line(request, { outcome: 'InternalError', ...note }));
      request.error = new Error('the token could not be checked; the line before this one says why');
    },
  };
}
