import { afterEach, describe, expect, it, vi } from 'vitest';
import { classifyResponse } from '../../../lib/cci/classify-response.ts';
import type { Exchange } from '../../../lib/cci/transport.ts';

afterEach(() => {
  vi.useRealTimers();
});

const failed = (code: string, sent: boolean): Exchange => ({ answered: false, sent, code, staleSocket: false });
const answered = (status: number, body = '', headers = {}): Exchange => ({ answered: true, status, headers, body: Buffer.from(body) });

describe('an exchange without an answer', () => {
  it.each(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNTIMEOUT', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET'])(
    'that was never sent (%s) is 503, may be tried again, and wrote nothing',
    (code) => {
      const outcome = classifyResponse(failed(code, false), []);
      expect(outcome.verdict?.status).toMatchObject({ code: 503, reason: 'ServiceUnavailable', details: { retryAfterSeconds: 1 } });
      expect(outcome).toMatchObject({ retry: true, outcomeUnknown: false });
      expect(outcome.verdict?.note).toEqual({ reason: 'no answer from CCI', code });
    },
  );

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])('that was sent (%s) is 504 without Retry-After, and may have written', (code) => {
    const outcome = classifyResponse(failed(code, true), []);
    expect(outcome.verdict?.status).toMatchObject({ code: 504, reason: 'Timeout', details: {} });
    expect(outcome).toMatchObject({ retry: true, outcomeUnknown: true });
  });

  it('that was sent says of a read that it took too long, and of a write alone that nobody knows what became of it', () => {
    const message = (method: string) => classifyResponse(failed('ETIMEDOUT', true), [], method).verdict?.status.message;
    expect(message('GET')).toBe('Timeout: CCI did not answer in time');
    for (const method of ['PUT', 'PATCH']) expect(message(method)).toBe('Timeout: CCI gave no answer, so the outcome is unknown');
  });

  it.each(['EMSGSIZE', 'ECUTOFF'])('that was answered, but not to the end (%s), is 500 and may have written', (code) => {
    const outcome = classifyResponse(failed(code, true), []);
    expect(outcome.verdict?.status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(outcome.outcomeUnknown).toBe(true);
  });

  it.each(['HPE_INVALID_CONSTANT', 'HPE_HEADER_OVERFLOW', 'HPE_INVALID_CHUNK_SIZE'])(
    'that was answered, but not in HTTP (%s), is 500, may be read again, and may have written',
    (code) => {
      const outcome = classifyResponse(failed(code, true), []);
      expect(outcome.verdict?.status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
      expect(outcome).toMatchObject({ retry: true, outcomeUnknown: true });
      expect(outcome.verdict?.note).toEqual({ reason: 'the answer is not HTTP', code });
    },
  );

  it.each([
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'CERT_HAS_EXPIRED',
    'CERT_NOT_YET_VALID',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'EPROTO',
    'ERR_INVALID_CHAR',
  ])('for a reason that stays (%s) is 500, not tried again, and invites to nothing', (code) => {
    const outcome = classifyResponse(failed(code, false), []);
    expect(outcome.verdict?.status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(outcome).toMatchObject({ retry: false, outcomeUnknown: false });
  });
});

describe('an answer', () => {
  it.each([200, 201])('of %i is no verdict', (status) => {
    expect(classifyResponse(answered(status, '{}'), [])).toMatchObject({ status, verdict: undefined, retry: false, outcomeUnknown: false });
  });

  it.each([101, 202, 204, 206])('of %i may have written', (status) => {
    expect(classifyResponse(answered(status), [])).toMatchObject({
      verdict: { status: { code: 500 } },
      retry: false,
      outcomeUnknown: true,
    });
  });

  it.each([
    [400, false, false],
    [403, false, false],
    [404, false, false],
    [409, false, false],
    [422, false, false],
    [307, false, false],
    [429, true, false],
    [500, false, false],
    [502, true, true],
    [503, true, true],
    [504, true, true],
  ])('of %i: retry %s, may have written %s', (status, retry, outcomeUnknown) => {
    expect(classifyResponse(answered(status), [])).toMatchObject({ retry, outcomeUnknown });
  });

  it('of 401 is about the gateway’s own credentials: 500, told as refused, and as locked where CCI says so', () => {
    for (const [body, locked, errorCode] of [
      ['{"error_msg":"AK access failed to reach the limit,forbidden","error_code":"APIG.0301"}', true, 'APIG.0301'],
      ['{"error_msg":"verify aksk signature fail","error_code":"APIG.0301"}', false, 'APIG.0301'],
      ['{"kind":"Status","message":"Unauthorized","reason":"Unauthorized","code":401}', false, undefined],
      ['', false, undefined],
    ] as const) {
      const outcome = classifyResponse(answered(401, body, { 'retry-after': '1' }), []);
      expect(outcome).toMatchObject({ refused: { locked }, retry: false, outcomeUnknown: false });
      expect(outcome.verdict?.status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
      expect(outcome.verdict?.note).toEqual({ reason: 'credentials: CCI refused them', errorCode, locked });
    }
  });

  it('may ask to wait in seconds or until a date', () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-03-01T12:00:00Z') });
    const wait = (value: string) => classifyResponse(answered(429, '', { 'retry-after': value }), []).retryAfter;
    expect(wait('3')).toBe(3);
    expect(wait('0')).toBe(0);
    expect(wait('120')).toBe(120);
    expect(wait('Sun, 01 Mar 2026 12:00:04 GMT')).toBe(4);
    expect(wait('Sun, 01 Mar 2026 11:00:00 GMT')).toBe(0);
    expect(wait('Sun, 01 Mar 2026 13:00:00 GMT')).toBe(3600);
    for (const nonsense of ['', '-5', 'soon', 'NaN', 'Infinity', '1e3', '0x10']) expect(wait(nonsense), nonsense).toBe(0);
  });

  it('is traced by the request id of its header, else of its body', () => {
    const body = '{"error_msg":"m","error_code":"APIG.0101","request_id":"in-body"}';
    expect(classifyResponse(answered(404, body), []).requestId).toBe('in-body');
    expect(classifyResponse(answered(404, body, { 'x-request-id': 'in-header' }), []).requestId).toBe('in-header');
    expect(classifyResponse(answered(200, '{}', { 'audit-id': 'audit' }), []).requestId).toBe('audit');
    expect(classifyResponse(answered(200, '{}'), []).requestId).toBeUndefined();
    expect(classifyResponse(answered(200, '{}', { 'x-request-id': 'an SK of ours' }), ['SK']).requestId).toBe('an … of ours');
  });
});

describe('a resourceVersion that is not there yet', () => {
  it('is told at once and not asked for again: the server has waited for it already', () => {
    const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
    const body = {
      kind: 'Status',
      message: 'Timeout: Too large resource version: 9, current: 5',
      reason: 'Timeout',
      code: 504,
      details: { causes },
    };
    const outcome = classifyResponse(answered(504, JSON.stringify(body)), []);
    expect(outcome.retry).toBe(false);
    expect(outcome.verdict?.status).toMatchObject({ code: 504, reason: 'Timeout' });
    expect(classifyResponse(answered(504, JSON.stringify({ ...body, details: {} })), []).retry).toBe(true);
  });
});
