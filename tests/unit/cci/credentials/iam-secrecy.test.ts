import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../../lib/cci/classify-response.ts';
import { createTokens } from '../../../../lib/cci/credentials/iam.ts';
import type { StatusError } from '../../../../lib/status.ts';
import { answer, type Iam, type IamFault, startIam, tokenOf } from '../../../scenarios/upstream/iam-server.ts';
import { at, minute, newContext, refusal, useWallClock } from './credentials-harness.ts';

useWallClock();

async function setUp() {
  const iam = await startIam();
  return { iam, tokens: createTokens(iam.login) };
}

describe('a password', () => {
  const echoes: [string, (echo: string) => IamFault][] = [
    ['a message', (echo) => answer(401, { error: { code: 401, message: `cannot read ${echo}`, title: echo } })],
    ['a code', (echo) => answer(401, { error_msg: echo, error_code: echo })],
    ['a status', (echo) => answer(503, { error_msg: echo, error_code: echo, request_id: echo })],
    ['a Kubernetes error', (echo) => answer(400, { kind: 'Status', message: echo, reason: echo, errorCode: echo })],
    ['a page', (echo) => answer(500, `<html>${echo}`)],
    ['no token', (echo) => answer(201, echo)],
    ['a redirect', (echo) => answer(302, echo, { location: `/?${encodeURIComponent(echo)}` })],
  ];
  const encodings: [string, (body: string, password: string) => string][] = [
    ['as the request body', (body) => body],
    ['raw', (_body, password) => password],
    ['as base64', (body) => Buffer.from(body).toString('base64')],
    ['URL-encoded', (_body, password) => encodeURIComponent(password)],
  ];
  it.each(echoes.flatMap(([title, fault]) => encodings.map(([how, encode]) => [how, title, fault, encode] as const)))(
    'that IAM echoes %s in %s is told to nobody',
    async (_how, _title, fault, encode) => {
      const { iam, tokens } = await setUp();
      const { password } = iam.login;
      const echoing: IamFault = (response, exchanged, proper) => fault(encode(exchanged.body, password))(response, exchanged, proper);
      iam.next.push(echoing);
      const said: unknown[] = [];
      const error = await tokens.current(newContext()).then(
        (outcome) => (outcome as Outcome).verdict,
        (reason: StatusError) => reason,
      );
      said.push(error?.status, error?.note, error?.message, error?.stack);
      // And in a renewal.
      await tokens.current(newContext());
      at(23 * 60 * minute);
      iam.next.push(echoing);
      const context = newContext();
      expect(await tokens.current(context)).toBe(tokenOf(1));
      await Promise.all(context.pending);
      expect(context.warnings).toHaveLength(1);
      said.push(context);
      expect(iam.arrived).toHaveLength(3);
      leaksNot(iam, JSON.stringify(said));
    },
  );

  function leaksNot({ login: { password } }: Iam, text: string): void {
    const json = JSON.stringify(password).slice(1, -1);
    for (const form of [password, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(password), 'battery', 'horse']) {
      expect(text).not.toContain(form);
    }
    for (const start of [0, 1, 2]) expect(text).not.toContain(Buffer.from(password).subarray(start).toString('base64').slice(0, 12));
    const inBody = Buffer.from(`"password":${JSON.stringify(password)}`);
    for (const start of [0, 1, 2]) expect(text).not.toContain(inBody.subarray(start).toString('base64').slice(4, 24));
  }

  it('is sent to nobody else than IAM, whatever a redirect says', async () => {
    const { iam, tokens } = await setUp();
    const other = await startIam();
    for (const status of [301, 302, 303, 307, 308]) iam.next.push(answer(status, '', { location: `${other.url}/v3/auth/tokens` }));
    for (const status of [301, 302, 303, 307, 308]) {
      expect((await refusal(tokens.current(newContext()) as Promise<unknown>)).note).toEqual({
        reason: `credentials: IAM answered ${status}`,
      });
    }
    expect(other.arrived).toEqual([]);
  });
});
