import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../../scripts/build.ts';
import { packPolicies } from '../../../scripts/manifests/pack.ts';

const entry = (text: string) => ({ stdin: { contents: text, resolveDir: process.cwd(), loader: 'ts' as const } });
const loading = entry("import { loadPolicies } from './lib/policy/load.ts'; export const policies = await loadPolicies();");

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(process.cwd(), 'dist-load-'));
});
afterAll(() => rm(folder, { recursive: true }));

let builds = 0;
/** Builds what loads policies, and puts these bytes beside it. */
async function build(
  digest?: string,
  bytes?: Uint8Array,
): Promise<{ file: string; start: () => Promise<{ policies?: { digest: string } }> }> {
  const outdir = join(folder, String(++builds));
  await bundle(loading, outdir, digest);
  if (bytes) await writeFile(join(outdir, 'policies.json'), bytes);
  const [name = ''] = (await readdir(outdir)).filter((file) => file === 'stdin.mjs');
  const file = join(outdir, name);
  return { file, start: () => import(pathToFileURL(file).href) };
}

describe('a function', () => {
  it('starts with the policies that it was built with', async () => {
    const packed = await packPolicies('docs/policies/read-only');
    const { start } = await build(packed?.digest, packed?.bytes);
    expect((await start()).policies?.digest).toBe(packed?.digest);
  });

  it('does not start where they are missing', async () => {
    const packed = await packPolicies('docs/policies/read-only');
    await expect((await build(packed?.digest)).start()).rejects.toThrow('ENOENT');
  });

  it('does not start with others, nor where a byte was changed', async () => {
    const [packed, other] = [await packPolicies('docs/policies/read-only'), await packPolicies('docs/policies/freeze')];
    const refused = /^policies.json is not what this function was built with: sha256:\w{64}, not sha256:\w{64}$/;
    await expect((await build(packed?.digest, other?.bytes)).start()).rejects.toThrow(refused);
    const changed = Buffer.from(String(packed?.bytes).replace('"get"', '"put"'));
    await expect((await build(packed?.digest, changed)).start()).rejects.toThrow(refused);
  });

  it('has nothing of them where there are none, not even the code that reads them', async () => {
    const { file, start } = await build();
    expect((await start()).policies).toBeUndefined();
    expect(await readdir(join(file, '..'))).toEqual(['stdin.mjs']);
    expect(await readFile(file, 'utf8')).not.toContain('policies.json');
  });
});
