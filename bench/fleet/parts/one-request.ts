/** Items 4 and 6: what one request of each kind costs while CCI is away. */
import { eventOf, type Request } from '../api-gateway.ts';
import type { Cci } from '../cci.ts';
import { createFleet, patch, read, replace } from '../fleet.ts';
import type { FunctionName, Gateway } from '../gateway.ts';
import { simulate } from '../simulation.ts';
import { type Case, type Figures, mean, type Part, share } from './part.ts';

const times = 20;
const kinds: { title: string; name: FunctionName; request: (ttl: number) => Request; isCached?: boolean }[] = [
  { title: 'a read', name: 'read-jobs', request: () => read('job') },
  { title: 'a replace', name: 'replace-job', request: (ttl) => replace('job', ttl) },
  { title: 'a replace of a cached job', name: 'replace-job', request: (ttl) => replace('job', ttl), isCached: true },
  { title: 'a patch that needs no read', name: 'patch-job', request: (ttl) => patch('job', ttl) },
];

/** Requests of a kind, each to a process of its own that has not failed yet. */
export function oneRequest(
  seed: number,
  gateway: Gateway,
  mode: Cci['mode'],
  { name, request, isCached }: (typeof kinds)[number],
): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const { clock } = simulation;
    const { cci, start } = createFleet(simulation, gateway);
    const answers: { status: number; calls: number; took: number; invites: boolean }[] = [];
    for (let i = 0; i < times; i++) {
      const handle = start(name);
      const send = (ttl: number) => {
        const until = clock.now + 25_000;
        return handle(eventOf(request(ttl)), { getRemainingTimeInMillis: () => until - clock.now });
      };
      // It has its credentials then, and what is asked for only if that is to be in its cache.
      await (isCached ? send(2 * i) : handle(eventOf({ ...request(2 * i), name: 'other' }), { getRemainingTimeInMillis: () => 25_000 }));
      const [calls, began] = [cci.counts.calls, clock.now];
      cci.mode = mode;
      const { statusCode, headers } = await send(2 * i + 1);
      cci.mode = 'up';
      answers.push({
        status: statusCode,
        calls: cci.counts.calls - calls,
        took: clock.now - began,
        invites: headers['Retry-After'] !== undefined,
      });
    }
    return {
      calls: mean(answers.map(({ calls }) => calls)),
      s503: share(answers, ({ status }) => status === 503),
      s504: share(answers, ({ status }) => status === 504),
      invites: share(answers, ({ invites }) => invites),
      took: mean(answers.map(({ took }) => took)) / 1000,
    };
  });
}

const modes: [Cci['mode'], string][] = [
  ['503', 'answers 503'],
  ['hang', 'hangs'],
];
export const part: Part = {
  title: 'One request while CCI is away',
  method: `${times} requests of each kind, each to a process that has not failed before.`,
  tables: [
    {
      columns: [
        { key: 'calls', title: 'calls to CCI' },
        { key: 's503', title: 'answered 503', unit: '%' },
        { key: 's504', title: 'answered 504', unit: '%' },
        { key: 'invites', title: 'with Retry-After', unit: '%' },
        { key: 'took', title: 'takes', unit: 's' },
      ],
    },
  ],
  cases: modes.flatMap(([mode, does]) =>
    kinds.map((kind): Case => ({ title: `CCI ${does}: ${kind.title}`, run: (seed, gateway) => oneRequest(seed, gateway, mode, kind) })),
  ),
};
