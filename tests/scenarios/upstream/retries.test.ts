import { describe, expect, it, vi } from 'vitest';
import { client, connect, drop, newContext, refusal, reply, requestOf, startUpstream, times, upstream, useUpstream } from './harness.ts';

useUpstream();
const read = (context = newContext()) => client.update(upstream.job(), context);
const answers = (context: ReturnType<typeof newContext>) => context.calls.map(({ method, answer }) => `${method} ${answer}`);

describe('a brief failure', () => {
  it.each([429, 502, 503])('of %i is not seen by the caller', async (status) => {
    upstream.next.GET.push(...times(3, reply({ status })));
    upstream.next.PUT.push(...times(3, reply({ status })));
    const context = newContext();
    expect((await client.update(requestOf(upstream), context)).outcome).toBe('changed');
    expect(answers(context)).toEqual([...Array(3).fill(`GET ${status}`), 'GET 200', ...Array(3).fill(`PUT ${status}`), 'PUT 200']);
  });

  it('of the connection is not seen by the caller of a read', async () => {
    upstream.next.GET.push(...times(3, drop));
    const context = newContext();
    await read(context);
    expect(answers(context)).toEqual(['GET ECONNRESET', 'GET ECONNRESET', 'GET ECONNRESET', 'GET 200']);
  });

  it('of a kept-alive connection is tried once more at once, on a fresh one', async () => {
    await read();
    // A pause would be as long as the request has.
    vi.mocked(Math.random).mockReturnValue(1e9);
    upstream.next.GET.push(drop);
    expect((await read()).outcome).toBe('unchanged');
    expect(upstream.methods()).toBe('GET GET GET');
  });

  it('is waited out in growing pauses', async () => {
    vi.mocked(Math.random).mockReturnValue(0.5);
    upstream.next.GET.push(...times(4, reply({ status: 503 })));
    const started = performance.now();
    expect((await refusal(read())).status.code).toBe(503);
    // 100 + 200 + 400 ms; a timer may be a millisecond early.
    expect(performance.now() - started).toBeGreaterThan(690);
  });
});

describe('an upstream that cannot be reached', () => {
  it('is tried four times, then ServiceUnavailable: whoever was waited for is not told to come again', async () => {
    const { update } = await connect('http://127.0.0.1:1');
    const context = newContext();
    const { status, note } = await refusal(update(requestOf(upstream), context));
    expect(status).toMatchObject({ code: 503, reason: 'ServiceUnavailable' });
    expect(status.details).toEqual({});
    expect(JSON.stringify(status)).not.toMatch(/127|ECONN/);
    expect(note).toEqual({ reason: 'no answer from CCI', code: 'ECONNREFUSED' });
    expect(answers(context)).toEqual(Array(4).fill('GET ECONNREFUSED'));
  });

  it('for a write, after a read that came through, is tried as often', async () => {
    const gone = await startUpstream();
    const { update } = await connect(gone.url);
    gone.next.GET.push((response, serve) => {
      reply({ ...serve(), headers: { connection: 'close' } })(response);
      gone.stopListening();
    });
    const context = newContext();
    const { status } = await refusal(update(requestOf(gone), context));
    expect([status.code, status.details]).toEqual([503, {}]);
    expect(answers(context)).toEqual(['GET 200', ...Array(4).fill('PUT ECONNREFUSED')]);
  });

  it('where no time is left to try again, is ServiceUnavailable with Retry-After: nothing was written', async () => {
    const { update } = await connect('http://127.0.0.1:1');
    vi.mocked(Math.random).mockReturnValue(1e9);
    const context = newContext();
    const { status } = await refusal(update(requestOf(upstream), context));
    expect([status.code, status.details]).toEqual([503, { retryAfterSeconds: 1 }]);
    expect(answers(context)).toEqual(['GET ECONNREFUSED']);
  });
});

describe('Retry-After', () => {
  it.each(['GET', 'PUT'] as const)('of a %s is waited for', async (method) => {
    upstream.next[method].push(reply({ status: 429, headers: { 'retry-after': '1' } }));
    const started = performance.now();
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  it.each<[number, string, object]>([
    [429, '3', { retryAfterSeconds: 3 }],
    [503, '3', { retryAfterSeconds: 3 }],
    [429, '6', {}],
    [503, '60', {}],
    [429, 'Sun, 01 Mar 2026 12:00:04 GMT', { retryAfterSeconds: 4 }],
    [429, 'Sun, 01 Mar 2026 13:00:00 GMT', {}],
  ])('of a %i that is longer (%s) than the request has is told at once, if it is brief', async (status, after, details) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-01T12:00:00Z') });
    upstream.next.GET.push(reply({ status, headers: { 'retry-after': after } }));
    const error = await refusal(read(newContext(2900)));
    expect(error.status).toMatchObject({ code: status, details });
    expect(error.status.details).toEqual(details);
    expect(upstream.methods()).toBe('GET');
  });

  it.each([429, 503])('of a %i that was waited for is not told: callers who follow it would multiply the tries', async (status) => {
    upstream.next.GET.push(...times(4, reply({ status, headers: { 'retry-after': '1' } })));
    // Time for three pauses, and for a busy machine, but not for a fourth.
    const error = await refusal(read(newContext(3900)));
    expect([error.status.code, error.status.details]).toEqual([status, {}]);
    expect(upstream.methods()).toBe('GET GET GET GET');
  });

  it('is not told either where another call of the request was waited for', async () => {
    upstream.next.GET.push(reply({ status: 503 }));
    upstream.next.PUT.push(reply({ status: 429, headers: { 'retry-after': '5' } }));
    const error = await refusal(client.update(requestOf(upstream), newContext(7000)));
    expect([error.status.code, error.status.details]).toEqual([429, {}]);
    expect(upstream.methods()).toBe('GET GET PUT');
  });

  it.each([429, 503])('of a %i to a write leaves the time that a write needs', async (status) => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1e12 });
    upstream.next.PUT.push(reply({ status, headers: { 'retry-after': '2' } }));
    // Two seconds of the five would leave the three that a write needs; a millisecond less does not.
    const error = await refusal(client.update(requestOf(upstream), newContext(4999)));
    expect(error.status.code).toBe(status);
    expect(error.status.details).toEqual(status === 429 ? { retryAfterSeconds: 2 } : {});
    expect(upstream.methods()).toBe(status === 429 ? 'GET PUT' : 'GET PUT GET');
  });
});
