/** Items 4 and 6: CCI hangs, or answers 503, for ten minutes. */
import type { Answer, Request } from '../api-gateway.ts';
import { arrive, type CallerKind, call, everyKind } from '../callers.ts';
import type { Cci } from '../cci.ts';
import { createFleet, type Fleet, patch, read, replace } from '../fleet.ts';
import type { Gateway } from '../gateway.ts';
import { type Simulation, simulate } from '../simulation.ts';
import { type Figures, type Part, share } from './part.ts';

const minute = 60_000;
const [begins, ends, over] = [minute, 11 * minute, 13 * minute];
const jobs = 5000;
/** AWS's prices in us-east-1: a GB-second on arm64, an invocation, a request of a REST API. */
const prices = { gigabyteSecond: 0.0000133334, invocation: 0.2e-6, request: 3.5e-6 };

type Kind = 'PUT' | 'PATCH' | 'GET';
interface Tried {
  at: number;
  kind: Kind;
  answer: Answer;
}
export interface Outage {
  mode: Exclude<Cci['mode'], 'up'>;
  perSecond: number;
  callers?: CallerKind[];
  /** Shares of replaces and of patches; the rest reads. */
  mix?: { PUT: number; PATCH: number };
}

/** One outage at so many callers a second. */
export function outage(seed: number, gateway: Gateway, options: Outage): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const { clock } = simulation;
    // CCI could do five times what is asked of it.
    const fleet = createFleet(simulation, gateway, { cci: { rate: 8 * options.perSecond } });
    const tried: Tried[] = [];
    const callers: { at: number; ok: boolean }[] = [];
    clock.after(begins, () => {
      fleet.cci.mode = options.mode;
    });
    clock.after(ends, () => {
      fleet.cci.mode = 'up';
    });
    const usage = usageOf(simulation, fleet);
    await arrive(simulation, options.perSecond, over, async () => {
      const at = clock.elapsed;
      const [request, kind] = requestOf(simulation, options);
      const { last } = await call(simulation, kind, async () => {
        const sent = clock.elapsed;
        const answer = await fleet.door.send(request);
        tried.push({ at: sent, kind: request.method, answer });
        return answer;
      });
      callers.push({ at, ok: last.status === 200 });
    });
    return figures(tried, callers, await usage);
  });
}

/** A request of the mix, and who sends it. */
export function requestOf({ random }: Simulation, options: Outage): [Request, CallerKind] {
  const { mix = { PUT: 0.6, PATCH: 0.2 }, callers = everyKind } = options;
  const name = `job-${random.below(jobs)}`;
  const [chance, ttl] = [random.next(), random.below(1e6)];
  const request = chance < mix.PUT ? replace(name, ttl) : chance < mix.PUT + mix.PATCH ? patch(name, ttl) : read(name);
  return [request, callers[random.below(callers.length)] as CallerKind];
}

/** What the account used before and in the outage, and how many calls CCI got. */
async function usageOf({ clock }: Simulation, { account, cci }: Fleet) {
  await clock.wait(begins / 2);
  const normal = account.count();
  await clock.wait(begins / 2);
  const out = account.count();
  const calls = [cci.counts.calls];
  for (const wait of [30_000, ends - begins - 30_000]) {
    await clock.wait(wait);
    calls.push(cci.counts.calls);
  }
  account.count();
  return { normal, out, calls: calls as [number, number, number] };
}

function figures(tried: Tried[], callers: { at: number; ok: boolean }[], usage: Awaited<ReturnType<typeof usageOf>>): Figures {
  const during = tried.filter(({ at }) => at >= begins && at < ends);
  const within = (from: number, to: number) => callers.filter(({ at }) => at >= from && at < to);
  const asked = within(begins, ends);
  const [before, early, late] = usage.calls;
  const { out, normal } = usage;
  const reached = during.filter(({ answer }) => !answer.refused);
  const unknown = (kind: Kind) =>
    share(
      reached.filter((one) => one.kind === kind),
      ({ answer }) => answer.status === 504,
    );
  const answered = (...statuses: number[]) => share(during, ({ answer }) => statuses.includes(answer.status));
  const dollars = out.gigabyteSeconds * prices.gigabyteSecond + out.invocations * prices.invocation + during.length * prices.request;
  return {
    normal: normal.peak,
    peak: out.peak,
    dollars,
    throttledByLambda: out.throttled / during.length,
    ok: answered(200),
    s429: answered(429),
    s500: answered(500, 502),
    s503: answered(503),
    s504: answered(504),
    unknownPut: unknown('PUT'),
    unknownPatch: unknown('PATCH'),
    unknownGet: unknown('GET'),
    unknown: share(reached, ({ kind, answer }) => kind !== 'GET' && answer.status === 504),
    callsEarly: (early - before) / within(begins, begins + 30_000).length,
    calls: (late - before) / asked.length,
    okAfter: share(within(ends, ends + minute), ({ ok }) => ok),
  };
}

const cases: [string, Outage][] = [
  ['hangs, 50 requests/s', { mode: 'hang', perSecond: 50 }],
  ['hangs, 50 requests/s, nobody sends again', { mode: 'hang', perSecond: 50, callers: ['once'] }],
  ['503, 50 requests/s', { mode: '503', perSecond: 50 }],
  ['503, 40 requests/s, all kubectl', { mode: '503', perSecond: 40, callers: ['kubectl'] }],
];

export const part: Part = {
  title: 'CCI is away for ten minutes',
  method:
    'A minute of health, ten of outage and two of health; 60 % replaces, 20 % patches that need no read, 20 % reads, of 5,000 jobs; a third each of kubectl, API clients that try three times more, and SDKs that try twice more; the stage throttles at its default.',
  meaning:
    "An outage of CCI must stay CCI's: a process that waits for nothing costs concurrency, which the account's other functions share, and money. What may have been written is settled by a read, and where that fails too the answer is 504, which invites nobody to send again.",
  tables: [
    {
      title: 'What it takes of the account',
      columns: [
        { key: 'normal', title: 'concurrency before' },
        { key: 'peak', title: 'peak in it' },
        { key: 'dollars', title: 'cost', unit: '$' },
        { key: 'throttledByLambda', title: 'throttled by Lambda', unit: '%' },
        { key: 'okAfter', title: 'callers well served in the minute after', unit: '%' },
      ],
    },
    {
      title: 'How requests are answered in it',
      columns: [
        { key: 's429', title: '429', unit: '%' },
        { key: 's500', title: '500', unit: '%' },
        { key: 's503', title: '503', unit: '%' },
        { key: 's504', title: '504', unit: '%' },
      ],
    },
    {
      title: '504, of requests that reached a function, and calls to CCI',
      columns: [
        { key: 'unknownPut', title: 'of replaces', unit: '%' },
        { key: 'unknownPatch', title: 'of patches', unit: '%' },
        { key: 'unknown', title: 'writes, of all requests', unit: '%' },
        { key: 'callsEarly', title: 'calls a caller, first 30 s' },
        { key: 'calls', title: 'calls a caller' },
      ],
    },
  ],
  cases: cases.map(([title, options]) => ({ title, seeds: 3, run: (seed, gateway) => outage(seed, gateway, options) })),
};
