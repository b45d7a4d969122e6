/** Item 9: processes that were born together read the secret together, as long as they live. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials } from '../../../lib/cci/credentials/credentials.ts';
import type { Gateway } from '../gateway.ts';
import { Secrets } from '../secrets.ts';
import { simulate } from '../simulation.ts';
import type { Figures, Part } from './part.ts';

type Contexts = typeof import('../../../lib/runtime/request-context.ts');

const minutes = 30;
const [bornWithin, pause] = [5000, 1000];

/** Processes that are born within five seconds and ask for credentials every second on average. */
export async function refreshes(seed: number, gateway: Gateway, processes: number): Promise<Figures> {
  // Each by its name of today, or by that in the checkout that `before` is measured of.
  const load = <T>(...paths: string[]) => gateway.load<T>(paths.find((path) => existsSync(join(gateway.root, path))) as string);
  const { createCredentials } = await load<typeof import('../../../lib/cci/credentials/credentials.ts')>(
    'lib/cci/credentials/credentials.ts',
    'lib/cci/credentials.ts',
  );
  const contexts = await load<Partial<Contexts> & { createTrace?: Contexts['createRequestContext'] }>(
    'lib/runtime/request-context.ts',
    'lib/cci/trace.ts',
  );
  const createContext = (contexts.createRequestContext ?? contexts.createTrace) as Contexts['createRequestContext'];
  return simulate(seed, async (simulation) => {
    const { clock, random } = simulation;
    const secrets = new Secrets(simulation);
    const client = { send: (command: { input: object }) => secrets.send(command) } as Parameters<typeof createCredentials>[1];
    const live = async () => {
      await clock.wait(random.next() * bornWithin);
      const credentials: Credentials = createCredentials({ SecretId: 'secret' }, client);
      while (clock.elapsed < minutes * 60_000) {
        const context = createContext(clock.now + 24_000, () => undefined);
        await credentials.use(context, async () => accepted);
        await Promise.allSettled(context.pending);
        await clock.wait(random.exponential(pause));
      }
    };
    await Promise.all(Array.from({ length: processes }, live));
    const perSecond = new Map<number, number>();
    for (const at of secrets.calls) perSecond.set(Math.floor(at / 1000), (perSecond.get(Math.floor(at / 1000)) ?? 0) + 1);
    const peak = (from: number, to: number) =>
      Math.max(...[...perSecond].filter(([second]) => second >= from && second < to).map(([, calls]) => calls));
    return {
      birth: peak(0, 60),
      first: peak(60, 600),
      last: peak((minutes - 10) * 60, minutes * 60),
      perMinute: secrets.calls.length / minutes,
    };
  });
}

const accepted = {
  status: 200,
  body: Buffer.alloc(0),
  verdict: undefined,
  retry: false,
  retryAfter: 0,
  outcomeUnknown: false,
  accepted: true,
};
export const part: Part = {
  title: 'Reads of the secret',
  method: `Processes that are born within five seconds and are busy for ${minutes} minutes. Secrets Manager takes 10,000 reads a second.`,
  tables: [
    {
      columns: [
        { key: 'birth', title: 'peak a second at birth' },
        { key: 'first', title: 'in the first ten minutes after' },
        { key: 'last', title: 'in the last ten' },
        { key: 'perMinute', title: 'reads a minute' },
      ],
    },
  ],
  cases: [100, 500].map((processes) => ({
    title: `${processes.toLocaleString('en-US')} processes`,
    run: (seed, gateway) => refreshes(seed, gateway, processes),
  })),
};
