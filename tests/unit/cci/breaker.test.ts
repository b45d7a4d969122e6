import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Breaker, createBreaker } from '../../../lib/cci/breaker.ts';

const second = 1000;
const start = Date.parse('2026-03-01T12:00:00Z');
const at = (ms: number) => vi.setSystemTime(start + ms);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const admits = (breaker: Breaker): boolean => breaker.refuses() === undefined;
/** A breaker that CCI has left without an answer so many times. */
function silent(times: number) {
  const breaker = createBreaker();
  for (let time = 0; time < times; time++) breaker.failed(3 * second, true);
  return breaker;
}

describe('a breaker', () => {
  it('lets everybody ask while CCI answers, whatever it answers, or refuses connections at once', () => {
    const breaker = createBreaker();
    for (let time = 0; time < 100; time++) {
      breaker.answered(10);
      breaker.failed(1, false);
      expect([admits(breaker), breaker.isOpen]).toEqual([true, false]);
    }
  });

  it('opens at the second silence in a row, and not by one beside answers', () => {
    const breaker = silent(1);
    expect([breaker.isOpen, admits(breaker)]).toEqual([false, true]);
    breaker.answered(10);
    breaker.failed(3 * second, true);
    expect(breaker.isOpen).toBe(false);
    breaker.failed(3 * second, true);
    expect([breaker.isOpen, admits(breaker)]).toEqual([true, false]);
  });

  it('lets one request ask two seconds after the first that it refused, and again so after each that met silence', () => {
    const breaker = silent(2);
    let now = 10 * second;
    for (let probe = 0; probe < 10; probe++) {
      at(now);
      expect(admits(breaker)).toBe(false);
      at(now + 2 * second - 1);
      expect(admits(breaker)).toBe(false);
      at(now + 2 * second);
      expect([admits(breaker), admits(breaker)]).toEqual([true, false]);
      now += 12 * second;
      at(now);
      breaker.failed(10 * second, true);
    }
  });

  it('asks whoever is refused to come again while that is brief, and later only the first, after whom the next may ask', () => {
    const breaker = silent(2);
    expect([breaker.refuses(), breaker.refuses()]).toEqual([{ brief: true }, { brief: true }]);
    at(40 * second);
    expect(breaker.refuses()).toBeUndefined();
    breaker.failed(10 * second, true);
    expect([breaker.refuses(), breaker.refuses()]).toEqual([{ brief: true }, { brief: false }]);
  });

  it('lets every other ask who comes long after the pause', () => {
    vi.mocked(Math.random).mockReturnValueOnce(0.49).mockReturnValueOnce(0.51);
    const breaker = silent(2);
    expect(admits(breaker)).toBe(false);
    at(60 * second);
    expect(breaker.refuses()).toEqual({ brief: true });
    at(120 * second);
    expect(admits(breaker)).toBe(true);
  });

  it('is left to one after another where Lambda takes the process that was used last, so that nearly always one is left to answer', () => {
    const probeTime = 5 * second;
    let state = 1;
    vi.mocked(Math.random).mockImplementation(() => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    });
    const idle = Array.from({ length: 15 }, () => silent(2));
    const asking: { breaker: Breaker; until: number }[] = [];
    const requests = 30 * 600;
    let withoutProcess = 0;
    for (let request = 0; request < requests; request++) {
      const now = (request * second) / 30;
      at(now);
      for (const one of asking.filter(({ until }) => until <= now)) {
        one.breaker.failed(probeTime, true);
        asking.splice(asking.indexOf(one), 1);
        idle.push(one.breaker);
      }
      const breaker = idle.pop();
      if (!breaker) withoutProcess += 1;
      else if (admits(breaker)) asking.push({ breaker, until: now + probeTime });
      else idle.push(breaker);
    }
    expect(withoutProcess / requests).toBeLessThan(0.05);
  });

  it('lets the next ask where the one that was let has never said what came of it', () => {
    const breaker = silent(2);
    expect(admits(breaker)).toBe(false);
    at(2 * second);
    expect(admits(breaker)).toBe(true);
    at(12 * second - 1);
    expect(admits(breaker)).toBe(false);
    at(12 * second);
    expect(admits(breaker)).toBe(true);
  });

  it('closes with the first answer', () => {
    const breaker = silent(5);
    breaker.answered(10);
    expect([admits(breaker), admits(breaker), breaker.isOpen, breaker.isUnwell]).toEqual([true, true, false, false]);
  });

  it('is not open for ever where the clock is set back', () => {
    const breaker = silent(2);
    expect(admits(breaker)).toBe(false);
    at(-3600 * second);
    expect(admits(breaker)).toBe(true);
  });

  it('closes as well where CCI refuses at once, and does not where a request had no time to hear anything', () => {
    const breaker = silent(5);
    breaker.failed(second, true);
    expect([breaker.isOpen, admits(breaker)]).toEqual([true, false]);
    breaker.failed(second, false);
    expect([breaker.isOpen, admits(breaker), breaker.isUnwell]).toEqual([false, true, true]);
  });

  it('opens where something before CCI says after a long time that there is no answer', () => {
    const breaker = createBreaker();
    breaker.failed(5 * second, false);
    breaker.failed(5 * second, false);
    expect(breaker.isOpen).toBe(true);
  });

  it('calls CCI unwell from a failure to the next answer, and for long after half a minute', () => {
    const breaker = createBreaker();
    expect([breaker.isUnwell, breaker.isLong]).toEqual([false, false]);
    breaker.failed(1, false);
    at(30 * second);
    breaker.failed(1, false);
    expect([breaker.isUnwell, breaker.isLong]).toEqual([true, false]);
    at(30 * second + 1);
    expect([breaker.isUnwell, breaker.isLong]).toEqual([true, true]);
    breaker.answered(10);
    expect([breaker.isUnwell, breaker.isLong]).toEqual([false, false]);
    breaker.failed(1, false);
    expect([breaker.isUnwell, breaker.isLong]).toEqual([true, false]);
  });

  it('gives a read 5 s at first, 3 s where CCI is quick, and four times its slowest answers where it is slow', () => {
    const breaker = createBreaker();
    expect(breaker.timeout()).toBe(5 * second);
    breaker.answered(40);
    expect(breaker.timeout()).toBe(3 * second);
    breaker.answered(2 * second);
    expect(breaker.timeout()).toBe(8 * second);
    breaker.answered(4 * second);
    expect(breaker.timeout()).toBe(10 * second);
    for (let answer = 0; answer < 40; answer++) breaker.answered(40);
    expect(breaker.timeout()).toBe(3 * second);
  });

  it('gives twice as much after each silence, 10 s at most: what became slow is not taken for away', () => {
    const breaker = createBreaker();
    breaker.answered(40);
    const given = [0, 1, 2, 3].map(() => {
      const timeout = breaker.timeout();
      breaker.failed(timeout, true);
      return timeout;
    });
    expect(given).toEqual([3, 6, 10, 10].map((seconds) => seconds * second));
  });

  it('does not take for silence that a request had less time', () => {
    const breaker = createBreaker();
    for (let time = 0; time < 10; time++) breaker.failed(2 * second, true);
    expect([breaker.isOpen, breaker.isUnwell]).toEqual([false, true]);
  });
});
