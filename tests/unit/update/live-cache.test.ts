import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../../lib/cci/read-answer.ts';
import { type JobKind, jobKind } from '../../../lib/job/kinds.ts';
import { createLiveCache } from '../../../lib/update/live-cache.ts';

const kind = jobKind('cci', 'tfjobs') as JobKind;
const ref = (name: string, namespace = 'n', plural = 'tfjobs') => ({ kind: { ...kind, plural }, namespace, name });
const answer = (bytes: number): Answer => ({ status: 200, job: {}, text: 'x'.repeat(bytes) });
const MiB = 1024 * 1024;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-01T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the cache of live jobs', () => {
  it('knows a job by its kind, namespace and name', () => {
    const cache = createLiveCache(true);
    const one = answer(10);
    cache.set(ref('a'), one);
    expect(cache.get(ref('a'))).toBe(one);
    for (const other of [ref('b'), ref('a', 'm'), ref('a', 'n', 'mxjobs')]) expect(cache.get(other)).toBeUndefined();
    cache.delete(ref('a'));
    expect(cache.get(ref('a'))).toBeUndefined();
  });

  it('holds 4 MiB of JSON, and lets the oldest go for what comes', () => {
    const cache = createLiveCache(true);
    for (const name of ['a', 'b', 'c', 'd']) cache.set(ref(name), answer(MiB));
    expect(['a', 'b', 'c', 'd'].map((name) => cache.get(ref(name)) !== undefined)).toEqual([true, true, true, true]);
    cache.set(ref('a'), answer(MiB));
    cache.set(ref('e'), answer(1));
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => cache.get(ref(name)) !== undefined)).toEqual([true, false, true, true, true]);
    cache.set(ref('f'), answer(4 * MiB));
    expect(['a', 'c', 'd', 'e', 'f'].map((name) => cache.get(ref(name)) !== undefined)).toEqual([false, false, false, false, true]);
  });

  it('does not keep what is larger than it, nor the version before', () => {
    const cache = createLiveCache(true);
    cache.set(ref('a'), answer(1));
    cache.set(ref('a'), answer(4 * MiB + 1));
    expect(cache.get(ref('a'))).toBeUndefined();
  });

  it('counts what it lets go, so that it is never full of nothing', () => {
    const cache = createLiveCache(true);
    for (let i = 0; i < 20; i++) {
      cache.set(ref('a'), answer(3 * MiB));
      cache.delete(ref('a'));
      cache.delete(ref('a'));
    }
    for (const name of ['a', 'b', 'c', 'd']) cache.set(ref(name), answer(MiB));
    expect(['a', 'b', 'c', 'd'].every((name) => cache.get(ref(name)))).toBe(true);
  });

  it('forgets a job after a minute by the wall clock, and where the clock was set back', () => {
    for (const [later, known] of [
      [60_000, true],
      [60_001, false],
      [-60_001, false],
    ] as const) {
      const cache = createLiveCache(true);
      const now = Date.now();
      cache.set(ref('a'), answer(1));
      vi.setSystemTime(now + later);
      expect(cache.get(ref('a')) !== undefined, String(later)).toBe(known);
      vi.setSystemTime(now);
    }
  });

  it('does not know a job for half an hour to which others write as well, but all others', () => {
    const cache = createLiveCache(true);
    const now = Date.now();
    for (const name of ['a', 'b']) cache.set(ref(name), answer(1));
    cache.avoid(ref('a'));
    cache.set(ref('a'), answer(1));
    expect([cache.get(ref('a')), cache.get(ref('b')) !== undefined]).toEqual([undefined, true]);
    vi.setSystemTime(now + 30 * 60_000);
    cache.set(ref('a'), answer(1));
    expect(cache.get(ref('a'))).toBeUndefined();
    vi.setSystemTime(now + 30 * 60_000 + 1);
    cache.set(ref('a'), answer(1));
    expect(cache.get(ref('a'))).toBeDefined();
  });

  it('remembers the last thousand of such jobs', () => {
    const cache = createLiveCache(true);
    for (let i = 0; i <= 1000; i++) cache.avoid(ref(`job-${i}`));
    for (const name of ['job-0', 'job-1', 'job-1000']) cache.set(ref(name), answer(1));
    expect(['job-0', 'job-1', 'job-1000'].map((name) => cache.get(ref(name)) !== undefined)).toEqual([true, false, false]);
  });

  it('keeps nothing where it is turned off', () => {
    const cache = createLiveCache(false);
    cache.set(ref('a'), answer(1));
    expect(cache.get(ref('a'))).toBeUndefined();
  });
});
