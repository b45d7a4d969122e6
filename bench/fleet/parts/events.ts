/** Item 1: a flood of events while CCI throttles, and deliveries that Lambda throttles. */
import { createEventFleet, eventFor } from '../event-fleet.ts';
import type { Gateway } from '../gateway.ts';
import { simulate } from '../simulation.ts';
import { type Case, type Figures, median, type Part, sum } from './part.ts';

const jobs = 5000;
const minute = 60_000;

/** A backlog of events, as fast as CCI takes them. */
export interface Flood {
  events: number;
  /** Default: as it is deployed. */
  concurrency?: number;
  /** Calls per second that CCI takes. */
  rate: number;
  isFifo: boolean;
}

/** Drains the backlog. */
export function flood(seed: number, gateway: Gateway, { events, concurrency, rate, isFifo }: Flood): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const fleet = createEventFleet(simulation, gateway, { isFifo, cci: { rate }, events: concurrency ? { concurrency } : {} });
    for (let i = 0; i < events; i++) fleet.queue.send(...eventFor(`job-${simulation.random.below(jobs)}`, `event-${i}`, i));
    await fleet.queue.drain();
    return figures(fleet);
  });
}

/** For twelve minutes nine of ten deliveries find no process, since others use up the account; then CCI answers 503 for a minute and a half. */
function throttledByLambda(seed: number, gateway: Gateway): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const { clock, random } = simulation;
    const fleet = createEventFleet(simulation, gateway, { isFifo: false });
    const at = (minutes: number, act: () => void) => clock.after(minutes * minute, act);
    at(1, () => {
      fleet.queue.throttledShare = 0.9;
    });
    at(13, () => {
      fleet.queue.throttledShare = 0;
    });
    at(13, () => {
      fleet.cci.mode = '503';
    });
    at(14.5, () => {
      fleet.cci.mode = 'up';
    });
    for (let i = 0; clock.elapsed < 15 * minute; i++) {
      await clock.wait(random.exponential(200));
      fleet.queue.send(...eventFor(`job-${random.below(jobs)}`, `event-${i}`, i));
    }
    await fleet.queue.drain();
    return figures(fleet);
  });
}

function figures({ queue: { messages }, dead, cci, results }: ReturnType<typeof createEventFleet>): Figures {
  const redriven = messages.filter(({ isRedriven }) => isRedriven).length;
  return {
    dead: dead.length + redriven,
    dead429: dead.filter(({ code }) => code === 429).length,
    redriven,
    applied: results.Succeeded ?? 0,
    drained: messages.reduce((latest, { leftAt }) => Math.max(latest, leftAt), 0) / 1000,
    wait: median(messages.map(({ leftAt, sentAt }) => leftAt - sentAt)) / 1000,
    deliveries: sum(messages.map(({ received }) => received)) / messages.length,
    throttled: cci.counts.throttled / cci.counts.calls,
  };
}

const doors = [false, true].flatMap((isFifo): Case[] => {
  const door = isFifo ? 'FIFO' : 'standard';
  const name = (events: number, concurrency: number, rate: number) =>
    `${door}: ${events.toLocaleString('en-US')} events, concurrency ${concurrency}, CCI takes ${rate} calls/s`;
  return [
    {
      title: name(20_000, 5, 50),
      seeds: 3,
      run: (seed: number, gateway: Gateway) => flood(seed, gateway, { events: 20_000, concurrency: 5, rate: 50, isFifo }),
    },
    {
      title: name(100_000, 50, 100),
      seeds: 1,
      run: (seed: number, gateway: Gateway) => flood(seed, gateway, { events: 100_000, concurrency: 50, rate: 100, isFifo }),
    },
  ];
});

export const part: Part = {
  title: 'Events while CCI throttles',
  method:
    'A backlog over 5,000 jobs that is drained as fast as CCI takes it: nothing is wrong but that CCI answers 429 above its rate, so every dead letter is one by throttling. In the last case nothing throttles but Lambda, for twelve minutes of 5 events/s, before a 503 of a minute and a half.',
  meaning: 'An event that waits for its turn has not failed, however often it waits, and is no dead letter.',
  tables: [
    {
      columns: [
        { key: 'dead', title: 'dead letters' },
        { key: 'dead429', title: 'of them for a 429' },
        { key: 'redriven', title: 'by the queue' },
        { key: 'drained', title: 'drained after', unit: 's' },
        { key: 'deliveries', title: 'deliveries a message' },
        { key: 'throttled', title: 'calls throttled', unit: '%' },
      ],
    },
  ],
  cases: [...doors, { title: 'standard: Lambda throttles nine of ten deliveries, then 503', run: throttledByLambda }],
};
