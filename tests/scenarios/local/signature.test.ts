import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { documentedJob } from '../../../local/cci/simulator.ts';
import { credential } from '../../credentials.ts';
import { jobPath, key, officialHeaders, restart, type Sent, send, simulator, useSimulator } from './signed.ts';

const other = { accessKey: credential('other-ak'), secretKey: credential('other-sk') };
const token = credential('st');

useSimulator();

describe('the signature check', () => {
  it('accepts what the official SDK signs: GET, query values in any order, a JSON body, a project', async () => {
    expect((await send(simulator.url, {})).status).toBe(200);
    expect((await send(simulator.url, { query: { pretty: 'true', 'a b': ['z', 'ä&=', 'a'], empty: '' } })).status).toBe(200);
    expect((await send(simulator.url, { headers: { 'X-Project-Id': 'p1' } })).status).toBe(200);
    const job = await documentedJob();
    const headers: Record<string, string> = officialHeaders({
      method: 'PUT',
      endpoint: simulator.url + jobPath,
      headers: { 'content-type': 'application/json' },
      data: job,
    });
    const answer = await fetch(simulator.url + jobPath, { method: 'PUT', headers, body: JSON.stringify(job) });
    expect(answer.status).toBe(200);
  });

  const stamp = (offset: number) => new Date(Date.now() + offset).toISOString().replace(/[-:]|\.\d+/g, '');
  it.each<[string, RegExp, Sent]>([
    ['without an Authorization header', /x-auth-token not found$/, { spoil: (headers) => delete headers.Authorization }],
    [
      'with another scheme',
      /the Authorization header is malformed$/,
      { spoil: (headers) => Object.assign(headers, { Authorization: `Bearer ${key.accessKey}` }) },
    ],
    [
      'with an unknown access key',
      new RegExp(`ak:${other.accessKey},err:ak not exist$`),
      { signWith: { ...key, accessKey: other.accessKey } },
    ],
    ['signed with another secret key', /aksk signature fail$/, { signWith: { ...key, secretKey: other.secretKey } }],
    ['whose date is 16 minutes old', /not within 15 minutes/, { headers: { 'X-Sdk-Date': stamp(-16 * 60_000) } }],
    ['whose date is 16 minutes ahead', /not within 15 minutes/, { headers: { 'X-Sdk-Date': stamp(16 * 60_000) } }],
    ['whose date is no date', /not within 15 minutes/, { spoil: (headers) => Object.assign(headers, { 'X-Sdk-Date': 'today' }) }],
    ['whose date was changed', /aksk signature fail$/, { spoil: (headers) => Object.assign(headers, { 'X-Sdk-Date': stamp(5000) }) }],
    [
      'whose signed header was changed',
      /aksk signature fail$/,
      { headers: { 'X-Project-Id': 'p1' }, spoil: (headers) => Object.assign(headers, { 'X-Project-Id': 'p2' }) },
    ],
    ['whose date is not signed', /x-sdk-date is not signed$/, { spoil: (headers) => unsign(headers, ';x-sdk-date') }],
    ['whose host is not signed', /host is not signed$/, { spoil: (headers) => unsign(headers, 'host;') }],
    [
      'whose signature was cut short',
      /malformed$/,
      { spoil: (headers) => Object.assign(headers, { Authorization: headers.Authorization?.slice(0, -1) }) },
    ],
    [
      'whose body was tampered with',
      /aksk signature fail$/,
      { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"a":1}', sendBody: '{"a":2}' },
    ],
    [
      'whose body was added',
      /aksk signature fail$/,
      { method: 'PUT', headers: { 'content-type': 'application/json' }, sendBody: '{"a":2}' },
    ],
  ])('refuses a request %s as an API gateway does', async (_title, reason, sent) => {
    const answer = await send(simulator.url, sent);
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual({
      error_msg: expect.stringContaining('Incorrect IAM authentication information: '),
      error_code: 'APIG.0301',
      request_id: answer.headers.get('x-request-id'),
    });
    expect(answer.json().error_msg).toMatch(reason);
    expect(answer.text).not.toContain(key.secretKey);
  });

  function unsign(headers: Record<string, string>, name: string) {
    headers.Authorization = headers.Authorization?.replace(name, '') ?? '';
  }

  it('refuses a signature over another path, query or method', async () => {
    const { Authorization = '', 'X-Sdk-Date': date = '' } = officialHeaders({
      method: 'GET',
      endpoint: `${simulator.url}${jobPath}`,
      queryParams: { a: '1' },
      headers: {},
    });
    const headers = { Authorization, 'X-Sdk-Date': date };
    const url = simulator.url + jobPath;
    expect((await fetch(`${url}?a=1`, { headers })).status).toBe(200);
    expect((await fetch(`${url}?a=2`, { headers })).status).toBe(401);
    expect((await fetch(url, { headers })).status).toBe(401);
    expect((await fetch(`${url}x?a=1`, { headers })).status).toBe(401);
    expect((await fetch(`${url}?a=1`, { headers, method: 'DELETE' })).status).toBe(401);
  });

  it('wants the security token of a temporary key, signed', async () => {
    await restart({ securityToken: token });
    expect((await send(simulator.url, { headers: { 'X-Security-Token': token } })).status).toBe(200);
    expect((await send(simulator.url, { headers: { 'X-Security-Token': other.secretKey } })).status).toBe(401);
    expect((await send(simulator.url, {})).status).toBe(401);
    expect((await send(simulator.url, { spoil: (headers) => Object.assign(headers, { 'X-Security-Token': token }) })).status).toBe(401);
  });

  it('refuses another project than the configured one', async () => {
    await restart({ projectId: 'p1' });
    expect((await send(simulator.url, { headers: { 'X-Project-Id': 'p1' } })).status).toBe(200);
    expect((await send(simulator.url, { headers: { 'X-Project-Id': 'p2' } })).status).toBe(401);
    expect((await send(simulator.url, {})).status).toBe(200);
  });
});

