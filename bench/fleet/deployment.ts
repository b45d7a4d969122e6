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
  events: { concurrency: number; batchSize: number; fifoBatchSize: number; timeout: number; visibility: number; maxReceives: number };
}

/** Reads it from serverless.yml and deploy/events.yml. Throws where they do not say it as they did. */
export function readDeployment(root: string): Deployment {
  const read = (file: string) => parse(readFileSync(join(root, file), 'utf8'), { merge: true, maxAliasCount: -1 });
  const [config, events] = [read('serverless.yml'), read('deploy/events.yml')];
  const params = config.params.default;
  /** A value, or that of the parameter which it names; undefined where it is not set. */
  const optional = (value: unknown): number | undefined => {
    const named = /^\$\{param:(\w+)/.exec(String(value));
    const found = named ? params[named[1] as string] : value;
    return found === undefined || found === null || found === '' ? undefined : Number(found);
  };
  const number = (value: unknown): number => {
    const found = optional(value);
    if (found === undefined || Number.isNaN(found)) throw new Error(`the deployment in ${root} has another form: ${value} is no number`);
    return found;
  };
  const resources = Object.assign({}, ...config.resources.map((some: { Resources?: object }) => some.Resources));
  const failure = resources.ResponseIntegrationFailure.Properties;
  const retryAfter = failure.ResponseParameters?.['gatewayresponse.header.Retry-After'];
  const source = events.function.events[0].sqs;
  const queue = events.resources.Resources.JobEventQueue.Properties;
  const ofCaller = { rate: optional(params.callerRate), burst: optional(params.callerBurst) };
  return {
    throttle: { rate: number(params.throttleRate), burst: number(params.throttleBurst) },
    callerThrottle: ofCaller.rate && ofCaller.burst ? { rate: ofCaller.rate, burst: ofCaller.burst } : undefined,
    memory: number(params.memorySize),
    timeout: number(config.provider.timeout) * 1000,
    // serverless.yml reads it through a file, which makes nothing of the word none.
    reservedConcurrency: params.reservedConcurrency === 'none' ? undefined : optional(params.reservedConcurrency),
    lambdaThrottled: { status: number(failure.StatusCode), retryAfter: retryAfter ? Number(retryAfter.replaceAll("'", '')) : undefined },
    events: {
      concurrency: number(source.maximumConcurrency),
      batchSize: number(source.batchSize),
      fifoBatchSize: number(events.function.events[1].sqs.batchSize),
      timeout: number(events.function.timeout) * 1000,
      visibility: number(queue.VisibilityTimeout) * 1000,
      maxReceives: number(queue.RedrivePolicy.maxReceiveCount),
    },
  };
}
