import { setTimeout as sleep } from 'node:timers/promises';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type AwsStub, mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCredentials } from '../../../lib/cci/credentials.ts';
import { createTrace, type Trace } from '../../../lib/cci/trace.ts';
import { StatusError } from '../../../lib/job/status.ts';

const secretName = 'prod/very-private-name';
const minute = 60_000;
const start = Date.parse('2026-03-01T12:00:00Z');
// biome-ignore lint/suspicious/noExplicitAny: the stub's own type parameters say nothing here
let manager: AwsStub<any, any, any>;
let client: SecretsManagerClient;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  client = new SecretsManagerClient({ region: 'eu-west-1' });
  manager = mockClient(client);
});
afterEach(() => {
  vi.useRealTimers();
});

const holds = (version: string, secret: object = { token: `token-${version}` }) =>
  manager.on(GetSecretValueCommand).resolves({ SecretString: JSON.stringify(secret), VersionId: version });
const fails = (name: string) =>
  manager.on(GetSecretValueCommand).rejects(Object.assign(new Error(`cannot read ${secretName}`), { name, SecretId: secretName }));
const reads = () => manager.commandCalls(GetSecretValueCommand).length;
const at = (minutes: number) => vi.setSystemTime(start + minutes * minute);

interface Watched extends Trace {
  warnings: [string, object][];
}
function newTrace(left = 20_000): Watched {
  const warnings: [string, object][] = [];
  return { ...createTrace(Date.now() + left, (...warning) => warnings.push(warning)), warnings };
}
/** The error that something is refused with: the note of a 500. */
async function refusal(promise: Promise<unknown>): Promise<StatusError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(StatusError);
  expect((error as StatusError).status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
  return error as StatusError;
}

describe('the secret', () => {
  it('is read by the name that is configured, once for all callers at a time, and kept', async () => {
    holds('v1');
    const credentials = createCredentials(secretName, client);
    const all = await Promise.all(Array.from({ length: 20 }, () => credentials.current(newTrace())));
    expect(new Set(all)).toEqual(new Set([{ version: 'v1', form: 'token', token: 'token-v1', secrets: ['token-v1'] }]));
    await credentials.current(newTrace());
    expect(reads()).toBe(1);
    expect(manager.commandCalls(GetSecretValueCommand)[0]?.args[0].input).toEqual({ SecretId: secretName });
  });

  it('is read again by the next caller where the first read fails, and nothing is kept of the failure', async () => {
    fails('ResourceNotFoundException');
    const credentials = createCredentials(secretName, client);
    const errors = await Promise.all([1, 2, 3].map(() => refusal(credentials.current(newTrace()))));
    expect(reads()).toBe(1);
    for (const { status, note, message } of errors) {
      expect(note).toEqual({ because: 'credentials: the secret could not be read', error: 'ResourceNotFoundException' });
      expect(JSON.stringify({ status, note, message })).not.toContain('very-private-name');
    }
    holds('v1');
    expect(await credentials.current(newTrace())).toMatchObject({ version: 'v1' });
    expect(reads()).toBe(2);
  });

  it('of up to 5 minutes is used as it is', async () => {
    holds('v1');
    const credentials = createCredentials(secretName, client);
    await credentials.current(newTrace());
    at(5);
    const trace = newTrace();
    expect(await credentials.current(trace)).toMatchObject({ version: 'v1' });
    expect([trace.pending.length, reads()]).toEqual([0, 1]);
  });

  it('older than 5 minutes is refreshed beside the request, which uses the copy at hand', async () => {
    holds('v1');
    const credentials = createCredentials(secretName, client);
    await credentials.current(newTrace());
    at(5.01);
    holds('v2');
    const trace = newTrace();
    expect(await credentials.current(trace)).toMatchObject({ version: 'v1' });
    expect(trace.pending).toHaveLength(1);
    await Promise.all(trace.pending);
    expect(await credentials.current(newTrace())).toMatchObject({ version: 'v2', token: 'token-v2' });
    expect(reads()).toBe(2);
  });

  it('older than 15 minutes is refreshed before the request, however long the process slept', async () => {
    holds('v1');
    const credentials = createCredentials(secretName, client);
    await credentials.current(newTrace());
    for (const [minutes, version] of [
      [15.01, 'v2'],
      [10_000, 'v3'],
      // A clock that was set back makes the age unknown, not zero.
      [-10_000, 'v4'],
    ] as const) {
      at(minutes);
      holds(version);
      const trace = newTrace();
      expect(await credentials.current(trace)).toMatchObject({ version });
      expect(trace.pending).toEqual([]);
    }
    expect(reads()).toBe(4);
  });

  it.each([6, 16])('that cannot be refreshed after %i minutes stays in use, with a warning that does not name it', async (minutes) => {
    holds('v1');
    const credentials = createCredentials(secretName, client);
    await credentials.current(newTrace());
    at(minutes);
    fails('AccessDeniedException');
    const trace = newTrace();
    expect(await credentials.current(trace)).toMatchObject({ version: 'v1' });
    await Promise.all(trace.pending);
    expect(trace.warnings).toEqual([
      [
        'the secret could not be refreshed; the copy at hand stays in use',
        { because: 'credentials: the secret could not be read', error: 'AccessDeniedException' },
      ],
    ]);
    holds('v2');
    at(minutes + 15);
    expect(await credentials.current(newTrace())).toMatchObject({ version: 'v2' });
  });

  it('that has become malformed does not replace the copy at hand', async () => {
    holds('v1');
    const credentials = createCredentials(secretName, client);
    await credentials.current(newTrace());
    at(20);
    holds('v2', { accessKey: 'hunter2' });
    const trace = newTrace();
    expect(await credentials.current(trace)).toMatchObject({ version: 'v1' });
    expect(trace.warnings[0]?.[1]).toEqual({
      because: 'credentials: the secret is malformed',
      mistakes: ['secretKey is missing'],
    });
  });

  it('is waited for no longer than the request has', async () => {
    const never = {
      send: (_command: unknown, { abortSignal }: { abortSignal: AbortSignal }) =>
        new Promise((_resolve, reject) => abortSignal.addEventListener('abort', () => reject(abortSignal.reason))),
    } as unknown as SecretsManagerClient;
    const refused = refusal(createCredentials(secretName, never).current(newTrace(50)));
    const late = sleep(2500, undefined, { ref: false }).then(() => expect.fail('still waiting'));
    const { note } = await Promise.race([refused, late]);
    expect(note).toEqual({ because: 'credentials: the secret could not be read', error: 'TimeoutError' });
  });
});

