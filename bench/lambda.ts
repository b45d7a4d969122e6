import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { close, listen } from '../local/http.ts';
import type { Subject } from './alternate.ts';
import { cpuOf } from './cpu.ts';
import type { Event } from './event.ts';
import type { Round } from './worker.ts';

/** A function that runs under AWS's runtime client, as one instance of it does in Lambda. */
export interface LambdaFunction {
  /** Answers one event; rejects where the answer is not 200, or none comes. Microseconds since it was offered. */
  invoke(event: object): Promise<number>;
  pid: number;
  /** Milliseconds of `performance.now()` when the process was started. */
  startedAt: number;
  stop(): Promise<void>;
}

/**
 * Starts the runtime client with a built handler before a Runtime API of our own on 127.0.0.1, as AWS documents it: the client asks for the
 * next invocation, and posts the response.
 */
export async function startLambda(client: string, folder: string, environment: NodeJS.ProcessEnv): Promise<LambdaFunction> {
  let waiting: ((response: ServerResponse) => void) | undefined;
  let idle: ServerResponse | undefined;
  let answered: ((answer: { path: string; text: string }) => void) | undefined;
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      if (waiting) waiting(response);
      else idle = response;
      waiting = undefined;
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(202).end();
      answered?.({ path: request.url ?? '', text: Buffer.concat(chunks).toString() });
    });
  });
  // The next invocation may be long in coming.
  server.requestTimeout = 0;
  const url = await listen(server, 0);
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--expose-gc', '--max-http-header-size=81920', client], {
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      ...environment,
      AWS_LAMBDA_RUNTIME_API: url.replace('http://', ''),
      _HANDLER: 'index.handler',
      LAMBDA_TASK_ROOT: folder,
      AWS_LAMBDA_FUNCTION_NAME: 'bench',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/bench',
      AWS_LAMBDA_LOG_STREAM_NAME: 'bench',
      AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    },
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the runtime client ended with ${code}`);
  });
  ended.catch(() => undefined);
  const offer = async (text: string): Promise<void> => {
    const response = idle ?? (await Promise.race([new Promise<ServerResponse>((resolve) => (waiting = resolve)), ended]));
    idle = undefined;
    const headers = {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': randomUUID(),
      'Lambda-Runtime-Deadline-Ms': String(Date.now() + 25_000),
      'Lambda-Runtime-Invoked-Function-Arn': 'arn:aws:lambda:us-east-1:000000000000:function:bench',
    };
    response.writeHead(200, headers).end(text);
  };
  return {
    pid: child.pid ?? 0,
    startedAt,
    async invoke(event) {
      const began = performance.now();
      const answer = new Promise<{ path: string; text: string }>((resolve) => (answered = resolve));
      await offer(JSON.stringify(event));
      const { path, text } = await Promise.race([answer, ended]);
      if (!path.endsWith('/response') || JSON.parse(text).statusCode !== 200)
        throw new Error(`the function answered ${text.slice(0, 500)}`);
      return (performance.now() - began) * 1000;
    },
    async stop() {
      child.kill('SIGKILL');
      await ended.catch(() => undefined);
      await close(server);
    },
  };
}

/** A function under the runtime client as something to measure: its process's CPU, and the wall time as the Runtime API sees it. */
export function lambdaSubject(name: string, lambda: LambdaFunction, event: Event, bodies: string[]): Subject {
  let count = 0;
  return {
    name,
    stop: () => void lambda.stop(),
    async run(times): Promise<Round> {
      const walls: number[] = [];
      const before = await cpuOf(lambda.pid);
      for (let i = 0; i < times; i++) {
        const requestContext = { ...event.requestContext, requestTimeEpoch: Date.now() };
        walls.push(await lambda.invoke({ ...event, requestContext, body: bodies[count++ % bodies.length] }));
      }
      const cpu = ((await cpuOf(lambda.pid)) - before) / times;
      const wall = walls.reduce((sum, one) => sum + one, 0) / times;
      return { cpu, wall, p50: walls.sort((a, b) => a - b)[times >> 1] ?? 0, peakMB: Number.NaN };
    },
  };
}
