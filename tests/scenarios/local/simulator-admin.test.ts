import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { alsoSearched, credential } from '../../credentials.ts';
import { someOf } from '../../exhaustive.ts';
import { freePorts } from '../../free-ports.ts';
import { jobPath, key, send, simulator, useSimulator } from './signed.ts';

useSimulator();

async function admin(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const sent = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await fetch(`${simulator.url}/_simulator/${path}`, { method, headers, body: sent });
  return { status: answer.status, json: JSON.parse(await answer.text()) };
}

describe('the admin endpoint', () => {
  it('injects a fault, tells which wait, and forgets them', async () => {
    const fault = { method: 'GET', status: 503, dialect: 'plain', retryAfter: 4, times: 2 };
    expect(await admin('POST', 'faults', fault)).toMatchObject({ status: 200, json: { faults: [fault] } });
    const answer = await send(simulator.url, {});
    expect([answer.status, answer.headers.get('retry-after'), answer.json().error_code]).toEqual([503, '4', 'AS.0001']);
    expect((await admin('GET', 'state')).json).toMatchObject({ faults: [{ ...fault, times: 1 }], misbehaved: { '503 before': 1 } });
    expect((await admin('DELETE', 'faults')).json.faults).toEqual([]);
    expect((await send(simulator.url, {})).status).toBe(200);
  });

  it('takes a fault as curl -d sends it, under another content type', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await admin('POST', 'faults', '{"status":500}', form)).status).toBe(200);
    expect((await send(simulator.url, {})).status).toBe(500);
  });

  it('sets and ends chaos', async () => {
    expect((await admin('PUT', 'chaos', { throttled: 1 })).json.chaos).toEqual({ throttled: 1 });
    expect((await send(simulator.url, {})).status).toBe(429);
    expect((await admin('DELETE', 'chaos')).json).not.toHaveProperty('chaos');
    expect((await send(simulator.url, {})).status).toBe(200);
    await admin('PUT', 'chaos', { throttled: 1 });
    await admin('PUT', 'chaos', {});
    expect((await send(simulator.url, {})).status).toBe(200);
  });

  it('adds and removes keys, and shows of them nothing secret', async () => {
    const second = { accessKey: credential('ak2'), secretKey: credential('sk2'), securityToken: credential('st2') };
    const { json } = await admin('POST', 'keys', second);
    expect(json.keys).toEqual([
      { accessKey: key.accessKey, temporary: false, failedInARow: 0 },
      { accessKey: second.accessKey, temporary: true, failedInARow: 0 },
    ]);
    for (const secret of [key.secretKey, second.secretKey, second.securityToken]) expect(JSON.stringify(json)).not.toContain(secret);
    expect((await send(simulator.url, { signWith: second, headers: { 'X-Security-Token': second.securityToken } })).status).toBe(200);
    expect((await admin('DELETE', 'keys', { accessKey: second.accessKey })).json.keys).toHaveLength(1);
    expect((await send(simulator.url, { signWith: second, headers: { 'X-Security-Token': second.securityToken } })).status).toBe(401);
  });

  it('tells which key is locked until when, and how often each failed', async () => {
    for (let count = 0; count < 7; count++) await send(simulator.url, { signWith: { ...key, secretKey: credential('wrong') } });
    const { json } = await admin('GET', 'state');
    expect(json.failedAuthentications).toEqual({ [key.accessKey]: 7 });
    expect(json.keys).toEqual([{ accessKey: key.accessKey, temporary: false, failedInARow: 0, lockedUntil: expect.any(String) }]);
    expect(Date.parse(json.keys[0].lockedUntil) - Date.now()).toBeGreaterThan(0);
  });

  it('itself is neither counted nor hit by a fault', async () => {
    simulator.chaos({ dropBefore: 1 });
    expect((await admin('GET', 'state')).status).toBe(200);
    expect(simulator.requests).toEqual([]);
    expect(simulator.misbehaved).toEqual({});
  });

  it.each<[string, string, unknown, string]>([
    [
      'POST',
      'faults',
      { act: 'explode', foo: 1 },
      'act must be one of drop, cut-off, hang, html, empty, garbage, redirect; foo is not known',
    ],
    ['POST', 'faults', '{"act":', 'the body is not JSON'],
    ['POST', 'faults', undefined, 'the body is not JSON'],
    ['POST', 'faults', [], 'it must be a JSON object'],
    ['PUT', 'chaos', { dropBefore: -5 }, 'dropBefore must be a probability from 0 to 1'],
    ['DELETE', 'keys', {}, 'accessKey is missing'],
  ])('%s %s of %j is 400: %s', async (method, path, body, message) => {
    expect(await admin(method, path, body)).toEqual({ status: 400, json: { message } });
    expect((await send(simulator.url, {})).status).toBe(200);
  });

  // On its own, since a title would print the key.
  it('refuses a key with a space in it, and one without its secret', async () => {
    const message = 'accessKey must be printable ASCII without spaces and commas; secretKey is missing';
    expect(await admin('POST', 'keys', { accessKey: credential('A B') })).toEqual({ status: 400, json: { message } });
  });

  it('answers 404 with what there is for anything else', async () => {
    for (const [method, path] of [
      ['GET', ''],
      ['POST', 'state'],
      ['PUT', 'faults'],
      ['GET', 'constructor'],
    ] as const) {
      const answer = await admin(method, path);
      expect(answer.status).toBe(404);
      expect(answer.json.message).toMatch(/^there is only: GET state, POST faults/);
    }
  });

  it('does not serve web pages, neither across origins nor under a name of their own', async () => {
    const drop = '{"act":"drop"}';
    expect((await admin('POST', 'faults', drop, { origin: 'https://example.com' })).status).toBe(403);
    const other = request(`${simulator.url}/_simulator/faults`, { method: 'POST', headers: { host: 'example.com' } }).end(drop);
    const [answer] = await once(other, 'response');
    expect(answer.statusCode).toBe(403);
    answer.resume();
    expect((await admin('GET', 'state')).json.faults).toEqual([]);
  });
});

