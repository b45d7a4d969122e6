import { describe, expect, it } from 'vitest';
import { excerpt, readUpstreamError, translate } from '../../../lib/cci/errors.ts';
import { known } from '../../credentials.ts';

const bytes = (body: unknown) => Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
const secretKey = known.plusAndSlash;

describe('an upstream’s error', () => {
  it.each<[string, unknown, object]>([
    [
      'a Kubernetes Status with errorCode',
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'm',
        reason: 'Invalid',
        details: {
          name: 'n',
          group: 'g',
          kind: 'k',
          uid: 'u',
          causes: [{ reason: 'r', message: 'm', field: 'f' }, 5, { field: 7 }],
          retryAfterSeconds: 9,
        },
        code: 422,
        errorCode: 'CCI.01.422101',
      },
      {
        message: 'm',
        reason: 'Invalid',
        errorCode: 'CCI.01.422101',
        details: { name: 'n', group: 'g', kind: 'k', uid: 'u', causes: [{ reason: 'r', message: 'm', field: 'f' }, { message: '' }] },
      },
    ],
    [
      'the API gateway’s',
      { error_msg: 'm', error_code: 'APIG.0101', request_id: 'id' },
      { message: 'm', errorCode: 'APIG.0101', requestId: 'id' },
    ],
    ['the plain form', { error_msg: 'm', error_code: 'AS.0001' }, { message: 'm', errorCode: 'AS.0001' }],
    ['IAM’s', { error: { code: 401, message: 'm', title: 'Unauthorized' } }, { message: 'm' }],
    ['a Status that says nothing', { kind: 'Status' }, {}],
    ['a Status of wrong types', { kind: 'Status', message: 5, reason: {}, details: [], errorCode: null }, {}],
    ['empty texts', { error_msg: '', error_code: '' }, {}],
    ['an unknown object', { message: 'm' }, {}],
    ['HTML', '<html><body>502 Bad Gateway</body></html>', {}],
    ['nothing', '', {}],
    ['null', 'null', {}],
    ['an array', '[{"error_msg":"m"}]', {}],
    ['a deep nest', `${'['.repeat(100_000)}`, {}],
    ['bytes that are no UTF-8', '\u{fffd}', {}],
  ])('is read from %s', (_title, body, expected) => {
    expect(readUpstreamError(bytes(body))).toEqual(expected);
  });

  it('keeps at most 100 causes and 16 Ki characters of a text', () => {
    const causes = Array.from({ length: 150 }, (_, i) => ({ message: `m${i}` }));
    const error = readUpstreamError(bytes({ kind: 'Status', message: 'x'.repeat(20_000), details: { causes } }));
    expect(error.message).toHaveLength(16_384);
    expect(error.details?.causes).toHaveLength(100);
  });
});

describe('the verdict', () => {
  const verdict = (status: number, retryAfter = 0) =>
    translate(status, { message: 'why', errorCode: 'X.1', reason: 'R', details: { name: 'n' } }, Buffer.from('body'), [], retryAfter);

  it.each([400, 403, 404, 405, 409, 410, 413, 415, 422])('on a %i keeps code, reason, message, details and errorCode', (code) => {
    const error = verdict(code);
    expect(error.status).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      code,
      reason: 'R',
      message: 'why',
      details: { name: 'n' },
      errorCode: 'X.1',
    });
    expect(error.note).toEqual({ reason: `CCI answered ${code}`, errorCode: 'X.1' });
  });

  it('on a 429 says Retry-After, where that is at most 5 s', () => {
    expect([0, 0.2, 4.2, 5, 5.1, 30, Number.POSITIVE_INFINITY].map((after) => verdict(429, after).status.details)).toEqual([
      { retryAfterSeconds: 1 },
      { retryAfterSeconds: 1 },
      { retryAfterSeconds: 5 },
      { retryAfterSeconds: 5 },
      {},
      {},
      {},
    ]);
  });

  it('on a 502 or 503 says Retry-After as the upstream does, where that is at most 5 s', () => {
    for (const code of [502, 503]) {
      expect([0, 3, 30].map((after) => verdict(code, after).status)).toMatchObject([
        { code: 503, reason: 'ServiceUnavailable', details: { retryAfterSeconds: 1 } },
        { code: 503, details: { retryAfterSeconds: 3 } },
        { code: 503, details: {} },
      ]);
      expect(verdict(code, 30).status.details).toEqual({});
    }
  });

  it.each([204, 206, 301, 302, 304, 307, 308, 402, 406, 408, 418, 451, 500, 501, 505, 599])(
    'on a %i says nothing of the inside',
    (code) => {
      const { status, note } = verdict(code, 2);
      expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
      expect(JSON.stringify(status)).not.toMatch(/why|X\.1|body/);
      expect(note).toEqual({ reason: `CCI answered ${code}`, errorCode: 'X.1', body: 'body' });
    },
  );

  it('on a 504 is Timeout, without Retry-After', () => {
    expect(verdict(504, 2).status).toMatchObject({ code: 504, reason: 'Timeout', details: {} });
  });
});

