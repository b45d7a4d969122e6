import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** What a checkout deploys where nobody says otherwise; times in milliseconds. */
export interface Deployment {
  throttle: { rate: number; burst: number };
  /** Of each caller, where there is one. */
  callerThrottle: { rate: number; burst: number } | undefined;
  memory: number;
  timeout: number;
  /** Of each function for jobs; undefined where none is reserved. */
  reservedConcurrency: number | undefined;
  /** How API Gateway answers where Lambda has nobody to take a request. */
  lambdaThrottled: { status: number; retryAfter: number | undefined };
  events: { concurrency: number; batchSize: number; timeout: number; visibility: number; maxReceives: number };
}

/** Reads it from serverless.yml and deploy/events.yml. */
export function readDeployment(root: string): Deployment {
  const read = (file: string) => parse(readFileSync(join(root, file), 'utf8'), { merge: true });
  const [config, events] = [read('serverless.yml'), read('deploy/events.yml')];
  const params = config.params.default;
  /** A value, or that of the parameter which it names. */
  const number = (value: unknown): number | undefined => {
    const named = /^\$\{param:(\w+)/.exec(String(value));
    const found = named ? params[named[1] as string] : value;
    return found === undefined || found === null || found === '' ? undefined : Number(found);
  };
  const resources = Object.assign({}, ...config.resources.map((some: { Resources?: object }) => some.Resources));
  const failure = resources.ResponseIntegrationFailure.Properties;
  const retryAfter = failure.ResponseParameters?.['gatewayresponse.header.Retry-After'];
  const source = events.function.events[0].sqs;
  const queue = events.resources.Resources.JobEventQueue.Properties;
  const ofCaller = { rate: number(params.callerRate), burst: number(params.callerBurst) };
  return {
    throttle: { rate: params.throttleRate, burst: params.throttleBurst },
    callerThrottle: ofCaller.rate && ofCaller.burst ? { rate: ofCaller.rate, burst: ofCaller.burst } : undefined,
    memory: params.memorySize,
    timeout: config.provider.timeout * 1000,
    reservedConcurrency: number(config.functions.replaceJob.reservedConcurrency),
    lambdaThrottled: { status: Number(failure.StatusCode), retryAfter: retryAfter ? Number(retryAfter.replaceAll("'", '')) : undefined },
    events: {
      concurrency: number(source.maximumConcurrency) ?? 5,
      batchSize: source.batchSize,
      timeout: events.function.timeout * 1000,
      visibility: queue.VisibilityTimeout * 1000,
      maxReceives: queue.RedrivePolicy.maxReceiveCount,
    },
  };
}
