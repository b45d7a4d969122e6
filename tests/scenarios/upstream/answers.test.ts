import { describe, expect, it } from 'vitest';
import { client, newContext, refusal, reply, requestOf, startUpstream, times, upstream, useUpstream } from './harness.ts';

useUpstream();

const kubernetes = (code: number) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: `why ${code}`,
  reason: 'SomeReason',
  details: { name: 'n', group: 'g', kind: 'k', causes: [{ reason: 'r', message: 'm', field: 'f' }] },
  code,
  errorCode: 'CCI.02.409101',
});
/** A body in each dialect, with what of it reaches the caller. */
const dialects: [string, (code: number) => string | object, (code: number) => object][] = [
  [
    'a Kubernetes Status',
    kubernetes,
    (code) => ({
      message: `why ${code}`,
      reason: 'SomeReason',
      details: { name: 'n', group: 'g', kind: 'k', causes: [{ reason: 'r', message: 'm', field: 'f' }] },
      errorCode: 'CCI.02.409101',
    }),
  ],
  [
    'the API gateway’s form',
    (code) => ({ error_msg: `why ${code}`, error_code: 'APIG.0201', request_id: 'body-id' }),
    (code) => ({ message: `why ${code}`, errorCode: 'APIG.0201' }),
  ],
  [
    'the plain form',
    (code) => ({ error_msg: `why ${code}`, error_code: 'AS.0001' }),
    (code) => ({ message: `why ${code}`, errorCode: 'AS.0001' }),
  ],
  ['IAM’s form', (code) => ({ error: { code, message: `why ${code}`, title: 'T' } }), (code) => ({ message: `why ${code}` })],
  ['HTML', (code) => `<html><h1>why ${code}</h1></html>`, (code) => ({ message: `the server answered ${code} and gave no reason` })],
  ['nothing', () => '', (code) => ({ message: `the server answered ${code} and gave no reason` })],
];
const reasons: Record<number, string> = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  422: 'Invalid',
};
const kept = Object.keys(reasons).map(Number);
const failure = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' };

describe.each(['GET', 'PUT'] as const)('an error answer to a %s', (method) => {
  it.each(dialects)('in %s keeps code, reason, message, details and errorCode, and is not tried again', async (_title, body, says) => {
    for (const code of kept) {
      upstream.next[method].push(reply({ status: code, body: body(code), headers: { 'retry-after': '1' } }));
      upstream.arrived.length = 0;
      const { status } = await refusal(client.update(requestOf(upstream)));
      expect(status).toEqual({ ...failure, code, reason: reasons[code], ...says(code) });
      expect(upstream.methods()).toBe(method === 'GET' ? 'GET' : 'GET PUT');
    }
    expect(upstream.job().spec).not.toHaveProperty('ttlSecondsAfterFinished');
  });

  it.each(dialects)('of 500 in %s is InternalError, says nothing of the inside, and is not tried again', async (_title, body) => {
    upstream.next[method].push(reply({ status: 500, body: body(500), headers: { 'retry-after': '1' } }));
    const { status, note } = await refusal(client.update(requestOf(upstream)));
    expect(status).toEqual({ ...failure, code: 500, reason: 'InternalError', message: expect.any(String), details: {} });
    expect(status.message).toMatch(/^Internal error occurred: /);
    expect(status.message).not.toContain('why');
    expect(note).toMatchObject({ reason: 'CCI answered 500' });
    expect(upstream.methods()).toBe(method === 'GET' ? 'GET' : 'GET PUT');
  });

  it.each(dialects)('of 502 and 503 in %s is ServiceUnavailable once four tries have failed', async (_title, body) => {
    for (const code of [502, 503]) {
      upstream.next[method].push(...times(4, reply({ status: code, body: body(code) })));
      upstream.arrived.length = 0;
      const { status } = await refusal(client.update(requestOf(upstream)));
      expect(status).toMatchObject({ ...failure, code: 503, reason: 'ServiceUnavailable' });
      // It was waited for: nobody is invited to repeat that.
      expect(status.details).toEqual({});
      expect(upstream.methods()).toBe(method === 'GET' ? 'GET GET GET GET' : 'GET PUT PUT PUT PUT GET');
    }
  });

  it('of 504 is Timeout: a read is tried again, a write is settled by a read', async () => {
    upstream.next[method].push(...times(4, reply({ status: 504, body: '<html>' })));
    const { status } = await refusal(client.update(requestOf(upstream)));
    expect(status).toMatchObject({ code: 504, reason: 'Timeout', details: {} });
    expect(upstream.methods()).toBe(method === 'GET' ? 'GET GET GET GET' : 'GET PUT GET');
  });

  it('of 429 is TooManyRequests once four tries have failed, and nothing was written', async () => {
    upstream.next[method].push(...times(4, reply({ status: 429, body: kubernetes(429) })));
    const { status, note } = await refusal(client.update(requestOf(upstream)));
    expect(status).toMatchObject({ code: 429, reason: 'TooManyRequests' });
    expect(status.details).toEqual({});
    expect(note).toMatchObject({ errorCode: 'CCI.02.409101' });
    expect(upstream.methods()).toBe(method === 'GET' ? 'GET GET GET GET' : 'GET PUT PUT PUT PUT');
  });

  it('tells the request id of the header, else of the body', async () => {
    const body = { error_msg: 'm', error_code: 'APIG.0101', request_id: 'body-id' };
    for (const [headers, id] of [
      [{ 'x-request-id': 'header-id' }, 'header-id'],
      [{}, 'body-id'],
    ] as const) {
      upstream.next[method].push(reply({ status: 404, body, headers }));
      const context = newContext();
      await refusal(client.update(requestOf(upstream), context));
      expect(context.calls.at(-1)).toEqual({ method, answer: 404, ms: expect.any(Number), requestId: id });
    }
  });

  it.each([301, 302, 303, 307, 308])('that is a redirect (%i) is not followed: InternalError', async (status) => {
    const elsewhere = await startUpstream();
    upstream.next[method].push(reply({ status, headers: { location: `${elsewhere.url}/x` } }));
    const error = await refusal(client.update(requestOf(upstream)));
    expect(error.status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(JSON.stringify(error.status)).not.toContain('127.0.0.1');
    expect(elsewhere.arrived).toEqual([]);
    expect(upstream.methods()).toBe(method === 'GET' ? 'GET' : 'GET PUT');
  });
});

describe('a success', () => {
  it.each([200, 201])('of %i is answered as it is, letter for letter', async (status) => {
    upstream.next.PUT.push((response, serve) => {
      const { body } = serve();
      reply({ status, body: ` ${body}\n` })(response);
    });
    const { outcome, answer, changed } = await client.update(requestOf(upstream));
    expect({ outcome, changed }).toEqual({ outcome: 'changed', changed: ['spec.ttlSecondsAfterFinished'] });
    expect(answer).toEqual({
      known: true,
      status,
      job: upstream.job(),
      text: ` ${upstream.storage.read({ plural: 'tfjobs', namespace: 'kube-test', name: 'tfjob-test' })}\n`,
    });
    expect(answer.job).toMatchObject({ spec: { ttlSecondsAfterFinished: 1000 }, metadata: { resourceVersion: '72447177' } });
  });

  it('without a change writes nothing', async () => {
    const { outcome, answer } = await client.update(upstream.job());
    expect(outcome).toBe('unchanged');
    expect(answer.job).toEqual(upstream.job());
    expect(upstream.methods()).toBe('GET');
  });
});
