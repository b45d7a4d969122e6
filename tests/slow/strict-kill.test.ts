import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { AwsFault } from '../../local/aws/aws.ts';
import { documentedJob } from '../../local/cci/simulator.ts';
import { somebodysArn } from '../fakes/user.ts';
import { type Door, messageOf, now, recordOf, useEvents } from '../scenarios/events/harness.ts';
import { startUpstream } from '../scenarios/gateway-upstream.ts';
import type { Invocation } from './strict-kill-run.ts';

useEvents({ env: { POWERTOOLS_LOG_LEVEL: 'SILENT', AUDIT: 'strict', AUDIT_STREAM: 'the-audit-stream' } });

const namespace = 'kube-test';
const together = 6;
const rounds = 40;
let named = 0;

/** Jobs of its own for each round, so that a job's every version after its first is a write of that round. */
async function newJobs(): Promise<string[]> {
  const job = await documentedJob();
  return Array.from({ length: together }, () => {
    named += 1;
    const name = `job-${named}`;
    now.simulator.put({ ...job, metadata: { ...job.metadata, name, uid: `uid-${named}` } });
    return name;
  });
}

function http(name: string, index: number): Invocation {
  const method = index % 2 === 0 ? 'PATCH' : 'PUT';
  const job = JSON.parse(now.simulator.text('tfjobs', namespace, name) as string);
  const { resourceVersion: _, ...metadata } = job.metadata;
  const replaced = { ...job, metadata, spec: { ...job.spec, ttlSecondsAfterFinished: 60 } };
  const body = method === 'PATCH' ? { spec: { ttlSecondsAfterFinished: 60 } } : replaced;
  const event = {
    resource: '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}',
    path: `/apis/kubeflow.org/v1/namespaces/${namespace}/tfjobs/${name}`,
    httpMethod: method,
    headers: { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json' },
    queryStringParameters: null,
    pathParameters: { namespace, plural: 'tfjobs', name },
    requestContext: { httpMethod: method, requestId: randomUUID(), identity: { userArn: somebodysArn }, requestTimeEpoch: Date.now() },
    body: JSON.stringify(body),
  };
  return { bundle: method === 'PATCH' ? 'patch-job' : 'replace-job', event };
}
const byEvent = (door: Door) => (name: string) => {
  const detail = { version: '1', id: `event-${name}`, kind: 'TFJob', namespace, name, patch: { spec: { ttlSecondsAfterFinished: 60 } } };
  return { bundle: 'job-event', event: { Records: [recordOf(messageOf(door, detail, { received: 1, firstReceivedAt: Date.now() }))] } };
};

/** Starts the built functions in a process of their own, which is killed when this is disposed of. */
async function start(): Promise<ChildProcess & AsyncDisposable> {
  const child = fork(new URL('./strict-kill-run.ts', import.meta.url), ['replace-job', 'patch-job', 'job-event'], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return Object.assign(child, { [Symbol.asyncDispose]: kill });
}

/** The jobs whose events of a stage the stream has. */
function told(stage: string): Set<string> {
  const events = now.aws.records.map(({ text }) => JSON.parse(text));
  return new Set(events.filter((event) => event.stage === stage).map(({ objectRef }) => objectRef.name));
}
const written = (names: string[]): string[] => names.filter((name) => now.simulator.history('tfjobs', namespace, name).length > 1);

describe.each<[string, (name: string, index: number) => Invocation]>([
  ['HTTP', http],
  ['the bus', byEvent('bus')],
  ['the FIFO queue', byEvent('fifo')],
])('with a strict audit trail, where a process that writes by %s is killed', (_door, invocation) => {
  const run = async (until: (names: string[], ended: Promise<unknown>) => Promise<unknown>) => {
    const names = await newJobs();
    const early: string[] = [];
    const cci = await startUpstream(now.simulator.url);
    // Not only afterwards: when a write arrives, the stream must have had it.
    cci.answer = ({ method, url }) => {
      const name = url.split('?')[0]?.split('/').at(-1) as string;
      if (method !== 'GET' && !told('RequestReceived').has(name)) early.push(name);
      return 'hand on';
    };
    process.env.CCI_ENDPOINT = cci.url;
    try {
      await using child = await start();
      const ended = once(child, 'message');
      child.send(names.map(invocation));
      await until(names, ended);
    } finally {
      await cci.close();
    }
    // What was under way when the process died arrives all the same.
    await sleep(50);
    const received = told('RequestReceived');
    expect([early, written(names).filter((name) => !received.has(name))]).toEqual([[], []]);
    return { written: written(names).length, received: received.size, complete: told('ResponseComplete').size };
  };

  it(`at ${rounds} random points, no write is without its RequestReceived`, { timeout: 300_000 }, async () => {
    const startedAt: number[] = [];
    const whole = await run(async (_names, ended) => {
      startedAt.push(performance.now());
      await ended;
      startedAt.push(performance.now());
    });
    expect(whole).toEqual({ written: together, received: together, complete: together });
    const span = (startedAt[1] as number) - (startedAt[0] as number);
    const seen = { none: 0, some: 0, all: 0 };
    for (let round = 0; round < rounds; round++) {
      now.aws.clear();
      // A stream that takes its time: many of the points are then between the two calls.
      now.aws.fail({ operation: 'PutRecord', act: 'late', ms: Math.random() * 20, when: round % 2 === 0 ? 'after' : 'before', times: 99 });
      const after = await run(() => sleep(Math.random() * (span + 40)));
      if (after.written === 0) seen.none += 1;
      else if (after.complete < together) seen.some += 1;
      else seen.all += 1;
    }
    // The points were before, among and after the writes; otherwise this has shown little.
    expect(seen.none, JSON.stringify(seen)).toBeGreaterThan(0);
    expect(seen.some, JSON.stringify(seen)).toBeGreaterThan(0);
  });

  const waitFor = async (isThere: () => boolean): Promise<void> => {
    for (let waited = 0; !isThere() && waited < 10_000; waited += 5) await sleep(5);
    expect(isThere()).toBe(true);
  };

  it.each<[string, AwsFault, number]>([
    ['before the stream has it', { act: 'hang' }, 0],
    ['when the stream has it and has not acknowledged', { act: 'hang', when: 'after' }, together],
  ])('%s, nothing is written', async (_point, fault, received) => {
    now.aws.fail({ operation: 'PutRecord', times: 99, ...fault });
    const after = await run(() => waitFor(() => now.aws.asked.length >= together));
    expect(after).toEqual({ written: 0, received, complete: 0 });
  });

  it('when writes have arrived and are not answered, each has its RequestReceived', async () => {
    for (const method of ['PUT', 'PATCH']) now.simulator.inject({ method, act: 'hang', when: 'after', times: 99 });
    // Of patches in one trip the others wait until the first has proven the key.
    const most = together / 2 + 1;
    const after = await run((names) => waitFor(() => written(names).length >= most));
    expect(after).toMatchObject({ received: together, complete: 0 });
    expect(after.written).toBeGreaterThanOrEqual(most);
  });
});