describe('the access keys', () => {
  const second = other;

  it('can be added and removed while others go on', async () => {
    expect((await send(simulator.url, { signWith: second })).status).toBe(401);
    simulator.addKey(second);
    expect((await send(simulator.url, { signWith: second })).status).toBe(200);
    simulator.removeKey(key.accessKey);
    expect((await send(simulator.url, {})).json().error_msg).toMatch(new RegExp(`ak:${key.accessKey},err:ak not exist$`));
    expect((await send(simulator.url, { signWith: second })).status).toBe(200);
  });

  it('may be temporary ones beside permanent ones', async () => {
    simulator.addKey({ ...second, securityToken: token });
    expect((await send(simulator.url, { signWith: second, headers: { 'X-Security-Token': token } })).status).toBe(200);
    expect((await send(simulator.url, { signWith: second })).status).toBe(401);
    expect((await send(simulator.url, {})).status).toBe(200);
  });

  it('take another secret key when they are added again', async () => {
    simulator.addKey({ ...key, secretKey: other.secretKey });
    expect((await send(simulator.url, {})).status).toBe(401);
    expect((await send(simulator.url, { signWith: { ...key, secretKey: other.secretKey } })).status).toBe(200);
  });
});

describe('the lock of an access key', () => {
  const minute = 60_000;
  const wrong = { signWith: { ...key, secretKey: other.secretKey } };
  const locked = {
    error_msg: `AK access failed to reach the limit,forbidden: ${key.accessKey}`,
    error_code: 'APIG.0301',
    request_id: expect.any(String),
  };
  async function fail(times: number): Promise<string[]> {
    const messages = [];
    for (let count = 0; count < times; count++) messages.push((await send(simulator.url, wrong)).json().error_msg);
    return messages;
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('comes with the sixth failure in a row, and holds for good signatures too', async () => {
    expect(await fail(5)).toEqual(Array(5).fill(expect.stringMatching(/aksk signature fail$/)));
    expect((await send(simulator.url, {})).status).toBe(200);
    expect(await fail(6)).toEqual(Array(6).fill(expect.stringMatching(/aksk signature fail$/)));
    const answer = await send(simulator.url, {});
    expect(answer.status).toBe(401);
    expect(answer.json()).toEqual(locked);
    expect(simulator.failedAuthentications).toEqual({ [key.accessKey]: 12 });
  });

  it('ends five minutes after it came, however often the key was tried meanwhile', async () => {
    await fail(6);
    vi.setSystemTime(Date.now() + 4 * minute);
    expect(await fail(10)).toEqual(Array(10).fill(locked.error_msg));
    vi.setSystemTime(Date.now() + minute - 1);
    expect((await send(simulator.url, {})).json()).toEqual(locked);
    vi.setSystemTime(Date.now() + 1);
    expect((await send(simulator.url, {})).status).toBe(200);
    // The count begins anew.
    await fail(5);
    expect((await send(simulator.url, {})).status).toBe(200);
  });

  it('comes again after six more failures', async () => {
    await fail(6);
    vi.setSystemTime(Date.now() + 5 * minute);
    expect(await fail(7)).toEqual([...Array(6).fill(expect.stringMatching(/aksk signature fail$/)), locked.error_msg]);
  });

  it('leaves other keys alone, and a key that is added again begins unlocked', async () => {
    simulator.addKey(other);
    await fail(6);
    expect((await send(simulator.url, { signWith: other })).status).toBe(200);
    simulator.addKey(key);
    expect((await send(simulator.url, {})).status).toBe(200);
  });

  it('is not for keys that do not exist, nor for requests that name none', async () => {
    const unknown = { signWith: other };
    for (let count = 0; count < 7; count++) {
      expect((await send(simulator.url, unknown)).json().error_msg).toMatch(/ak not exist$/);
      expect((await send(simulator.url, { spoil: (headers) => delete headers.Authorization })).status).toBe(401);
    }
    expect(simulator.failedAuthentications).toEqual({ [other.accessKey]: 7 });
    simulator.addKey(unknown.signWith);
    expect((await send(simulator.url, unknown)).status).toBe(200);
  });
});