describe('what npm start runs', () => {
  const running: ChildProcess[] = [];
  const start = (args: string[], port = 0) => {
    const file = fileURLToPath(new URL('../../../local/start.ts', import.meta.url));
    const child = spawn(process.execPath, [file, ...args], {
      env: { ...process.env, PORT: String(port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.push(child);
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', alsoSearched);
    return child;
  };
  afterEach(async () => {
    for (const child of running.splice(0)) if (child.exitCode === null && child.kill()) await once(child, 'exit');
  });

  it.each(someOf([['--kaos'], ['chaos'], ['--chaos=9']], 3))('refuses the argument %s with its usage', async (argument) => {
    const child = start([argument], 3000);
    const [[code], output] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
    expect(code).toBe(1);
    expect(output).toContain(argument.split('=')[0]);
    expect(output).toContain('usage: npm start [-- --chaos]');
  });

  it.each([
    ['with --chaos lets the simulated CCI fail and says how, in numbers and by an example that works', ['--chaos']],
    ['without it does not, and says how to inject a fault by an example that works', []],
  ])('%s', async (_title, args) => {
    const child = start(args, (await freePorts(1))[0] as number);
    let output = '';
    // Who hangs up would end it: it tells of its reading of the secret there.
    for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
      output += chunk;
      if (output.includes('Ctrl-C')) break;
    }
    child.stdout.resume();
    const [, gateway] = /is at (\S+)/.exec(output) ?? [];
    const [, url = '', body = ''] = /curl -sS (\S+_simulator\/faults) -d '([^']+)'/.exec(output) ?? [];
    const state = async () => JSON.parse(await (await fetch(url.replace(/faults$/, 'state'))).text());
    if (args.length > 0) {
      expect(output).toContain('drops 5 % before and 5 % after');
      expect((await state()).chaos).toEqual({ dropBefore: 0.05, dropAfter: 0.05, unavailable: 0.05, throttled: 0.05, delay: 200 });
      await fetch(url.replace(/faults$/, 'chaos'), { method: 'DELETE' });
    } else {
      expect(output).toContain('npm start -- --chaos');
    }
    expect(await state()).not.toHaveProperty('chaos');
    expect((await fetch(url, { method: 'POST', body })).status).toBe(200);
    expect((await state()).faults).toEqual([{ method: 'PATCH', when: 'after', act: 'drop', times: 1 }]);
    expect((await fetch(gateway + jobPath)).status).toBe(200);
  });
});
