import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventOf } from '../../bench/fleet/api-gateway.ts';
import { replace } from '../../bench/fleet/fleet.ts';
import { mean, median, share } from '../../bench/fleet/parts/part.ts';
import { type Ground, type Handler, realGround, type Scenario, simulated } from './fleet-grounds.ts';

const seeds = [1, 2, 3, 4, 5];
const tolerance = 0.15;

/** One request to a process: its status, and how many milliseconds it took. */
async function put(handler: Handler, name: string, ttl: number): Promise<{ status: number; ms: number }> {
  const began = Date.now();
  const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => began + 25_000 - Date.now() };
  const { statusCode } = await handler(eventOf(replace(name, ttl)), context);
  return { status: statusCode, ms: Date.now() - began };
}

/** Callers, one for each process, who come again a moment after each answer, while CCI answers 503. */
const unavailable: Scenario<Record<string, number>> = async (ground) => {
  await Promise.all(ground.processes.map((handler, i) => put(handler, `job-${i}`, 1)));
  const before = ground.calls();
  ground.away('503');
  const until = Date.now() + 12_000;
  const answers: { status: number; ms: number }[] = [];
  const caller = async (handler: Handler, i: number) => {
    for (let n = 2; Date.now() < until; n++) {
      answers.push(await put(handler, `job-${i}`, n));
      await ground.wait(100 + 100 * ground.random());
    }
  };
  await Promise.all(ground.processes.map(caller));
  return {
    'calls a request': (ground.calls() - before) / answers.length,
    'mean ms': mean(answers.map(({ ms }) => ms)),
    'share of 503': share(answers, ({ status }) => status === 503),
  };
};

/** One request in each process, while CCI hangs. */
const hanging: Scenario<Record<string, number>> = async (ground) => {
  await Promise.all(ground.processes.map((handler, i) => put(handler, `job-${i}`, 1)));
  ground.away('hang');
  const answers = await Promise.all(ground.processes.map((handler, i) => put(handler, `other-${i}`, 2)));
  return { 'mean ms': mean(answers.map(({ ms }) => ms)), 'share of 504': share(answers, ({ status }) => status === 504) };
};

/** Rounds in which every process writes the one job at about the same time. */
const hotJob: Scenario<Record<string, number>> = async (ground) => {
  let good = 0;
  const before = ground.calls();
  for (let round = 0; round < 12; round++) {
    await ground.wait(20);
    const write = async (handler: Handler, i: number) => {
      await ground.wait(50 * ground.random());
      const { status } = await put(handler, 'hot', round * 1000 + i);
      if (status === 200) good += 1;
    };
    await Promise.all(ground.processes.map(write));
  }
  return { 'calls a write': (ground.calls() - before) / good, 'share of 200': good / (12 * ground.processes.length) };
};

/** Cold processes one after another while the current version is wrong, and one after it was corrected. */
const wrongKey: Scenario<{ statuses: number[]; failed: number }> = async ({ processes, setKey, failedAuthentications }: Ground) => {
  setKey('wrong');
  const [last, ...first] = [...processes].reverse();
  const statuses: number[] = [];
  for (const [i, handler] of first.entries()) statuses.push((await put(handler, `job-${i}`, 1)).status);
  setKey('right');
  statuses.push((await put(last as Handler, 'job-11', 2)).status);
  return { statuses, failed: failedAuthentications() };
};

const scenarios = { unavailable, hanging, hotJob };
type Name = keyof typeof scenarios;
const sizes: Record<Name | 'wrongKey', number> = { unavailable: 6, hanging: 2, hotJob: 6, wrongKey: 11 };
const real = {} as Record<Name, Record<string, number>> & { wrongKey: Awaited<ReturnType<typeof wrongKey>> };

describe('The simulated fleet beside the built handlers over the network', () => {
  const closes: (() => Promise<unknown>)[] = [];
  // All at once: most of the time they wait.
  beforeAll(async () => {
    const grounds = {} as Record<keyof typeof sizes, Ground>;
    for (const [name, size] of Object.entries(sizes) as [keyof typeof sizes, number][]) {
      const { ground, close } = await realGround(size);
      grounds[name] = ground;
      closes.push(close);
    }
    const play = async (name: Name) => {
      real[name] = await scenarios[name](grounds[name]);
    };
    await Promise.all([play('unavailable'), play('hanging')]);
    await play('hotJob');
    real.wrongKey = await wrongKey(grounds.wrongKey);
  }, 120_000);
  afterAll(() => Promise.all(closes.map((close) => close())));

  it.each([
    ['unavailable', 'calls and answers while CCI answers 503'],
    ['hanging', 'answers while CCI hangs'],
    ['hotJob', 'calls of many writers of one job'],
  ] as const)('%s: %s agree within 15 percent', async (name, _what) => {
    const runs: Record<string, number>[] = [];
    for (const seed of seeds) runs.push(await simulated(seed, sizes[name], scenarios[name]));
    for (const [figure, measured] of Object.entries(real[name])) {
      const expected = median(runs.map((run) => run[figure] as number));
      const isNear = Math.abs(measured - expected) <= tolerance * Math.abs(expected);
      expect.soft(isNear, `${name}, ${figure}: ${measured} over the network, ${expected} simulated`).toBe(true);
    }
  });

  it('ten cold processes with a wrong key end and fail exactly alike', async () => {
    expect(await simulated(1, sizes.wrongKey, wrongKey)).toEqual(real.wrongKey);
    expect(real.wrongKey.statuses).toHaveLength(11);
  });
});
