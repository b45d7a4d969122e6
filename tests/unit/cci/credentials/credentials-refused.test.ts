import { describe, expect, it } from 'vitest';
import { at, minute, newContext, refusal, second, settled, setUp, tally, useWallClock } from './credentials-harness.ts';

useWallClock();

const refused = { reason: 'credentials: CCI refused them', errorCode: 'APIG.0301', locked: false };
const paused = { reason: 'credentials: refused a moment ago; not tried again for now' };

describe('a version that CCI refuses', () => {
  it('is given up for a newer one at once', async () => {
    const { manager, upstream, use } = setUp();
    await use();
    upstream.says = { v2: 'accepted' };
    manager.holds('v2');
    const context = newContext();
    expect((await use(context)).accepted).toBe(true);
    expect(context.warnings).toEqual([['the credentials were refused; others are tried', refused]]);
    expect(context.counts).toMatchObject({ credentialRefreshes: 1, refusedVersions: 1 });
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent).toEqual(['v1', 'v1', 'v2', 'v2']);
    expect(manager.reads()).toBe(2);
  });

  it.each([
    ['refused', minute],
    ['locked', 5 * minute],
  ] as const)('(%s) is not sent again for %i ms, while the secret is looked at every 5 s at most', async (says, pause) => {
    const { manager, upstream, use } = setUp({ v1: says });
    expect((await refusal(use())).note).toEqual({ ...refused, locked: says === 'locked' });
    expect(manager.reads()).toBe(2);
    for (const [wait, reads] of [
      [1, 2],
      [5 * second, 2],
      [5 * second + 1, 3],
      [10 * second, 3],
      [pause / 2, 4],
      [pause - 1, 5],
    ] as const) {
      at(wait);
      const context = newContext();
      expect((await refusal(use(context))).note).toEqual(paused);
      expect([context.pending.length, context.counts.refusedVersions, manager.reads()]).toEqual([0, 0, reads]);
    }
    expect(upstream.sent).toEqual(['v1']);
    at(pause);
    upstream.says = { v1: 'accepted' };
    expect((await use()).accepted).toBe(true);
    expect(manager.reads()).toBe(6);
  });

  it('is refused anew after each pause, at the cost of one call, and after ever longer pauses where it was never right', async () => {
    const { upstream, use } = setUp({});
    const sentAt: number[] = [];
    for (let minutes = 0; minutes <= 22; minutes++) {
      at(minutes * minute);
      const before = upstream.sent.length;
      expect(await tally(Array.from({ length: 5 }, () => use()))).toEqual({ 500: 5 });
      if (upstream.sent.length > before) sentAt.push(minutes);
      expect(upstream.sent.length - before).toBeLessThanOrEqual(1);
    }
    expect(sentAt).toEqual([0, 1, 3, 7, 12, 17, 22]);
  });

  it('is refused anew once a minute where it was right before: then CCI is more probably at fault', async () => {
    const { upstream, use } = setUp();
    await use();
    upstream.says = {};
    for (let minutes = 0; minutes < 5; minutes++) {
      at(minutes * minute);
      await refusal(use());
      expect(upstream.sent).toHaveLength(minutes + 2);
    }
  });

  it('is corrected within 5 s of its pause', async () => {
    const { manager, upstream, use } = setUp({ v2: 'accepted' });
    await refusal(use());
    manager.holds('v2');
    at(5 * second + 1);
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent).toEqual(['v1', 'v2']);
  });

  it('is looked at again after its pause, before anyone sends it, and a newer one found then is used instead', async () => {
    const { manager, upstream, use } = setUp({ v1: 'locked', v2: 'accepted' });
    await refusal(use());
    at(5 * minute);
    manager.holds('v2');
    expect(await tally(Array.from({ length: 5 }, () => use()))).toEqual({ accepted: 5 });
    expect(upstream.sent).toEqual(['v1', ...Array(5).fill('v2')]);
  });

  it('stays paused where the secret cannot be read again, and no newer one is made up', async () => {
    const { manager, upstream, use } = setUp();
    await use();
    upstream.says = {};
    manager.fails('InternalServiceError');
    const context = newContext();
    expect((await refusal(use(context))).note).toEqual(refused);
    expect(context.warnings.map(([message]) => message)).toEqual(['the secret could not be refreshed; the copy at hand stays in use']);
    expect((await refusal(use())).note).toEqual(paused);
    expect(upstream.sent).toEqual(['v1', 'v1']);
  });

  it('is not sent again when the secret is turned back to it', async () => {
    const { manager, upstream, use } = setUp({});
    manager.holds('v1');
    await refusal(use());
    manager.holds('v2');
    at(6 * second);
    await refusal(use());
    manager.holds('v1');
    at(12 * second);
    await refusal(use());
    expect(upstream.sent).toEqual(['v1', 'v2']);
  });

  it('costs one reading of the secret for all callers that were refused together', async () => {
    const { manager, upstream, use } = setUp();
    await use();
    upstream.says = { v2: 'accepted' };
    manager.holds('v2');
    expect(await tally(Array.from({ length: 10 }, () => use()))).toEqual({ accepted: 10 });
    expect(upstream.sent.slice(1)).toEqual([...Array(10).fill('v1'), ...Array(10).fill('v2')]);
    expect(manager.reads()).toBe(2);
  });

  it('costs one reading of the secret for all callers that were refused one after the other', async () => {
    const { manager, upstream, use } = setUp();
    await use();
    upstream.says = {};
    const answers = Array.from({ length: 10 }, () => Promise.withResolvers<void>());
    upstream.meanwhile = () => answers[upstream.sent.length - 2]?.promise;
    const requests = answers.map(() => use());
    const counts = tally(requests);
    for (const { resolve } of answers) {
      resolve();
      await settled();
    }
    expect(await counts).toEqual({ 500: 10 });
    expect([upstream.sent.length, manager.reads()]).toEqual([11, 2]);
  });

  it('does not pause a newer one that another caller has read meanwhile', async () => {
    const { manager, upstream, use } = setUp();
    await use();
    upstream.says = { v2: 'accepted' };
    manager.holds('v2');
    const { promise, resolve } = Promise.withResolvers<void>();
    upstream.meanwhile = (name) => (name === 'v1' && upstream.sent.length === 2 ? promise : undefined);
    const slow = use();
    await settled();
    expect((await use()).accepted).toBe(true);
    resolve();
    expect((await slow).accepted).toBe(true);
    expect(upstream.sent).toEqual(['v1', 'v1', 'v1', 'v2', 'v2']);
    expect(manager.reads()).toBe(2);
  });

  it('stays paused as one that is locked, whatever is answered after that to what was under way', async () => {
    const { manager, upstream, use } = setUp();
    await use();
    const says = ['locked', 'refused', 'accepted'] as const;
    const waits = says.map(() => Promise.withResolvers<void>());
    upstream.meanwhile = async () => {
      const turn = upstream.sent.length - 2;
      await waits[turn]?.promise;
      upstream.says = { v1: says[turn] ?? 'refused' };
    };
    const codes = tally(says.map(() => use()));
    for (const { resolve } of waits) {
      resolve();
      await settled();
    }
    expect([await codes, manager.reads()]).toEqual([{ 500: 2, accepted: 1 }, 2]);
    at(5 * minute - 1);
    expect((await refusal(use())).note).toEqual(paused);
    // Nor does it count as proven.
    at(5 * minute);
    expect(await tally(Array.from({ length: 10 }, () => use()))).toEqual({ 500: 10 });
    expect(upstream.sent).toHaveLength(5);
  });

  it('is not paused for ever where the clock is set back', async () => {
    const { upstream, use } = setUp({});
    at(24 * 60 * minute);
    await refusal(use());
    at(0);
    upstream.says = { v1: 'accepted' };
    expect((await use()).accepted).toBe(true);
    at(1);
    upstream.says = {};
    await refusal(use());
    await refusal(use());
    expect(upstream.sent).toEqual(['v1', 'v1', 'v1']);
  });
});
