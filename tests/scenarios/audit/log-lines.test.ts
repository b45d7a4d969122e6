import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LambdaHandler } from '../../../local/api-gateway/api-gateway.ts';
import { readStack } from '../../../scripts/stack.ts';
import { isOfSecret, takeAuditLines } from '../../audit-lines.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { capturePrinted } from '../../unit/callers/authorizer.ts';
import { handlerOf, invoke, jobEvent, jobPath, type Loose, now, put, requested, useGateway } from '../gateway.ts';

const printed = capturePrinted();
useGateway({ auth: 'none', env: { POWERTOOLS_LOG_LEVEL: 'INFO' } });
beforeEach(() => void takeAuditLines());

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const list = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs';
const eventOf = (body: string): Loose => jobEvent('PUT', { requestId: 'r-3', identity: { userArn: somebodysArn } }, { body });
const withTtl = () => requested((job) => Object.assign(job.spec, { ttlSecondsAfterFinished: 7 }));
const withBackoff = () => requested((job) => Object.assign(job.spec, { backoffLimit: 9 }));
/** The lines of the log since the test began: metrics are none. */
const lines = (): Loose[] => printed.lines().filter((line) => !('_aws' in line));
function line(): Loose {
  const [one, ...others] = lines();
  expect(others).toEqual([]);
  return one;
}

describe('the line of a request says what was asked', () => {
  it.each<[string, string, string, number, object]>([
    ['of a job', 'GET', jobPath, 200, { job: 'tfjobs/kube-test/tfjob-test' }],
    ['of a list', 'GET', list, 200, { kind: 'TFJob', namespace: 'kube-test' }],
    ['of a list over all namespaces', 'GET', '/apis/kubeflow.org/v1/tfjobs', 200, { kind: 'TFJob' }],
    ['of a list that is refused', 'GET', `${list}?limit=x`, 400, { kind: 'TFJob', namespace: 'kube-test' }],
    ['of a watch', 'GET', `${list}?watch=1`, 405, { kind: 'TFJob', namespace: 'kube-test' }],
    ['of a path that is none', 'GET', '/nowhere/at/all', 404, { path: '/nowhere/at/all' }],
    [
      'of a plural that is none',
      'GET',
      '/apis/kubeflow.org/v1/namespaces/n/nojobs/a',
      404,
      { path: '/apis/kubeflow.org/v1/namespaces/n/nojobs/a' },
    ],
    ['of a subresource', 'PUT', `${jobPath}/status`, 404, { path: `${jobPath}/status` }],
    ['of another verb', 'DELETE', jobPath, 405, { path: jobPath }],
    ['of another verb on a list', 'POST', list, 405, { path: list }],
    ['of discovery', 'GET', '/version', 200, { path: '/version' }],
    ['of discovery with another verb', 'POST', '/version', 405, { path: '/version' }],
  ])('%s: %s %s', async (_title, method, path, code, what) => {
    expect((await fetch(`${now.gateway.url}${path}`, { method })).status).toBe(code);
    expect(line()).toMatchObject({ method, code, ...what });
  });
});

/** A write while CCI fails like this. */
const failing = (fault: Parameters<typeof now.simulator.inject>[0]): Promise<unknown> => {
  now.simulator.inject(fault);
  return put(withTtl());
};

describe('the level of a line', () => {
  it.each<[string, string, () => Promise<unknown>, number | undefined]>([
    ['a change', 'INFO', () => put(withTtl()), 200],
    ['a refusal', 'INFO', () => put(withBackoff()), 403],
    ['what is not found', 'INFO', () => put(withTtl(), { path: '/nowhere' }), 404],
    ['a failure of CCI', 'ERROR', () => failing({ status: 500, times: 9 }), 500],
    ['no answer of CCI', 'ERROR', () => failing({ method: 'PUT', act: 'drop', times: 9 }), undefined],
  ])('of %s is %s', async (_title, level, send, code) => {
    await send();
    now.simulator.clearFaults();
    const { level: its, code: coded } = lines().at(-1) as Loose;
    expect(its).toBe(level);
    if (code === undefined) expect(coded).toBeGreaterThanOrEqual(500);
    else expect(coded).toBe(code);
  });

  it('ERROR as the level of the log leaves out refusals and successes, and no audit event', async () => {
    process.env.POWERTOOLS_LOG_LEVEL = 'ERROR';
    const handler = await handlerOf('replace-job', 'new');
    process.env.POWERTOOLS_LOG_LEVEL = 'INFO';
    for (const job of [withTtl(), withBackoff()]) await invoke(handler, eventOf(JSON.stringify(job)));
    expect(lines()).toEqual([]);
    expect(takeAuditLines()).toHaveLength(0);
    expect(printed.text.split('\n').filter((one) => one.includes('"RequestReceived"'))).toHaveLength(2);
    expect(printed.text.split('\n').filter((one) => one.includes('"ResponseComplete"') && !isOfSecret(one))).toHaveLength(2);
  });
});

describe('the build', () => {
  it('is the same in each line of the log, in each audit event and in /version: the version of the package and the commit', async () => {
    await put(withTtl());
    await put(withTtl(), { path: '/nowhere' });
    const builds = lines().map((one) => one.build);
    const told = printed.text
      .split('\n')
      .filter((one) => one.startsWith('{"kind":"Event"'))
      .map((one) => JSON.parse(one).annotations['tfjob-gateway/build']);
    const answered = (await (await fetch(`${now.gateway.url}/version`)).json()) as Record<string, string>;
    expect([builds.length, told.length]).toEqual([2, 4]);
    const [build] = new Set([...builds, ...told]) as Set<string>;
    expect(new Set([...builds, ...told]).size).toBe(1);
    expect(build?.startsWith(`${version}+`)).toBe(true);
    expect(answered.build).toBe(build);
  });
});

describe('the stack of a surprise', () => {
  let handler: LambdaHandler;
  beforeAll(async () => {
    handler = await handlerOf('replace-job', 'new');
  });

  it('is in the log, without its message, and the source maps make places in the source of it', async () => {
    const event = eventOf('a body that cannot be read');
    const { from } = Buffer;
    const failing = (first: never, ...more: never[]) => {
      if (first === event.body) throw new TypeError('a secret inside');
      return from(first, ...more);
    };
    vi.spyOn(Buffer, 'from').mockImplementation(failing as typeof from);
    const { status } = await invoke(handler, event);
    vi.mocked(Buffer.from).mockRestore();
    expect(status).toBe(500);
    const { level, note } = line();
    expect([level, note.reason, note.name]).toEqual(['ERROR', 'a surprise', 'TypeError']);
    expect(printed.text).not.toContain('a secret inside');
    const read = readStack(note.at.join('\n'), 'dist-maps');
    const [, file, number] = /(lib\/http\/\w+\.ts):(\d+):\d+/.exec(read) ?? [];
    expect(file, read).toBe('lib/http/body.ts');
    expect(readFileSync(file as string, 'utf8').split('\n')[Number(number) - 1]).toContain('Buffer.from(');
  });

  it('stays as it is where no map knows its place', () => {
    const text = 'at x (/var/task/dist/no-function/index.mjs:1:2)\nat node:internal/process:5:6';
    expect(readStack(text, 'dist-maps')).toBe(text);
  });
});
