import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/json/json.ts';
import { mergePatch as applyMerge } from '../../../local/cci/merge-patch.ts';
import { liveJob, liveText, now, useGateway } from '../gateway.ts';
import { patch, trips } from './request.ts';

useGateway();

type Fault = (response: ServerResponse) => unknown;
const drop: Fault = (response) => response.destroy();
const answer = (status: number, body: object = {}, headers: Record<string, string> = {}): Fault => {
  return (response) => response.writeHead(status, headers).end(JSON.stringify(body));
};

/** Scripts what becomes of the next writes: whether each is carried out, and what is answered to it. Reads are answered as ever. */
function onWrites(...script: [carriedOut: boolean, fault: Fault][]): void {
  now.upstream.answer = ({ method, body }, response) => {
    const [carriedOut, fault] = (method === 'GET' ? undefined : script.shift()) ?? [method !== 'GET'];
    if (carriedOut) store(JSON.parse(body.toString()), method);
    if (fault) fault(response);
    else response.setHeader('content-type', 'application/json').end(liveText());
  };
}
let version = 90_000_000;
function store(change: JsonObject, method: string): void {
  const { metadata, ...job } = (method === 'PUT' ? change : applyMerge(liveJob(), change)) as JsonObject & { metadata: JsonObject };
  now.simulator.put({ ...job, metadata: { ...metadata, resourceVersion: String(++version) } });
}
const red = { metadata: { labels: { team: 'red' } } };
const fenced = () => ({ metadata: { ...red.metadata, resourceVersion: liveJob().metadata.resourceVersion } });
const conflict = { kind: 'Status', status: 'Failure', code: 409, reason: 'Conflict', message: 'the object has been modified' };

describe('a direct patch without a resourceVersion whose outcome nobody told', () => {
  it.each<[string, Fault]>([
    ['the connection died', drop],
    ['502', answer(502)],
    ['503', answer(503, {}, { 'retry-after': '1' })],
    ['504', answer(504)],
    ['an answer that is no JSON', (response) => response.end('<html>')],
    ['another job', answer(200, { kind: 'TFJob', metadata: { name: 'other', namespace: 'kube-test', resourceVersion: '1' } })],
    ['202', answer(202, {})],
  ])('is read, found done, and not sent again: %s', async (_title, fault) => {
    onWrites([true, fault]);
    const { status, text } = await patch(red);
    expect([status, trips()]).toEqual([200, 'PATCH GET']);
    expect(text).toBe(`${liveText()}\n`);
    expect(liveJob().metadata.labels).toEqual({ app: 'test', team: 'red' });
  });

  it.each<[string, Fault, number, string]>([
    ['the connection died', drop, 504, 'Timeout'],
    ['502', answer(502), 503, 'ServiceUnavailable'],
    ['503', answer(503, {}, { 'retry-after': '1' }), 503, 'ServiceUnavailable'],
    ['504', answer(504), 504, 'Timeout'],
    ['an answer that is no JSON', (response) => response.end('<html>'), 500, 'InternalError'],
  ])('is read, found not done, and told as %s, without a second try or an invitation to one', async (_title, fault, code, reason) => {
    const before = liveText();
    onWrites([false, fault]);
    const { body, headers } = await patch(red);
    expect(body).toMatchObject({ code, reason, details: {} });
    expect([trips(), headers.get('retry-after'), liveText()]).toEqual(['PATCH GET', null, before]);
  });

  it('is told by the verdict where the job cannot be read either', async () => {
    now.upstream.answer = ({ method }, response) => (method === 'GET' ? response.writeHead(403).end('{}') : response.destroy());
    expect((await patch(red)).body).toMatchObject({ code: 504, reason: 'Timeout' });
    expect(trips()).toBe('PATCH GET');
  });

  it('is found done by meaning, removals included', async () => {
    onWrites([true, drop]);
    expect((await patch({ metadata: { labels: { nope: null } }, spec: { ttlSecondsAfterFinished: 5.0 } })).status).toBe(200);
    expect(trips()).toBe('PATCH GET');
  });

  it('is not found done while a label that was to go is there', async () => {
    onWrites([false, drop]);
    expect((await patch({ metadata: { labels: { app: null } } })).body).toMatchObject({ code: 504 });
    expect(trips()).toBe('PATCH GET');
  });
});

describe('a direct patch that the upstream refuses before it does anything', () => {
  it('is sent again after 429', async () => {
    onWrites([false, answer(429)], [true, (response) => response.end(liveText())]);
    expect((await patch(red)).status).toBe(200);
    expect(trips()).toBe('PATCH PATCH');
  });

  it('is decided on the live job after a conflict, if it names no resourceVersion', async () => {
    onWrites([false, answer(409, conflict)]);
    expect((await patch(red)).status).toBe(200);
    expect([trips(), liveJob().metadata.labels]).toEqual(['PATCH GET PUT', { app: 'test', team: 'red' }]);
  });

  it('ends with the conflict if it names one', async () => {
    onWrites([false, answer(409, conflict)]);
    expect((await patch(fenced())).body).toMatchObject({ code: 409, reason: 'Conflict', message: conflict.message });
    expect(trips()).toBe('PATCH');
  });

  it.each([400, 403, 404, 405, 413, 415, 422])('is answered with its %i', async (code) => {
    onWrites([false, answer(code, { kind: 'Status', code, message: 'said by CCI' })]);
    expect((await patch(red)).body).toMatchObject({ code, message: 'said by CCI' });
    expect(trips()).toBe('PATCH');
  });
});

describe('a direct patch with a resourceVersion', () => {
  it('may be sent again, and its own conflict is not told', async () => {
    onWrites([true, answer(503)], [false, answer(409, conflict)]);
    expect((await patch(fenced())).status).toBe(200);
    expect([trips(), liveJob().metadata.labels]).toEqual(['PATCH PATCH GET', { app: 'test', team: 'red' }]);
  });

  it('may be sent again, and another’s conflict is told', async () => {
    onWrites([false, answer(503)], [false, answer(409, conflict)]);
    expect((await patch(fenced())).body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(trips()).toBe('PATCH PATCH GET');
  });
});

describe('while CCI answers 503 to everything', () => {
  it('only the first patch ends as unknown: those after it begin with a read, and are told that nothing was written', async () => {
    now.upstream.answer = (_, response) => answer(503)(response);
    const codes: number[] = [];
    const begun: string[] = [];
    for (let request = 0; request < 5; request++) {
      now.upstream.received.length = 0;
      codes.push((await patch(red)).status);
      begun.push(trips().split(' ')[0] ?? '');
    }
    expect(codes).toEqual([504, 503, 503, 503, 503]);
    expect(begun).toEqual(['PATCH', 'GET', 'GET', 'GET', 'GET']);
    // And in one trip again once CCI has answered.
    now.upstream.answer = undefined;
    await patch(red);
    now.upstream.received.length = 0;
    expect([(await patch(red)).status, trips()]).toEqual([200, 'PATCH']);
  });
});
