/**
 * API Gateway REST in front of the built handlers, on this machine: routes from serverless.yml, v1 events, and the answers that
 * API Gateway makes itself. It authenticates nobody but by the tokens that it is given.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import type { Certificate } from '../certificate.ts';
import { close, createAsyncServer, listen, readBody } from '../http.ts';
import { dist, loadHandler, withoutMetrics } from './bundle.ts';
import { consoleRoutes, isBrowserAtRoot, isLinkToPage, toConsole } from './console.ts';
import { buildContext, buildEvent, type LocalAuth } from './event.ts';
import { type Answer, answerOf, gatewayAnswer, jsonHeaders, writeHead } from './result.ts';
import { type LambdaFunction, matchRoute, type Route, readRoutes } from './routes.ts';
import { isStreaming, type StreamingHandler, streamAnswer } from './stream.ts';

/** A Lambda handler: takes event and context, resolves to an API Gateway result. */
export type LambdaHandler = (event: APIGatewayProxyEvent, context: Context) => unknown;
type AnyHandler = LambdaHandler | StreamingHandler;

/** How to start the gateway. */
export interface ApiGatewayOptions {
  /** 0 takes a free one. */
  port: number;
  /** `none`: every request has the caller arn:aws:iam::000000000000:user/local. Callers: whose token it brings. Otherwise none has any. */
  auth?: LocalAuth;
  /** With one it also listens with TLS, on a free port. */
  certificate?: Certificate;
  /** Where the bundles are; default: dist/ of the project. */
  distDir?: string;
  /** Default: serverless.yml of the project. */
  serverlessFile?: string;
  /** As the parameter of the same name of a deployment; default: what the variable WATCH says, else off. */
  watch?: 'on' | 'off';
  /** Gives a function's handler; default: `handler` of `<distDir>/<bundle>/index.mjs`. */
  load?: (lambda: LambdaFunction) => AnyHandler | Promise<AnyHandler>;
  /** Serves the page for people at /console/, and leads a browser there that asks for /. */
  console?: boolean;
  /** Beside the routes: what a POST of a body to this path, with this query, is answered as JSON. Not for web pages. */
  beside?: { path: string; answer: (body: string, query: URLSearchParams) => Promise<object> };
}

/** A running gateway. */
export interface ApiGateway {
  readonly url: string;
  /** With a certificate: where it speaks TLS. */
  readonly secureUrl: string | undefined;
  close(): Promise<void>;
}

type Functions = ReadonlyMap<string, AnyHandler>;

const project = fileURLToPath(new URL('../..', import.meta.url));
const maxBody = 10 * 1024 * 1024;
const integrationTimeoutSeconds = 29;
// A page that points a name of its own at 127.0.0.1 (DNS rebinding) still sends that name.
const localHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i;

/**
 * Loads every function that has an `http` event and serves them on 127.0.0.1.
 * Rejects where serverless.yml or a bundle cannot be read, or the port is taken.
 */
export async function startApiGateway(options: ApiGatewayOptions): Promise<ApiGateway> {
  const { port, auth, distDir = dist, serverlessFile = resolve(project, 'serverless.yml'), beside, certificate } = options;
  const load = options.load ?? ((lambda: LambdaFunction) => importHandler(distDir, lambda));
  withoutMetrics();
  const watch = options.watch ?? (process.env.WATCH === 'on' ? 'on' : 'off');
  const texts = [serverlessFile, resolve(project, `deploy/watch/${watch}.yml`)].map((file) => readFile(file, 'utf8'));
  const [serverlessText = '', watchText] = await Promise.all(texts);
  const routes = [...(options.console ? consoleRoutes : []), ...readRoutes(serverlessText, watchText)];
  const functions = new Map<string, AnyHandler>();
  for (const { function: lambda } of routes) {
    if (!functions.has(lambda.name)) functions.set(lambda.name, await load(lambda));
  }

  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const [path, query = ''] = (request.url ?? '').split(/\?(.*)/s);
    if (beside && path === beside.path) write(response, await answerBeside(request, query, beside));
    else if (options.console && isBrowserAtRoot(request)) write(response, toConsole);
    else {
      const answered = await answer(request, response, routes, functions, auth);
      if (answered) write(response, answered);
    }
  };
  const server = createAsyncServer(handle);
  const secure = certificate && createAsyncServer(handle, certificate);
  // By default Node closes a connection after 5 s without a request, at times just as a client on a busy machine sends the next one.
  for (const each of secure ? [server, secure] : [server]) each.keepAliveTimeout = 65_000;
  const url = await listen(server, port);
  const secureUrl = secure && (await listen(secure, 0));
  return { url, secureUrl, close: async () => void (await Promise.all([server, ...(secure ? [secure] : [])].map(close))) };
}

