import type { Context } from 'aws-lambda';
import { isReserved, type UserInfo } from '../callers/user-info.ts';
import type { Around } from '../runtime/chain.ts';
import { createLogger } from '../runtime/logger.ts';
import { countFailedWatch, type Outcome, recordMetrics } from '../runtime/metrics.ts';
import { createRequestContext, type RequestContext } from '../runtime/request-context.ts';
import { refusedFields, StatusError } from '../status.ts';
import type { HttpRequest, InContext, Routed, RoutedRead, Said, Told } from './request.ts';
import type { ProxyResult } from './respond.ts';
import type { WatchEnd } from './watch-stream.ts';

const logger = createLogger();
// Lambda's clock runs on while we answer; this much is kept for the answer itself.
const lambdaReserve = 1000;
// API Gateway gives up after 29 s, counted from when it took the request.
const gatewayLimit = 27_000;
const maxPath = 1024;
let coldStart = true;

/** When the request began, by the process's own clock. */
interface Started {
  startedAt: number;
}
type Logged = HttpRequest & Partial<InContext & Started & Routed & RoutedRead>;

/** What the log calls a success, and the metric that counts it. */
const outcomes: Record<Said, Outcome> = {
  changed: 'Changed',
  written: 'Written',
  unchanged: 'Unchanged',
  'dry-run': 'Unchanged',
  applied: 'Succeeded',
  superseded: 'Superseded',
  read: 'Read',
  watching: 'Watched',
  document: 'Read',
};

/** The metric that counts a failure: a 4xx is the caller's, a 429 says that CCI throttles, a 5xx that the gateway or CCI is in trouble. */
function failure(code: number): Outcome {
  if (code >= 500) return 'Failed';
  return code === 429 ? 'Throttled' : 'Refused';
}

/** A failure of ours or of CCI, and credentials that CCI refuses, are to be looked at; what was refused otherwise is the caller's. */
function levelOf(code: unknown, context: RequestContext | undefined): 'error' | 'info' {
  return Number(code) >= 500 || context?.counts.refusedVersions ? 'error' : 'info';
}

/** What was asked for: the job, the collection (without a namespace: in all), or where it is neither the path as it was sent. */
function whatIn({ ref, target, path, sentPath }: Logged): object {
  if (ref) return { job: `${ref.kind.plural}/${ref.namespace}/${ref.name}` };
  if (target) return { kind: target.kind.kind, namespace: target.namespace };
  return { path: (path || sentPath).slice(0, maxPath) };
}

/** Who asks, as the log tells it: by the name that policies know, and beside it what the name does not hold. Groups that every account has are left out. */
function callerIn(user: UserInfo | undefined): object {
  const groups = user?.groups.filter((group) => !isReserved(group)) ?? [];
  return { caller: user?.username, session: user?.extra.sessionName?.[0], ...(groups.length > 0 && { groups: JSON.stringify(groups) }) };
}

/** One line about a watch that has ended; what it took is no latency. A refusal is to be looked at: the upstream sent what was not asked for. */
function logWatchEnd(event: Logged, { awsRequestId }: Context, end: WatchEnd): void {
  const { note, ...said } = end;
  const ms = Math.round(performance.now() - (event.startedAt ?? 0));
  const failed = end.why === 'refused';
  const who = { ...whatIn(event), ...callerIn(event.user), request_id: event.requestId, function_request_id: awsRequestId };
  logger[failed ? 'error' : 'info']('watch', { outcome: 'watched', ...said, ...(note && { note }), ms, ...who });
  if (failed) countFailedWatch();
}

/**
 * The outermost step: gives the request its deadline (docs/upstream.md, deadline) and its context, and writes one line and one record of
 * metrics about it. Fields that changed, the rule that refused and the paths that it refused are named, never their values; an error is
 * never logged as it is.
 */
export function logRequest(): Around<HttpRequest, InContext & Started, ProxyResult, ProxyResult, Routed & RoutedRead & Told> {
  const write = (event: Logged, lambda: Context, outcome: Outcome, said: Record<string, unknown>): void => {
    const ms = Math.round(performance.now() - (event.startedAt ?? 0));
    logger[levelOf(said.code, event.context)]('request', {
      ...said,
      method: event.method,
      ...whatIn(event),
      ...callerIn(event.user),
      ms,
      upstream: event.context?.calls,
      request_id: event.requestId,
      function_request_id: lambda.awsRequestId,
      cold_start: coldStart,
    });
    recordMetrics(outcome, ms, event.context);
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
      event.answered?.watching?.onEnd((end) => logWatchEnd(event, lambda, end));
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
