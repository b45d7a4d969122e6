import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { simulate, TokenBucket } from '../../../bench/fleet/simulation.ts';

const hour = 3_600_000;

describe('The clock of the simulated fleet', () => {
  it('lets hours go by at once, for Date, timers and performance alike', async () => {
    const real = performance.now();
    const seen = await simulate(1, async () => {
      const [wall, began] = [Date.now(), performance.now()];
      await sleep(hour);
      await new Promise((resolve) => setTimeout(resolve, hour));
      return [Date.now() - wall, Date.parse(new Date().toISOString()) - wall, performance.now() - began];
    });
    expect(seen).toEqual([2 * hour, 2 * hour, 2 * hour]);
    expect(performance.now() - real).toBeLessThan(5000);
  });

  it('lets things happen by their time, and by their order where that is the same', async () => {
    const order = await simulate(1, async ({ clock }) => {
      const seen: string[] = [];
      for (const [name, at] of Object.entries({ third: 20, first: 10, fourth: 20, second: 15 })) clock.after(at, () => seen.push(name));
      const never = setTimeout(() => seen.push('never'), 12);
      clearTimeout(never);
      await clock.wait(30);
      return seen;
    });
    expect(order).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('takes out ten thousand timers in the order of their times', async () => {
    const times = await simulate(2, async ({ clock, random }) => {
      const seen: number[] = [];
      for (let i = 0; i < 10_000; i++) clock.after(random.below(1000), () => seen.push(clock.elapsed));
      await clock.wait(1000);
      return seen;
    });
    expect(times).toHaveLength(10_000);
    expect(times.every((time, i) => i === 0 || time >= (times[i - 1] as number))).toBe(true);
  });

  it('ends a time limit of an AbortSignal in virtual time', async () => {
    const aborted = await simulate(1, async ({ clock }) => {
      const signal = AbortSignal.timeout(5000);
      await clock.wait(4999);
      const early = signal.aborted;
      await clock.wait(2);
      return [early, signal.aborted];
    });
    expect(aborted).toEqual([false, true]);
  });

  it('leaves nothing behind, even where a run fails', async () => {
    const kept = [Date, setTimeout, clearTimeout, Math.random, performance.now, AbortSignal.timeout, sleep];
    const failing = simulate(1, async ({ clock }) => {
      await clock.wait(10);
      throw new Error('it went wrong');
    });
    await expect(failing).rejects.toThrow('it went wrong');
    expect([Date, setTimeout, clearTimeout, Math.random, performance.now, AbortSignal.timeout, sleep]).toEqual(kept);
    const began = Date.now();
    await sleep(20);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it('says so where everything waits for what never comes', async () => {
    await expect(simulate(1, () => new Promise(() => undefined))).rejects.toThrow('waits for what never comes');
  });

  it('fills a bucket of tokens by its rate, up to its burst', async () => {
    const taken = await simulate(1, async ({ clock }) => {
      const bucket = new TokenBucket(clock, 10, 5);
      const take = () => Array.from({ length: 20 }, () => bucket.take()).filter(Boolean).length;
      const counts = [take()];
      for (const ms of [300, 60_000]) {
        await clock.wait(ms);
        counts.push(take());
      }
      return counts;
    });
    expect(taken).toEqual([5, 3, 5]);
  });
});
