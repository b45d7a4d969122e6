import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { bundle } from '../../../scripts/build.ts';

/** The files of a handler that was built with policies of a digest, or without any, and the text of its entry. */
async function built(digest?: string) {
  const folder = await mkdtemp(join(import.meta.dirname, '../../../dist-'));
  try {
    await bundle(
      {
        entryPoints: [
          { in: 'handlers/not-found.ts', out: 'other' },
          { in: 'handlers/discovery.ts', out: 'index' },
        ],
      },
      folder,
      digest,
    );
    return { files: await readdir(folder), text: await readFile(join(folder, 'index.mjs'), 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

it('a function that is built without policies has none of the code that asks them, and with them it loads that first', async () => {
  const [without, having] = [await built(), await built('sha256:abc')];
  const isTheirs = (file: string) => file.startsWith('policies-');
  expect([without.files.some(isTheirs), having.files.some(isTheirs)]).toEqual([false, true]);
  expect([without.text.includes('policies.json'), having.text.includes('policies.json')]).toEqual([false, true]);
});
