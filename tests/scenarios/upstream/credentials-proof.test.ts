import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSimulator } from '../../../local/cci/simulator.ts';
import { credential, nameOf } from '../../credentials.ts';
import { connect, type Fault, newContext, refusal, reply, requestOf, startUpstream, type Upstream } from './harness.ts';

const start = Date.parse('2026-03-01T12:00:00Z');
const minute = 60_000;
const at = (ms: number) => vi.setSystemTime(start + ms);
const key = (name: string) => ({ accessKey: credential(name), secretKey: credential(`secret-of-${name}`) });

let upstream: Upstream;
/** The keys that CCI takes, and how often it took or refused each. */
let valid: string[];
let tried: Record<string, { taken: number; refused: number }>;
let client: Awaited<ReturnType<typeof connect>>;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  upstream = await startUpstream();
  valid = [];
  tried = {};
  const checked: Fault = (response, serve, { headers }) => {
    const name = nameOf(/Access=([^,]*)/.exec(headers.authorization ?? '')?.[1] ?? '');
    tried[name] ??= { taken: 0, refused: 0 };
    if (valid.includes(name)) {
      tried[name].taken += 1;
      return reply(serve())(response);
    }
    tried[name].refused += 1;
    return reply({ status: 401, body: { error_msg: 'verify aksk signature fail', error_code: 'APIG.0301' } })(response);
  };
  for (const method of ['GET', 'PUT'] as const) upstream.next[method].push(...Array<Fault>(2000).fill(checked));
  client = await connect(upstream.url, key('AKOLD'));
});
afterEach(() => {
  vi.useRealTimers();
});
const read = () => client.update(upstream.job(), newContext());
const many = async (count: number) => {
  const codes = await Promise.all(
    Array.from({ length: count }, () =>
      read().then(
        () => 200,
        (error) => error.status.code as number,
      ),
    ),
  );
  return Object.fromEntries([...new Set(codes)].map((code) => [code, codes.filter((other) => other === code).length]));
};

describe('a key that CCI has not yet accepted', () => {
  it('and that is bad is sent once by twenty first requests, and each is told the truth', async () => {
    const errors = await Promise.all(Array.from({ length: 20 }, () => refusal(client.update(requestOf(upstream)))));
    for (const { status, note } of errors) {
      expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
      expect(note.reason).toMatch(/^credentials: (CCI refused them|refused a moment ago; not tried again for now)$/);
    }
    expect([tried, upstream.arrived.length]).toEqual([{ AKOLD: { taken: 0, refused: 1 } }, 1]);
  });

  it('and that is good serves twenty first requests', async () => {
    valid = ['AKOLD'];
    expect(await many(20)).toEqual({ 200: 20 });
    expect([tried, client.secrets.calls]).toEqual([{ AKOLD: { taken: 20, refused: 0 } }, 1]);
  });
});

describe('a rotation', () => {
  it('to a good key fails no request, whether the old one is revoked before or after', async () => {
    valid = ['AKOLD'];
    expect(await many(20)).toEqual({ 200: 20 });
    client.setSecret(key('AKNEW'));
    valid = ['AKOLD', 'AKNEW'];
    at(6 * minute);
    expect(await many(50)).toEqual({ 200: 50 });
    valid = ['AKNEW'];
    expect(await many(50)).toEqual({ 200: 50 });
    expect(tried.AKNEW?.refused).toBe(0);
  });

  it('whose old key is revoked while many requests are under way fails none of them', async () => {
    valid = ['AKOLD'];
    await many(1);
    client.setSecret(key('AKNEW'));
    valid = ['AKNEW'];
    expect(await many(60)).toEqual({ 200: 60 });
    expect(tried.AKNEW).toEqual({ taken: 60, refused: 0 });
    expect(client.secrets.calls).toBe(2);
  });

  it('to a bad key fails no request, and costs one failed authentication', async () => {
    valid = ['AKOLD'];
    await many(1);
    client.setSecret(key('AKBAD'));
    at(16 * minute);
    for (let minutes = 0; minutes < 10; minutes++) {
      for (const later of [0, minute / 2, minute - 1]) {
        at((16 + minutes) * minute + later);
        expect(await many(10)).toEqual({ 200: 10 });
        expect(tried.AKBAD).toEqual({ taken: 0, refused: 1 });
      }
    }
    expect(tried.AKOLD).toEqual({ taken: 301, refused: 0 });
  });
});

describe('a key that CCI itself checks and locks', () => {
  it('is never locked by the gateway, however many ask', async () => {
    const simulator = await startSimulator(key('AKSIM'));
    try {
      client = await connect(simulator.url, { ...key('AKSIM'), secretKey: credential('wrong') });
      const job = JSON.parse(simulator.text('tfjobs', 'kube-test', 'tfjob-test') as string);
      const ask = () => client.update(job, newContext());
      for (let minutes = 0; minutes < 12; minutes++) {
        at(minutes * minute);
        for (const { status } of await Promise.all(Array.from({ length: 20 }, () => refusal(ask())))) expect(status.code).toBe(500);
        const tries = [0, 1, 3, 7].filter((tried) => tried <= minutes).length;
        expect(simulator.requests.map(({ status }) => status)).toEqual(Array(tries).fill(401));
      }
      client.setSecret(key('AKSIM'));
      at(11 * minute + 5001);
      expect((await ask()).outcome).toBe('unchanged');
    } finally {
      await simulator.close();
    }
  });
});
