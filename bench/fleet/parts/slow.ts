/** Item 4: a CCI that is healthy, but slow: what gives up early must not break it. */
import { arrive } from '../callers.ts';
import { createFleet } from '../fleet.ts';
import type { Gateway } from '../gateway.ts';
import { simulate } from '../simulation.ts';
import { requestOf } from './outage.ts';
import { type Case, type Figures, median, type Part, share } from './part.ts';

const minutes = 3;
const perSecond = 10;

/** Requests to a CCI whose reads and writes take this long (median, milliseconds), one of a hundred more than twice. */
export function slow(seed: number, gateway: Gateway, ms: number): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const { clock } = simulation;
    const fleet = createFleet(simulation, gateway, { cci: { get: ms, put: ms, spread: 0.35 } });
    const answers: { status: number; took: number; method: string }[] = [];
    await arrive(simulation, perSecond, minutes * 60_000, async () => {
      const [request] = requestOf(simulation, { mode: 'hang', perSecond });
      const began = clock.now;
      const { status } = await fleet.door.send(request);
      answers.push({ status, took: clock.now - began, method: request.method });
    });
    const of = (...methods: string[]) => answers.filter(({ method }) => methods.includes(method));
    const failed = ({ status }: { status: number }) => status !== 200;
    return {
      failed: share(answers, failed),
      failedPut: share(of('PUT'), failed),
      failedPatch: share(of('PATCH'), failed),
      failedGet: share(of('GET'), failed),
      s504: share(answers, ({ status }) => status === 504),
      took: median(answers.map(({ took }) => took)) / 1000,
      calls: fleet.cci.counts.calls / answers.length,
      peak: fleet.account.usage.peak,
    };
  });
}

export const part: Part = {
  title: 'A slow but healthy CCI',
  method: `${perSecond} requests/s for ${minutes} minutes, nobody sends again. Reads and writes have this median, log-normal: one in a hundred takes 2.3 times as long.`,
  meaning: 'What gives up early on a CCI that hangs must not give up on one that is only slow.',
  tables: [
    {
      columns: [
        { key: 'failedPut', title: 'replaces that fail', unit: '%' },
        { key: 'failedPatch', title: 'patches', unit: '%' },
        { key: 'failedGet', title: 'reads', unit: '%' },
        { key: 's504', title: '504 of all', unit: '%' },
        { key: 'took', title: 'median', unit: 's' },
        { key: 'calls', title: 'calls a request' },
        { key: 'peak', title: 'peak concurrency' },
      ],
    },
  ],
  cases: [1000, 2000, 2900, 4000, 6000].map(
    (ms): Case => ({ title: `${ms / 1000} s a call`, run: (seed, gateway) => slow(seed, gateway, ms) }),
  ),
};
