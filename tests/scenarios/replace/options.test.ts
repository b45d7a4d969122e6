import { describe, expect, it } from 'vitest';
import { credential } from '../../credentials.ts';
import { type Loose, liveText, now, put, requested, status, useGateway } from '../gateway.ts';

useGateway();

const labelled = () => requested(({ metadata }) => Object.assign(metadata.labels, { team: 'vision' }));
const urls = () => now.upstream.received.map(({ method, url }) => `${method} ${url.split('?')[1] ?? ''}`);
const supportedValidations = 'supported values: "", "Ignore", "Strict", "Warn"';
const causes: Record<string, { reason: string; message: string; field: string }> = {
  long: { reason: 'FieldValueTooLong', message: 'Too long: may not be more than 128 bytes', field: 'fieldManager' },
  unprintable: { reason: 'FieldValueInvalid', message: 'Invalid value: may hold only printable characters', field: 'fieldManager' },
  some: { reason: 'FieldValueNotSupported', message: 'Unsupported value: ["Some"]: supported values: "All"', field: 'dryRun' },
  empty: { reason: 'FieldValueNotSupported', message: 'Unsupported value: [""]: supported values: "All"', field: 'dryRun' },
  both: { reason: 'FieldValueNotSupported', message: 'Unsupported value: ["All","Some"]: supported values: "All"', field: 'dryRun' },
  strict: { reason: 'FieldValueNotSupported', message: `Unsupported value: "strict": ${supportedValidations}`, field: 'fieldValidation' },
};

describe('the query', () => {
  it.each<[string, string[]]>([
    [`fieldManager=${'m'.repeat(129)}`, ['long']],
    [`fieldManager=${encodeURIComponent('é'.repeat(65))}`, ['long']],
    ['fieldManager=a%0Ab', ['unprintable']],
    ['fieldManager=%00', ['unprintable']],
    ['fieldManager=%E2%80%A8', ['unprintable']],
    ['dryRun=Some', ['some']],
    ['dryRun=', ['empty']],
    ['dryRun', ['empty']],
    ['dryRun=All&dryRun=Some', ['both']],
    ['fieldValidation=strict', ['strict']],
    [`dryRun=Some&fieldValidation=strict&fieldManager=%01`, ['unprintable', 'some', 'strict']],
  ])('%s is 422, with every mistake', async (query, names) => {
    const before = liveText();
    const answer = await put(labelled(), { query: `?${query}` });
    const list = names.map((name) => causes[name] as (typeof causes)[string]);
    const errors = list.map(({ field, message }) => `${field}: ${message}`).join(', ');
    const message = `UpdateOptions.meta.k8s.io "" is invalid: ${list.length === 1 ? errors : `[${errors}]`}`;
    expect(answer.body).toEqual(status(422, 'Invalid', message, { group: 'meta.k8s.io', kind: 'UpdateOptions', causes: list }));
    expect([liveText(), urls()]).toEqual([before, []]);
  });

  // A caller's name, among those that own what is forbidden, would decide what a later server-side apply takes over.
  it.each([
    'fieldManager=kubectl-replace',
    `fieldManager=${'m'.repeat(128)}`,
    'fieldManager=a+b%26c%3Dd%2Fe%3F',
    `fieldManager=${encodeURIComponent('é"\\!*()\'')}`,
    'fieldManager=one&fieldManager=two',
    'fieldManager=',
    '',
    'fieldValidation=Strict',
    'fieldValidation=Warn&pretty=true',
    'force=true&orphanDependents=true&gracePeriodSeconds=0&propagationPolicy=Orphan',
    'resourceVersion=1&watch=true&limit=1&timeout=1s',
    'dryrun=All&DryRun=Some&FIELDMANAGER=x',
    'fieldManager[]=x&%66ieldmanager=x',
    '__proto__=a&constructor=b&toString=c&hasOwnProperty=d',
    'x=%0d%0aHost:%20evil&y=%00&z=%ff',
    ';dryRun=Some',
  ])('of %s nothing is forwarded', async (query) => {
    expect((await put(labelled(), { query: `?${query}` })).status).toBe(200);
    expect(urls()).toEqual(['GET ', 'PUT ']);
    expect(now.upstream.received.map(({ url }) => url.replace(/\?$/, ''))).toEqual(Array(2).fill(now.upstream.received[0]?.url));
  });

  it('with dryRun=All goes nowhere', async () => {
    expect((await put(labelled(), { query: '?dryRun=All&fieldManager=x' })).status).toBe(200);
    expect(urls()).toEqual(['GET ']);
  });
});

describe('the caller’s own headers', () => {
  const secrets: Record<string, string> = {
    Authorization: `Bearer ${credential('of-the-caller')}`,
    'Proxy-Authorization': `Basic ${credential('of-the-caller')}`,
    Cookie: `session=${credential('of-the-caller')}`,
    'X-Auth-Token': credential('of-the-caller'),
    'X-Security-Token': credential('of-the-caller'),
    'X-Project-Id': 'of-the-caller',
    'X-Domain-Id': 'of-the-caller',
    'X-Sdk-Date': '20000101T000000Z',
    'X-Sdk-Content-Sha256': 'of-the-caller',
    'X-Remote-Group': 'of-the-caller',
    'X-Remote-User': 'of-the-caller',
    'X-Forwarded-Host': 'of-the-caller',
    'X-Request-Id': 'of-the-caller',
    'If-Match': 'of-the-caller',
    'X-HTTP-Method-Override': 'DELETE',
    Prefer: 'of-the-caller',
  };

  it('are not forwarded: the upstream gets the gateway’s and nothing else', async () => {
    expect((await put(labelled(), { headers: secrets })).status).toBe(200);
    expect(now.upstream.received).toHaveLength(2);
    for (const { method, headers, url, body } of now.upstream.received) {
      expect(JSON.stringify({ headers, url }) + body).not.toMatch(/of-the-caller|20000101|DELETE/);
      expect(Object.keys(headers).sort()).toEqual(
        [
          'accept',
          'authorization',
          'connection',
          ...(method === 'PUT' ? ['content-length', 'content-type'] : []),
          'host',
          'user-agent',
          'x-sdk-date',
          'x-security-token',
        ].sort(),
      );
      expect(headers).toMatchObject({
        accept: 'application/json',
        authorization: expect.stringMatching(/^SDK-HMAC-SHA256 Access=/),
        'user-agent': 'tfjob-gateway',
      });
    }
  });

  it('do not come back either', async () => {
    const answer = await put(labelled(), { headers: secrets });
    expect(answer.text + JSON.stringify([...answer.headers])).not.toContain('of-the-caller');
  });

  it('of the upstream do not reach the caller', async () => {
    now.upstream.answer = (_request, response) => {
      response.writeHead(200, {
        'Set-Cookie': 'a=of-the-upstream',
        Server: 'of-the-upstream',
        'X-Auth-Token': credential('of-the-upstream'),
        Warning: '299 - "of-the-upstream"',
      });
      response.end(liveText());
    };
    const answer: Loose = await put(requested());
    expect(answer.text + JSON.stringify([...answer.headers])).not.toContain('of-the-upstream');
  });
});
