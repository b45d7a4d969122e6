import { describe, expect, it } from 'vitest';
import { createCredentials } from '../../../../lib/cci/credentials/credentials.ts';
import { credential } from '../../../credentials.ts';
import { at, createUpstream, minute, newContext, refusal, second, secretName, setUp, tally, useWallClock } from './credentials-harness.ts';

useWallClock();

const day = 24 * 60 * minute;
const twenty = <T>(make: () => T): T[] => Array.from({ length: 20 }, make);
const keyed = (accessKey: string, secretKey: string) => ({ accessKey: credential(accessKey), secretKey: credential(secretKey) });
const paused = { reason: 'credentials: refused a moment ago; not tried again for now' };

describe('a process that begins with a version that CCI refuses', () => {
  it('goes on with the one before: no request fails, and the refused one is never sent again', async () => {
    const { manager, upstream, use } = setUp({ v0: 'accepted' });
    manager.heldBefore('v0');
    const context = newContext();
    expect(await tally([use(context), ...twenty(() => use())])).toEqual({ accepted: 21 });
    expect(context.warnings.map(([message]) => message)).toEqual(['the credentials were refused; others are tried']);
    for (let minutes = 1; minutes < 60; minutes++) {
      at(minutes * minute);
      expect((await use()).accepted).toBe(true);
    }
    expect(upstream.sent).toEqual(['v1', ...Array(21 + 59).fill('v0')]);
    expect(manager.readsOfPrevious()).toBe(1);
  });

  it('takes a corrected one over from it', async () => {
    const { manager, upstream, use } = setUp({ v0: 'accepted', v2: 'accepted' });
    manager.heldBefore('v0');
    await use();
    manager.holds('v2');
    at(16 * minute);
    await use();
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent.slice(1)).toEqual(['v0', 'v2', 'v2']);
  });

  it('fails where the one before is wrong too, which is tried once and no more', async () => {
    const { manager, upstream, use } = setUp({});
    manager.heldBefore('v0');
    for (let minutes = 0; minutes < 4; minutes++) {
      at(minutes * minute);
      expect(await tally(twenty(() => use()))).toEqual({ 500: 20 });
    }
    expect(upstream.sent).toEqual(['v1', 'v0', 'v1', 'v1']);
    manager.holds('v2');
    upstream.says = { v2: 'accepted' };
    at(3 * minute + 6 * second);
    expect((await use()).accepted).toBe(true);
  });

  it('asks for the one before anew where the next version is wrong as well', async () => {
    const { manager, upstream, use } = setUp({});
    await refusal(use());
    manager.holds('v2');
    manager.heldBefore('v0');
    upstream.says = { v0: 'accepted' };
    at(6 * second);
    expect((await use()).accepted).toBe(true);
    expect([upstream.sent, manager.readsOfPrevious()]).toEqual([['v1', 'v2', 'v0'], 2]);
  });

  it('says nothing where there is none before, and does not ask again', async () => {
    const { manager, use } = setUp({});
    for (const minutes of [0, 1, 2]) {
      at(minutes * minute);
      const context = newContext();
      await refusal(use(context));
      expect(context.warnings).toEqual([]);
    }
    expect(manager.readsOfPrevious()).toBe(1);
  });

  it('tells why the one before cannot be read, without its name, and asks again when the version is refused again', async () => {
    const { manager, upstream, use } = setUp({ v0: 'accepted' });
    manager.failsBefore('ThrottlingException');
    const context = newContext();
    await refusal(use(context));
    const note = { reason: 'credentials: the secret could not be read', error: 'ThrottlingException' };
    expect(context.warnings).toEqual([['the version before the current one could not be read', note]]);
    manager.heldBefore('v0');
    at(minute);
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent).toEqual(['v1', 'v1', 'v0']);
  });
});

