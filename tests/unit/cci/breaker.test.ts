import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBreaker } from '../../../lib/cci/breaker.ts';

const second = 1000;
const start = Date.parse('2026-03-01T12:00:00Z');
const at = (ms: number) => vi.setSystemTime(start + ms);
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: start }));
afterEach(() => void vi.useRealTimers());

/** A breaker that CCI has left without an answer so many times. */
function silent(times: number) {
  const breaker = createBreaker();
  for (let time = 0; time < times; time++) breaker.failed(3 * second);
  return breaker;
}

describe('a breaker', () => {
  it('lets everybody ask while CCI answers, whatever it answers, or refuses connections at once', () => {
    const breaker = createBreaker();
    for (let time = 0; time < 100; time++) {
      breaker.answered(10, false);
      breaker.failed(1);
      expect([breaker.admits(), breaker.isOpen]).toEqual([true, false]);
    }
  });

  it('opens at the second silence in a row, and not by one beside answers', () => {
    const breaker = silent(1);
    expect([breaker.isOpen, breaker.admits()]).toEqual([false, true]);
    breaker.answered(10, true);
    breaker.failed(3 * second);
    expect(breaker.isOpen).toBe(false);
    breaker.failed(3 * second);
    expect([breaker.isOpen, breaker.admits()]).toEqual([true, false]);
  });

  it('lets one request ask after each pause, which doubles up to 30 s', () => {
    const breaker = silent(2);
    let now = 0;
    for (const pause of [5, 10, 20, 30, 30]) {
      at(now + pause * second - 1);
      expect(breaker.admits()).toBe(false);
      now += pause * second;
      at(now);
      expect([breaker.admits(), breaker.admits()]).toEqual([true, false]);
      now += 10 * second;
      at(now);
      breaker.failed(10 * second);
    }
  });

  it('lets the next ask where the one that was let has never said what came of it', () => {
    const breaker = silent(2);
    at(5 * second);
    expect(breaker.admits()).toBe(true);
    at(15 * second - 1);
    expect(breaker.admits()).toBe(false);
    at(15 * second);
    expect(breaker.admits()).toBe(true);
  });

  it('closes with the first answer', () => {
    const breaker = silent(5);
    breaker.answered(10, true);
    expect([breaker.admits(), breaker.admits(), breaker.isOpen, breaker.isUnwell]).toEqual([true, true, false, false]);
  });

  it('is not open for ever where the clock is set back', () => {
    const breaker = silent(2);
    at(-3600 * second);
    expect(breaker.admits()).toBe(true);
  });

  it('calls CCI unwell from a failure or a 503 to the next good answer', () => {
    const breaker = createBreaker();
    expect(breaker.isUnwell).toBe(false);
    breaker.answered(10, false);
    expect(breaker.isUnwell).toBe(true);
    breaker.answered(10, true);
    breaker.failed(1);
    expect(breaker.isUnwell).toBe(true);
    breaker.answered(10, true);
    expect(breaker.isUnwell).toBe(false);
  });

  it('gives a read 5 s at first, 3 s where CCI is quick, and four times its slowest answers where it is slow', () => {
    const breaker = createBreaker();
    expect(breaker.timeout()).toBe(5 * second);
    breaker.answered(40, true);
    expect(breaker.timeout()).toBe(3 * second);
    breaker.answered(2 * second, true);
    expect(breaker.timeout()).toBe(8 * second);
    breaker.answered(4 * second, true);
    expect(breaker.timeout()).toBe(10 * second);
    for (let answer = 0; answer < 40; answer++) breaker.answered(40, true);
    expect(breaker.timeout()).toBe(3 * second);
  });

  it('gives twice as much after each silence, 10 s at most: what became slow is not taken for away', () => {
    const breaker = createBreaker();
    breaker.answered(40, true);
    const given = [0, 1, 2, 3].map(() => {
      const timeout = breaker.timeout();
      breaker.failed(timeout);
      return timeout;
    });
    expect(given).toEqual([3, 6, 10, 10].map((seconds) => seconds * second));
  });

  it('does not take for silence that a request had less time', () => {
    const breaker = createBreaker();
    for (let time = 0; time < 10; time++) breaker.failed(2 * second);
    expect([breaker.isOpen, breaker.isUnwell]).toEqual([false, true]);
  });
});
