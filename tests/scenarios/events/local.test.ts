import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ApiGateway, startApiGateway } from '../../../local/api-gateway/api-gateway.ts';
import { deliverEvent, eventsPath } from '../../../local/aws/events.ts';
import { now, results, ttl, useEvents } from './harness.ts';

useEvents({ shared: true });
// The AWS client's retries pause a random time; no test here is about how long.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));

let gateway: ApiGateway;
beforeAll(async () => {
  const answer = (body: string, query: URLSearchParams) => deliverEvent(now.handler, now.aws, body, query.get('door') === 'fifo');
  gateway = await startApiGateway({ port: 0, auth: 'none', beside: { path: eventsPath, answer } });
  return () => gateway.close();
});

/** `npm run event` with these arguments. */
function run(args: string[], port = new URL(gateway.url).port): Promise<{ code: number; out: string; err: string }> {
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/event.ts', ...args], { cwd, env: { ...process.env, PORT: port } }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

describe('npm run event', () => {
  it.each(['events/job-update.json', '--fifo events/job-update.json'])('%s changes the job and prints the result event', async (args) => {
    const { code, out, err } = await run(args.split(' '));
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toEqual({
      'detail-type': 'Job Update Succeeded',
      source: 'tfjob-gateway',
      detail: { ...results()[0], outcome: undefined },
    });
    expect(ttl()).toBe(1000);
  });

  it('prints a refusal as well', async () => {
    const { code, out } = await run(['events/job-update-forbidden.json', '--fifo']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ 'detail-type': 'Job Update Refused', detail: { status: { code: 403 } } });
  });

  it('delivers again what fails, to the end', async () => {
    now.simulator.inject({ method: 'PUT', status: 500, times: 100 });
    const { out, err } = await run(['events/job-update.json']);
    expect(JSON.parse(out)).toMatchObject({ 'detail-type': 'Job Update Failed', detail: { status: { code: 500 } } });
    expect(err).toMatch(/delivered 5 times/);
    expect(now.aws.messages).toHaveLength(1);
  });

  it('says so where there is no result', async () => {
    now.aws.fail({ operation: 'PutEvents', act: 'entry', times: 100 });
    now.aws.fail({ operation: 'SendMessage', act: 'throttle', times: 100 });
    const { code, out, err } = await run(['events/job-update-stale.json']);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/there is no result event yet/);
  });

  it('names its mistakes', async () => {
    expect(await run([])).toMatchObject({ code: 1, err: expect.stringMatching(/^usage: npm run event/) });
    expect(await run(['a', 'b'])).toMatchObject({ code: 1, err: expect.stringMatching(/^usage/) });
    expect(await run(['--door', 'a'])).toMatchObject({ code: 1, err: expect.stringMatching(/^Unknown option '--door'\nusage/) });
    expect(await run(['no-such-file.json'])).toMatchObject({ code: 1, err: 'no-such-file.json cannot be read: ENOENT\n' });
    expect(await run(['events/job-update.json'], '1')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/nothing answers at .*:1: run npm start first/),
    });
    expect(await run(['events/job-update.json'], new URL(now.simulator.url).port)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/it is no npm start/),
    });
  });
});

describe('the path for events on the local gateway', () => {
  const post = (init: RequestInit) => fetch(`${gateway.url}${eventsPath}`, init);

  it('takes nothing but a POST, nothing from a web page, and no more than API Gateway', async () => {
    expect((await post({ method: 'GET' })).status).toBe(403);
    expect((await post({ method: 'POST', body: '{}', headers: { origin: 'http://example.com' } })).status).toBe(403);
    expect((await post({ method: 'POST', body: 'x'.repeat(10 * 1024 * 1024 + 1) })).status).toBe(413);
    expect(now.aws.asked).toEqual([]);
  });

  it('is no route of the gateway that is deployed', async () => {
    const plain = await startApiGateway({ port: 0, auth: 'none' });
    const answer = await fetch(`${plain.url}${eventsPath}`, { method: 'POST', body: '{}' });
    await plain.close();
    expect(await answer.json()).toMatchObject({ kind: 'Status', code: 404 });
  });
});
