import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner.js';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AccessKey, encode, type Signable, sign } from '../../../../lib/cci/credentials/signer.ts';
import { credential, known } from '../../../credentials.ts';
import { runsOf } from '../../../exhaustive.ts';

const cases = runsOf(10_000);
const realEmitWarning = process.emitWarning.bind(process);

beforeAll(() => {
  // The official signer calls url.parse, which Node deprecates (DEP0169): known, not ours to fix, and the only warning left out.
  vi.spyOn(process, 'emitWarning').mockImplementation(((warning: string, ...rest: unknown[]) => {
    if (!rest.flat().some((part) => part === 'DEP0169' || (part as { code?: string } | undefined)?.code === 'DEP0169'))
      realEmitWarning(warning, ...(rest as []));
  }) as typeof process.emitWarning);
});
afterAll(() => vi.restoreAllMocks());

/** The headers that the official SDK sends for a request, names in lower case. */
function official({ method, host, path, query, headers, data }: Generated, key: AccessKey, date: string): Record<string, string> {
  const request = {
    method,
    endpoint: `https://${host}${path}`,
    queryParams: structuredClone(query),
    // The official client, not its signer, adds a temporary key's token.
    headers: { ...headers, 'X-Sdk-Date': date, ...(key.securityToken && { 'X-Security-Token': key.securityToken }) },
    ...(data !== undefined && { data }),
  };
  const signed = AKSKSigner.sign(request as never, { getAk: () => key.accessKey, getSk: () => key.secretKey } as never);
  return Object.fromEntries(Object.entries(signed as Record<string, string>).map(([name, value]) => [name.toLowerCase(), value]));
}

