import { describe, expect, it } from 'vitest';
import { decide } from '../../lib/job/decide.ts';
import { getPath, type Json, type JsonObject } from '../../lib/json/json.ts';
import { cci, cpuTime, job, ref } from '../unit/job/jobs.ts';

/** A job of so many bytes, by as many replicas like the documented worker. */
function largeJob(bytes: number): JsonObject {
  const replica = JSON.stringify(getPath(job(), ['spec', 'tfReplicaSpecs', 'Worker']));
  const names = Array.from({ length: Math.ceil(bytes / replica.length) }, (_, n) => `worker-${n}`);
  return job({ 'spec.tfReplicaSpecs': Object.fromEntries(names.map((name) => [name, JSON.parse(replica) as Json])) });
}

/** How many times the JSON.parse of a job its decision takes, both on the CPU alone: the median of rounds in turn. */
function ratioOf(live: JsonObject, calls: number): number {
  const text = JSON.stringify(live);
  const requested = JSON.parse(text.replace('"ttlSecondsAfterFinished":1000', '"ttlSecondsAfterFinished":500')) as JsonObject;
  const cost = (call: () => unknown): number =>
    cpuTime(() => {
      for (let i = 0; i < calls; i++) call();
    });
  expect(decide(cci, ref, live, requested).outcome).toBe('change');
  const ratios = Array.from({ length: 11 }, () => cost(() => decide(cci, ref, live, requested)) / cost(() => JSON.parse(text)));
  return ratios.sort((a, b) => a - b)[5] ?? Number.POSITIVE_INFINITY;
}

// The bars are 2 and 1.5, and `npm run bench` holds them on a quiet machine; here the margin is wide, so that a busy one does not fail.
describe('decide', () => {
  it.each([
    ['the documented job', job(), 500],
    ['a job of 1 MB', largeJob(1_000_000), 4],
  ])('takes little more time than the JSON.parse of %s', (title, live, calls) => {
    ratioOf(live, calls);
    const ratio = ratioOf(live, calls);
    process.stdout.write(`decide on ${title}: ${ratio.toFixed(2)} × its JSON.parse\n`);
    expect(ratio).toBeLessThan(4);
  });
});
