import type { Deployment } from './deployment.ts';
import type { Invoked, LambdaFunction } from './lambda.ts';
import { type Simulation, TokenBucket } from './simulation.ts';

/** A request of a caller. */
export interface Request {
  method: 'PUT' | 'PATCH' | 'GET';
  namespace: string;
  /** Empty for a list. */
  name: string;
  body?: string;
  caller?: string;
}
/** What a caller sees of an answer. */
export interface Answer {
  status: number;
  /** Seconds, where the caller is asked to come again. */
  retryAfter: number | undefined;
  /** It came no further than API Gateway. */
  refused?: boolean;
  body?: string;
}

/** API Gateway gives up then. */
const integrationLimit = 29_000;
const types = { PUT: 'application/json', PATCH: 'application/merge-patch+json', GET: undefined };

/** API Gateway in virtual time: its throttle, and the functions behind it. */
export class ApiGateway {
  readonly #simulation: Simulation;
  readonly #deployment: Deployment;
  readonly #functions: Record<Request['method'], LambdaFunction>;
  readonly #stage: TokenBucket;
  readonly #callers = new Map<string, TokenBucket>();

  constructor(simulation: Simulation, deployment: Deployment, functions: Record<Request['method'], LambdaFunction>) {
    this.#simulation = simulation;
    this.#deployment = deployment;
    this.#functions = functions;
    this.#stage = new TokenBucket(simulation.clock, deployment.throttle.rate, deployment.throttle.burst);
  }

  async send(request: Request): Promise<Answer> {
    if (!this.#admits(request.caller)) return { status: 429, retryAfter: 1, refused: true };
    const { promise: late, resolve } = Promise.withResolvers<'timed out'>();
    const timer = this.#simulation.clock.after(integrationLimit, () => resolve('timed out'));
    const invoked = await Promise.race([this.#functions[request.method].invoke(eventOf(request)), late]);
    timer.act = undefined;
    return this.#answerOf(invoked);
  }

  /** A request that names no caller is one of so many that none of them meets the limit of one. */
  #admits(caller: string | undefined): boolean {
    const { callerThrottle } = this.#deployment;
    if (callerThrottle && caller !== undefined && !this.#callers.has(caller)) {
      this.#callers.set(caller, new TokenBucket(this.#simulation.clock, callerThrottle.rate, callerThrottle.burst));
    }
    return (this.#callers.get(caller ?? '')?.take() ?? true) && this.#stage.take();
  }

  #answerOf(invoked: Invoked): Answer {
    if (invoked === 'throttled') return { ...this.#deployment.lambdaThrottled, refused: true };
    if (invoked === 'timed out') return { status: 504, retryAfter: undefined };
    const { statusCode: status, headers = {}, multiValueHeaders = {}, body } = invoked.result;
    const retryAfter = headers['Retry-After'] ?? multiValueHeaders['Retry-After']?.[0];
    return { status, retryAfter: retryAfter === undefined ? undefined : Number(retryAfter), body };
  }
}

/** A request as API Gateway (REST) hands it to a function. */
export function eventOf({ method, namespace, name, body, caller = 'somebody' }: Request): object {
  const collection = `/apis/kubeflow.org/v1/namespaces/${namespace}/tfjobs`;
  const path = name === '' ? collection : `${collection}/${name}`;
  const type = types[method];
  const headers = { Accept: 'application/json', 'Accept-Encoding': 'gzip', ...(type && { 'Content-Type': type }) };
  return {
    resource: path,
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, [value]])),
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: { namespace, plural: 'tfjobs', ...(name !== '' && { name }) },
    requestContext: {
      httpMethod: method,
      path,
      requestId: 'request',
      requestTimeEpoch: Date.now(),
      identity: { userArn: `arn:aws:iam::111122223333:user/${caller}` },
    },
    body: body === undefined ? null : Buffer.from(body).toString('base64'),
    isBase64Encoded: body !== undefined,
  };
}
