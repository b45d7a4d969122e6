/** Item 5: the cache of live jobs, where a job is written through several processes, by one writer or many. */
import { eventOf } from '../api-gateway.ts';
import { createFleet, replace } from '../fleet.ts';
import type { Gateway } from '../gateway.ts';
import { simulate } from '../simulation.ts';
import { type Figures, type Part, share } from './part.ts';

/** A conflict costs each process a call once in half an hour. */
const minutes = 15;

export interface HotJob {
  writers: number;
  processes: number;
  /** Milliseconds between two writes of a writer, on average. */
  pause: number;
  liveCache: 'on' | 'off';
}

/** Writers that change one job, each after a pause, through any of the processes. */
export function hotJob(seed: number, gateway: Gateway, { writers, processes, pause, liveCache }: HotJob): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const { clock, random } = simulation;
    const fleet = createFleet(simulation, gateway, { liveCache, pick: 'random', deployment: { reservedConcurrency: undefined } });
    fleet.functions.PUT.warm(processes);
    const statuses: number[] = [];
    const write = async (writer: number) => {
      for (let i = 0; ; i++) {
        await clock.wait(random.exponential(pause));
        if (clock.elapsed > minutes * 60_000) return;
        const invoked = await fleet.functions.PUT.invoke(eventOf(replace('hot', writer * 100_000 + i)));
        statuses.push(typeof invoked === 'string' ? 0 : invoked.result.statusCode);
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    const good = statuses.filter((status) => status === 200).length;
    return {
      ok: share(statuses, (status) => status === 200),
      perSecond: good / (minutes * 60),
      calls: fleet.cci.counts.calls / good,
      conflicts: fleet.cci.counts.conflicts / statuses.length,
    };
  });
}

/** Both settings of the cache, so that they stand in one row. */
async function both(seed: number, gateway: Gateway, options: Omit<HotJob, 'liveCache'>): Promise<Figures> {
  const on = await hotJob(seed, gateway, { ...options, liveCache: 'on' });
  const off = await hotJob(seed, gateway, { ...options, liveCache: 'off' });
  return { ...on, off: off.calls as number, more: (on.calls as number) / (off.calls as number) - 1 };
}

const one = [1, 2, 3, 5, 10].map((processes) => ({ writers: 1, processes, pause: 5000 }));
const many = [2, 5, 10, 20].map((writers) => ({ writers, processes: writers, pause: 1000 }));
export const part: Part = {
  title: 'LIVE_CACHE on one job',
  method: `Writers replace one job for ${minutes} minutes, each 5 s (one writer) or 1 s (several) after its last answer on average, through any of so many processes.`,
  meaning: 'The cache saves the read before a write where one process writes a job alone, and must cost nothing where several do.',
  tables: [
    {
      columns: [
        { key: 'calls', title: 'calls a write, on' },
        { key: 'off', title: 'off' },
        { key: 'more', title: 'more by it', unit: '%' },
        { key: 'ok', title: 'well answered', unit: '%' },
        { key: 'perSecond', title: 'writes/s' },
      ],
    },
  ],
  cases: [...one, ...many].map((options) => ({
    title: `${options.writers === 1 ? 'one writer' : `${options.writers} writers`}, ${options.processes} processes`,
    run: (seed, gateway) => both(seed, gateway, options),
  })),
};
