/** Item 3: an event that always fails, at the head of its job's others. */
import { createEventFleet, eventFor } from '../event-fleet.ts';
import type { Gateway } from '../gateway.ts';
import { simulate } from '../simulation.ts';
import type { Figures, Part } from './part.ts';

const minute = 60_000;
/** No other event sets it. */
const poisonTtl = 1_000_000_000;

export interface Poison {
  concurrency: number;
  /** In a row, of one job. */
  poisoned: number;
}

/** Other jobs keep all processes busy; of one job the first events fail whatever is done, and one more waits behind them. */
export function poison(seed: number, gateway: Gateway, { concurrency, poisoned }: Poison): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const { clock, random } = simulation;
    const fleet = createEventFleet(simulation, gateway, { isFifo: true, events: { concurrency } });
    fleet.cci.poison = poisonTtl;
    let isOver = false;
    // As many processes are alive as there may be: whoever comes again meets any of them.
    const handlers = fleet.handler.warm(concurrency);
    const keepBusy = async () => {
      for (let i = 0; !isOver; i++) {
        await clock.wait(random.exponential(60_000 / handlers.length));
        fleet.queue.send(...eventFor(`job-${random.below(200)}`, `event-${i}`, i));
      }
    };
    const busy = keepBusy();
    await clock.wait(minute);
    const bad = Array.from({ length: poisoned }, (_, i) => fleet.queue.send(...eventFor('broken', `poison-${i}`, poisonTtl)));
    const next = fleet.queue.send(...eventFor('broken', 'the next', 1));
    while (Number.isNaN(next.leftAt)) await clock.wait(1000);
    isOver = true;
    await busy;
    const waits = bad.map(({ leftAt }, i) => leftAt - (bad[i - 1]?.leftAt ?? bad[0]?.sentAt ?? 0));
    return {
      blocked: (next.leftAt - next.sentAt) / minute,
      each: Math.max(...waits) / minute,
      deliveries: Math.max(...bad.map(({ received }) => received)),
      dead: fleet.dead.length,
    };
  });
}

const cases = [1, 5].flatMap((poisoned) => [1, 5, 50].map((concurrency): Poison => ({ poisoned, concurrency })));
export const part: Part = {
  title: 'A FIFO queue behind an event that always fails',
  method:
    'CCI answers 500 whenever this event is tried. As many processes as the concurrency allows are kept busy by 200 other jobs, and each delivery meets any of them.',
  meaning: "In a FIFO queue a job's events wait for the one before them, until it is applied, refused or given up.",
  tables: [
    {
      columns: [
        { key: 'blocked', title: "until the job's next event is applied", unit: 'min' },
        { key: 'each', title: 'the longest of one', unit: 'min' },
        { key: 'deliveries', title: 'deliveries' },
        { key: 'dead', title: 'dead letters' },
      ],
    },
  ],
  cases: cases.map((one) => ({
    title: `${one.poisoned === 1 ? 'one event' : `${one.poisoned} in a row`}, concurrency ${one.concurrency}`,
    run: (seed, gateway) => poison(seed, gateway, one),
  })),
};
