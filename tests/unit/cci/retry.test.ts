import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRetryBudget, pauseBefore } from '../../../lib/cci/retry.ts';

afterEach(() => {
  vi.restoreAllMocks();
});
/** How many retries may be taken in a row. */
function taken(budget: ReturnType<typeof createRetryBudget>): number {
  let count = 0;
  while (count < 1000 && budget.take()) count += 1;
  return count;
}
const earn = (budget: ReturnType<typeof createRetryBudget>, answers: number) => {
  for (let answer = 0; answer < answers; answer++) budget.earn();
};

describe('a retry budget', () => {
  it('is ten in a row, then none', () => {
    const budget = createRetryBudget();
    expect(taken(budget)).toBe(10);
    expect([budget.take(), budget.take()]).toEqual([false, false]);
  });

  it('is earned back, one by ten good answers', () => {
    const budget = createRetryBudget();
    taken(budget);
    earn(budget, 9);
    expect(taken(budget)).toBe(0);
    earn(budget, 1);
    expect(taken(budget)).toBe(1);
    earn(budget, 50);
    expect(taken(budget)).toBe(5);
  });

  it('is never more than ten', () => {
    const budget = createRetryBudget();
    earn(budget, 10_000);
    expect(taken(budget)).toBe(10);
    earn(budget, 10_000);
    expect(taken(budget)).toBe(10);
  });

  it('is not shared by two upstreams', () => {
    taken(createRetryBudget());
    expect(taken(createRetryBudget())).toBe(10);
  });
});

describe('the pause before a retry', () => {
  it.each([
    [1, 200],
    [2, 400],
    [3, 800],
  ])('after %i tries is anything up to %i ms', (tries, most) => {
    const pauses = Array.from({ length: 2000 }, () => pauseBefore(tries, 0));
    const share = (from: number, to: number) => pauses.filter((pause) => pause >= from * most && pause < to * most).length / 2000;
    expect(share(0, 1)).toBe(1);
    // Full jitter: every quarter is as likely as another (0.25; nine standard deviations to either side).
    for (const quarter of [0, 0.25, 0.5, 0.75]) {
      expect(share(quarter, quarter + 0.25)).toBeGreaterThan(0.16);
      expect(share(quarter, quarter + 0.25)).toBeLessThan(0.34);
    }
  });

  it('is never shorter than the upstream asked for, and those who were asked together do not come back together', () => {
    const pauses = Array.from({ length: 200 }, () => pauseBefore(1, 2));
    for (const pause of pauses) expect(pause >= 2000 && pause < 2200).toBe(true);
    expect(new Set(pauses).size).toBeGreaterThan(100);
    vi.spyOn(Math, 'random').mockReturnValue(0);
    expect(pauseBefore(1, 0.5)).toBe(500);
  });
});
