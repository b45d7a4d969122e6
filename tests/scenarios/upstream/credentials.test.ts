import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSimulator } from '../../../local/cci/simulator.ts';
import { credential } from '../../credentials.ts';
import {
  accessKey,
  connect,
  newContext,
  refusal,
  reply,
  requestOf,
  secretName,
  startSecrets,
  startUpstream,
  type Upstream,
} from './harness.ts';

const unauthorized = reply({ status: 401, body: { error_msg: 'verify aksk signature fail', error_code: 'APIG.0301' } });
const locked = reply({ status: 401, body: { error_msg: 'AK access failed to reach the limit,forbidden', error_code: 'APIG.0301' } });
const start = Date.parse('2026-03-01T12:00:00Z');
const minute = 60_000;
const newer = { accessKey: credential('ak-new'), secretKey: credential('sk-new') };

let upstream: Upstream;
let client: Awaited<ReturnType<typeof connect>>;
beforeEach(async () => {
  // The key has been the current one for a day.
  vi.useFakeTimers({ toFake: ['Date'], now: start - 24 * 60 * minute });
  upstream = await startUpstream();
  const secrets = await startSecrets();
  vi.setSystemTime(start);
  client = await connect(upstream.url, secrets);
  await client.begun;
});
afterEach(() => {
  vi.useRealTimers();
});
const secretsSent = () =>
  upstream.arrived.map(({ headers }) =>
    headers.authorization
      ?.match(/Access=([^,]*)|Bearer (.*)/)
      ?.slice(1)
      .join(''),
  );

describe('credentials that CCI refuses', () => {
  it.each(['GET', 'PUT'] as const)('on a %s are replaced by a newer version of the secret, once', async (method) => {
    await client.cci.read(
      { kind: { group: 'kubeflow.org', kind: 'TFJob', plural: 'tfjobs' }, namespace: 'kube-test', name: 'tfjob-test' },
      newContext(),
    );
    upstream.arrived.length = 0;
    client.setSecret(newer);
    upstream.next[method].push(unauthorized);
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
    expect(upstream.methods()).toBe(method === 'GET' ? 'GET GET PUT' : 'GET PUT PUT');
    const { accessKey: old } = accessKey;
    expect(secretsSent()).toEqual(method === 'GET' ? [old, newer.accessKey, newer.accessKey] : [old, old, newer.accessKey]);
    expect(client.secrets.calls).toBe(2);
  });

  it('cost exactly one failed authentication where the secret holds nothing newer', async () => {
    upstream.next.GET.push(unauthorized);
    const { status, note } = await refusal(client.update(requestOf(upstream)));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(note).toEqual({ reason: 'credentials: CCI refused them', errorCode: 'APIG.0301', locked: false });
    // Read at first, again for a newer version, and for the one before.
    expect([upstream.methods(), client.secrets.calls]).toEqual(['GET', 3]);

    vi.setSystemTime(start + minute - 1);
    const again = await Promise.all([1, 2, 3].map(() => refusal(client.update(requestOf(upstream)))));
    for (const error of again) {
      expect(error.status).toEqual(status);
      expect(error.note.reason).toBe('credentials: refused a moment ago; not tried again for now');
    }
    // The secret is looked at meanwhile, every 5 s at most.
    expect([upstream.methods(), client.secrets.calls]).toEqual(['GET', 4]);

    vi.setSystemTime(start + minute);
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
    expect([upstream.methods(), client.secrets.calls]).toEqual(['GET GET PUT', 5]);
  });

  it('that CCI has locked are left alone for five minutes', async () => {
    upstream.next.GET.push(locked);
    const { note } = await refusal(client.update(requestOf(upstream)));
    expect(note).toMatchObject({ locked: true });
    for (const later of [minute, 2 * minute, 5 * minute - 1]) {
      vi.setSystemTime(start + later);
      expect((await refusal(client.update(requestOf(upstream)))).status.code).toBe(500);
    }
    expect(upstream.methods()).toBe('GET');
    vi.setSystemTime(start + 5 * minute);
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
  });

  it('are not tried a third time where the newer version is refused too, and neither is tried again', async () => {
    await client.update(upstream.job());
    upstream.arrived.length = 0;
    client.setSecret({ token: credential('newer') });
    upstream.next.PUT.push(unauthorized, unauthorized, unauthorized);
    expect((await refusal(client.update(requestOf(upstream)))).status.code).toBe(500);
    expect(upstream.methods()).toBe('GET PUT PUT');
    expect((await refusal(client.update(requestOf(upstream)))).status.code).toBe(500);
    expect(upstream.methods()).toBe('GET PUT PUT');
    expect(upstream.job().metadata.resourceVersion).toBe('72447176');
  });

  it('are told by a signature that does not match: a real check of it', async () => {
    const key = { accessKey: credential('ak'), secretKey: credential('right'), securityToken: credential('session') };
    const simulator = await startSimulator(key);
    try {
      const { update, setSecret } = await connect(simulator.url, { ...key, secretKey: credential('wrong') });
      const job = JSON.parse(simulator.text('tfjobs', 'kube-test', 'tfjob-test') as string);
      job.metadata.labels = { app: 'é' };
      expect((await refusal(update(job))).note).toMatchObject({ reason: 'credentials: CCI refused them' });
      expect(simulator.requests.map(({ status }) => status)).toEqual([401]);
      vi.setSystemTime(start + minute);
      setSecret(key);
      job.metadata.labels = { app: 'other' };
      expect((await update(job)).answer.job.metadata).toMatchObject({ labels: { app: 'other' } });
      expect(simulator.requests.map(({ status }) => status)).toEqual([401, 200, 200]);
    } finally {
      await simulator.close();
    }
  });
});

