import { Logger } from '@aws-lambda-powertools/logger';
import type { Context } from 'aws-lambda';
import { isReserved, type UserInfo } from '../callers/user-info.ts';
import type { Around } from '../runtime/chain.ts';
import { type Outcome, recordMetrics } from '../runtime/metrics.ts';
import { createRequestContext } from '../runtime/request-context.ts';
import { refusedFields, StatusError } from '../status.ts';
import type { HttpRequest, InContext, Routed, Said, Told } from './request.ts';
import type { ProxyResult } from './respond.ts';

const logger = new Logger({ serviceName: 'tfjob-gateway' });
// Lambda's clock runs on while we answer; this much is kept for the answer itself.
const lambdaReserve = 1000;
// API Gateway gives up after 29 s, counted from when it took the request.
const gatewayLimit = 27_000;
let coldStart = true;

/** When the request began, by the process's own clock. */
interface Started {
  startedAt: number;
}
type Logged = HttpRequest & Partial<InContext & Started & Routed>;

/** What the log calls a success, and the metric that counts it. */
const outcomes: Record<Said, Outcome> = {
  changed: 'Changed',
  written: 'Written',
  unchanged: 'Unchanged',
  'dry-run': 'DryRun',
  applied: 'Succeeded',
  superseded: 'Superseded',
  read: 'Read',
  document: 'Discovery',
};

/** The metric that counts a failure: a 4xx is the caller's, a 429 says that CCI throttles, a 5xx that the gateway or CCI is in trouble. */
function failure(code: number): Outcome {
  if (code >= 500) return 'Failed';
  return code === 429 ? 'Throttled' : 'Refused';
}

/** Who asks, as the log tells it: by the name that policies know, and beside it what the name does not hold. Groups that every account has are left out. */
function callerIn(user: UserInfo | undefined): object {
  const groups = user?.groups.filter((group) => !isReserved(group)) ?? [];
  return { caller: user?.username, session: user?.extra.sessionName?.[0], ...(groups.length > 0 && { groups: JSON.stringify(groups) }) };
}

/**
 * The outermost step: gives the request its deadline (docs/upstream.md, deadline) and its context, and writes one line and one record of
 * metrics about it. Fields that changed, the rule that refused and the paths that it refused are named, never their values; an error is
 * never logged as it is.
 */
export function logRequest(): Around<HttpRequest, InContext & Started, ProxyResult, ProxyResult, Routed & Told> {
  const write = (event: Logged, lambda: Context, outcome: Outcome, said: Record<string, unknown>): void => {
    const ms = Math.round(performance.now() - (event.startedAt ?? 0));
    logger.info('request', {
      ...said,
      method: event.method,
      job: event.ref && `${event.ref.kind.plural}/${event.ref.namespace}/${event.ref.name}`,
      ...callerIn(event.user),
      ms,
      upstream: event.context?.calls,
      request_id: event.requestId,
      function_request_id: lambda.awsRequestId,
      cold_start: coldStart,
    });
    recordMetrics(outcome, ms, coldStart, event.context);
    coldStart = false;
  };
  return {
    before: (event, lambda) => {
      const remaining = typeof lambda.getRemainingTimeInMillis === 'function' ? lambda.getRemainingTimeInMillis() : gatewayLimit;
      const byLambda = Date.now() + remaining - lambdaReserve;
      const accepted = event.acceptedAt;
      const deadline = accepted === undefined ? byLambda : Math.min(byLambda, accepted + gatewayLimit);
      return { startedAt: performance.now(), context: createRequestContext(deadline, (message, note) => logger.warn(message, { note })) };
    },
    after: (event, result, lambda) => {
      const { said, refusedBy } = event;
      const { statusCode: code } = result;
      // An answer that turned out too large to be sent is a refusal to whoever reads it.
      write(event, lambda, said && code < 400 ? outcomes[said.outcome] : failure(code), {
        ...said,
        ...(refusedBy && { rule: refusedBy }),
        code,
      });
      return result;
    },
    onError: (event, error, lambda) => {
      if (!(error instanceof StatusError)) return undefined;
      const { status, note, rule } = error;
      const { code, reason } = status;
      write(event, lambda, failure(code), {
        outcome: reason,
        code,
        rule,
        refused: refusedFields(status),
        ...(Object.keys(note).length > 0 && { note }),
      });
      return undefined;
    },
  };
}
