import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { documentedJob, type Simulator, type SimulatorOptions, startSimulator } from '../../local/simulator.ts';
import { jobPath, key, officialHeaders, type Sent, send } from './local-signed.ts';

let simulator: Simulator;

beforeEach(async () => {
  simulator = await startSimulator(key);
});
afterEach(() => simulator.close());

async function restart(options: Partial<SimulatorOptions>) {
  await simulator.close();
  simulator = await startSimulator({ ...key, ...options });
}

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
      { spoil: (headers) => Object.assign(headers, { Authorization: 'Bearer AK' }) },
    ],
    ['with an unknown access key', /ak:XX,err:ak not exist$/, { signWith: { accessKey: 'XX', secretKey: 'SK' } }],
    ['signed with another secret key', /aksk signature fail$/, { signWith: { accessKey: 'AK', secretKey: 'XX' } }],
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
    expect(answer.text).not.toContain('SK');
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
    await restart({ securityToken: 'TOKEN' });
    expect((await send(simulator.url, { headers: { 'X-Security-Token': 'TOKEN' } })).status).toBe(200);
    expect((await send(simulator.url, { headers: { 'X-Security-Token': 'OTHER' } })).status).toBe(401);
    expect((await send(simulator.url, {})).status).toBe(401);
    expect((await send(simulator.url, { spoil: (headers) => Object.assign(headers, { 'X-Security-Token': 'TOKEN' }) })).status).toBe(401);
  });

  it('refuses another project than the configured one', async () => {
    await restart({ projectId: 'p1' });
    expect((await send(simulator.url, { headers: { 'X-Project-Id': 'p1' } })).status).toBe(200);
    expect((await send(simulator.url, { headers: { 'X-Project-Id': 'p2' } })).status).toBe(401);
    expect((await send(simulator.url, {})).status).toBe(200);
  });
});
