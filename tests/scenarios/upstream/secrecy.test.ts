import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { StatusError } from '../../../lib/status.ts';
import { known } from '../../credentials.ts';
import {
  accessKey,
  connect,
  type Fault,
  newContext,
  refusal,
  reply,
  requestOf,
  secretName,
  startUpstream,
  times,
  type Upstream,
} from './harness.ts';

const temporaryKey = { ...accessKey, securityToken: known.sessionSigns };
// A token with what JSON, HTML and regular expressions make something else of.
const bearer = { token: known.everySign };

let upstream: Upstream;
beforeEach(async () => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
  upstream = await startUpstream();
  return () => vi.restoreAllMocks();
});

type Echo = (said: string) => Parameters<typeof reply>[0];
/** Everything that identifies the gateway in a request that arrived, in one text. */
const echoing =
  (echo: Echo): Fault =>
  (response, _serve, { headers }) =>
    reply(echo(`${headers.authorization} and ${headers['x-security-token']}, ${Object.values(temporaryKey).join(', ')}, ${bearer.token}`))(
      response,
    );

const inStatus = (status: number): Echo => {
  return (said) => ({
    status,
    headers: { 'x-request-id': encodeURI(said).length < 4000 ? said : '' },
    body: {
      kind: 'Status',
      message: `${'x'.repeat(16_300)}${said}`,
      reason: said,
      errorCode: said,
      details: { name: said, uid: said, causes: [{ reason: said, message: said, field: said }] },
      code: status,
    },
  });
};
const echoes: [string, Echo][] = [
  ...[400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 502, 503, 504, 302, 418].map((code): [string, Echo] => [
    `a Status of ${code}`,
    inStatus(code),
  ]),
  ['the API gateway’s form', (said) => ({ status: 403, body: { error_msg: said, error_code: said, request_id: said } })],
  ['IAM’s form', (said) => ({ status: 403, body: { error: { code: 403, message: said, title: said } } })],
  ['a page', (said) => ({ status: 500, body: `<html>${said}</html>` })],
  ['a page after a long string', (said) => ({ status: 500, body: `{"a":"${'x'.repeat(4000)}"} ${said} ${said}` })],
  ['an answer that is no JSON', (said) => ({ status: 200, body: `<html>${said}</html>` })],
  ['an answer that is no object', (said) => ({ status: 200, body: JSON.stringify([said, said]) })],
  ['an answer that is a text', (said) => ({ status: 200, body: JSON.stringify(said) })],
  ['a redirect', (said) => ({ status: 307, headers: { location: `https://example.com/?${encodeURIComponent(said)}` }, body: said })],
];

/** All that the caller and the log are told. */
function told({ status, note, message }: StatusError, context: ReturnType<typeof newContext>): string {
  return JSON.stringify({ status, note, message, calls: context.calls, warnings: context.warnings });
}

describe.each([
  ['an access key', temporaryKey],
  ['a bearer token', bearer],
])('%s', (_form, secret) => {
  it.each(echoes)('that the upstream echoes in %s is told to nobody, nor is the signature', async (_title, echo) => {
    const client = await connect(upstream.url, secret);
    for (const method of ['GET', 'PUT'] as const) {
      upstream.next[method].push(...times(4, echoing(echo)));
      upstream.arrived.length = 0;
      const context = newContext();
      const text = told(await refusal(client.update(requestOf(upstream), context)), context);
      const signatures = upstream.arrived.map(({ headers }) => /Signature=(.*)/.exec(headers.authorization ?? '')?.[1] ?? '-unsigned-');
      for (const value of [...Object.values(secret), ...signatures, secretName]) {
        expect(text).not.toContain(value);
        expect(text).not.toContain(JSON.stringify(value).slice(1, -1));
        // No half of it either.
        if (value.length > 12) expect(text).not.toContain(value.slice(0, 12));
      }
      upstream.next[method].length = 0;
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10 * 60_000 });
    }
    vi.useRealTimers();
  });
});

describe('the log', () => {
  it('is told nothing of a job that cannot be read: no argument, no value of its environment', async () => {
    const client = await connect(upstream.url);
    upstream.next.GET.push((response, serve) => {
      const text = serve().body.replace('"python"', '"--password=hunter2","tiny"').replace('"kube-test"', '"kube-\\"hunter2"');
      reply({ status: 200, body: `${text},` })(response);
    });
    const context = newContext();
    expect(told(await refusal(client.update(requestOf(upstream), context)), context)).not.toMatch(/hunter2|tiny|python/);
  });
});
