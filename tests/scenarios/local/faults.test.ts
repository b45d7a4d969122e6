import { describe, expect, it } from 'vitest';
import type { Fault } from '../../../local/cci/faults.ts';
import { credential } from '../../credentials.ts';
import { jobPath, key, officialHeaders, restart, type Sent, send, simulator, useSimulator } from './signed.ts';

const stored = ['tfjobs', 'kube-test', 'tfjob-test'] as const;

useSimulator();

/** Writes a new TTL over the live job. */
function put(ttl: number, more: Sent = {}) {
  const job = JSON.parse(simulator.text(...stored) as string);
  job.spec.ttlSecondsAfterFinished = ttl;
  return send(simulator.url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(job), ...more });
}
const storedTtl = () => JSON.parse(simulator.text(...stored) as string).spec.ttlSecondsAfterFinished;
const statuses = () => simulator.requests.map(({ method, status }) => `${method} ${status}`);
/** The code of the network error that a request ends with. */
async function networkError(request: Promise<unknown>): Promise<string> {
  const error = await request.then(
    (answer) => new Error(`answered: ${JSON.stringify(answer)}`),
    (reason: unknown) => reason as Error,
  );
  return (error.cause as { code: string } | undefined)?.code ?? error.name;
}

describe('a dropped request', () => {
  it.each([
    ['before', undefined],
    ['after', 7],
  ] as const)('is reset; dropped %s, the write leaves the TTL %s', async (when, ttl) => {
    simulator.inject({ act: 'drop', when });
    expect(await networkError(put(7))).toBe('ECONNRESET');
    expect(storedTtl()).toBe(ttl);
    expect(statuses()).toEqual(['PUT 0']);
    expect((await put(8)).status).toBe(200);
  });

  it('is not carried out where the fault does not say when', async () => {
    simulator.inject({ act: 'drop' });
    expect(await networkError(put(7))).toBe('ECONNRESET');
    expect(simulator.history(...stored)).toHaveLength(1);
  });

  it('counts as a failed authentication only where it got that far', async () => {
    const forged = { signWith: { ...key, secretKey: credential('wrong') } };
    simulator.inject({ act: 'drop', when: 'before' });
    expect(await networkError(send(simulator.url, forged))).toBe('ECONNRESET');
    expect(simulator.failedAuthentications).toEqual({});
    simulator.inject({ act: 'drop', when: 'after' });
    expect(await networkError(put(7, forged))).toBe('ECONNRESET');
    expect(simulator.failedAuthentications).toEqual({ [key.accessKey]: 1 });
    expect(storedTtl()).toBeUndefined();
  });
});

describe('an answer that is cut off', () => {
  it.each([
    ['before', undefined],
    ['after', 7],
  ] as const)('announces the whole job and sends half of it; cut off %s, the write leaves the TTL %s', async (when, ttl) => {
    simulator.inject({ act: 'cut-off', when });
    const job = JSON.parse(simulator.text(...stored) as string);
    job.spec.ttlSecondsAfterFinished = 7;
    const url = simulator.url + jobPath;
    const sent = { 'content-type': 'application/json', 'accept-encoding': 'identity' };
    const headers = officialHeaders({ method: 'PUT', endpoint: url, headers: sent, data: job });
    const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(job) });
    const arrived: Buffer[] = [];
    const reading = async () => {
      for await (const chunk of answer.body ?? []) arrived.push(Buffer.from(chunk));
    };
    expect(await networkError(reading())).toMatch(/^(UND_ERR_SOCKET|ECONNRESET)$/);
    const text = Buffer.concat(arrived).toString();
    expect(answer.status).toBe(200);
    expect(text).toHaveLength(Math.floor(Number(answer.headers.get('content-length')) / 2));
    // Also where nothing was stored, it is the answer that the write would have had.
    expect(text).toMatch(/^\{"apiVersion":"kubeflow.org\/v1"/);
    expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(simulator.history(...stored)[0]?.length ?? 0);
    expect(storedTtl()).toBe(ttl);
    expect(statuses()).toEqual(['PUT 200']);
  });
});

