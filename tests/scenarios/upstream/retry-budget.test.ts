import { describe, expect, it } from 'vitest';
import { client, newContext, refusal, reply, requestOf, times, upstream, useUpstream } from './harness.ts';

useUpstream();
const unavailable = reply({ status: 503 });
const read = (context = newContext()) => client.update(upstream.job(), context);
/** How many calls each of so many requests, one after the other, costs an upstream that answers 503. */
async function callsWhileUnavailable(requests: number): Promise<number[]> {
  const calls: number[] = [];
  for (let request = 0; request < requests; request++) {
    upstream.next.GET = times(4, unavailable);
    upstream.arrived.length = 0;
    const context = newContext();
    expect((await refusal(read(context))).status.code).toBe(503);
    expect(context.counts.retries).toBe(upstream.arrived.length - 1);
    calls.push(upstream.arrived.length);
  }
  upstream.next.GET = [];
  return calls;
}

describe('a long failure', () => {
  it('is not multiplied: the calls of a request fall from four to one, and rise again as the upstream recovers', async () => {
    await read();
    // Ten retries: three requests of three, one of one.
    expect(await callsWhileUnavailable(30)).toEqual([...Array(3).fill(4), 2, ...Array(26).fill(1)]);
    for (let request = 0; request < 29; request++) await read();
    expect(await callsWhileUnavailable(3)).toEqual([3, 1, 1]);
    for (let request = 0; request < 500; request++) await read();
    expect(await callsWhileUnavailable(1)).toEqual([4]);
  });

  it('of many requests at once is not multiplied either', async () => {
    await read();
    upstream.next.GET = times(1000, unavailable);
    upstream.arrived.length = 0;
    const codes = await Promise.all(Array.from({ length: 200 }, () => refusal(read()).then(({ status }) => status.code)));
    expect(new Set(codes)).toEqual(new Set([503]));
    expect(upstream.arrived).toHaveLength(210);
  });

  it('does not keep a process from working where only some calls fail', async () => {
    for (let request = 0; request < 300; request++) {
      if (request % 10 === 0) upstream.next.GET.push(unavailable);
      if (request % 10 === 5) upstream.next.PUT.push(unavailable);
      expect((await client.update(requestOf(upstream, { ttl: 1000 + request, fenced: false }))).outcome).toBe('changed');
    }
    expect(upstream.arrived).toHaveLength(660);
  });
});
