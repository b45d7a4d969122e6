import { describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../../../../lib/cci/classify-response.ts';
import { createTokens, type Tokens } from '../../../../lib/cci/credentials/iam.ts';
import { credential } from '../../../credentials.ts';
import { answer, drop, hang, type IamFault, startIam, tokenOf } from '../../../scenarios/upstream/iam-server.ts';
import { at, minute, newContext, refusal, second, useWallClock } from './credentials-harness.ts';

useWallClock();

const hour = 60 * minute;
const kept = 'the token could not be renewed; the copy at hand stays in use';
async function setUp() {
  const iam = await startIam();
  return { iam, tokens: createTokens(iam.login) };
}
/** What is asked of a user's tokens at a time, with this many milliseconds, and what was left to do before the answer. */
async function ask(tokens: Tokens, ms: number, left = 20_000) {
  at(ms);
  const context = newContext(left);
  const token = await tokens.current(context);
  const beside = context.pending.length;
  await Promise.all(context.pending);
  return { token, beside, warnings: context.warnings };
}
const refused = async (tokens: Tokens): Promise<Outcome> => {
  const outcome = await tokens.current(newContext());
  if (typeof outcome === 'string') throw new Error('there was a token');
  return outcome;
};

describe('an exchange', () => {
  it('is the documented request', async () => {
    const { iam, tokens } = await setUp();
    expect(await tokens.current(newContext())).toBe(tokenOf(1));
    const [{ method, url, headers, body } = expect.fail('nothing was sent')] = iam.arrived;
    expect([method, url]).toEqual(['POST', '/v3/auth/tokens']);
    const { connection: _, ...named } = headers;
    expect(named).toEqual({
      host: new URL(iam.url).host,
      'content-type': 'application/json;charset=utf8',
      accept: 'application/json',
      'user-agent': 'tfjob-gateway',
      'content-length': String(Buffer.byteLength(body)),
    });
    const user = { name: 'IAMUser', password: iam.login.password, domain: { name: 'IAMDomain' } };
    expect(JSON.parse(body)).toEqual({
      auth: { identity: { methods: ['password'], password: { user } }, scope: { project: { name: 'cn-north-4' } } },
    });
  });

  it.each(['', '/', '/iam', '/iam/'])('goes to the endpoint with its path (%j)', async (path) => {
    const { iam } = await setUp();
    await createTokens({ ...iam.login, iamEndpoint: `${iam.url}${path}` }).current(newContext());
    expect(iam.arrived.map(({ url }) => url)).toEqual([`${path.replace(/\/$/, '')}/v3/auth/tokens`]);
  });

  it('is made once for concurrent callers, and its token is kept', async () => {
    const { iam, tokens } = await setUp();
    const traces = Array.from({ length: 20 }, () => newContext());
    expect(await Promise.all(traces.map((context) => tokens.current(context)))).toEqual(Array(20).fill(tokenOf(1)));
    expect(await tokens.current(newContext())).toBe(tokenOf(1));
    expect(iam.arrived).toHaveLength(1);
    expect(traces.reduce((sum, { counts }) => sum + counts.credentialRefreshes, 0)).toBe(1);
  });

  it('leaves no connection behind', async () => {
    const { iam, tokens } = await setUp();
    await tokens.current(newContext());
    await vi.waitFor(async () => expect(await iam.connections()).toBe(0));
  });

  it('of another request is waited for no longer than the own request has', async () => {
    const { iam, tokens } = await setUp();
    let letGo: () => void = () => undefined;
    iam.next.push((_response, _exchanged, proper) => {
      letGo = proper;
    });
    const patient = tokens.current(newContext());
    await vi.waitFor(() => expect(iam.arrived).toHaveLength(1));
    expect((await refusal(tokens.current(newContext(30)) as Promise<unknown>, 504)).note).toEqual({
      reason: 'credentials: not there before the deadline',
    });
    letGo();
    expect(await patient).toBe(tokenOf(1));
  });

  it('may bring a token of 32 KB', async () => {
    const { iam, tokens } = await setUp();
    const token = credential('MII'.padEnd(32 * 1024, 'x'));
    iam.next.push(answer(201, '{}', { 'x-subject-token': token }));
    expect(await tokens.current(newContext())).toBe(token);
  });

  it.each<[string, IamFault]>([
    ['no token', answer(201, { token: {} })],
    ['an empty token', answer(201, { token: {} }, { 'x-subject-token': '' })],
    ['a token with a space in it', answer(201, { token: {} }, { 'x-subject-token': credential('a b') })],
    ['a token with other than ASCII in it', answer(201, { token: {} }, { 'x-subject-token': credential('tökenx') })],
    ['another success', answer(204)],
    [
      'a redirect',
      (response, exchanged) =>
        answer(307, '', { location: `http://${exchanged.headers.host}/v3/auth/tokens` })(response, exchanged, () => undefined),
    ],
  ])('that brings %s is an internal error, and nothing else is asked', async (_title, fault) => {
    const { iam, tokens } = await setUp();
    iam.next.push(fault);
    expect((await refusal(tokens.current(newContext()) as Promise<unknown>)).note.reason).toMatch(
      /^credentials: IAM (gave no token|answered (204|307))/,
    );
    expect(iam.arrived).toHaveLength(1);
  });
});

describe('a token', () => {
  it.each([24 * hour, hour])('that lives %i ms is used as it is, then renewed beside a request, then before it', async (lifetime) => {
    const { iam, tokens } = await setUp();
    iam.lifetime = lifetime;
    expect(await ask(tokens, 0)).toMatchObject({ token: tokenOf(1), beside: 0 });
    expect(await ask(tokens, lifetime * 0.874)).toMatchObject({ token: tokenOf(1), beside: 0 });
    expect(iam.arrived).toHaveLength(1);
    expect(await ask(tokens, lifetime * 0.876)).toMatchObject({ token: tokenOf(1), beside: 1, warnings: [] });
    expect(await ask(tokens, lifetime * 0.877)).toMatchObject({ token: tokenOf(2), beside: 0 });
    expect(await ask(tokens, lifetime * (0.876 + 0.991))).toMatchObject({ token: tokenOf(3), beside: 0, warnings: [] });
    expect(iam.arrived).toHaveLength(3);
  });

  it('that has come to its end while the process was frozen is not sent', async () => {
    const { tokens } = await setUp();
    await ask(tokens, 0);
    expect(await ask(tokens, 30 * hour)).toMatchObject({ token: tokenOf(2), beside: 0 });
  });

  it('whose age is not known, since the clock was set back, is not sent', async () => {
    const { iam, tokens } = await setUp();
    await ask(tokens, 0);
    expect(await ask(tokens, -2 * hour)).toMatchObject({ token: tokenOf(2) });
    // The clock of the new one goes on from there, and it is renewed in time.
    expect(await ask(tokens, 20 * hour)).toMatchObject({ token: tokenOf(2), beside: 1 });
    expect(iam.arrived).toHaveLength(3);
  });

  it.each([
    ['nothing', '{}'],
    ['no JSON', '<html>'],
    ['no times', '{"token":{"issued_at":7,"expires_at":"soon"}}'],
    ['an end before its beginning', '{"token":{"issued_at":"2026-03-02T00:00:00Z","expires_at":"2026-03-01T00:00:00Z"}}'],
    ['a year', '{"token":{"issued_at":"2026-03-02T00:00:00Z","expires_at":"2027-03-02T00:00:00Z"}}'],
  ])('of which IAM says %s lives a day', async (_title, body) => {
    const { iam, tokens } = await setUp();
    iam.next.push(answer(201, body, { 'x-subject-token': tokenOf(0) }));
    await ask(tokens, 0);
    expect(await ask(tokens, 20.9 * hour)).toMatchObject({ token: tokenOf(0), beside: 0 });
    expect(await ask(tokens, 24 * hour)).toMatchObject({ token: tokenOf(1), beside: 0 });
  });

  it('that CCI refused is forgotten, once, and its age is told', async () => {
    const { tokens } = await setUp();
    await ask(tokens, 0);
    at(hour);
    expect([tokens.drop('another'), tokens.drop(tokenOf(1)), tokens.drop(tokenOf(1))]).toEqual([undefined, hour, undefined]);
    expect(await tokens.current(newContext())).toBe(tokenOf(2));
    expect(tokens.drop(tokenOf(1))).toBeUndefined();
    expect(await tokens.current(newContext())).toBe(tokenOf(2));
  });
});

describe('an outage of IAM', () => {
  const outages: [string, IamFault, object][] = [
    ['503', answer(503), { reason: 'credentials: IAM answered 503' }],
    ['500 in IAM’s form', answer(500, { error: { code: 500, message: 'x' } }), { reason: 'credentials: IAM answered 500' }],
    ['429', answer(429, { error_msg: 'x', error_code: 'APIG.0308' }), { reason: 'credentials: IAM answered 429', errorCode: 'APIG.0308' }],
    ['408', answer(408), { reason: 'credentials: IAM answered 408' }],
    ['a dropped connection', drop, { reason: 'credentials: no answer from IAM', code: 'ECONNRESET' }],
    ['no answer', hang, { reason: 'credentials: no answer from IAM', code: 'ETIMEDOUT' }],
  ];

  // No answer is waited for as long as the request has.
  const leftFor = (fault: IamFault) => (fault === hang ? 300 : 20_000);

  it.each(outages)(
    '(%s) is not noticed but in the log while a token lives, and costs one exchange in 30 s',
    async (_title, fault, note) => {
      const { iam, tokens } = await setUp();
      await ask(tokens, 0);
      iam.next.push(...Array(4).fill(fault));
      const left = leftFor(fault);
      expect(await ask(tokens, 22 * hour, left)).toMatchObject({ token: tokenOf(1), beside: 1, warnings: [[kept, note]] });
      expect(await ask(tokens, 22 * hour + 29 * second)).toMatchObject({ token: tokenOf(1), beside: 0, warnings: [] });
      expect(await ask(tokens, 22 * hour + 30 * second, left)).toMatchObject({
        token: tokenOf(1),
        beside: 1,
        warnings: [[kept, note]],
      });
      // To the end.
      expect(await ask(tokens, 24 * hour - 1, left)).toMatchObject({ token: tokenOf(1), beside: 0, warnings: [[kept, note]] });
      expect(iam.arrived).toHaveLength(4);
      const error = await refusal(ask(tokens, 24 * hour, left), 503);
      expect(error.note).toEqual(note);
      expect(await ask(tokens, 24 * hour + 1)).toMatchObject({ token: tokenOf(2) });
    },
  );

  it.each(outages)('(%s) is 503 without Retry-After where no token lives, and the next caller tries again', async (_title, fault, note) => {
    const { iam, tokens } = await setUp();
    iam.next.push(fault);
    const error = await refusal(tokens.current(newContext(leftFor(fault))) as Promise<unknown>, 503);
    expect(error.status).toMatchObject({ reason: 'ServiceUnavailable', details: {} });
    expect(error.note).toEqual(note);
    expect(await tokens.current(newContext())).toBe(tokenOf(1));
  });

  it('that refuses connections is 503 too', async () => {
    const tokens = createTokens({ iamEndpoint: 'http://127.0.0.1:1', domain: 'd', user: 'u', password: 'p', project: 'n' });
    const { note } = await refusal(tokens.current(newContext()) as Promise<unknown>, 503);
    expect(note).toEqual({ reason: 'credentials: no answer from IAM', code: 'ECONNREFUSED' });
  });
});

describe('a user that IAM refuses', () => {
  const dialects: [string, number, object | string, object][] = [
    ['IAM’s own', 401, { error: { code: 401, message: 'The username or password is wrong.', title: 'Unauthorized' } }, {}],
    ['a code', 401, { error_msg: 'wrong', error_code: 'IAM.0101' }, { errorCode: 'IAM.0101' }],
    ['the API gateway’s', 403, { error_msg: 'no', error_code: 'APIGW.0301', request_id: 'r' }, { errorCode: 'APIGW.0301' }],
    ['a bad request', 400, { error: { code: 400, message: 'The request body is invalid', title: 'Bad Request' } }, {}],
    ['nothing there', 404, '<html>', {}],
    ['a lock', 401, { error: { code: 401, message: 'The account is locked.' } }, { locked: true }],
  ];
  const noteOf = (status: number, more: object) => ({ reason: 'credentials: IAM refused them', answer: status, locked: false, ...more });

  it.each(dialects)(
    '(%s: %i) is told as a refusal, which leaves the user alone as long as a locked key',
    async (_title, status, body, more) => {
      const { iam, tokens } = await setUp();
      iam.next.push(answer(status, body));
      const { verdict, refused: how, retry, accepted } = await refused(tokens);
      expect(verdict?.status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
      expect(verdict?.note).toEqual(noteOf(status, more));
      // IAM locks a user after five wrong passwords in 15 minutes, for 15 minutes.
      expect([how, retry, accepted]).toEqual([{ locked: true, wrong: verdict?.note.locked === false }, false, undefined]);
    },
  );

  it('while a token lives is told in the log alone, and is not tried again for 5 minutes', async () => {
    const { iam, tokens } = await setUp();
    await ask(tokens, 0);
    const [[, status, body] = expect.fail()] = dialects;
    iam.next.push(...Array(3).fill(answer(status, body)));
    expect(await ask(tokens, 22 * hour)).toMatchObject({ token: tokenOf(1), beside: 1, warnings: [[kept, noteOf(401, {})]] });
    expect(await ask(tokens, 22 * hour + 5 * minute - 1)).toMatchObject({ token: tokenOf(1), beside: 0, warnings: [] });
    expect(await ask(tokens, 22 * hour + 5 * minute)).toMatchObject({ token: tokenOf(1), beside: 1 });
    expect(iam.arrived).toHaveLength(3);
  });
});
