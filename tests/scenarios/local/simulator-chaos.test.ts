import { describe, expect, it } from 'vitest';
import type { Chaos } from '../../../local/cci/faults.ts';
import { send, simulator, useSimulator } from './signed.ts';

const stored = ['tfjobs', 'kube-test', 'tfjob-test'] as const;

useSimulator();

/** What so many GETs, ten at a time, are answered: how often each status, and `reset`. */
async function get(times: number): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  const one = async () => {
    const answer = await send(simulator.url, {}).catch((error: Error) => {
      expect(error.cause).toMatchObject({ code: 'ECONNRESET' });
      return undefined;
    });
    if (answer?.status === 429) {
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.json()).toMatchObject({ error_code: 'APIG.0308' });
    }
    if (answer?.status === 503) expect(answer.json()).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable' });
    const what = answer?.status ?? 'reset';
    seen[what] = (seen[what] ?? 0) + 1;
  };
  for (let sent = 0; sent < times; sent += 10) await Promise.all(Array.from({ length: 10 }, one));
  return seen;
}

describe('chaos', () => {
  const chaos: Chaos = { dropBefore: 0.1, dropAfter: 0.15, unavailable: 0.2, throttled: 0.05, seed: 1 };

  it('befalls requests in the proportions that are asked for', async () => {
    simulator.chaos(chaos);
    const seen = await get(1000);
    const {
      'drop before': before = 0,
      'drop after': after = 0,
      '503 before': unavailable = 0,
      '429 before': throttled = 0,
    } = simulator.misbehaved;
    // Far beyond what chance does to a thousand draws, though the seed leaves nothing to it.
    const shares = [before / 0.1, after / 0.15, unavailable / 0.2, throttled / 0.05].map((share) => share / 1000);
    for (const share of shares) expect(Math.abs(share - 1)).toBeLessThan(0.4);
    expect(seen).toEqual({ reset: before + after, 503: unavailable, 429: throttled, 200: 1000 - before - after - unavailable - throttled });
    expect(simulator.requests).toHaveLength(1000);
  });

  it('is the same for the same seed, and another for another', async () => {
    const outcomes = async (seed: number) => {
      simulator.requests.length = 0;
      simulator.chaos({ ...chaos, seed });
      for (let sent = 0; sent < 60; sent++) await send(simulator.url, {}).catch(() => {});
      return simulator.requests.map(({ status }) => status).join();
    };
    const first = await outcomes(7);
    expect(await outcomes(7)).toBe(first);
    expect(await outcomes(8)).not.toBe(first);
  });

  it('carries out every write that it drops after, and none that it drops before', async () => {
    simulator.chaos({ dropBefore: 0.3, dropAfter: 0.3, seed: 3 });
    let answered = 0;
    for (let ttl = 1; ttl <= 100; ttl++) {
      const job = JSON.parse(simulator.text(...stored) as string);
      job.spec.ttlSecondsAfterFinished = ttl;
      const headers = { 'content-type': 'application/json' };
      const answer = await send(simulator.url, { method: 'PUT', headers, body: JSON.stringify(job) }).catch(() => undefined);
      if (answer) answered += 1;
    }
    const { 'drop before': before = 0, 'drop after': after = 0 } = simulator.misbehaved;
    expect(Math.min(before, after, answered)).toBeGreaterThan(10);
    expect(before + after + answered).toBe(100);
    // The first version is what it started with.
    const versions = simulator.history(...stored).slice(1);
    expect(versions).toHaveLength(after + answered);
    expect(new Set(versions).size).toBe(versions.length);
  });

  it('delays every request by chance', async () => {
    simulator.chaos({ delay: 20, seed: 1 });
    expect(await get(50)).toEqual({ 200: 50 });
    expect(simulator.misbehaved.delay).toBeGreaterThan(35);
  });

  it('befalls the requests that no fault waits for, until it is ended', async () => {
    simulator.chaos({ throttled: 1 });
    simulator.inject({ status: 500 });
    expect(await get(10)).toEqual({ 500: 1, 429: 9 });
    simulator.clearFaults();
    expect(await get(10)).toEqual({ 429: 10 });
    simulator.chaos(undefined);
    expect(await get(10)).toEqual({ 200: 10 });
  });

  it.each<[object, string]>([
    [{ dropBefore: -1 }, 'dropBefore must be a probability from 0 to 1'],
    [{ dropAfter: '1', seed: 0.5 }, 'dropAfter must be a number; seed must be whole'],
    [{ dropBefore: 0.6, throttled: 0.6 }, 'dropBefore, dropAfter, unavailable and throttled must be 1 or less together'],
    [{ delay: 1e9 }, 'delay must be milliseconds, at most 600000'],
    [{ drop: 1 }, 'drop is not known'],
  ])('%j is refused: %s', (wrong, message) => {
    expect(() => simulator.chaos(wrong as Chaos)).toThrow(new TypeError(message));
  });

  it('may take everything, though tenths do not add up exactly', async () => {
    simulator.chaos({ dropBefore: 0.1, dropAfter: 0.2, unavailable: 0.3, throttled: 0.4 });
    expect(await get(20)).not.toHaveProperty('200');
  });
});
