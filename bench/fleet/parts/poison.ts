/** Item 3: an event that always fails, at the head of its job's others. */
import { createEventFleet, type EventFleet, eventFor } from '../event-fleet.ts';
import type { Gateway } from '../gateway.ts';
import type { Message } from '../queue.ts';
import { simulate } from '../simulation.ts';
import { type Figures, median, type Part } from './part.ts';

const minute = 60_000;
/** Jobs to which it happens in one run. */
const trials = 10;
/** No other event sets it. */
const poisonTtl = 1_000_000_000;

export interface Poison {
  concurrency: number;
  /** In a row, of one job. */
  poisoned: number;
}

/** Other jobs keep all processes busy; of ten jobs the first events fail whatever is done, and one more waits behind them. */
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
    const blocked = Array.from({ length: trials }, (_, trial) => block(fleet, `broken-${trial}`, poisoned));
    while (blocked.some(({ next }) => Number.isNaN(next.leftAt))) await clock.wait(1000);
    isOver = true;
    await busy;
    const minutes = blocked.map(({ next }) => (next.leftAt - next.sentAt) / minute);
    const deliveries = blocked.flatMap(({ bad }) => bad.map(({ received }) => received));
    return {
      blocked: median(minutes),
      longest: Math.max(...minutes),
      deliveries: Math.max(...deliveries),
      dead: fleet.dead.length / trials,
    };
  });
}

/** Sends the events of one job: those that always fail, and one that would not. */
function block({ queue }: EventFleet, job: string, poisoned: number): { bad: Message[]; next: Message } {
  const bad = Array.from({ length: poisoned }, (_, i) => queue.send(...eventFor(job, `${job}-poison-${i}`, poisonTtl)));
  return { bad, next: queue.send(...eventFor(job, `${job}-next`, 1)) };
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
        { key: 'longest', title: 'the longest of ten jobs', unit: 'min' },
        { key: 'deliveries', title: 'deliveries at most' },
        { key: 'dead', title: 'dead letters a job' },
      ],
    },
  ],
  cases: cases.map((one) => ({
    title: `${one.poisoned === 1 ? 'one event' : `${one.poisoned} in a row`}, concurrency ${one.concurrency}`,
    run: (seed, gateway) => poison(seed, gateway, one),
  })),
};
