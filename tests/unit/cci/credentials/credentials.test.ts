import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCredentials } from '../../../../lib/cci/credentials/credentials.ts';
import { credential } from '../../../credentials.ts';
import {
  at,
  credentialOf,
  minute,
  newContext,
  refusal,
  second,
  secretName,
  settled,
  setUp,
  tally,
  useWallClock,
} from './credentials-harness.ts';

useWallClock();

const unreadable = (error: string) => ({ reason: 'credentials: the secret could not be read', error });
const kept = 'the secret could not be refreshed; the copy at hand stays in use';

describe('the secret', () => {
  it('is read by the name that is configured, once for all callers at a time, and kept', async () => {
    const { manager, credentials } = setUp();
    const traces = Array.from({ length: 20 }, () => newContext());
    const all = await Promise.all(traces.map((context) => credentialOf(credentials, context)));
    expect(all).toEqual(Array(20).fill({ form: 'bearer', token: credential('v1'), secrets: [credential('v1')] }));
    await credentialOf(credentials);
    expect(manager.inputs()).toEqual([{ SecretId: secretName }]);
    expect(traces.reduce((sum, { counts }) => sum + counts.credentialRefreshes, 0)).toBe(1);
  });

  it('is read in the version or stage that is asked for', async () => {
    const { manager } = setUp();
    const pending = { SecretId: secretName, VersionId: 'v1', VersionStage: 'AWSPENDING' };
    await credentialOf(createCredentials(pending, manager.client));
    expect(manager.inputs()).toEqual([pending]);
  });

  it('is read again by the next caller where the first read fails, and nothing is kept of the failure', async () => {
    const { manager, credentials, use, upstream } = setUp();
    manager.fails('ResourceNotFoundException');
    const errors = await Promise.all([1, 2, 3].map(() => refusal(use())));
    expect(manager.reads()).toBe(1);
    for (const { status, note, message } of errors) {
      expect(note).toEqual(unreadable('ResourceNotFoundException'));
      expect(JSON.stringify({ status, note, message })).not.toContain('very-private-name');
    }
    expect(upstream.sent).toEqual([]);
    manager.holds('v1');
    expect(await credentialOf(credentials)).toMatchObject({ token: credential('v1') });
    expect(manager.reads()).toBe(2);
  });

  it('may be read before anybody asks: it counts for the first who does, and is not read again', async () => {
    const { manager, credentials } = setUp();
    credentials.begin();
    const [first, second] = [newContext(), newContext()];
    expect(await credentialOf(credentials, first)).toMatchObject({ token: credential('v1') });
    await credentialOf(credentials, second);
    expect(manager.reads()).toBe(1);
    expect([first.counts.credentialRefreshes, second.counts.credentialRefreshes]).toEqual([1, 0]);
  });

  it('is read again by the first who asks where what was begun before him failed, or was begun long ago', async () => {
    const failing = setUp();
    failing.manager.fails('AccessDeniedException');
    failing.credentials.begin();
    await vi.waitFor(() => expect(failing.manager.reads()).toBe(1));
    failing.manager.holds('v1');
    expect(await credentialOf(failing.credentials)).toMatchObject({ token: credential('v1') });
    expect(failing.manager.reads()).toBe(2);

    const frozen = setUp();
    const thawed = Promise.withResolvers<void>();
    frozen.manager.holdsAfter(thawed.promise, 'v1');
    frozen.credentials.begin();
    await vi.waitFor(() => expect(frozen.manager.reads()).toBe(1));
    at(5 * second);
    frozen.manager.holds('v2');
    expect(await credentialOf(frozen.credentials)).toMatchObject({ token: credential('v2') });
    // What comes late is older, and changes nothing.
    thawed.resolve();
    await new Promise(setImmediate);
    expect(await credentialOf(frozen.credentials)).toMatchObject({ token: credential('v2') });
    expect(frozen.manager.reads()).toBe(2);
  });

  it('of up to 5 minutes is used as it is', async () => {
    const { manager, credentials } = setUp();
    await credentialOf(credentials);
    at(5 * minute);
    const context = newContext();
    expect(await credentialOf(credentials, context)).toMatchObject({ token: credential('v1') });
    expect([context.pending.length, manager.reads()]).toEqual([0, 1]);
  });

  it('older than 5 minutes, and up to a minute by chance, is refreshed: processes that began together do not ask together', async () => {
    const refreshed: number[] = [];
    for (const chance of [0, 0.5, 0.999]) {
      const random = vi.spyOn(Math, 'random').mockReturnValue(chance);
      at(0);
      const { manager, credentials } = setUp();
      await credentialOf(credentials);
      for (let seconds = 300; manager.reads() === 1; seconds++) {
        at(seconds * second);
        const context = newContext();
        await credentialOf(credentials, context);
        await Promise.all(context.pending);
        if (manager.reads() === 2) refreshed.push(seconds);
      }
      random.mockRestore();
    }
    expect(refreshed).toEqual([301, 331, 360]);
  });

  it('older than 6 minutes is refreshed beside the request, which uses the copy at hand', async () => {
    const { manager, credentials } = setUp();
    await credentialOf(credentials);
    at(6 * minute);
    const { promise, resolve } = Promise.withResolvers<void>();
    manager.holdsAfter(promise, 'v2');
    const context = newContext();
    expect(await credentialOf(credentials, context)).toMatchObject({ token: credential('v1') });
    expect(context.pending).toHaveLength(1);
    resolve();
    await Promise.all(context.pending);
    expect(await credentialOf(credentials)).toMatchObject({ token: credential('v2') });
    expect(manager.reads()).toBe(2);
  });

  it('older than 15 minutes is refreshed before the request, however long the process slept', async () => {
    const { manager, credentials } = setUp();
    await credentialOf(credentials);
    for (const [minutes, version] of [
      [15.01, 'v2'],
      [10_000, 'v3'],
      // A clock that was set back makes the age unknown, not zero.
      [-10_000, 'v4'],
    ] as const) {
      at(minutes * minute);
      manager.holds(version);
      const context = newContext();
      expect(await credentialOf(credentials, context)).toMatchObject({ token: credential(version) });
      expect(context.pending).toEqual([]);
    }
    expect(manager.reads()).toBe(4);
  });

  it.each([
    [6, 'AccessDeniedException'],
    [6, 'ThrottlingException'],
    [16, 'InternalServiceError'],
    [16, 'TimeoutError'],
  ])('that cannot be refreshed after %i minutes (%s) stays in use, with a warning that does not name it', async (minutes, name) => {
    const { manager, credentials } = setUp();
    await credentialOf(credentials);
    at(minutes * minute);
    manager.fails(name);
    const context = newContext();
    expect(await credentialOf(credentials, context)).toMatchObject({ token: credential('v1') });
    await Promise.all(context.pending);
    expect(context.warnings).toEqual([[kept, unreadable(name)]]);
    manager.holds('v2');
    at((minutes + 15) * minute);
    expect(await credentialOf(credentials)).toMatchObject({ token: credential('v2') });
  });

  it.each([6, 16])('that could not be refreshed after %i minutes is not asked for again for 30 s', async (minutes) => {
    const { manager, credentials } = setUp();
    await credentialOf(credentials);
    manager.fails('ThrottlingException');
    const readsAfter = async (ms: number) => {
      at(minutes * minute + ms);
      const context = newContext();
      expect(await credentialOf(credentials, context)).toMatchObject({ token: credential('v1') });
      await Promise.all(context.pending);
      return manager.reads();
    };
    expect(await readsAfter(0)).toBe(2);
    expect(await readsAfter(1)).toBe(2);
    expect(await readsAfter(30 * second)).toBe(2);
    expect(await readsAfter(30 * second + 1)).toBe(3);
    manager.holds('v1');
    expect(await readsAfter(61 * second)).toBe(4);
    expect(await readsAfter(62 * second)).toBe(4);
  });

  it('that has become malformed does not replace the copy at hand', async () => {
    const { manager, credentials } = setUp();
    await credentialOf(credentials);
    at(20 * minute);
    manager.holds('v2', { accessKey: 'hunter2' });
    const context = newContext();
    expect(await credentialOf(credentials, context)).toMatchObject({ token: credential('v1') });
    expect(context.warnings).toEqual([[kept, { reason: 'credentials: the secret is malformed', mistakes: ['secretKey is missing'] }]]);
  });

  it.each([
    ['the request has', 100, 100, 100],
    ['10 s at first, and 5 s where there is a copy', 60_000, 10_000, 5000],
  ])('is waited for no longer than %s', async (_title, left, first, later) => {
    const { timeout } = AbortSignal;
    // A hundred times as fast as a clock.
    const waits = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms / 100));
    onTestFinished(() => waits.mockRestore());
    let answer: Promise<object> | undefined;
    const silent = {
      send: (_command: unknown, { abortSignal }: { abortSignal: AbortSignal }) =>
        answer ?? new Promise((_resolve, reject) => abortSignal.addEventListener('abort', () => reject(abortSignal.reason))),
    } as unknown as SecretsManagerClient;
    const credentials = createCredentials({ SecretId: secretName }, silent);
    const { note } = await refusal(credentialOf(credentials, newContext(left)));
    expect(note).toEqual(unreadable('TimeoutError'));
    answer = Promise.resolve({ SecretString: JSON.stringify({ token: credential('v1') }), VersionId: 'v1' });
    await credentialOf(credentials, newContext(left));
    at(16 * minute);
    answer = undefined;
    const context = newContext(left);
    expect(await credentialOf(credentials, context)).toMatchObject({ token: credential('v1') });
    expect(context.warnings).toEqual([[kept, unreadable('TimeoutError')]]);
    expect(waits.mock.calls).toEqual([[first], [first], [later]]);
  });

  it('that another request reads is waited for no longer than the own request has', async () => {
    const { manager, use } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    manager.holdsAfter(promise, 'v1');
    const patient = use();
    await settled();
    const { note } = await refusal(use(newContext(50)), 504);
    expect(note).toEqual({ reason: 'credentials: not there before the deadline' });
    resolve();
    expect(await tally([patient])).toEqual({ accepted: 1 });
    expect(manager.reads()).toBe(1);
  });
});
