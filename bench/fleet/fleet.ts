import { ApiGateway, type Request } from './api-gateway.ts';
import { Cci, type CciOptions, jobText, namespace } from './cci.ts';
import { type Deployment, readDeployment } from './deployment.ts';
import type { FunctionName, Gateway, Handler } from './gateway.ts';
import { Account, LambdaFunction } from './lambda.ts';
import { connectTo } from './network.ts';
import { Secrets } from './secrets.ts';
import type { Simulation } from './simulation.ts';

/** How a fleet is other than as it is deployed. */
export interface FleetOptions {
  cci?: Partial<CciOptions>;
  deployment?: Partial<Deployment>;
  liveCache?: 'on' | 'off';
  pick?: 'latest' | 'random';
  life?: number;
}
/** One deployment with all that it calls. */
export interface Fleet {
  cci: Cci;
  secrets: Secrets;
  account: Account;
  functions: Record<Request['method'], LambdaFunction>;
  door: ApiGateway;
  /** One process more of a function, which no invocation reaches but who has it. */
  start(name: FunctionName): Handler;
}

/** Builds the fleet of a checkout. */
export function createFleet(simulation: Simulation, gateway: Gateway, options: FleetOptions = {}): Fleet {
  const deployment = { ...readDeployment(gateway.root), ...options.deployment };
  const cci = new Cci(simulation, options.cci);
  const secrets = new Secrets(simulation);
  const account = new Account();
  const start = (name: FunctionName): Handler => {
    const surroundings = { transport: connectTo(cci, simulation), secretsManager: (command: { input: object }) => secrets.send(command) };
    return gateway.start(name, { ...surroundings, liveCache: options.liveCache ?? 'on' });
  };
  const lambda = (name: FunctionName): LambdaFunction =>
    new LambdaFunction(simulation, account, {
      start: () => start(name),
      timeout: deployment.timeout,
      memory: deployment.memory,
      concurrency: deployment.reservedConcurrency,
      pick: options.pick ?? 'latest',
      ...(options.life !== undefined && { life: options.life }),
    });
  const functions = { PUT: lambda('replace-job'), PATCH: lambda('patch-job'), GET: lambda('read-jobs') };
  return { cci, secrets, account, functions, door: new ApiGateway(simulation, deployment, functions), start };
}

/** A PUT of a whole job with this TTL. */
export function replace(name: string, ttl: number): Request {
  return { method: 'PUT', namespace, name, body: jobText(name, ttl) };
}
/** A merge patch of the TTL, which needs no read. */
export function patch(name: string, ttl: number): Request {
  return { method: 'PATCH', namespace, name, body: `{"spec":{"ttlSecondsAfterFinished":${ttl}}}` };
}
export function read(name: string): Request {
  return { method: 'GET', namespace, name };
}
