import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { close, listen } from '../../local/http.ts';

/** What a function has posted to the Runtime API. */
export interface Posted {
  path: string;
  mode: string | undefined;
  type: string | undefined;
  /** What the runtime client says in a trailer of a stream that failed. */
  error: string | undefined;
  body: Buffer;
  /** Milliseconds from its end to when the function asked for the next invocation. */
  idleAfter: Promise<number>;
}
/** A function that runs under AWS's runtime client, as one instance of it does in Lambda. */
export interface LambdaFunction {
  /** Gives it one event; `during` sees the bytes as they come. Rejects where the process ends before it has answered. */
  invoke(event: object, during?: (sofar: Buffer) => void): Promise<Posted>;
  readonly pid: number;
  /** Milliseconds of `performance.now()` when the process was started. */
  readonly startedAt: number;
  /** All that it has printed so far. */
  printed(): string;
  /** The most memory that the process has had so far, in MiB. */
  peakMiB(): Promise<number>;
  stop(): Promise<void>;
}
/** Which function, and what it is started with. */
export interface FunctionOptions {
  /** The folder that was packaged: `index.mjs` lies in it, or where `handler` says. */
  folder: string;
  handler?: string;
  environment: NodeJS.ProcessEnv;
  name?: string;
  memoryMiB?: number;
  /** Seconds that an invocation may take; default 25. */
  timeout?: number;
  nodeOptions?: string[];
}

/**
 * Starts the runtime client (its path, as `lambdaRuntimeClient` returns it) before a Runtime API of our own on 127.0.0.1, as AWS documents it:
 * the client asks for the next invocation, and posts the response.
 */
export async function startFunction(client: string, options: FunctionOptions): Promise<LambdaFunction> {
  const { folder, handler = 'index.handler', environment, name = 'function', memoryMiB = 512, timeout = 25, nodeOptions = [] } = options;
  const api = await startRuntimeApi(name, timeout * 1000);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...nodeOptions, client], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      ...environment,
      AWS_LAMBDA_RUNTIME_API: api.url.replace('http://', ''),
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: folder,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMiB),
      AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
      AWS_LAMBDA_LOG_STREAM_NAME: 'local',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    },
  });
  let printed = '';
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${name}: the runtime client ended with ${code}: ${printed.slice(0, 2000)}`);
  });
  ended.catch(() => undefined);
  return {
    invoke: (event, during) => Promise.race([api.invoke(event, during), ended]),
    pid: child.pid ?? 0,
    startedAt,
    printed: () => printed,
    async peakMiB() {
      const [, kib] = /^VmHWM:\s*(\d+) kB$/m.exec(await readFile(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      return Number(kib) / 1024;
    },
    async stop() {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
      await api.close();
    },
  };
}

async function startRuntimeApi(name: string, timeout: number) {
  const waiting: ServerResponse[] = [];
  let onNext: (() => void) | undefined;
  let onPost: ((request: IncomingMessage) => void) | undefined;
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      waiting.push(response);
      onNext?.();
      return;
    }
    onPost?.(request);
    request.on('end', () => response.writeHead(202).end());
  });
  // The next invocation may be long in coming.
  server.requestTimeout = 0;
  const idle = async (): Promise<ServerResponse> => {
    while (waiting.length === 0) await new Promise<void>((resolve) => (onNext = resolve));
    return waiting.shift() as ServerResponse;
  };
  return {
    url: await listen(server, 0),
    close: () => close(server),
    async invoke(event: object, during?: (sofar: Buffer) => void): Promise<Posted> {
      const posted = new Promise<IncomingMessage>((resolve) => (onPost = resolve));
      const response = await Promise.race([idle(), posted]);
      // What cannot be loaded is told instead of asking for an event.
      if ('writeHead' in response) {
        const headers = {
          'Content-Type': 'application/json',
          'Lambda-Runtime-Aws-Request-Id': randomUUID(),
          'Lambda-Runtime-Deadline-Ms': String(Date.now() + timeout),
          'Lambda-Runtime-Invoked-Function-Arn': `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
        };
        response.writeHead(200, headers).end(JSON.stringify(event));
      }
      const request = await posted;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        during?.(Buffer.concat(chunks));
      });
      await once(request, 'end');
      const ended = performance.now();
      const idleAfter = new Promise<number>((resolve) => {
        if (waiting.length > 0) resolve(0);
        else onNext = () => resolve(performance.now() - ended);
      });
      return {
        path: request.url ?? '',
        mode: request.headers['lambda-runtime-function-response-mode'] as string | undefined,
        type: request.headers['content-type'],
        error: request.trailers['lambda-runtime-function-error-type'],
        body: Buffer.concat(chunks),
        idleAfter,
      };
    },
  };
}

const nuls = Buffer.alloc(8);

/** A streamed answer: the prelude of metadata as JSON, eight NULs, the body. Without a prelude the metadata are undefined. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the function has said
export function streamed({ body }: Posted): { metadata: any; body: Buffer } {
  const end = body.indexOf(nuls);
  return end < 0
    ? { metadata: undefined, body }
    : { metadata: JSON.parse(body.subarray(0, end).toString()), body: body.subarray(end + nuls.length) };
}
