import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { credential } from '../../credentials.ts';
import { connect, newContext, refusal, reply, requestOf, startUpstream, type Upstream } from './harness.ts';
import { answer, drop, hang, type Iam, type IamFault, startIam, tokenOf } from './iam-server.ts';

const start = Date.parse('2026-03-01T12:00:00Z');
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const at = (ms: number) => vi.setSystemTime(start + ms);

let upstream: Upstream;
let iam: Iam;
let client: Awaited<ReturnType<typeof connect>>;
/** The tokens that CCI takes; undefined for all. */
let valid: string[] | undefined;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  vi.spyOn(Math, 'random').mockReturnValue(0);
  upstream = await startUpstream();
  iam = await startIam();
  client = await connect(upstream.url, iam.login);
  valid = undefined;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});
const unauthorized = reply({
  status: 401,
  body: { error_msg: 'Incorrect IAM authentication information: decrypt token fail', error_code: 'APIG.0301' },
});
/** CCI looks at the tokens of the next reads. */
function checkTokens(reads = 100): void {
  for (let read = 0; read < reads; read++) {
    upstream.next.GET.push((response, serve, { headers }) =>
      (valid?.includes(String(headers['x-auth-token'])) ? reply(serve()) : unauthorized)(response),
    );
  }
}
const read = (context = newContext()) => client.update(upstream.job(), context);
const tokensSent = () => upstream.arrived.map(({ headers }) => headers['x-auth-token']);

describe('a user of IAM', () => {
  it('is sent as a token, and nothing is signed', async () => {
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
    for (const { headers } of upstream.arrived) {
      expect(headers).toMatchObject({ 'x-auth-token': tokenOf(1), host: new URL(upstream.url).host, accept: 'application/json' });
      expect(headers).not.toHaveProperty('authorization');
      expect(headers).not.toHaveProperty('x-sdk-date');
    }
    expect([upstream.methods(), iam.arrived.length, client.secrets.calls]).toEqual(['GET PUT', 1, 1]);
  });

  it('is exchanged once for the first requests of a process', async () => {
    await Promise.all(Array.from({ length: 20 }, () => read()));
    expect([new Set(tokensSent()), iam.arrived.length]).toEqual([new Set([tokenOf(1)]), 1]);
  });

  it('whose token is renewed in its last hours is not waited for', async () => {
    await read();
    at(22 * hour);
    let letGo: () => void = () => undefined;
    iam.next.push((_response, _exchanged, proper) => {
      letGo = proper;
    });
    const context = newContext();
    await read(context);
    await vi.waitFor(() => expect(iam.arrived).toHaveLength(2));
    letGo();
    await Promise.all(context.pending);
    await read();
    expect(tokensSent()).toEqual([tokenOf(1), tokenOf(1), tokenOf(2)]);
    expect(context.counts).toMatchObject({ retries: 0, refusedVersions: 0 });
  });

  it('whose process was frozen for 30 hours gets a token before anything is sent', async () => {
    await read();
    at(30 * hour);
    await read();
    expect(tokensSent()).toEqual([tokenOf(1), tokenOf(2)]);
  });
});

describe('a token that CCI refuses', () => {
  it.each(['GET', 'PUT'] as const)(
    'on a %s, and that is older than a minute, is exchanged for a fresh one and the call repeated once',
    async (method) => {
      await read();
      upstream.arrived.length = 0;
      at(minute);
      upstream.next[method].push(unauthorized);
      const context = newContext();
      expect((await client.update(requestOf(upstream), context)).outcome).toBe('changed');
      expect(tokensSent()).toEqual(method === 'GET' ? [tokenOf(1), tokenOf(2), tokenOf(2)] : [tokenOf(1), tokenOf(1), tokenOf(2)]);
      expect(iam.arrived).toHaveLength(2);
      expect(context.counts).toMatchObject({ refusedVersions: 0, retries: 0 });
      expect(context.warnings).toEqual([
        [
          'the credentials were refused; others are tried',
          { reason: 'credentials: CCI refused them', errorCode: 'APIG.0301', locked: false },
        ],
      ]);
    },
  );

  it('while many requests are under way is exchanged once, and all of them succeed', async () => {
    await read();
    at(hour);
    valid = [tokenOf(2)];
    checkTokens();
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => read()));
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']));
    // The secret is read at first, by its age, and once for all that were refused.
    expect([iam.arrived.length, client.secrets.calls]).toEqual([2, 3]);
  });

  it('and that is fresh means that the user may not: the user is left alone for a minute, then for two and for four, and costs one call after each', async () => {
    valid = [];
    checkTokens();
    const context = newContext();
    const { status, note } = await refusal(read(context));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(note).toEqual({ reason: 'credentials: CCI refused them', errorCode: 'APIG.0301', locked: false });
    expect(context.counts.refusedVersions).toBe(1);
    for (const [tried, minutes] of [1, 3, 7].entries()) {
      at(minutes * minute - 1);
      const again = await Promise.all([1, 2, 3].map(() => refusal(read())));
      for (const error of again) expect(error.note.reason).toBe('credentials: refused a moment ago; not tried again for now');
      expect([upstream.arrived.length, iam.arrived.length]).toEqual([tried + 1, tried + 1]);
      at(minutes * minute);
      await refusal(read());
      expect([upstream.arrived.length, iam.arrived.length]).toEqual([tried + 2, tried + 2]);
    }
  });

  it('and whose successor is refused too is not followed by a third', async () => {
    await read();
    at(hour);
    valid = [];
    checkTokens();
    await refusal(read());
    expect(tokensSent()).toEqual([tokenOf(1), tokenOf(1), tokenOf(2)]);
    await refusal(read());
    expect([upstream.arrived.length, iam.arrived.length]).toEqual([3, 2]);
  });

  it('after the password was changed is had with the new one, which the secret holds by then', async () => {
    await read();
    at(4 * minute);
    const other = await startIam('another password');
    client.setSecret(other.login);
    other.next.push(answer(201, '{}', { 'x-subject-token': credential('token-of-the-new') }));
    valid = [credential('token-of-the-new')];
    checkTokens();
    expect((await read()).outcome).toBe('unchanged');
    expect(tokensSent()).toEqual([tokenOf(1), tokenOf(1), credential('token-of-the-new')]);
    expect(iam.arrived).toHaveLength(1);
  });
});

