import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { LambdaHandler } from '../../../local/api-gateway/api-gateway.ts';
import { calls, errors, message, now, send, useGateway } from './gateway-harness.ts';

useGateway();

describe('an answer', () => {
  it('carries the function’s status, headers, every value of a header, and the request id', async () => {
    now.behave = async () => ({
      statusCode: 418,
      headers: { 'X-One': 1, 'x-both': 'a', 'Content-Type': 'text/plain' },
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'], 'X-Both': ['a', 'b'] },
      body: 'größer',
    });
    const { status, headers, body } = await send('GET', '/x');
    expect(status).toBe(418);
    expect(headers).toMatchObject({ 'x-one': '1', 'x-both': 'a, b', 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/plain' });
    expect(headers['x-amzn-requestid']).toBe(calls[0]?.event.requestContext.requestId);
    expect(body.toString()).toBe('größer');
  });

  it('decodes a base64 body byte for byte, and is JSON where the function does not say', async () => {
    const bytes = gzipSync('hello');
    now.behave = async () => ({ statusCode: 200, isBase64Encoded: true, body: bytes.toString('base64') });
    const { headers, body } = await send('GET', '/x');
    expect(body.equals(bytes)).toBe(true);
    expect(headers['content-type']).toBe('application/json');
  });

  it('hands headers that API Gateway writes itself on under another name', async () => {
    now.behave = async () => ({
      statusCode: 401,
      headers: { 'WWW-Authenticate': 'x', 'Content-Length': '99', Connection: 'close' },
      body: 'no',
    });
    const { headers, body } = await send('GET', '/x');
    expect(headers).toMatchObject({
      'x-amzn-remapped-www-authenticate': 'x',
      'x-amzn-remapped-content-length': '99',
      'content-length': '2',
    });
    expect(headers).not.toHaveProperty('www-authenticate');
    expect(body.toString()).toBe('no');
  });

  const circular: Record<string, unknown> = { statusCode: 200 };
  circular.self = circular;
  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'ok'],
    ['an array', [200]],
    ['no statusCode', { body: 'x' }],
    ['a statusCode that is no status', { statusCode: 99 }],
    ['a statusCode that is a string', { statusCode: 'abc' }],
    ['a body that is an object', { statusCode: 200, body: { a: 1 } }],
    ['headers that are an array', { statusCode: 200, headers: [] }],
    ['a header that is an object', { statusCode: 200, headers: { a: {} } }],
    ['a header with a line break', { statusCode: 200, headers: { a: 'x\r\nInjected: y' } }],
    ['a header name that is none', { statusCode: 200, headers: { 'a b': 'x' } }],
    ['multiValueHeaders without lists', { statusCode: 200, multiValueHeaders: { a: 'x' } }],
    ['isBase64Encoded that is a string', { statusCode: 200, body: '', isBase64Encoded: 'false' }],
    ['a circle', circular],
    ['more than 6 MB', { statusCode: 200, body: 'x'.repeat(6 * 1024 * 1024) }],
  ])('is 502 where the function returns %s', async (_title, result) => {
    now.behave = async () => result;
    const answer = await send('GET', '/x');
    expect(message(answer)).toEqual([502, 'Internal server error']);
    expect(answer.headers['x-amzn-requestid']).toBe(calls[0]?.event.requestContext.requestId);
    expect(errors.mock.lastCall?.[0]).toMatch(/^function rest: /);
  });

  it.each<[string, LambdaHandler]>([
    [
      'throws',
      () => {
        throw new TypeError('broken', { cause: 'the body' });
      },
    ],
    ['rejects', () => Promise.reject(new TypeError('broken', { cause: 'the body' }))],
  ])('is 502 where the function %s, and only the error’s own message is told', async (_title, handler) => {
    now.behave = handler;
    expect(message(await send('GET', '/x'))).toEqual([502, 'Internal server error']);
    expect(errors.mock.calls).toEqual([['function rest: TypeError: broken']]);
  });

  it('is 502 where the function is stopped at its own timeout', async () => {
    now.behave = () => new Promise(() => {});
    const began = Date.now();
    expect(message(await send('GET', '/short'))).toEqual([502, 'Internal server error']);
    expect(Date.now() - began).toBeGreaterThanOrEqual(990);
  });

  it('is 504 after 29 s where the function may take longer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const called = new Promise<void>((done) => {
        now.behave = () => {
          done();
          return new Promise(() => {});
        };
      });
      let ended = false;
      const answer = send('GET', '/long').finally(() => {
        ended = true;
      });
      await called;
      await vi.advanceTimersByTimeAsync(28_900);
      expect(ended).toBe(false);
      await vi.advanceTimersByTimeAsync(100);
      expect(message(await answer)).toEqual([504, 'Endpoint request timed out']);
    } finally {
      vi.useRealTimers();
    }
  });

  it('serves the next request after one that was cut off', async () => {
    const { port } = new URL(now.gateway.url);
    await new Promise<void>((done) => {
      const request = httpRequest({ port, host: '127.0.0.1', method: 'PUT', path: '/things/a/b', headers: { 'Content-Length': '100' } });
      request.on('error', () => done());
      request.write('half');
      setTimeout(() => request.destroy(), 50);
    });
    expect((await send('GET', '/x')).status).toBe(200);
    expect(calls).toHaveLength(1);
    expect(errors).not.toHaveBeenCalled();
  });
});
