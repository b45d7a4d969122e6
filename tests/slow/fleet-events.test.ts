import { expect, it } from 'vitest';
import { jobText } from '../../bench/fleet/cci.ts';
import { eventFor } from '../../bench/fleet/event-fleet.ts';
import { loadGateway } from '../../bench/fleet/gateway.ts';
import { flood } from '../../bench/fleet/parts/events.ts';
import { MemoryQueue } from '../queues/memory-queue.ts';
import { poll } from '../queues/poller.ts';
import { arns, now, results, useEvents } from '../scenarios/events/harness.ts';

useEvents();
const events = 20;

it('no event dies of a CCI that throttles, simulated', async () => {
  const { dead, applied, throttled } = await flood(1, await loadGateway(process.cwd()), { events, concurrency: 2, rate: 8, isFifo: false });
  expect({ dead, applied }).toEqual({ dead: 0, applied: events });
  expect(throttled).toBeGreaterThan(0.2);
});

it('no event dies of a CCI that throttles, by the built handler over the network', async () => {
  const queue = new MemoryQueue({ arn: arns.bus });
  for (let i = 0; i < events; i++) {
    now.simulator.put(jobText(`job-${i}`));
    await queue.send({ body: eventFor(`job-${i}`, `event-${i}`, i)[0] });
  }
  now.simulator.chaos({ throttled: 0.5, seed: 1 });
  await poll(queue, { handler: now.handler, batchSize: () => 10, concurrency: 2, timeout: 30_000 });
  expect(now.aws.messages).toEqual([]);
  expect(results().filter(({ outcome }) => outcome === 'Succeeded')).toHaveLength(events);
  expect(now.simulator.requests.filter(({ status }) => status === 429).length).toBeGreaterThan(events / 3);
});