describe('an IAM that fails', () => {
  const outages: [string, IamFault][] = [
    ['answers 503', answer(503, { error: { code: 503, message: 'x', title: 'y' } })],
    ['drops the connection', drop],
    ['does not answer', hang],
  ];

  it.each(outages)('(%s) is not noticed by a caller while a token lives', async (_title, fault) => {
    await read();
    iam.next.push(...Array(10).fill(fault));
    for (const hours of [22, 23, 23.9, 23.99]) {
      at(hours * hour);
      const context = newContext(fault === hang ? 500 : 20_000);
      expect((await read(context)).outcome).toBe('unchanged');
      await Promise.all(context.pending);
      expect(context.warnings.map(([message]) => message)).toEqual(['the token could not be renewed; the copy at hand stays in use']);
    }
    expect(new Set(tokensSent())).toEqual(new Set([tokenOf(1)]));
  });

  it.each(outages.slice(0, 2))('(%s) at first is tried again within the request', async (_title, fault) => {
    iam.next.push(fault, fault, fault);
    const context = newContext();
    expect((await read(context)).outcome).toBe('unchanged');
    expect(context.counts).toMatchObject({ retries: 3, credentialRefreshes: 5 });
  });

  it.each(outages)(
    '(%s) where no token lives is 503 without Retry-After, within the deadline, and CCI is not called',
    async (_title, fault) => {
      iam.next.push(...Array(10).fill(fault));
      // A clock that goes on, since the deadline is looked at.
      vi.useRealTimers();
      const started = performance.now();
      const { status, note } = await refusal(client.update(requestOf(upstream), newContext(1500)));
      expect(status).toMatchObject({ code: 503, reason: 'ServiceUnavailable', details: {} });
      expect(note.reason).toMatch(/^credentials: (no answer from IAM|IAM answered 503)$/);
      expect(performance.now() - started).toBeLessThan(3000);
      expect(upstream.arrived).toEqual([]);
    },
  );

  it('where no token lives is over as soon as IAM is back', async () => {
    iam.next.push(...Array(4).fill(drop));
    await refusal(read());
    expect((await read()).outcome).toBe('unchanged');
  });
});

describe('a user that IAM refuses', () => {
  const wrong = answer(401, { error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' } });

  it('costs one exchange in five minutes, and no call to CCI; a corrected secret is noticed within 5 s', async () => {
    iam.next.push(...Array(10).fill(wrong));
    const { status, note } = await refusal(read());
    expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(note).toEqual({ reason: 'credentials: IAM refused them', answer: 401, locked: false });
    for (const later of [1, minute, 5 * minute - 1]) {
      at(later);
      expect((await refusal(read())).note.reason).toBe('credentials: refused a moment ago; not tried again for now');
    }
    expect(iam.arrived).toHaveLength(1);
    at(5 * minute);
    await refusal(read());
    expect([iam.arrived.length, upstream.arrived.length]).toEqual([2, 0]);

    iam.next.length = 0;
    client.setSecret(iam.login);
    at(5 * minute + 5 * second + 1);
    expect((await read()).outcome).toBe('unchanged');
  });

  it.each<[string, IamFault]>([
    ['is refused', wrong],
    ['cannot be exchanged', answer(503)],
    ['makes no sense', answer(200)],
  ])('(%s) in a newer version of the secret does not end one that works', async (_title, fault) => {
    client = await connect(upstream.url);
    await read();
    client.setSecret(iam.login);
    at(15 * minute + 1);
    iam.next.push(fault);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => read()));
    expect(outcomes).toHaveLength(10);
    expect(tokensSent()).toEqual(Array(11).fill(undefined));
    expect(iam.arrived).toHaveLength(1);
    // And takes over once it can; one that was called wrong, once there is nothing else.
    at(21 * minute);
    if (fault === wrong) upstream.next.GET.push(reply({ status: 401 }));
    await read();
    await read();
    expect(tokensSent().slice(-2)).toEqual([tokenOf(1), tokenOf(1)]);
  });
});

describe('a token', () => {
  it.each([400, 401, 403, 404, 409, 500, 503])('that CCI echoes in a %i is told to nobody', async (code) => {
    const token = 'MIIatAYJKoZIhvcNAQcCoIIapTCCGqECAQExDTALB';
    iam.next.push(...Array(5).fill(answer(201, '{}', { 'x-subject-token': token })));
    const echo = `X-Auth-Token: ${token}`;
    const bodies = [{ kind: 'Status', message: echo, reason: echo, errorCode: echo }, { error_msg: echo, error_code: echo }, echo];
    for (const body of bodies) {
      const other = await connect(upstream.url, iam.login);
      upstream.next.GET.push(...Array(4).fill(reply({ status: code, body, headers: { 'x-request-id': echo } })));
      const context = newContext();
      const { status, note, message, stack } = await refusal(other.update(upstream.job(), context));
      expect(status.code).toBe(code === 401 ? 500 : code);
      expect(JSON.stringify([status, note, message, stack, context])).not.toContain(token.slice(0, 20));
      upstream.next.GET.length = 0;
    }
    expect(tokensSent()).toContain(token);
  });
});
