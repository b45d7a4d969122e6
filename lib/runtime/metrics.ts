import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { RequestContext } from './request-context.ts';

/** What a request or an event may end as: each is counted by the metric of that name (docs/metrics.md says what it means). */
export type Outcome =
  | 'Changed'
  | 'Written'
  | 'Unchanged'
  | 'Read'
  | 'Watched'
  | 'Succeeded'
  | 'Superseded'
  | 'Returned'
  | 'Refused'
  | 'Throttled'
  | 'Failed';

// Every name is paid for once per set of dimensions: there is one dimension, nothing of a request is ever in it, and there are at most twenty
// names. What the log has on each line and needs no alarm, such as a cold start, has none.
const metrics = new Metrics({
  namespace: process.env.POWERTOOLS_METRICS_NAMESPACE || 'TfjobGateway',
  serviceName: process.env.POWERTOOLS_SERVICE_NAME || 'tfjob-gateway',
});

/**
 * Prints one EMF record about a request or an event, of which CloudWatch makes metrics. Takes what it ended as, how many milliseconds it
 * took, and what it did upstream. A count of zero is left out: it would cost time, and money
 * for a metric that says nothing. Where POWERTOOLS_METRICS_DISABLED is true nothing is printed.
 */
export function recordMetrics(outcome: Outcome, ms: number, context: RequestContext | undefined): void {
  const count = (name: string, value: number | undefined): void => {
    if (value) metrics.addMetric(name, MetricUnit.Count, value);
  };
  metrics.addMetric('Latency', MetricUnit.Milliseconds, ms);
  count(outcome, 1);
  count('UpstreamCalls', context?.calls.length);
  count('Retries', context?.counts.retries);
  count('Conflicts', context?.counts.conflicts);
  count('CredentialRefreshes', context?.counts.credentialRefreshes);
  count('RefusedVersions', context?.counts.refusedVersions);
  count('PolicyFaults', context?.counts.policyFaults);
  metrics.publishStoredMetrics();
}

/** Prints an EMF record of its own about a watch that failed after it had begun: what it took until then was not to answer. */
export function countFailedWatch(): void {
  metrics.singleMetric().addMetric('Failed', MetricUnit.Count, 1);
}

/** Prints an EMF record of its own about one audit event that the stream of a strict audit trail has not acknowledged. */
export function countUntold(): void {
  metrics.singleMetric().addMetric('AuditUntold', MetricUnit.Count, 1);
}

/** Prints an EMF record of its own about a token that could not be judged, for which its caller is not to blame. */
export function countAuthorizerFailure(): void {
  metrics.singleMetric().addMetric('AuthorizerFailures', MetricUnit.Count, 1);
}
