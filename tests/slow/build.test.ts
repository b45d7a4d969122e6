import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildHandlers } from '../../scripts/build.ts';

describe('a build', () => {
  it('leaves every handler and all that it loads in place while it runs, and nothing of the one before', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'build-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const target = join(folder, 'built');
    await buildHandlers(target);
    const handlers = await readdir(target);
    expect(handlers).toContain('replace-job');
    const files = async () => (await readdir(target, { recursive: true })).sort();
    const first = await files();
    await writeFile(join(target, 'replace-job/chunk-OLD.mjs'), '');
    let building = true;
    const built = buildHandlers(target).finally(() => {
      building = false;
    });
    let looked = 0;
    for (; building; looked++) for (const file of first) expect((await stat(join(target, file))).size).toBeGreaterThan(0);
    await built;
    expect(looked).toBeGreaterThan(1);
    expect(await files()).toEqual(first);
    expect((await readdir(folder)).filter((name) => name.startsWith('built'))).toEqual(['built']);
  });
});
