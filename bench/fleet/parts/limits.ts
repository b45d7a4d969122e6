/** Item 10: what one deployment takes as it is deployed by default, and what ends it. */
import type { Outgoing } from '../../../lib/cci/transport.ts';
import { eventOf } from '../api-gateway.ts';
import { arrive } from '../callers.ts';
import { jobText, namespace } from '../cci.ts';
import { createFleet } from '../fleet.ts';
import type { Gateway } from '../gateway.ts';
import { simulate } from '../simulation.ts';
import { flood } from './events.ts';
import { hotJob } from './live-cache.ts';
import { requestOf } from './outage.ts';
import { type Case, type Part, share } from './part.ts';

/** Of all requests are well answered, at the first try. */
const well = 0.99;

/** The highest whole number from `low` on, below `high`, that passes; what passes is assumed to do so up to a limit. */
async function highest(low: number, high: number, step: number, passes: (tried: number) => Promise<boolean>): Promise<number> {
  let [good, bad] = [low, high];
  while (bad - good > step) {
    const middle = Math.round((good + bad) / 2);
    if (await passes(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/** Requests per second that are well answered for three minutes. */
async function requests(seed: number, gateway: Gateway): Promise<number> {
  return highest(10, 200, 1, (perSecond) =>
    simulate(seed, async (simulation) => {
      const { door } = createFleet(simulation, gateway);
      const answers: number[] = [];
      await arrive(simulation, perSecond, 180_000, async () => {
        const [request] = requestOf(simulation, { mode: 'hang', perSecond });
        answers.push((await door.send(request)).status);
      });
      return share(answers, (status) => status === 200) >= well;
    }),
  );
}

/** Writes per second on one job, by as many writers as all are well answered. */
async function writes(seed: number, gateway: Gateway): Promise<number> {
  let most = 0;
  for (const writers of [1, 2, 3, 5, 10]) {
    const { ok, perSecond } = await hotJob(seed, gateway, { writers, processes: writers, pause: 1, liveCache: 'on' });
    if ((ok as number) >= well) most = Math.max(most, perSecond as number);
  }
  return most;
}

/** Jobs in an answer to a LIST. They differ in their names, uids, versions and in a quarter of a kilobyte that no other job has. */
async function listed(seed: number, gateway: Gateway, encoding: string): Promise<number> {
  return highest(100, 20_000, 100, (count) =>
    simulate(seed, async (simulation) => {
      const { secrets } = createFleet(simulation, gateway);
      const own = () => Array.from({ length: 32 }, () => Math.floor(simulation.random.next() * 2 ** 32).toString(16)).join('');
      const items = Array.from({ length: count }, (_, i) =>
        jobText(`job-${i}`).replace('"metadata":{', `"metadata":{"resourceVersion":"${i + 1}","annotations":{"own":"${own()}"},`),
      );
      const list = `{"apiVersion":"kubeflow.org/v1","kind":"TFJobList","metadata":{"resourceVersion":"1"},"items":[${items.join()}]}`;
      const body = Buffer.from(list);
      const transport = async ({ limit }: Outgoing) =>
        body.length <= limit
          ? ({ answered: true, status: 200, headers: {}, body } as const)
          : ({ answered: false, sent: true, code: 'EMSGSIZE', staleSocket: false } as const);
      const handler = gateway.start('read-jobs', { transport, secretsManager: (command: { input: object }) => secrets.send(command) });
      const event = {
        ...eventOf({ method: 'GET', namespace, name: '' }),
        headers: { 'Accept-Encoding': encoding },
        multiValueHeaders: null,
      };
      const { statusCode } = await handler(event, { getRemainingTimeInMillis: () => 25_000 });
      return statusCode === 200;
    }),
  );
}

async function events(seed: number, gateway: Gateway, isFifo: boolean): Promise<number> {
  const { drained } = await flood(seed, gateway, { events: 5000, rate: Number.POSITIVE_INFINITY, isFifo });
  return 5000 / (drained as number);
}

const rows: [string, (seed: number, gateway: Gateway) => Promise<number>, string, string][] = [
  [
    'requests/s, 60 % replaces',
    requests,
    "the stage's throttle (throttleRate 50, burst 100)",
    "throttleRate; then CCI's own rate, of which each needs 1.6 calls",
  ],
  ['writes/s on one job', writes, 'optimistic locking: one write after another', 'fewer writers a job; events of its FIFO group instead'],
  [
    'jobs in a LIST, for a caller that takes gzip',
    (s, g) => listed(s, g, 'gzip'),
    '24 MiB of JSON from CCI',
    'a namespace or a labelSelector; limit and continue',
  ],
  ['jobs in a LIST, for one that does not', (s, g) => listed(s, g, 'identity'), "Lambda's answer of 6 MB", 'Accept-Encoding: gzip'],
  [
    'events/s of the standard queue',
    (s, g) => events(s, g, false),
    'eventConcurrency 5',
    "eventConcurrency; then CCI's own rate, of which each needs 2 calls",
  ],
  [
    'events/s of the FIFO queue',
    (s, g) => events(s, g, true),
    'eventConcurrency 5, one event of a batch after another',
    'eventConcurrency; or the standard queue',
  ],
];
const cases = rows.map(([title, run, ...notes]): Case => {
  return { title, notes, seeds: 1, run: async (seed, gateway) => ({ most: await run(seed, gateway) }) };
});
/** How often callers of a kind come, per second. */
const callers = { people: 1 / 60, pipelines: 1 / 10, controllers: 2 };
const called: Case = {
  title: rows[0]?.[0] ?? '',
  notes: cases[0]?.notes ?? [],
  seeds: 1,
  async run(seed, gateway) {
    const most = await requests(seed, gateway);
    return { most, ...Object.fromEntries(Object.entries(callers).map(([kind, rate]) => [kind, Math.floor(most / rate)])) };
  },
};

export const part: Part = {
  title: 'What one default deployment takes',
  method:
    'The most of each where 99 % are well answered at the first try, before a CCI that takes whatever comes, at GET 30 ms and PUT 40 ms, with jobs of 2.3 KB. All of one kind alone.',
  notes: ['first bottleneck', 'what to turn next'],
  tables: [
    { columns: [{ key: 'most', title: 'at most' }] },
    {
      title: 'As many callers',
      columns: [
        { key: 'people', title: 'people (a request a minute)' },
        { key: 'pipelines', title: 'pipelines (one in ten seconds)' },
        { key: 'controllers', title: 'controllers (two a second)' },
      ],
    },
  ],
  cases: [called, ...cases.slice(1)],
};
