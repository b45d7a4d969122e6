import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where built tools are kept between runs: outside of the checkout, which a new clone has not. */
export const cacheRoot = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tfjob-gateway', 'conformance');

/**
 * A folder of the cache that `make` fills where it does not exist yet. It gets its name only when it is complete, so a run that was
 * stopped leaves nothing half made; and the name holds a hash of what it is made from, so a change makes a new one.
 */
export async function cached(name: string, madeFrom: string, make: (folder: string) => Promise<void>): Promise<string> {
  const key = createHash('sha256').update(madeFrom).digest('hex').slice(0, 16);
  const folder = join(cacheRoot, `${name}-${key}`);
  if (existsSync(folder)) return folder;
  await mkdir(cacheRoot, { recursive: true });
  const unfinished = await mkdtemp(join(cacheRoot, `${name}-unfinished-`));
  try {
    await make(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    // Another run may have been first.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** The text of all files of a folder, to be hashed. */
export async function textOf(folder: URL): Promise<string> {
  const names = (await readdir(folder)).sort();
  const texts = await Promise.all(names.map(async (name) => `${name}\n${await readFile(new URL(name, folder), 'utf8')}`));
  return texts.join('\n');
}