describe('a process that begins with a malformed version', () => {
  it('goes on with the one before, looks for a correction every 5 s, and takes it over', async () => {
    const { manager, upstream, use } = setUp({ v0: 'accepted', v2: 'accepted' });
    manager.holds('v1', { accessKey: credential('ak') });
    manager.heldBefore('v0');
    expect(await tally(twenty(() => use()))).toEqual({ accepted: 20 });
    const reads = manager.reads();
    at(5 * second);
    await use();
    expect(manager.reads()).toBe(reads);
    at(5 * second + 1);
    const context = newContext();
    await use(context);
    const note = { reason: 'credentials: the secret is malformed', mistakes: ['secretKey is missing'] };
    expect(context.warnings).toEqual([['the secret could not be refreshed; the copy at hand stays in use', note]]);
    manager.holds('v2');
    at(11 * second);
    await use();
    expect(upstream.sent.at(-1)).toBe('v2');
  });

  it('tells that it is malformed where there is none before', async () => {
    const { manager, upstream, use } = setUp();
    manager.holds('v1', {});
    for (const _ of [1, 2]) expect((await refusal(use())).note).toMatchObject({ reason: 'credentials: the secret is malformed' });
    expect(upstream.sent).toEqual([]);
    manager.heldBefore('v0');
    upstream.says = { v0: 'accepted' };
    expect((await use()).accepted).toBe(true);
  });

  it('tries the one before that is wrong too once in a minute', async () => {
    const { manager, upstream, use } = setUp({});
    manager.holds('v1', {});
    manager.heldBefore('v0');
    expect((await refusal(use())).note).toMatchObject({ reason: 'credentials: CCI refused them' });
    for (const wait of [1, minute - 1]) {
      at(wait);
      expect((await refusal(use())).note).toMatchObject({ reason: 'credentials: the secret is malformed' });
    }
    at(minute);
    await refusal(use());
    expect(upstream.sent).toEqual(['v0', 'v0']);
  });
});

it('a version or stage that is asked for is never stood in for by the one before', async () => {
  const { manager } = setUp();
  manager.heldBefore('v0');
  const upstream = createUpstream({ v0: 'accepted' });
  for (const asked of [{ VersionStage: 'AWSPENDING' }, { VersionId: 'v1' }]) {
    const credentials = createCredentials({ SecretId: secretName, ...asked }, manager.client);
    expect((await refusal(credentials.use(newContext(), upstream.send))).note).toMatchObject({ reason: 'credentials: CCI refused them' });
  }
  expect([upstream.sent, manager.readsOfPrevious()]).toEqual([['v1', 'v1'], 0]);
});

describe('a locked key', () => {
  it('is not tried under the version before either, but another key of it is', async () => {
    for (const [key, sent] of [
      ['ak', ['ak']],
      ['other-ak', ['ak', 'other-ak']],
    ] as const) {
      at(0);
      const { manager, upstream, use } = setUp({ ak: 'locked', 'other-ak': 'accepted' });
      manager.holds('v1', keyed('ak', 'wrong'), 0);
      manager.heldBefore('v0', keyed(key, 'right'), day);
      await use().catch(() => undefined);
      expect(upstream.sent).toEqual(sent);
    }
  });

  it('is tried after five minutes under the version before that is old: one that was used so long is right', async () => {
    const { manager, upstream, use } = setUp({ ak: 'locked' });
    manager.holds('v1', keyed('ak', 'wrong'), 0);
    manager.heldBefore('v0', keyed('ak', 'right'), day);
    await refusal(use());
    upstream.says = { ak: 'accepted' };
    at(5 * minute - 1);
    expect((await refusal(use())).note).toEqual(paused);
    at(5 * minute);
    expect((await use()).accepted).toBe(true);
  });

  it.each([
    ['is left alone for fifteen minutes where its version is young and was never accepted', 0, undefined, 15],
    ['is left alone for fifteen minutes also where the version before is as young', 0, 30 * minute, 15],
    ['is left alone for five minutes where its version is older than an hour', 61 * minute, undefined, 5],
  ] as const)('%s', async (_title, age, before, minutes) => {
    const { manager, upstream, use } = setUp({ ak: 'locked' });
    manager.holds('v1', keyed('ak', 'sk'), age);
    if (before !== undefined) manager.heldBefore('v0', keyed('ak', 'old-sk'), before);
    await refusal(use());
    at(minutes * minute - 1);
    expect((await refusal(use())).note).toEqual(paused);
    expect(upstream.sent).toEqual(['ak']);
    at(minutes * minute);
    await refusal(use());
    expect(upstream.sent).toHaveLength(2);
  });

  it('is tried under a correction that is as young as soon as the lock is over', async () => {
    const { manager, upstream, use } = setUp({ ak: 'locked' });
    manager.holds('v1', keyed('ak', 'wrong'), 0);
    await refusal(use());
    at(minute);
    manager.holds('v2', keyed('ak', 'right'), 0);
    upstream.says = { ak: 'accepted' };
    at(5 * minute - 1);
    await refusal(use());
    at(5 * minute + 6 * second);
    expect((await use()).accepted).toBe(true);
    expect(upstream.sent).toEqual(['ak', 'ak']);
  });

  it('is left alone for five minutes where CCI had accepted its version, however young', async () => {
    const { manager, upstream, use } = setUp({ ak: 'accepted' });
    manager.holds('v1', keyed('ak', 'sk'), 0);
    await use();
    upstream.says = { ak: 'locked' };
    await refusal(use());
    upstream.says = { ak: 'accepted' };
    at(5 * minute);
    expect((await use()).accepted).toBe(true);
  });
});
