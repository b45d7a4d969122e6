import { describe, expect, it } from 'vitest';
import {
  at,
  type createUpstream,
  minute,
  newContext,
  refusal,
  second,
  settled,
  setUp,
  tally,
  useWallClock,
} from './credentials-harness.ts';

useWallClock();

const twenty = <T>(make: () => T): T[] => Array.from({ length: 20 }, make);
/** Holds every answer to this credential back until it is let go. */
function holdBack(upstream: ReturnType<typeof createUpstream>, name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  upstream.meanwhile = (sent) => (sent === name ? promise : undefined);
  return resolve;
}
const sentAs = (upstream: ReturnType<typeof createUpstream>, name: string) => upstream.sent.filter((sent) => sent === name).length;

describe('a version that CCI has not yet accepted', () => {
  it('is sent by one of many first requests; if it is refused, all are told so', async () => {
    const { manager, upstream, use } = setUp({});
    expect(await tally(twenty(() => use()))).toEqual({ 500: 20 });
    expect([upstream.sent, manager.reads()]).toEqual([['v1'], 2]);
  });

  it('is sent by one of many first requests; if it is accepted, all go on', async () => {
    const { upstream, use } = setUp();
    const letGo = holdBack(upstream, 'v1');
    const all = tally(twenty(() => use()));
    await settled();
    expect(upstream.sent).toEqual(['v1']);
    letGo();
    expect(await all).toEqual({ accepted: 20 });
    expect(upstream.sent).toHaveLength(20);
  });

  it('and that was replaced meanwhile is not refused to those who waited for it', async () => {
    const { manager, upstream, use } = setUp({ v2: 'accepted' });
    const letGo = holdBack(upstream, 'v1');
    const all = tally(twenty(() => use()));
    await settled();
    manager.holds('v2');
    letGo();
    expect(await all).toEqual({ accepted: 20 });
    expect([sentAs(upstream, 'v1'), sentAs(upstream, 'v2')]).toEqual([1, 20]);
  });

  it.each(['silent', 'unavailable'] as const)('is left to the next where the first (%s) learns nothing', async (says) => {
    const { upstream, use } = setUp({ v1: says });
    const codes = says === 'silent' ? { 504: 3, 500: 17 } : { 503: 3, 500: 17 };
    upstream.meanwhile = () => {
      if (upstream.sent.length === 4) upstream.says = {};
    };
    expect(await tally(twenty(() => use()))).toEqual(codes);
    expect(upstream.sent).toHaveLength(4);
  });

  it('is left to the next where the first runs out of time before it sends', async () => {
    const { upstream, credentials, use } = setUp();
    const late = new Error('no time');
    await expect(credentials.use(newContext(), () => Promise.reject(late))).rejects.toBe(late);
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent).toEqual(['v1']);
  });

  it('is waited for no longer than the request has, and the wait ends as a Timeout', async () => {
    const { upstream, use } = setUp();
    const letGo = holdBack(upstream, 'v1');
    const prover = use();
    await settled();
    expect((await refusal(use(newContext(30)), 504)).note).toEqual({ reason: 'credentials: not there before the deadline' });
    letGo();
    expect(await tally([prover])).toEqual({ accepted: 1 });
    expect(upstream.sent).toEqual(['v1']);
  });
});

