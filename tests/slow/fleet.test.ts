import { describe, expect, it } from 'vitest';
import { eventOf } from '../../bench/fleet/api-gateway.ts';
import { replace } from '../../bench/fleet/fleet.ts';
import { mean, median, share } from '../../bench/fleet/parts/part.ts';
import { countdown, lambdaContext } from '../fakes/context.ts';
import { type Ground, type Handler, realGround, type Scenario, simulated } from './fleet-grounds.ts';

const seeds = [1, 2, 3, 4, 5];
const tolerance = 0.15;

/** One request to a process: its status, and how many milliseconds it took. */
async function put(handler: Handler, name: string, ttl: number): Promise<{ status: number; ms: number }> {
  const began = Date.now();
  const { statusCode } = await handler(eventOf(replace(name, ttl)), lambdaContext(countdown(25_000)));
  return { status: statusCode, ms: Date.now() - began };
}

/** Callers, one for each process, who come again a moment after each answer, while CCI answers 503. */
const unavailable: Scenario<Record<string, number>> = async (ground) => {
  const play = async (times: number) => {
    const before = ground.calls();
    const answers: { status: number; ms: number }[] = [];
    const caller = async (handler: Handler, i: number) => {
      for (let n = 0; n < times; n++) {
        answers.push(await put(handler, `job-${i}`, ground.calls()));
        await ground.wait(100 + 100 * ground.random());
      }
    };
    await Promise.all(ground.processes.map(caller));
    const unknown = answers.filter(({ status }) => status === 504).length;
    return { calls: (ground.calls() - before) / answers.length, ms: mean(answers.map(({ ms }) => ms)), unknown };
  };
  await play(2);
  ground.away('503');
  const { calls, ms, unknown } = await play(10);
  return { calls, ms, 'unknown a process': unknown / ground.processes.length };
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
  const rounds = 16;
  let good = 0;
  const before = ground.calls();
  for (let round = 0; round < rounds; round++) {
    await ground.wait(20);
    const write = async (handler: Handler, i: number) => {
      await ground.wait(50 * ground.random());
      const { status } = await put(handler, 'hot', round * 1000 + i);
      if (status === 200) good += 1;
    };
    await Promise.all(ground.processes.map(write));
  }
  return { 'calls a write': (ground.calls() - before) / good, 'share of 200': good / (rounds * ground.processes.length) };
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

describe('The simulated fleet beside the built handlers over the network', () => {
  it.each([
    ['calls and times while CCI answers 503', 6, unavailable],
    ['answers while CCI hangs', 2, hanging],
    ['calls of many writers of one job', 6, hotJob],
  ] as const)('%s agree', { retry: 1, timeout: 120_000 }, async (_, processes, scenario) => {
    const { ground, close, refusedIn } = await realGround(processes);
    const measured = await scenario(ground).finally(close);
    const runs: Record<string, number>[] = [];
    for (const seed of seeds) runs.push(await simulated(seed, processes, scenario, refusedIn()));
    for (const [figure, value] of Object.entries(measured)) {
      const expected = median(runs.map((run) => run[figure] as number));
      const isNear = Math.abs(value - expected) <= tolerance * Math.abs(expected);
      expect(isNear, `${figure}: ${value} over the network, ${expected} simulated`).toBe(true);
    }
  });

  it('ten cold processes with a wrong key end and fail exactly alike', async () => {
    const { ground, close } = await realGround(11);
    const measured = await wrongKey(ground).finally(close);
    expect(measured.statuses).toHaveLength(11);
    expect(await simulated(1, 11, wrongKey)).toEqual(measured);
  });
});
