import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { MemoryQueue } from '../queues/memory-queue.ts';
import { poll } from '../queues/poller.ts';
import { arns, type Door, http, messageOf, now, objectOf, results, useEvents } from '../scenarios/events/harness.ts';
import type { Loose } from '../scenarios/gateway.ts';

useEvents({ http: true });

const seed = Number(process.env.MANY_SEED ?? Math.floor(Math.random() * 2 ** 31));
const mostJobs = 50;
const eventsEach = 10;
const callsEach = 4;
const merge = 'application/merge-patch+json';
const jsonPatch = 'application/json-patch+json';
/** The jobs of one door, from 1. */
let nameOf = (job: number) => String(job);
const pathOf = (job: number) => `/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/${nameOf(job)}`;

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function seeded(from: number): () => number {
  let state = from | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The nth event of a job. On the bus, which keeps no order, it carries its number. Each says all that events govern here. */
function eventOf(door: Door, job: number, nth: number): Record<string, unknown> {
  const patch = { metadata: { annotations: { 'example.com/event': String(nth) } }, spec: { ttlSecondsAfterFinished: nth } };
  const detail = { version: '1', id: `${door}-${job}-${nth}`, kind: 'TFJob', namespace: 'kube-test', name: nameOf(job), patch };
  return door === 'bus' ? { ...detail, sequence: nth } : detail;
}

/** An HTTP caller who changes other fields of one job, one call after another, each until it is answered 200. Returns how often it asked. */
async function caller(job: number, random: () => number): Promise<number> {
  let asked = 0;
  const patches = [
    (value: string) =>
      http('PATCH', { metadata: { labels: { caller: value } }, spec: { activeDeadlineSeconds: Number(value) } }, merge, pathOf(job)),
    (value: string) =>
      http(
        'PATCH',
        [
          { op: 'add', path: '/metadata/labels/caller', value },
          { op: 'add', path: '/spec/activeDeadlineSeconds', value: Number(value) },
        ],
        jsonPatch,
        pathOf(job),
      ),
    async (value: string) => {
      // A replacement of what was read a moment ago: its resourceVersion keeps it from undoing an event.
      const read = await http('GET', undefined, '', pathOf(job));
      if (read.kind === 'Status') return read;
      read.metadata.labels.caller = value;
      read.spec.activeDeadlineSeconds = Number(value);
      return http('PUT', read, 'application/json', pathOf(job));
    },
  ];
  for (let nth = 1; nth <= callsEach; nth++) {
    for (let answer: Loose; answer?.kind !== 'TFJob'; asked++) {
      await sleep(random() * 200);
      answer = await patches[Math.floor(random() * patches.length)]?.(String(nth));
    }
  }
  return asked;
}

/** The values that something had one after another in the versions of a job, absent ones left out. */
function changesOf(job: number, read: (version: Loose) => unknown): unknown[] {
  const all = now.simulator.history('tfjobs', 'kube-test', nameOf(job)).map((text) => read(JSON.parse(text)));
  return all.filter((value, index) => value !== undefined && value !== all[index - 1]);
}
const upTo = (most: number) => Array.from({ length: most }, (_, index) => index + 1);
const jobs = upTo(mostJobs);

/** The producers of all jobs send at once, each in its own order, to a queue on which acknowledgements get lost. */
async function sendAll(door: Door, random: () => number): Promise<{ queue: MemoryQueue; deadLetters: MemoryQueue }> {
  const deadLetters = new MemoryQueue({ arn: `${arns[door]}-dead${door === 'fifo' ? '.fifo' : ''}` });
  const queue = new MemoryQueue({ arn: arns[door], random, lost: 0.1, maxReceiveCount: 50, deadLetters });
  for (const nth of upTo(eventsEach)) {
    for (const job of jobs) {
      const { body, group } = messageOf(door, eventOf(door, job, nth));
      await queue.send({ body, groupId: group, deduplicationId: `${job}-${nth}` });
    }
  }
  return { queue, deadLetters };
}

/** The numbers of a job's events whose effect its history shows, in order. */
const effectsOf = (job: number) => changesOf(job, ({ metadata }) => metadata.annotations?.['example.com/event']).map(Number);
const countsOf = (texts: string[]) =>
  Object.entries(Object.groupBy(texts, (text) => text))
    .map(([text, all]) => `${text} ${all?.length}`)
    .join(', ');

/** Each effect once and in its order, and every event answered as it ended. On the bus those that came too late have no effect. */
function checkEvents(door: Door, job: number): void {
  const effects = effectsOf(job);
  expect(effects).toEqual(door === 'fifo' ? upTo(eventsEach) : [...new Set(effects)].sort((a, b) => a - b));
  const { annotations } = (now.simulator.get('tfjobs', 'kube-test', nameOf(job)) as Loose).metadata;
  const { ids } = JSON.parse(annotations['tfjob-gateway/applied-events']);
  expect([ids.length, new Set(ids).size]).toEqual([effects.length, effects.length]);
  const answers = results();
  for (const nth of upTo(eventsEach)) {
    const said = answers.filter(({ id }) => id === `${door}-${job}-${nth}`).map(({ outcome }) => outcome);
    expect([nth, new Set(said)]).toEqual([nth, new Set([effects.includes(nth) ? 'Succeeded' : 'Superseded'])]);
  }
}

/** The state is that of the last event and of the last call, and each call had its effect once. */
function checkState(job: number): void {
  const { metadata, spec } = now.simulator.get('tfjobs', 'kube-test', nameOf(job)) as Loose;
  const state = [metadata.annotations['example.com/event'], spec.ttlSecondsAfterFinished, metadata.labels, spec.activeDeadlineSeconds];
  expect([job, ...state]).toEqual([job, String(eventsEach), eventsEach, { app: 'test', caller: String(callsEach) }, callsEach]);
  expect(changesOf(job, (version) => version.metadata.labels.caller)).toEqual(upTo(callsEach).map(String));
}

describe('500 events for 50 jobs with 5 % upstream faults and 10 % redeliveries, beside HTTP callers', () => {
  it.each<Door>(['fifo', 'bus'])(
    'by %s leave each job as its last event and its last HTTP call made it',
    { timeout: 240_000 },
    async (door) => {
      const random = seeded(seed);
      nameOf = (job) => `${door}-${job}`;
      for (const job of jobs) {
        now.simulator.put(
          objectOf((one) => Object.assign(one.metadata, { name: nameOf(job), uid: `uid-${job}`, labels: { app: 'test' } })),
        );
      }
      const { queue, deadLetters } = await sendAll(door, random);
      const faultsBefore = { ...now.simulator.misbehaved };
      now.simulator.chaos({ dropBefore: 0.0125, dropAfter: 0.0125, unavailable: 0.0125, throttled: 0.0125, seed });
      now.aws.fail({ operation: 'PutEvents', act: 'entry', times: 10 });
      const began = performance.now();
      const mapping = { handler: now.handler, batchSize: () => 1 + Math.floor(random() * 10), concurrency: 5, timeout: 60_000 };
      const [polled, asked] = await Promise.all([poll(queue, mapping), Promise.all(jobs.map((job) => caller(job, random)))]);

      const faults = Object.entries(now.simulator.misbehaved).map(([what, count]) => `${what} ${count - (faultsBefore[what] ?? 0)}`);
      process.stdout.write(
        `${door}: 500 events, ${polled.deliveries} deliveries in ${polled.invocations} batches, ${polled.returned} returned, ` +
          `${jobs.flatMap(effectsOf).length} effects; results: ${countsOf(results().map(({ outcome }) => outcome))}; ` +
          `HTTP: ${jobs.length * callsEach} changes in ${asked.reduce((sum, one) => sum + one)} calls; ` +
          `CCI: ${now.simulator.requests.length} requests, ${faults.join(', ')}; ${((performance.now() - began) / 1000).toFixed(1)} s, seed ${seed}\n`,
      );
      expect(polled.failed).toBe(0);
      expect(polled.deliveries).toBeGreaterThan(500);
      expect([queue.waiting, deadLetters.waiting, now.aws.messages]).toEqual([[], [], []]);
      for (const job of jobs) {
        checkState(job);
        checkEvents(door, job);
      }
    },
  );
});
