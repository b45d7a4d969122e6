import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadHandler } from '../../../local/api-gateway/bundle.ts';

const run = promisify(execFile);
const installed = fileURLToPath(new URL('../../../scripts/installed.cjs', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'local-build-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a handler that was loaded', () => {
  it('loads what it needs later, although a build has taken it away meanwhile', async () => {
    const bundle = join(folder, 'dist/late');
    await mkdir(bundle, { recursive: true });
    await writeFile(join(bundle, 'index.mjs'), "export const handler = async () => (await import('./chunk-ABC.mjs')).answer;");
    await writeFile(join(bundle, 'chunk-ABC.mjs'), 'export const answer = 42;');
    const handler = await loadHandler<() => Promise<number>>(join(folder, 'dist'), 'late');
    await rm(bundle, { recursive: true });
    expect(await handler()).toBe(42);
  });
});

describe('where the packages are not installed as they must be', () => {
  const howTo = 'run npm ci, without NODE_ENV=production, --omit or --ignore-scripts \\(it brings Node 24 along\\)\n$';
  const failed = (args: string[]) =>
    run(process.execPath, args).then(
      () => expect.unreachable(),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );

  it('one line says so, of packages for development', async () => {
    await copyFile(installed, join(folder, 'installed.cjs'));
    expect(await failed([join(folder, 'installed.cjs')])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^the package esbuild is not installed: ${howTo}`)),
    });
  });

  it('one line says so, of a Node that is too old', async () => {
    const older = `Object.defineProperty(process, 'versions', { value: { node: '22.1.0' } }); require(${JSON.stringify(installed)})`;
    expect(await failed(['--eval', older])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^this is Node 22.1.0: ${howTo}`)),
    });
  });

  it('every script that needs them says so first, and runs on an old Node so far', async () => {
    const { scripts } = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const ours = Object.values(scripts).filter((script) => /\bnode \S+\.ts/.test(script));
    expect(ours.length).toBeGreaterThan(6);
    for (const script of ours) expect(script).toMatch(/^node scripts\/installed\.cjs && /);
    expect((await run(process.execPath, [installed])).stderr).toBe('');
  });
});
