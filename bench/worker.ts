/**
 * A process that does one kind of work, as often as its parent says, and tells what it cost: the built handler, or the floor under
 * any gateway, by the same HTTP client. Built before it runs, so that nothing of the bench is in its memory but this.
 */
import http from 'node:http';
import https from 'node:https';
import type { Event } from './event.ts';

/** What a worker does over and over; bodies and TTLs alternate, so that every write changes something; statuses are those expected. */
export type Work =
  | { what: 'handler'; file: string; event: Event; bodies: string[]; statuses?: number[] }
  | { what: 'floor' | 'put'; url: string; path: string; token?: string; body: string };
/** What so many operations cost: microseconds each. */
export interface Round {
  cpu: number;
  wall: number;
  p50: number;
  peakMB: number;
  /** CPU microseconds of the process beside, where there is one. */
  beside?: number;
}

type Operation = () => Promise<void>;
let count = 0;

async function handlerOperation({ file, event, bodies, statuses = [200] }: Extract<Work, { what: 'handler' }>): Promise<Operation> {
  const { handler } = (await import(file)) as {
    handler: (event: object, context: object) => Promise<{ statusCode: number; body: string }>;
  };
  const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 25_000 };
  return async () => {
    const requestContext = { ...event.requestContext, requestTimeEpoch: Date.now() };
    const turn = count++;
    const answer = await handler({ ...event, requestContext, body: bodies[turn % bodies.length] ?? null }, context);
    if (answer.statusCode !== statuses[turn % statuses.length])
      throw new Error(`the handler answered ${answer.statusCode}: ${answer.body.slice(0, 500)}`);
  };
}

function client({ url, path, token }: Extract<Work, { what: 'floor' | 'put' }>): (method: string, sent?: string) => Promise<string> {
  const module = url.startsWith('https:') ? https : http;
  const agent = new module.Agent({ keepAlive: true });
  const { hostname, port } = new URL(url);
  return (method, sent) =>
    new Promise((resolve, reject) => {
      const headers = {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(sent !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }),
      };
      const request = module.request({ hostname, port, path, method, agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(text);
          else reject(new Error(`${method} ${url}: ${response.statusCode} ${text.slice(0, 500)}`));
        });
      });
      request.on('error', reject);
      request.end(sent);
    });
}

/** GET, three JSON parses, one stringify, PUT; or a PUT alone with the resourceVersion that the last one answered. */
function clientOperation(work: Extract<Work, { what: 'floor' | 'put' }>): Operation {
  const send = client(work);
  let last: string | undefined;
  return async () => {
    const requested = JSON.parse(work.body);
    const live = JSON.parse(work.what === 'put' && last !== undefined ? last : await send('GET'));
    const ttl = requested.spec.ttlSecondsAfterFinished + (count++ % 2);
    live.spec.ttlSecondsAfterFinished = ttl;
    last = await send('PUT', JSON.stringify(live));
    if (JSON.parse(last).spec.ttlSecondsAfterFinished !== ttl) throw new Error('the change was lost');
  };
}

async function round(operation: Operation, times: number): Promise<Round> {
  globalThis.gc?.();
  const walls: number[] = [];
  const cpu = process.cpuUsage();
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await operation();
    walls.push((performance.now() - began) * 1000);
  }
  const { user, system } = process.cpuUsage(cpu);
  const wall = walls.reduce((sum, one) => sum + one, 0) / times;
  const p50 = walls.sort((a, b) => a - b)[times >> 1] ?? 0;
  return { cpu: (user + system) / times, wall, p50, peakMB: process.resourceUsage().maxRSS / 1024 };
}

/** As many operations under a profiler of V8's; its own result. */
async function profiled(operation: Operation, times: number, what: 'cpu' | 'heap'): Promise<object> {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  if (what === 'heap') {
    const collected = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    await session.post('HeapProfiler.startSampling', { samplingInterval: 8192, ...collected });
  } else {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: 200 });
    await session.post('Profiler.start');
  }
  for (let i = 0; i < times; i++) await operation();
  return what === 'heap' ? session.post('HeapProfiler.stopSampling') : session.post('Profiler.stop');
}

let operation: Promise<Operation>;
process.on('message', (message: { work: Work } | { times: number; profile?: 'cpu' | 'heap' }) => {
  if ('work' in message) {
    const { work } = message;
    operation = work.what === 'handler' ? handlerOperation(work) : Promise.resolve(clientOperation(work));
  } else {
    operation
      .then((one): Promise<object> => (message.profile ? profiled(one, message.times, message.profile) : round(one, message.times)))
      .then(
        (done) => process.send?.(done),
        (error: Error) => process.send?.({ error: error.message }),
      );
  }
});
process.on('disconnect', () => process.exit(0));