interface Generated {
  method: string;
  host: string;
  path: string;
  query: Record<string, string | string[]>;
  headers: Record<string, string>;
  data: unknown;
}

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'aZ09-._~ !\'()*+,/:;=?@#[]{}|\\^`"<>%&$äß字𝒳💥\u0000\u007f\u0080\uffff') }),
);
// What url.parse leaves alone: it escapes these itself, ends the path at ? and #, and strips control characters and spaces at the end.
const pathText = text.map((part) => part.replace(/[\t\n\r "'<>\\^`{|}?#]/g, ''));
const strippedAtEnd = /[\0-\x20\u00a0\ufeff]$/;
const path = fc
  .tuple(fc.array(pathText, { maxLength: 5 }), fc.boolean())
  .map(([parts, slash]) => `/${parts.join('/')}${slash ? '/' : ''}`)
  .filter((whole) => !strippedAtEnd.test(whole));
const query = fc.dictionary(text, fc.oneof(text, fc.array(text, { maxLength: 4 })), { maxKeys: 5 });
// The official signer lists names by code unit but writes their lines by locale; where the two disagree it contradicts itself.
const byCodeUnit = (a: string, b: string) => (a < b ? -1 : 1);
const ownNames = ['host', 'x-sdk-date', 'x-security-token', 'authorization', 'x-sdk-content-sha256'];
const headers = fc
  .dictionary(
    fc.oneof(
      fc.constantFrom('content-type', 'x-project-id', 'accept', 'user-agent', 'x-domain-id'),
      fc.stringMatching(/^[a-z][a-z0-9-]{0,15}$/),
    ),
    fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/),
    { maxKeys: 4 },
  )
  .filter((map) => {
    const names = [...Object.keys(map), ...ownNames].sort(byCodeUnit);
    return (
      ownNames.every((name) => !Object.hasOwn(map, name)) &&
      names.join() === [...names].sort((a, b) => a.localeCompare(b)).join() &&
      // The official signer leaves a multipart content type unsigned; none is ever sent here.
      !map['content-type']?.includes('multipart')
    );
  });
// A falsy value counts as no body there.
const data = fc.option(fc.jsonValue().filter(Boolean), { nil: undefined });
const generated: fc.Arbitrary<Generated> = fc.record({
  method: fc.constantFrom('GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'HEAD'),
  host: fc.constantFrom('cci.example.com', 'cci.example.com:8443', '127.0.0.1:3001', '[::1]:80'),
  path,
  query,
  headers,
  data,
});
const word = fc.stringMatching(/^[!-~]{1,60}$/);
const accessKey: fc.Arbitrary<AccessKey> = fc.record(
  { accessKey: word, secretKey: word, securityToken: word },
  { requiredKeys: ['accessKey', 'secretKey'] },
);
const moment = fc.date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true });

function signable({ data: body, ...rest }: Generated): Signable {
  return { ...rest, ...(body !== undefined && { body: JSON.stringify(body) }) };
}
const stamp = (now: Date) => now.toISOString().replace(/[-:]|\.\d+/g, '');

describe('the signer', () => {
  it(`agrees with the official SDK on ${cases} generated requests`, () => {
    const seen = { astral: 0, slash: 0, percent: 0, several: 0, emptyValue: 0, token: 0, body: 0 };
    fc.assert(
      fc.property(generated, accessKey, moment, (request, key, now) => {
        expect(sign(signable(request), key, now)).toEqual(official(request, key, stamp(now)));
        const values = Object.values(request.query);
        seen.astral += Number(/[\u{10000}-\u{10ffff}]/u.test(request.path));
        seen.slash += Number(request.path.endsWith('/'));
        seen.percent += Number(request.path.includes('%'));
        seen.several += Number(values.some((value) => Array.isArray(value) && value.length > 1));
        seen.emptyValue += Number(values.flat().includes(''));
        seen.token += Number(key.securityToken !== undefined);
        seen.body += Number(request.data !== undefined);
      }),
      { numRuns: cases },
    );
    // The property means something only where it met what it is about.
    for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(cases / 50);
  });

  it('signs what this gateway sends as the official SDK does', () => {
    const key = { accessKey: 'AKIDEXAMPLE', secretKey: known.plusAndSlash, securityToken: known.sessionSigns };
    const job = { kind: 'TFJob', metadata: { labels: { ключ: '𝒳' } }, spec: { backoffLimit: 6 } };
    const request: Generated = {
      method: 'PUT',
      host: 'cci.cn-north-4.myhuaweicloud.com',
      path: '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test',
      query: { fieldManager: 'kubectl (me) é💥 a+b' },
      headers: { 'content-type': 'application/json', 'x-project-id': '0123456789abcdef' },
      data: job,
    };
    const now = new Date('2026-03-01T23:59:59.999Z');
    const signed = sign(signable(request), key, now);
    expect(signed).toEqual(official(request, key, '20260301T235959Z'));
    expect(signed.authorization).toMatch(
      /^SDK-HMAC-SHA256 Access=AKIDEXAMPLE, SignedHeaders=content-type;host;x-project-id;x-sdk-date;x-security-token, Signature=[0-9a-f]{64}$/,
    );
  });

  it('signs every header that it returns, and any change of the request changes the signature', () => {
    const key = { accessKey: credential('ak'), secretKey: credential('sk') };
    const now = new Date(0);
    const base: Signable = { method: 'PUT', host: 'h', path: '/a', query: { q: ['1', '2'] }, headers: { a: 'b' }, body: '{}' };
    const signature = (request: Signable) => sign(request, key, now).authorization?.slice(-64);
    const first = sign(base, key, now);
    const listed = /SignedHeaders=([^,]*)/.exec(first.authorization ?? '')?.[1]?.split(';');
    expect(listed).toEqual(
      Object.keys(first)
        .filter((name) => name !== 'authorization')
        .sort(),
    );
    const others: Partial<Signable>[] = [
      { method: 'GET' },
      { host: 'i' },
      { path: '/A' },
      { path: '/a//' },
      { query: { q: ['1'] } },
      { query: { q: ['1', '3'] } },
      { headers: { a: 'c' } },
      { headers: {} },
      { body: '{} ' },
      { body: '' },
    ];
    const all = others.map((change) => signature({ ...base, ...change }));
    expect(new Set([...all, signature(base)]).size).toBe(others.length + 1);
    expect(sign(base, { ...key, secretKey: credential('other') }, now).authorization?.slice(-64)).not.toBe(signature(base));
  });

  it('hashes the same bytes, given as text or as a buffer', () => {
    const body = '{"a":"ä💥"}';
    const request = { method: 'PUT', host: 'h', path: '/' };
    const key = { accessKey: credential('ak'), secretKey: credential('sk') };
    expect(sign({ ...request, body }, key, new Date(0))).toEqual(sign({ ...request, body: Buffer.from(body) }, key, new Date(0)));
  });

  it('percent-encodes all but RFC 3986’s unreserved characters', () => {
    for (let code = 0; code < 128; code++) {
      const char = String.fromCharCode(code);
      const encoded = `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
      expect(encode(char)).toBe(/[A-Za-z0-9._~-]/.test(char) ? char : encoded);
    }
    expect(encode('é字💥')).toBe('%C3%A9%E5%AD%97%F0%9F%92%A5');
  });
});
