import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  connect,
  type Fault,
  newContext,
  ref,
  refusal,
  reply,
  requestOf,
  startUpstream,
  times,
  type Upstream,
} from '../scenarios/upstream/harness.ts';
import { hang, startIam } from '../scenarios/upstream/iam-server.ts';

const start = Date.parse('2026-03-01T12:00:00Z');
const second = 1000;
const silence: Fault = () => undefined;
/** An answer that takes its time. */
const slowly =
  (ms: number): Fault =>
  (response, serve) =>
    setTimeout(() => reply(serve())(response), ms);

let upstream: Upstream;
let client: Awaited<ReturnType<typeof connect>>;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  upstream = await startUpstream();
  client = await connect(upstream.url);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
const read = (context = newContext(24 * second)) => client.update(upstream.job(), context);

describe('a CCI that hangs', () => {
  it('holds one request for nine seconds, and those that follow not at all, until one of them is let ask and is answered', async () => {
    await read();
    upstream.next.GET.push(...times(4, silence));
    const context = newContext(24 * second);
    expect((await refusal(read(context))).status).toMatchObject({ code: 504, details: {} });
    expect(context.calls.map(({ answer, ms }) => [answer, Math.round(ms / 1000)])).toEqual([
      ['ETIMEDOUT', 3],
      ['ETIMEDOUT', 6],
    ]);

    upstream.arrived.length = 0;
    const began = performance.now();
    for (let request = 0; request < 50; request++) {
      const { status, note } = await refusal(request % 2 === 0 ? read() : client.update(requestOf(upstream), newContext()));
      expect(status).toMatchObject({ code: 503, reason: 'ServiceUnavailable', details: { retryAfterSeconds: 5 } });
      expect(note).toEqual({ reason: 'CCI gave no answer a moment ago; not asked again for now', notTaken: true });
    }
    expect([upstream.arrived.length, performance.now() - began < second]).toEqual([0, true]);

    upstream.next.GET.length = 0;
    vi.setSystemTime(start + 5 * second);
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
    expect((await read()).outcome).toBe('unchanged');
  });

  it('after a write leaves the read that settles it', async () => {
    await read();
    upstream.next.PUT.push((_response, serve) => void serve());
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
    expect(upstream.methods()).toBe('GET GET PUT GET');
  });
});

it('a CCI that becomes slow, and takes four seconds for each answer, loses no request', async () => {
  await read();
  upstream.next.GET.push(...times(10, slowly(4 * second)));
  upstream.next.PUT.push(...times(2, slowly(4 * second)));
  for (let request = 0; request < 2; request++)
    expect((await client.update(requestOf(upstream, { ttl: request }))).outcome).toBe('changed');
  // The first read is given up once, and asked again with more time.
  expect(upstream.methods()).toBe('GET GET GET PUT GET PUT');
});

it('a list has ten seconds where reads of a job are quick', async () => {
  await read();
  const list = JSON.stringify({ kind: 'TFJobList', metadata: {}, items: [] });
  upstream.next.GET.push((response) => setTimeout(() => reply({ status: 200, body: list })(response), 4 * second));
  const of = { kind: ref.kind, namespace: ref.namespace };
  expect((await client.cci.fetch(of, {}, 'application/json', newContext(24 * second))).text).toBe(list);
  expect(upstream.methods()).toBe('GET GET');
});

it('a CCI before which something says 504 after a long time is one that hangs', async () => {
  await read();
  upstream.next.GET.push(...times(4, (response) => setTimeout(() => reply({ status: 504 })(response), 2950)));
  upstream.arrived.length = 0;
  expect((await refusal(read(newContext(24 * second)))).status.code).toBe(504);
  expect((await refusal(read())).status.code).toBe(503);
  expect(upstream.methods()).toBe('GET GET');
});

it('an IAM that hangs holds one request for ten seconds, and those that follow not at all', async () => {
  const iam = await startIam();
  const other = await connect(upstream.url, iam.login);
  iam.next.push(...Array(10).fill(hang));
  const unavailable = async () => (await refusal(other.update(upstream.job(), newContext(24 * second)))).status;
  expect(await unavailable()).toMatchObject({ code: 503, details: {} });
  expect(iam.arrived).toHaveLength(2);
  const began = performance.now();
  for (let request = 0; request < 20; request++) expect(await unavailable()).toMatchObject({ code: 503, details: {} });
  expect([iam.arrived.length, performance.now() - began < second]).toEqual([2, true]);
  iam.next.length = 0;
  vi.setSystemTime(start + 2 * second);
  expect((await other.update(upstream.job())).outcome).toBe('unchanged');
});
