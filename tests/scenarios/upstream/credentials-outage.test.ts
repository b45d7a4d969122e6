import { createServer, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listenWhileTesting } from '../../fakes/server.ts';
import { accessKey, connect, newContext, refusal, secretName, startUpstream, type Upstream } from './harness.ts';

const start = Date.parse('2026-03-01T12:00:00Z');
const minute = 60_000;
const at = (ms: number) => vi.setSystemTime(start + ms);

type Fault = (response: ServerResponse) => unknown;
const failure =
  (status: number, type: string): Fault =>
  (response) =>
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify({ __type: type, Message: `${type}: ${secretName}` }));
/** What is wrong, and how many milliseconds a request has meanwhile: where nothing comes, all of them are waited for. */
const outages: [string, Fault, number][] = [
  ['throttles', failure(400, 'ThrottlingException'), 1500],
  ['fails', failure(500, 'InternalServiceError'), 1500],
  ['denies access', failure(400, 'AccessDeniedException'), 1500],
  ['drops the connection', (response) => response.destroy(), 1500],
  ['does not answer', () => undefined, 500],
];

let upstream: Upstream;
let client: Awaited<ReturnType<typeof connect>>;
let manager: string;
let fault: Fault | undefined;
let asked = 0;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  // The AWS client's retries pause a random time; no test here is about how long.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  upstream = await startUpstream();
  fault = undefined;
  asked = 0;
  const SecretString = JSON.stringify(accessKey);
  const server = createServer((request, response) => {
    asked += 1;
    request.resume();
    if (fault) fault(response);
    else
      response
        .setHeader('content-type', 'application/x-amz-json-1.1')
        .end(JSON.stringify({ Name: secretName, VersionId: 'v1', SecretString }));
  });
  manager = await listenWhileTesting(server);
  client = await connect(upstream.url, accessKey, manager);
  await client.begun;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});
const read = (context = newContext(1500)) => client.update(upstream.job(), context);

describe('a Secrets Manager that', () => {
  it.each(outages.flatMap(([title, ...outage]) => [6, 16].map((minutes) => [title, minutes, ...outage] as const)))(
    '%s when the copy is %i minutes old is not noticed by a caller, and the log does not name the secret',
    async (title, minutes, outage, left) => {
      await read();
      at(minutes * minute);
      fault = outage;
      const context = newContext(left);
      expect((await read(context)).outcome).toBe('unchanged');
      await Promise.all(context.pending);
      expect(context.warnings).toEqual([
        [
          'the secret could not be refreshed; the copy at hand stays in use',
          {
            reason: 'credentials: the secret could not be read',
            error: expect.stringMatching(/^[A-Za-z]+$/),
            ...(title === 'drops the connection' && { code: 'ECONNRESET' }),
          },
        ],
      ]);
      expect(JSON.stringify(context)).not.toMatch(/private|team/);
      const before = asked;
      for (const later of [1, 29_999]) {
        at(minutes * minute + later);
        expect((await read()).outcome).toBe('unchanged');
      }
      expect(asked).toBe(before);
      fault = undefined;
      at(minutes * minute + 30_001);
      const later = newContext(1500);
      expect((await read(later)).outcome).toBe('unchanged');
      await Promise.all(later.pending);
      expect(asked).toBe(before + 1);
    },
  );

  it.each(outages)('%s at first is an error without a call to CCI, until it answers', async (title, outage, left) => {
    fault = outage;
    client = await connect(upstream.url, accessKey, manager);
    for (let round = 0; round < 2; round++) {
      const context = newContext(left);
      const { status, note, message, stack } = await refusal(read(context));
      // What the function began before has the request's whole time.
      const isLate = title === 'does not answer';
      expect(status).toMatchObject(isLate ? { code: 504, reason: 'Timeout' } : { code: 500, reason: 'InternalError', details: {} });
      expect(note).toMatchObject({ reason: `credentials: ${isLate ? 'not there before the deadline' : 'the secret could not be read'}` });
      expect(JSON.stringify({ status, note, message, stack, context })).not.toMatch(/private|team/);
    }
    expect(upstream.arrived).toEqual([]);
    fault = undefined;
    expect((await read()).outcome).toBe('unchanged');
  });

  it('does not answer on a connection that died meanwhile is asked again on another, and says nothing on the console', async () => {
    const said = ['log', 'info', 'warn', 'error'].map((name) => vi.spyOn(console, name as 'warn').mockReturnValue());
    fault = () => {
      fault = undefined;
    };
    asked = 0;
    client = await connect(upstream.url, accessKey, manager);
    expect((await read(newContext(20_000))).outcome).toBe('unchanged');
    expect(asked).toBe(2);
    for (const spy of said) expect(spy).not.toHaveBeenCalled();
  });
});