describe('a version that CCI refuses', () => {
  const setUp = async () => {
    holds('v1');
    const credentials = createCredentials(secretName, client);
    const first = await credentials.current(newTrace());
    return { credentials, first };
  };

  it('is given up for a newer one at once', async () => {
    const { credentials, first } = await setUp();
    holds('v2');
    expect(await credentials.refused(first, false, newTrace())).toMatchObject({ version: 'v2' });
    expect(await credentials.current(newTrace())).toMatchObject({ version: 'v2' });
    expect(reads()).toBe(2);
  });

  it.each([
    [false, 60_000],
    [true, 5 * minute],
  ])('(locked: %s) is not tried again for %i ms, without a call meanwhile', async (locked, pause) => {
    const { credentials, first } = await setUp();
    expect(await credentials.refused(first, locked, newTrace())).toBeUndefined();
    const before = reads();
    for (const wait of [0, 1, pause / 2, pause - 1]) {
      vi.setSystemTime(start + wait);
      const trace = newTrace();
      const { note } = await refusal(credentials.current(trace));
      expect(note).toEqual({ because: 'credentials: refused a moment ago; not tried again for now' });
      expect([trace.pending.length, reads()]).toEqual([0, before]);
    }
    vi.setSystemTime(start + pause);
    expect(await credentials.current(newTrace())).toMatchObject({ version: 'v1' });
    expect(reads()).toBe(before + 1);
  });

  it('is looked at again after its pause, and a newer one found then is used instead', async () => {
    const { credentials, first } = await setUp();
    await credentials.refused(first, true, newTrace());
    vi.setSystemTime(start + 5 * minute);
    holds('v2');
    expect(await credentials.current(newTrace())).toMatchObject({ version: 'v2' });
  });

  it('stays paused where the secret cannot be read again, and no newer one is made up', async () => {
    const { credentials, first } = await setUp();
    fails('InternalServiceError');
    const trace = newTrace();
    expect(await credentials.refused(first, false, trace)).toBeUndefined();
    expect(trace.warnings).toHaveLength(1);
    await refusal(credentials.current(newTrace()));
  });

  it('is not offered again when the secret is turned back to it', async () => {
    const { credentials, first } = await setUp();
    holds('v2');
    const second = await credentials.refused(first, false, newTrace());
    expect(second).toMatchObject({ version: 'v2' });
    holds('v1');
    expect(await credentials.refused(second as typeof first, false, newTrace())).toBeUndefined();
    await refusal(credentials.current(newTrace()));
  });

  it('is read again once for all callers that were refused together', async () => {
    const { credentials, first } = await setUp();
    holds('v2');
    const all = await Promise.all(Array.from({ length: 10 }, () => credentials.refused(first, false, newTrace())));
    expect(all.map((credential) => credential?.version)).toEqual(Array.from({ length: 10 }, () => 'v2'));
    expect(reads()).toBe(2);
  });

  it('does not pause a newer one that another caller has fetched meanwhile', async () => {
    const { credentials, first } = await setUp();
    holds('v2');
    await credentials.refused(first, false, newTrace());
    expect(await credentials.refused(first, true, newTrace())).toMatchObject({ version: 'v2' });
    expect(await credentials.current(newTrace())).toMatchObject({ version: 'v2' });
  });
});
