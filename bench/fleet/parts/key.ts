/** Item 2: the secret's current version holds a key that CCI refuses, until it is corrected. */
import { eventOf } from '../api-gateway.ts';
import { arrive } from '../callers.ts';
import { createFleet, type Fleet, replace } from '../fleet.ts';
import type { Gateway, Handler } from '../gateway.ts';
import { type Simulation, simulate } from '../simulation.ts';
import { type Figures, type Part, share } from './part.ts';

const minute = 60_000;
const [usuallyWrongFor, replacedAfter, lookedAt] = [6 * minute, 2 * minute, 7 * minute];
const warmUp = 5 * minute;

export interface WrongKey {
  processes: number;
  perSecond: number;
  /** All processes end two minutes after the wrong version is current. */
  replaced?: boolean;
  /** Milliseconds until the correction. */
  wrongFor?: number;
  /** Milliseconds that a process lives on average. */
  life?: number;
  /** The wrong version has an access key of its own, and not only another secret key. */
  otherKey?: boolean;
  /** The version before it is refused as well. */
  bothWrong?: boolean;
  /** Corrected by a new version; otherwise the one before is made current again. */
  byNewVersion?: boolean;
}
interface Asked {
  at: number;
  ok: boolean;
}

/** A fleet at work, and the wrong version from five minutes on. */
export function wrongKey(seed: number, gateway: Gateway, options: WrongKey): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const { clock, random } = simulation;
    const { processes, perSecond, life, wrongFor = usuallyWrongFor } = options;
    const fleet = createFleet(simulation, gateway, { pick: 'random', ...(life !== undefined && { life }) });
    const { PUT } = fleet.functions;
    prepareTokens(fleet, options);
    await warm(simulation, PUT.warm(processes));
    fleet.secrets.add('v2', 'wrong');
    if (options.bothWrong) Object.assign(fleet.cci.tokens.get('good') ?? {}, { right: false });
    const before = { ...fleet.cci.counts };
    clock.after(wrongFor, () => (options.byNewVersion ? fleet.secrets.add('v3', 'new') : fleet.secrets.goBack('v1')));
    if (options.replaced)
      clock.after(replacedAfter, () => {
        PUT.replace();
        PUT.warm(processes);
      });
    const asked: Asked[] = [];
    const end = clock.elapsed + wrongFor + lookedAt;
    await arrive(simulation, perSecond, end, async () => {
      const invoked = await PUT.invoke(eventOf(replace(`job-${random.below(5000)}`, random.below(1e6))));
      asked.push({ at: clock.elapsed, ok: typeof invoked !== 'string' && invoked.result.statusCode === 200 });
    });
    return figures(asked, { began: end - lookedAt - wrongFor, corrected: end - lookedAt }, fleet, before);
  });
}

function prepareTokens({ cci }: Fleet, { otherKey }: WrongKey): void {
  cci.tokens.set('wrong', { key: otherKey ? 'other AK' : 'AK', right: false });
  cci.tokens.set('new', { key: 'AK', right: true });
}

/** Each process has read the secret and used it at some time of the last five minutes. */
async function warm({ clock, random }: Simulation, handlers: Handler[]): Promise<void> {
  const one = async (handler: Handler) => {
    await clock.wait(random.next() * (warmUp - 10_000));
    await handler(eventOf(replace('warm', random.below(1e6))), { getRemainingTimeInMillis: () => 25_000 });
  };
  await Promise.all([clock.wait(warmUp), ...handlers.map(one)]);
}

type Times = { began: number; corrected: number };
function figures(asked: Asked[], { began, corrected }: Times, { cci, secrets }: Fleet, before: Fleet['cci']['counts']): Figures {
  const wrong = asked.filter(({ at }) => at < corrected);
  const failedAfter = asked.filter(({ at, ok }) => !ok && at >= corrected);
  return {
    failed: share(wrong, ({ ok }) => !ok),
    failures: cci.counts.failedAuthentications - before.failedAuthentications,
    locks: cci.counts.locks - before.locks,
    recovery: failedAfter.reduce((latest, { at }) => Math.max(latest, at - corrected), 0) / 1000,
    reads: secrets.calls.filter((at) => at > began).length / ((corrected + lookedAt - began) / minute),
  };
}

const replaced: WrongKey = { processes: 100, perSecond: 10, replaced: true };
const cases: [string, WrongKey][] = [
  ['100 processes, all replaced', replaced],
  ['100, all replaced, corrected by a new version', { ...replaced, byNewVersion: true }],
  ['100, all replaced, the wrong version has another access key', { ...replaced, otherKey: true }],
  ['100, all replaced, both versions wrong', { ...replaced, bothWrong: true, byNewVersion: true }],
  ['100, each lives ten minutes on average, wrong for ten', { processes: 100, perSecond: 10, life: 10 * minute, wrongFor: 10 * minute }],
  ['100, all warm', { processes: 100, perSecond: 10 }],
  ['1,000, all replaced', { processes: 1000, perSecond: 20, replaced: true }],
  ['1, warm', { processes: 1, perSecond: 5 }],
  ['1, warm, the wrong version has another access key', { processes: 1, perSecond: 5, otherKey: true }],
  ['1, replaced', { processes: 1, perSecond: 2, replaced: true }],
  ['1, replaced, both versions wrong', { processes: 1, perSecond: 2, replaced: true, bothWrong: true, byNewVersion: true }],
];

export const part: Part = {
  title: 'A wrong key',
  method:
    'A version that CCI refuses is current for six minutes; processes that are replaced end two minutes after it came. CCI locks an access key for five minutes after more than five failures in a row. Both versions have one access key and the correction makes the version before current again, unless it says otherwise.',
  meaning: 'A process that has a version which works goes on with it, and tries one that was refused again only where it has nothing else.',
  tables: [
    {
      columns: [
        { key: 'failed', title: 'requests that fail until the correction', unit: '%' },
        { key: 'failures', title: 'failed authentications' },
        { key: 'locks', title: 'locks' },
        { key: 'recovery', title: 'last failure after the correction', unit: 's' },
        { key: 'reads', title: 'reads of the secret a minute' },
      ],
    },
  ],
  cases: cases.map(([title, options]) => ({ title, run: (seed, gateway) => wrongKey(seed, gateway, options) })),
};
