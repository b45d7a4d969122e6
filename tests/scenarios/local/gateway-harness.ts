import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { type ApiGateway, type ApiGatewayOptions, type LambdaHandler, startApiGateway } from '../../../local/api-gateway/api-gateway.ts';
import { alsoSearched } from '../../credentials.ts';

export const serverless = `
service: test
provider: { name: aws, runtime: nodejs24.x, stage: "\${opt:stage, 'dev'}", memorySize: "\${param:memory}", timeout: 25 }
functions:
  job:
    handler: dist/job/index.handler
    timeout: 10
    memorySize: 512
    role: !GetAtt Role.Arn
    events:
      - http: { path: '/things/{namespace}/{name}', method: put, authorizer: aws_iam }
      - http: { path: things/fixed/one, method: any }
      - sqs: !GetAtt Queue.Arn
  fixed:
    handler: dist/fixed/index.handler
    events:
      - http: { path: things/fixed/one, method: GET }
      - http: { path: 'things/fixed/{name}', method: put }
  short: { handler: dist/short/index.handler, timeout: 1, events: [{ http: { path: short, method: any } }] }
  long: { handler: dist/long/index.handler, timeout: 60, events: [{ http: { path: long, method: any } }] }
  rest:
    handler: dist/rest/index.handler
    events:
      - http: { path: /, method: any }
      - http: { path: '{proxy+}', method: any }
      - http: { path: 'other/{rest+}', method: any }
`;

/** What the handlers were called with. */
export const calls: { event: APIGatewayProxyEvent; context: Context }[] = [];
/** What was told on stderr. */
export const errors = vi.spyOn(console, 'error').mockImplementation((...said) => alsoSearched(said.join(' ')));
/** What is different for each test: the running gateway, what its handlers do, and a folder for files. */
export const now = {} as { gateway: ApiGateway; behave: LambdaHandler; folder: string };

/** Starts a gateway whose functions note their calls and then do what `now.behave` says. */
export async function start(options: Partial<ApiGatewayOptions> = {}): Promise<ApiGateway> {
  const load = () => (event: APIGatewayProxyEvent, context: Context) => {
    calls.push({ event, context });
    return now.behave(event, context);
  };
  return startApiGateway({ port: 0, serverlessFile: join(now.folder, 'serverless.yml'), load, ...options });
}

/** Stops the running gateway and starts another. */
export async function restart(options: Partial<ApiGatewayOptions>): Promise<void> {
  await now.gateway.close();
  now.gateway = await start(options);
}

/** Gives every test of a file a fresh gateway with the serverless.yml above. */
export function useGateway(): void {
  beforeAll(async () => {
    now.folder = await mkdtemp(join(tmpdir(), 'local-gateway-'));
    await writeFile(join(now.folder, 'serverless.yml'), serverless);
  });
  afterAll(() => rm(now.folder, { recursive: true }));
  beforeEach(async () => {
    calls.length = 0;
    errors.mockClear();
    now.behave = async () => ({ statusCode: 200, body: 'ok' });
    now.gateway = await start();
  });
  afterEach(() => now.gateway.close());
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Sends exactly this: fetch would choose the Host, fold headers and normalise the path. */
export function send(
  method: string,
  path: string,
  rawHeaders: string[] = [],
  body?: Buffer,
  stream?: AsyncIterable<Buffer>,
): Promise<Answer> {
  const { host, hostname, port } = new URL(now.gateway.url);
  const headers = rawHeaders.some((name) => name.toLowerCase() === 'host') ? rawHeaders : ['Host', host, ...rawHeaders];
  const length = body ? ['Content-Length', String(body.length)] : [];
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers: [...headers, ...length], agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    if (stream) Readable.from(stream).pipe(request);
    else request.end(body);
  });
}

/** The event that a request becomes. */
export async function eventOf(method: string, path: string, headers?: string[], body?: Buffer): Promise<APIGatewayProxyEvent> {
  const { status } = await send(method, path, headers, body);
  expect(status).toBe(200);
  return (calls.at(-1) as (typeof calls)[0]).event;
}

/** Status and message of an answer that the gateway made itself. */
export function message({ status, headers, body }: Answer): [status: number, message: string] {
  expect(headers['content-type']).toBe('application/json');
  return [status, JSON.parse(body.toString()).message];
}