describe('a request that hangs', () => {
  it.each([
    ['before', undefined],
    ['after', 7],
  ] as const)('is never answered; hung %s, the write leaves the TTL %s', async (when, ttl) => {
    simulator.inject({ act: 'hang', when });
    expect(await networkError(put(7, { signal: AbortSignal.timeout(300) }))).toBe('TimeoutError');
    expect(storedTtl()).toBe(ttl);
    expect(statuses()).toEqual(['PUT 0']);
  });

  it('does not keep the simulator from closing', async () => {
    simulator.inject({ act: 'hang' });
    simulator.inject({ delay: 60_000 });
    const hung = [networkError(put(7)), networkError(put(7))];
    while (!simulator.misbehaved['hang before'] || !simulator.misbehaved.delay) await new Promise(setImmediate);
    await restart();
    expect(await Promise.all(hung)).toEqual(['UND_ERR_SOCKET', 'UND_ERR_SOCKET']);
  });
});

describe('an answer that is no job', () => {
  it.each<[Fault, number, string, RegExp]>([
    [{ act: 'html' }, 200, 'text/html', /<h1>200 OK<\/h1>/],
    [{ act: 'html', status: 502 }, 502, 'text/html', /<h1>502 Bad Gateway<\/h1>/],
    [{ act: 'empty' }, 200, 'application/json', /^$/],
    [{ act: 'empty', status: 503, retryAfter: 3 }, 503, 'application/json', /^$/],
    [{ act: 'garbage' }, 200, 'application/json', /^\ufffd\ufffd\0/],
    [{ act: 'redirect' }, 302, 'application/json', /^$/],
    [{ act: 'redirect', status: 308 }, 308, 'application/json', /^$/],
  ])('%j is %i %s', async (fault, status, type, body) => {
    simulator.inject(fault);
    simulator.inject({ ...fault, when: 'after' });
    for (const ttl of [undefined, 7]) {
      const answer = await put(7);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toBe(type);
      expect(answer.headers.get('location')).toBe(fault.act === 'redirect' ? '/redirected' : null);
      expect(answer.headers.get('retry-after')).toBe(fault.retryAfter === undefined ? null : String(fault.retryAfter));
      expect(answer.text).toMatch(body);
      expect(answer.json).toThrow(SyntaxError);
      expect(storedTtl()).toBe(ttl);
    }
  });
});

describe('an error answer', () => {
  const about = { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs' };
  const id = expect.stringMatching(/^[0-9a-f]{32}$/);
  it.each<[Fault, object]>([
    [
      { status: 503 },
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'the server is currently unable to handle the request',
        reason: 'ServiceUnavailable',
        details: about,
        code: 503,
        errorCode: 'CCI.01.503101',
      },
    ],
    [{ status: 409, dialect: 'kubernetes' }, expect.objectContaining({ reason: 'Conflict', code: 409, errorCode: 'CCI.02.409101' })],
    [{ status: 429, retryAfter: 2 }, expect.objectContaining({ reason: 'TooManyRequests', details: { ...about, retryAfterSeconds: 2 } })],
    [
      { status: 401, dialect: 'apig' },
      { error_msg: 'Incorrect IAM authentication information: verify aksk signature fail', error_code: 'APIG.0301', request_id: id },
    ],
    [
      { status: 504, dialect: 'apig' },
      { error_msg: 'Backend timeout.', error_code: 'APIG.0201', request_id: id },
    ],
    [
      { status: 507, dialect: 'apig' },
      { error_msg: 'Insufficient Storage', error_code: 'APIG.9999', request_id: id },
    ],
    [
      { status: 403, dialect: 'plain' },
      { error_msg: 'the server does not allow access to the requested resource', error_code: 'AS.0001' },
    ],
    [{ status: 401, dialect: 'iam' }, { error: { code: 401, message: 'Unauthorized', title: 'Unauthorized' } }],
    [
      { status: 401, dialect: 'iam-code' },
      { error_msg: 'Unauthorized', error_code: 'IAM.0101' },
    ],
  ])('%j is said in its dialect, whether the write was carried out or not', async (fault, body) => {
    simulator.inject(fault);
    simulator.inject({ ...fault, when: 'after' });
    for (const ttl of [undefined, 7]) {
      const answer = await put(7);
      expect(answer.status).toBe(fault.status);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.headers.get('retry-after')).toBe(fault.retryAfter === undefined ? null : String(fault.retryAfter));
      expect(answer.json()).toEqual(body);
      expect(storedTtl()).toBe(ttl);
    }
  });

  it('is a Status without a job in its details where the path names none', async () => {
    simulator.inject({ status: 500 });
    expect((await send(simulator.url, { path: '/apis/kubeflow.org/v1/tfjobs' })).json()).toMatchObject({ code: 500, details: {} });
  });
});

