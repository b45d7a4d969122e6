/** What leak.ts starts: serves rounds of requests in one process and measures itself after each. */
import { randomUUID } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { putForward } from './clock.ts';
import { type HttpCall, invoke } from './invoke.ts';

/** A round that the parent asks for; the clock goes forward before it. */
export interface Round {
  forward: number;
  from: number;
  count: number;
  inFlight: number;
  /** The documented job; `jobs` copies of it are stored, job-0 and so on. */
  job: { metadata: Record<string, unknown>; spec: Record<string, unknown> };
  jobs: number;
}
/** What came of it: how many requests had each answer, and what this process holds now. */
export interface Measure {
  answers: Record<string, number>;
  heapUsed: number;
  external: number;
  /** At the end of the round, and when those that nobody uses had time to close. */
  sockets: number;
  socketsLater: number;
}

const collection = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs';
const merge = 'application/merge-patch+json';

/** The requests of an ordinary hour: reads, changes in every form, and every kind of refusal. */
function callOf(index: number, { job, jobs }: Round): HttpCall {
  const name = `job-${index % jobs}`;
  const path = `${collection}/${name}`;
  const annotations = { 'example.com/request': randomUUID() };
  const { resourceVersion: _, ...metadata } = job.metadata;
  const replaced = (more: object = {}) => ({ ...job, metadata: { ...metadata, name, annotations }, ...more });
  const put = (body: object | string, contentType?: string): HttpCall => ({
    method: 'PUT',
    path,
    body,
    ...(contentType && { contentType }),
  });
  const patch = (body: object, contentType = merge): HttpCall => ({ method: 'PATCH', path, body, contentType });
  const calls: (() => HttpCall)[] = [
    () => ({ method: 'GET', path }),
    () => put(replaced()),
    () => patch({ metadata: { annotations } }),
    () => ({ method: 'GET', path }),
    () => put(replaced()),
    () => patch({ metadata: { annotations } }),
    () => ({ method: 'GET', path, query: { pretty: 'true' } }),
    () => patch([{ op: 'add', path: '/metadata/annotations', value: annotations }], 'application/json-patch+json'),
    () => ({ ...patch({ metadata: { annotations } }), query: { fieldValidation: 'Strict' } }),
    () => ({ method: 'GET', path: collection, query: { limit: '3' } }),
    () => put(`{"metadata":{"name":${JSON.stringify(name)}`),
    () => put(replaced({ spec: { ...job.spec, backoffLimit: index } })),
    () => patch({ spec: { cleanPodPolicy: `Some${index}` } }),
    () => put(replaced({ metadata: { ...job.metadata, name, resourceVersion: '1' } })),
    () => ({ method: 'GET', path: `${collection}/nothing-${index}` }),
    () => put(replaced(), 'text/plain'),
  ];
  return (calls[index % calls.length] as () => HttpCall)();
}

let sockets = 0;
// Idle sockets are not among the active resources of a process, so they are counted from their first day.
subscribe('net.client.socket', (message) => {
  sockets += 1;
  (message as { socket: Socket }).socket.once('close', () => {
    sockets -= 1;
  });
});

process.on('message', async (round: Round) => {
  putForward(round.forward);
  const answers: Record<string, number> = {};
  let next = round.from;
  const work = async () => {
    while (next < round.from + round.count) {
      const { status, error } = await invoke(callOf(next++, round));
      const answer = String(status ?? error);
      answers[answer] = (answers[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: round.inFlight }, work));
  const atEnd = sockets;
  // The upstream closes what idles for five seconds, and a little more.
  await sleep(8000);
  for (let times = 0; times < 3; times++) globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const measure: Measure = { answers, heapUsed, external, sockets: atEnd, socketsLater: sockets };
  process.send?.(measure);
});
process.on('disconnect', () => process.exit(0));
