import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { Context } from 'aws-lambda';
import { lambdaContext } from '../fakes/context.ts';

/** A request of a caller; an object as body goes as JSON. */
export interface HttpCall {
  method: string;
  path: string;
  query?: Record<string, string>;
  contentType?: string;
  body?: object | string;
}
/** A handler to invoke with an event, or with the event that API Gateway makes of a request. */
export type Invocation = HttpCall | { bundle: string; event: object };
/** What a handler returned, or the message of what it threw. For a request it is the answer's status and text. */
export interface Result {
  status?: number;
  text?: string;
  error?: string;
}
/** What a parent asks of an instance: its clock goes forward first, then come the invocations, so many at once. */
export interface Order {
  id: number;
  forward?: number;
  invocations?: Invocation[];
  inFlight?: number;
}

type Handler = (event: object, context: Context) => Promise<unknown>;
const bundles: Record<string, string> = { GET: 'read-jobs', PUT: 'replace-job', PATCH: 'patch-job' };
const handlers = new Map<string, Promise<Handler>>();

/** The built handler of a bundle under dist/, loaded once; the environment must be set before. */
function handlerOf(bundle: string): Promise<Handler> {
  const file = new URL(`../../dist/${bundle}/index.mjs`, import.meta.url);
  const loaded = handlers.get(bundle) ?? import(file.href).then(({ handler }: { handler: Handler }) => handler);
  handlers.set(bundle, loaded);
  return loaded;
}

/** Invokes one handler as Lambda does. Never rejects for what the handler throws; rejects where there is no such bundle. */
export async function invoke(invocation: Invocation): Promise<Result> {
  const context = lambdaContext(25_000, randomUUID());
  const [bundle, event] =
    'bundle' in invocation ? [invocation.bundle, invocation.event] : [bundles[invocation.method] ?? '', eventOf(invocation)];
  const handler = await handlerOf(bundle);
  try {
    const result = await handler(event, context);
    if ('bundle' in invocation) return { text: JSON.stringify(result) };
    const { statusCode, body, isBase64Encoded } = result as { statusCode: number; body: string; isBase64Encoded: boolean };
    return { status: statusCode, text: isBase64Encoded ? gunzipSync(Buffer.from(body, 'base64')).toString() : body };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** Invokes handlers, at most `inFlight` at once; the results are in the order of the invocations. */
export async function invokeAll(invocations: readonly Invocation[], inFlight: number): Promise<Result[]> {
  const results: Result[] = [];
  const next = invocations.entries();
  const work = async () => {
    for (const [index, invocation] of next) results[index] = await invoke(invocation);
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return results;
}

/** The event that API Gateway REST makes of a request. */
function eventOf({ method, path, query = {}, contentType = 'application/json', body }: HttpCall): object {
  const headers: Record<string, string> = body === undefined ? {} : { 'Content-Type': contentType };
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body ?? ''));
  return {
    resource: path,
    path,
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: query,
    multiValueQueryStringParameters: Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value]])),
    pathParameters: null,
    requestContext: {
      httpMethod: method,
      requestId: randomUUID(),
      requestTimeEpoch: Date.now(),
      identity: { userArn: 'arn:aws:iam::000000000000:user/load' },
    },
    body: body === undefined ? null : bytes.toString('base64'),
    isBase64Encoded: body !== undefined,
  };
}