async function importHandler(distDir: string, { name, bundle }: LambdaFunction): Promise<AnyHandler> {
  return loadHandler<AnyHandler>(distDir, bundle).catch((error: Error) => {
    throw new Error(`function ${name}: ${error.message}`);
  });
}

/** What is to be written; undefined where a function has written it itself. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
  functions: Functions,
  auth: LocalAuth,
): Promise<Answer | undefined> {
  response.setHeader('x-amzn-RequestId', randomUUID());
  if (!localHost.test(request.headers.host ?? '')) return gatewayAnswer(403, 'This gateway answers to 127.0.0.1 and localhost only');
  // A page of another site could send what changes a job, though it could not read the answer.
  if (request.headers['sec-fetch-site'] === 'cross-site' && !isLinkToPage(request))
    return gatewayAnswer(403, 'This gateway answers to no other site');
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  const segments = decodeSegments(path);
  if (!segments) return gatewayAnswer(400, 'Bad Request');
  const match = matchRoute(routes, request.method ?? '', segments);
  if (!match) return gatewayAnswer(403, 'Missing Authentication Token');
  const body = await readBody(request, maxBody);
  if (!body) return gatewayAnswer(413, 'Request Too Long');

  const event = buildEvent({ request, path, query, body, match, auth });
  response.setHeader('x-amzn-RequestId', event.requestContext.requestId);
  const lambda = match.route.function;
  const handler = functions.get(lambda.name) as AnyHandler;
  if (!isStreaming(handler)) return invoke(lambda, handler, event);
  const mistake = await streamAnswer(handler, event, buildContext(lambda), response);
  if (mistake !== undefined) console.error(`function ${lambda.name}: ${mistake}`);
  return undefined;
}

async function answerBeside(request: IncomingMessage, query: string, beside: NonNullable<ApiGatewayOptions['beside']>): Promise<Answer> {
  const { host = '', origin } = request.headers;
  if (!localHost.test(host) || origin !== undefined || request.method !== 'POST')
    return gatewayAnswer(403, 'POST only, and not by a web page');
  const body = await readBody(request, maxBody);
  if (!body) return gatewayAnswer(413, 'Request Too Long');
  const answered = await beside.answer(body.toString('utf8'), new URLSearchParams(query));
  return {
    status: 200,
    headers: jsonHeaders(),
    body: Buffer.from(`${JSON.stringify(answered, undefined, 2)}\n`),
  };
}

function decodeSegments(path: string): string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  try {
    // Decoded after it is split: an escaped slash stays inside its segment. A slash at the end means nothing.
    return path === '/' ? [] : path.slice(1).replace(/\/$/, '').split('/').map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

async function invoke(lambda: LambdaFunction, handler: LambdaHandler, event: APIGatewayProxyEvent): Promise<Answer> {
  const seconds = Math.min(lambda.timeoutSeconds, integrationTimeoutSeconds);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<Answer>((done) => {
    timer = setTimeout(() => {
      console.error(`function ${lambda.name}: no answer in ${seconds} s`);
      // API Gateway itself gives up after 29 s; a function that Lambda stopped before has failed like any other.
      const stopped = lambda.timeoutSeconds < integrationTimeoutSeconds;
      done(stopped ? gatewayAnswer(502, 'Internal server error') : gatewayAnswer(504, 'Endpoint request timed out'));
    }, seconds * 1000);
  });
  try {
    return await Promise.race([call(lambda, handler, event), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function call(lambda: LambdaFunction, handler: LambdaHandler, event: APIGatewayProxyEvent): Promise<Answer> {
  try {
    // Through JSON, as Lambda gets it: nothing of this process is shared with the handler.
    const result = answerOf(await handler(JSON.parse(JSON.stringify(event)), buildContext(lambda)));
    if (result) return result;
    console.error(`function ${lambda.name}: malformed result`);
  } catch (error) {
    // Never the error as it is: its cause or data may hold the request's body.
    console.error(`function ${lambda.name}: ${error instanceof Error ? `${error.name}: ${error.message}` : 'threw what is no Error'}`);
  }
  return gatewayAnswer(502, 'Internal server error');
}

function write(response: ServerResponse, answered: Answer): void {
  writeHead(response, answered);
  response.end(answered.body);
}