describe('secrets that the upstream echoes', () => {
  const secrets = ['AKID', secretKey];
  const echo = `ak AKID sk ${secretKey}.`;

  it('leave no text of an error, wherever they stand', () => {
    const body = {
      kind: 'Status',
      message: echo,
      reason: echo,
      errorCode: echo,
      details: { name: echo, group: echo, kind: echo, uid: echo, causes: [{ reason: echo, message: echo, field: echo }] },
    };
    for (const shape of [body, { error_msg: echo, error_code: echo, request_id: echo }, { error: { message: echo } }]) {
      const error = readUpstreamError(bytes(shape), secrets);
      const { status, note } = translate(403, error, bytes(shape), secrets, 0);
      expect(status.message).toBe('ak … sk ….');
      expect(JSON.stringify({ error, status, note })).not.toMatch(/AKID|w\+Jal|MDENG/);
    }
  });

  it('leave no half where the text is cut', () => {
    for (let before = 16_384 - secretKey.length; before <= 16_384; before++) {
      const { message } = readUpstreamError(bytes({ error_msg: `${'x'.repeat(before)}${secretKey}` }), secrets);
      expect(message).toMatch(/^x+…?$/);
    }
  });

  it('leave no rest where one is part of another', () => {
    const error = readUpstreamError(bytes({ error_msg: 'key aaa-bbb-ccc' }), ['bbb', 'aaa-bbb-ccc']);
    expect(error.message).toBe('key …');
  });
});

describe('the excerpt for the log', () => {
  it('is at most 200 characters', () => {
    expect(excerpt(Buffer.from('a b '.repeat(100_000)), [])).toBe('a b '.repeat(50));
  });

  it.each([
    ['an object’s strings', '{"code":500,"a":"hunter2","b" : "hunter2"}', '{"code":500,"a":"…","b" : "…"}'],
    ['strings in an array', '{"args":["--password=hunter2","hunter2"]}', '{"args":["…","…"]}'],
    ['strings with quotes in them', String.raw`{"a":"x\"hunter2\\","b":"\\\"hunter2"}`, '{"a":"…","b":"…"}'],
    ['a string that is cut off', '{"a":"hunter2', '{"a":"…"'],
    ['a string that is cut off within an escape', '{"a":"hunter2\\', '{"a":"…"\\'],
    ['a text alone', '"hunter2"', '"…"'],
    ['what looks like a key', '<p>no such key: A1b2C3d4E5f6G7h8</p>', '<p>no such key: …</p>'],
    ['a token', 'token eyJhbGciOi.eyJzdWIi.c2lnbmF0 is bad', 'token … is bad'],
  ])('shows nothing of %s', (_title, body, expected) => {
    expect(excerpt(Buffer.from(body), [])).toBe(expected);
  });

  it('shows nothing of the secrets, however short or odd', () => {
    expect(excerpt(Buffer.from('<p>p@ss, s3 and p@ss</p>'), ['p@ss', 's3'])).toBe('<p>…, … and …</p>');
  });

  it('shows no half of a secret, wherever the text is cut', () => {
    const secret = 's!e@c#r$e%t&k*e(y)0';
    for (const filler of ['a ', '{"a":"xxxxxxxxxxxxxxxxxx"}', '"\\u0041', ': "']) {
      for (let length = 150; length < 4200; length += 7) {
        const body = filler.repeat(Math.ceil(length / filler.length)).slice(0, length) + secret;
        expect(excerpt(Buffer.from(body), [secret])).not.toMatch(/[!@#$&*()]/);
      }
    }
  });

  it('shows no half of what looks like a key, wherever the text is cut', () => {
    // Strings shrink as they are replaced, so that what is far behind comes to stand within the 200 characters.
    for (let length = 3900; length < 4200; length++) {
      const body = `{"a":"${'x'.repeat(length)}"} KEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKEYKEY`;
      expect(excerpt(Buffer.from(body), [])).not.toContain('KEY');
    }
  });

  it('takes time in proportion to the body, whatever it holds', () => {
    for (const piece of ['"', '\\"', ':', ': "', 'aaaaaaaaaaaaaaa.', '"\\', '" :', ' ']) {
      const started = process.cpuUsage().user;
      excerpt(Buffer.from(piece.repeat(Math.ceil(3_000_000 / piece.length))), ['secret']);
      expect(process.cpuUsage().user - started, piece).toBeLessThan(2_000_000);
    }
  });
});