describe('the secret', () => {
  it('may be a bearer token, sent with the host and nothing signed', async () => {
    const { update } = await connect(upstream.url, { token: credential('bearer') });
    await update(requestOf(upstream));
    for (const { headers } of upstream.arrived) {
      expect(headers).toMatchObject({
        authorization: `Bearer ${credential('bearer')}`,
        host: new URL(upstream.url).host,
        accept: 'application/json',
      });
      expect(headers).not.toHaveProperty('x-sdk-date');
    }
  });

  it('is read once for the first requests of a process', async () => {
    await Promise.all(Array.from({ length: 20 }, () => client.update(upstream.job())));
    expect(client.secrets.calls).toBe(1);
  });

  it('older than 5 minutes is refreshed beside the request, which need not wait', async () => {
    await client.update(upstream.job());
    client.setSecret({ token: credential('newer') });
    vi.setSystemTime(start + 6 * minute);
    const context = newContext();
    upstream.arrived.length = 0;
    upstream.next.GET.push(async (response, serve) => {
      // The read arrives although the refresh may not be over.
      expect(context.pending).toHaveLength(1);
      reply(serve())(response);
    });
    await client.update(upstream.job(), context);
    await Promise.all(context.pending);
    await client.update(upstream.job());
    expect(secretsSent()).toEqual([accessKey.accessKey, credential('newer')]);
  });

  it.each<[string, object, string | undefined]>([
    ['malformed', { accessKey: credential('private-value') }, undefined],
    ['not there', accessKey, 'http://127.0.0.1:1'],
  ])('that is %s makes a 500 without a call, and is not named anywhere', async (_title, secret, manager) => {
    client = await connect(upstream.url, secret, manager);
    // The version before is as malformed.
    client.setSecret(secret);
    const context = newContext();
    const { status, note, message } = await refusal(client.update(requestOf(upstream), context));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(note.reason).toMatch(/^credentials: the secret /);
    expect(JSON.stringify({ status, note, message, context })).not.toMatch(/private|team/);
    expect(secretName).toMatch(/private/);
    expect(upstream.arrived).toEqual([]);
  });
});
