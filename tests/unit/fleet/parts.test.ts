import { expect, it } from 'vitest';
import { type Gateway, loadGateway } from '../../../bench/fleet/gateway.ts';
import { flood } from '../../../bench/fleet/parts/events.ts';
import { hotJob } from '../../../bench/fleet/parts/live-cache.ts';
import { noisy } from '../../../bench/fleet/parts/noisy.ts';
import type { Figures } from '../../../bench/fleet/parts/part.ts';
import { someOf } from '../../exhaustive.ts';

const small: Record<string, (seed: number, gateway: Gateway) => Promise<Figures>> = {
  'a FIFO queue': (seed, gateway) => flood(seed, gateway, { events: 60, concurrency: 5, rate: 30, isFifo: true }),
  'a flood of events': (seed, gateway) => flood(seed, gateway, { events: 60, concurrency: 5, rate: 30, isFifo: false }),
  'a hot job': (seed, gateway) => hotJob(seed, gateway, { writers: 3, processes: 3, pause: 2000, liveCache: 'on' }),
  'a noisy caller': (seed, gateway) => noisy(seed, gateway, { perSecond: 60, limit: undefined }),
};

it.each(someOf(Object.entries(small), 4))('%s comes out the same for the same seed, and otherwise for another', async (_, run) => {
  const gateway = await loadGateway(process.cwd());
  const [first, again, other] = [await run(7, gateway), await run(7, gateway), await run(8, gateway)];
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});