describe('a fault', () => {
  it('that is only a delay makes a good answer late, and others pass it', async () => {
    simulator.inject({ delay: 300 });
    const late = send(simulator.url, {});
    while (simulator.misbehaved.delay === undefined) await new Promise(setImmediate);
    expect((await put(7)).status).toBe(200);
    expect((await late).json().spec.ttlSecondsAfterFinished).toBe(7);
    expect(statuses()).toEqual(['PUT 200', 'GET 200']);
  });

  it('befalls only the requests that it fits, as often as it says, the oldest first', async () => {
    simulator.inject({ method: 'PUT', status: 500 });
    simulator.inject({ path: '/tfjobs/', status: 503, times: 2 });
    simulator.inject({ path: '/pytorchjobs', status: 502 });
    const codes = [];
    for (const method of ['GET', 'PUT', 'GET', 'GET']) codes.push((await (method === 'PUT' ? put(7) : send(simulator.url, {}))).status);
    expect(codes).toEqual([503, 500, 503, 200]);
    // The query is no part of the path.
    expect((await send(simulator.url, { query: { a: '/pytorchjobs' } })).status).toBe(200);
    expect((await send(simulator.url, { path: '/apis/kubeflow.org/v1/pytorchjobs' })).status).toBe(502);
    expect(simulator.misbehaved).toEqual({ '503 before': 2, '500 before': 1, '502 before': 1 });
  });

  it('that still waits can be forgotten', async () => {
    simulator.inject({ act: 'drop', times: Number.POSITIVE_INFINITY });
    expect(await networkError(send(simulator.url, {}))).toBe('ECONNRESET');
    simulator.clearFaults();
    expect((await send(simulator.url, {})).status).toBe(200);
  });

  it.each<[object, string]>([
    [{}, 'a fault needs an act, a status or a delay'],
    [[], 'it must be a JSON object'],
    [{ act: 'explode' }, 'act must be one of drop, cut-off, hang, html, empty, garbage, redirect'],
    [{ status: 99, times: 0 }, 'times must be a whole number from 1; status must be from 200'],
    [{ status: 500, Delay: 1 }, 'Delay is not known'],
    [{ delay: -1 }, 'delay must be milliseconds, at most 600000'],
    [{ delay: 1, method: 'put', when: 'during' }, 'method must be in capitals; when must be one of before, after'],
    [{ delay: 1, when: 'after' }, 'when belongs to an act or a status'],
    [{ act: 'drop', status: 500 }, 'drop has no status'],
    [{ act: 'html', status: 500, dialect: 'plain' }, 'dialect belongs to a status without an act'],
    [{ act: 'html', retryAfter: 1 }, 'retryAfter belongs to a status'],
  ])('%j is refused: %s', (fault, message) => {
    expect(() => simulator.inject(fault as Fault)).toThrow(new TypeError(message));
  });
});

describe('the history of a job', () => {
  it('has every version that was stored, from the first on, and nothing else', async () => {
    const first = simulator.text(...stored);
    const second = (await put(7)).text;
    await put(7);
    await put(8, { query: { dryRun: 'All' } });
    expect((await put(0, { sendBody: '{}' })).status).toBe(401);
    const third = (await put(9)).text;
    simulator.put(JSON.parse(third));
    expect(simulator.history(...stored)).toEqual([first, second, third, simulator.text(...stored)]);
    expect(simulator.history('tfjobs', 'kube-test', 'other')).toEqual([]);
  });

  it('forgets the oldest where there are too many', async () => {
    await restart({ mostVersions: 2 });
    for (const ttl of [1, 2, 3]) await put(ttl);
    expect(simulator.history(...stored).map((text) => JSON.parse(text).spec.ttlSecondsAfterFinished)).toEqual([2, 3]);
  });
});
