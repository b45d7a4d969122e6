import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alsoSearched } from '../credentials.ts';
import { freePorts } from '../free-ports.ts';
import { jobPath } from '../scenarios/gateway.ts';

const folder = 'docs/policies/one-namespace';
let child: ChildProcess;
let printed = '';
let gateway: string;

/** What `npm start -- --policies FOLDER` runs after its build. */
async function start(policies: string): Promise<ChildProcess> {
  const { POWERTOOLS_METRICS_DISABLED: _, POWERTOOLS_LOG_LEVEL: __, ...env } = process.env;
  const [port] = (await freePorts(1)) as [number];
  gateway = `http://127.0.0.1:${port}`;
  const started = spawn(process.execPath, ['local/start.ts', '--policies', policies], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [started.stdout, started.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      alsoSearched(text);
      printed += text;
    });
  }
  return started;
}

beforeAll(async () => {
  child = await start(folder);
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(printed)));
  const told = (async () => {
    while (!printed.includes('Ctrl-C')) await once(child.stdout as NodeJS.ReadableStream, 'data');
  })();
  await Promise.race([told, ended]);
});
afterAll(async () => {
  if (child.exitCode === null && child.kill()) await once(child, 'exit');
});

describe('npm start with policies', () => {
  const ask = (path: string, token?: string) => fetch(`${gateway}${path}`, token ? { headers: { authorization: `Bearer ${token}` } } : {});

  it('tells which, who its callers are, and how kubectl and curl become one', () => {
    expect(printed).toContain(`It has the policies of ${folder}, and lets in who brings a token of local/callers.csv.`);
    for (const user of ['ada', 'bob', 'eve'])
      expect(printed).toMatch(new RegExp(`^kubectl --kubeconfig \\S+ --context ${user} get tfjobs`, 'm'));
    expect(printed).toMatch(/^curl .* -H 'authorization: Bearer ada-token' /m);
    expect(printed).not.toContain('AUTH=none');
  });

  it('lets in nobody without a token', async () => {
    expect([(await ask('/version')).status, (await ask(jobPath, 'another')).status]).toEqual([401, 401]);
  });

  it('has the policies in its functions, which answer the callers', async () => {
    expect(await (await ask('/version', 'bob-token')).json()).toMatchObject({ policies: expect.stringMatching(/^sha256:/) });
    expect((await ask(jobPath, 'bob-token')).status).toBe(200);
  });

  it('takes away what it wrote when it ends', async () => {
    const kubeconfig = /--kubeconfig (\S+)/.exec(printed)?.[1] ?? '';
    expect(existsSync(kubeconfig)).toBe(true);
    child.kill();
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(existsSync(kubeconfig)).toBe(false);
  });

  it('does not start with policies that have mistakes or are not there', async () => {
    printed = '';
    const failed = await start('docs/nothing');
    expect(await once(failed, 'exit')).toEqual([1, null]);
    expect(printed).toContain('ENOENT');
    expect(printed).not.toContain('Ctrl-C');
  });
});