describe('a newer version', () => {
  const setUpNewer = async (says: Parameters<typeof setUp>[0]) => {
    const all = setUp({ v1: 'accepted', ...says });
    await all.use();
    all.manager.holds('v2');
    all.upstream.sent.length = 0;
    at(15 * minute + 1);
    return all;
  };

  it('that works takes over, while others go on with the old one until it is proven', async () => {
    const { upstream, use } = await setUpNewer({ v2: 'accepted' });
    const letGo = holdBack(upstream, 'v2');
    const prover = use();
    await settled();
    expect(await tally(twenty(() => use()))).toEqual({ accepted: 20 });
    expect(upstream.sent).toEqual(['v2', ...Array(20).fill('v1')]);
    letGo();
    await prover;
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent.at(-1)).toBe('v2');
  });

  it.each([
    ['refused', 1],
    ['locked', 5],
  ] as const)('that does not work (%s) fails no request, and costs one failed authentication', async (says, minutes) => {
    const { upstream, use } = await setUpNewer({ v2: says });
    const requests = async () => expect(await tally(twenty(() => use()))).toEqual({ accepted: 20 });
    for (let round = 0; round < 3; round++) {
      for (const wait of [0, 1, minutes * minute - 1]) {
        at(15 * minute + 1 + round * minutes * minute + wait);
        await requests();
        // What was called wrong is tried again only where nothing else is left; what was locked may be right.
        expect(sentAs(upstream, 'v2')).toBe(says === 'refused' ? 1 : round + 1);
      }
    }
  });

  it('that was refused is tried again where the old one is refused too, and takes over', async () => {
    const { upstream, use } = await setUpNewer({ v2: 'refused' });
    await use();
    upstream.says = { v2: 'accepted' };
    at(17 * minute);
    expect((await use()).accepted).toBe(true);
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent).toEqual(['v2', 'v1', 'v1', 'v2', 'v2']);
  });

  it('is the answer to an old one that CCI revokes while a bad one lies between', async () => {
    const { manager, upstream, use } = await setUpNewer({ v2: 'refused', v3: 'accepted' });
    await use();
    upstream.says = { v3: 'accepted' };
    manager.holds('v3');
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent).toEqual(['v2', 'v1', 'v1', 'v3']);
  });

  it('may be an old one to which the secret was turned back, and is proven like any other', async () => {
    const { manager, upstream, use } = await setUpNewer({ v2: 'accepted' });
    await use();
    upstream.says = { v2: 'accepted' };
    manager.holds('v1');
    at(31 * minute);
    expect(await tally(twenty(() => use()))).toEqual({ accepted: 20 });
    expect([sentAs(upstream, 'v1'), sentAs(upstream, 'v2')]).toEqual([1, 21]);
  });

  it('is the answer to an old one that CCI revokes while many while many requests are under way', async () => {
    const { manager, upstream, use } = setUp();
    await use();
    upstream.says = { v2: 'accepted' };
    const letGo = holdBack(upstream, 'v1');
    const under = tally(twenty(() => use()));
    await settled();
    // The new version is read only after some were refused, and more requests come while it is read.
    const reading = Promise.withResolvers<void>();
    manager.holdsAfter(reading.promise, 'v2');
    letGo();
    await settled();
    const more = tally(twenty(() => use()));
    await settled();
    reading.resolve();
    expect([await under, await more]).toEqual([{ accepted: 20 }, { accepted: 20 }]);
    expect([sentAs(upstream, 'v1'), sentAs(upstream, 'v2'), manager.reads()]).toEqual([21, 40, 2]);
  });

  it('that works stays the one to fall back to, however late an answer to the old one comes', async () => {
    const { manager, upstream, use } = setUp({ v1: 'accepted', v2: 'accepted' });
    await use();
    const letGo = holdBack(upstream, 'v1');
    const late = use();
    await settled();
    manager.holds('v2');
    at(15 * minute + 1);
    await use();
    letGo();
    await late;
    manager.holds('v3');
    at(31 * minute);
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent).toEqual(['v1', 'v1', 'v2', 'v3', 'v2']);
  });

  it('that does not work does not end an old one that was refused by mistake', async () => {
    const { upstream, use } = await setUpNewer({ v2: 'refused' });
    expect((await use()).accepted).toBe(true);
    upstream.says = {};
    expect(await tally(twenty(() => use()))).toEqual({ 500: 20 });
    upstream.says = { v1: 'accepted' };
    at(17 * minute);
    expect(await tally(twenty(() => use()))).toEqual({ accepted: 20 });
  });

  it('that does not work, over an old one that does not either, costs one failed authentication of each in a minute at most', async () => {
    const { upstream, use } = await setUpNewer({ v2: 'refused' });
    upstream.says = {};
    // One first: what is under way with a version that was proven cannot be called back.
    await refusal(use());
    for (let round = 1; round <= 3; round++) {
      expect(await tally(twenty(() => use()))).toEqual({ 500: 20 });
      // The one that was never right is tried after one minute, and then after two.
      expect([sentAs(upstream, 'v1'), sentAs(upstream, 'v2')]).toEqual([round, Math.min(round, 2)]);
      at(15 * minute + 1 + round * minute);
    }
  });

  it('that does not work is corrected as soon as its pause is over', async () => {
    const { manager, upstream, use } = await setUpNewer({ v2: 'refused', v3: 'accepted' });
    await use();
    manager.holds('v3');
    at(16 * minute + 2 * second);
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent).toEqual(['v2', 'v1', 'v3']);
  });
});
