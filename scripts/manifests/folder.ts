import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { lineOfManifest, type Read, readText } from './manifests.ts';
import { UnreadableFolder } from './mistakes.ts';

/**
 * Reads every manifest of a folder: YAML or JSON, several documents, lists; files in alphabetical order, of folders within as well. What
 * would be passed over in silence and may be a manifest is a mistake. Cases of `npm run policy -- test` (NAME.cases.yaml) may lie beside
 * them. Throws UnreadableFolder where the folder is not there: an empty one says that there are none.
 */
export async function readFolder(folder: string): Promise<Read> {
  const read: Read = { manifests: [], mistakes: [], isPartial: false };
  for (const file of await filesIn(folder)) await readFileInto(read, folder, file);
  return read;
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw error.code ? new UnreadableFolder(folder, error.code) : error;
  });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return files.sort();
}

/** One that is passed over would protect nothing, and nobody would know. */
async function readFileInto(read: Read, folder: string, name: string): Promise<void> {
  const file = join(folder, name);
  const refuse = (message: string, line = 1): void => {
    read.mistakes.push({ file, line, field: '', message });
    read.isPartial = true;
  };
  const isManifest = /\.(?:ya?ml|json)$/.test(name);
  if (/(?:^|\/)\./.test(name)) {
    if (/\.(?:ya?ml|json)$/i.test(name)) refuse('is hidden, and what is hidden is not read: no file and no folder may begin with a dot');
    return;
  }
  if (/\.md$/.test(name)) return;
  if (!isManifest) return refuse('is none of .yaml, .yml, .json and .md');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (!error.code) throw error;
    refuse(`cannot be read: ${error.code}`);
  });
  if (text === undefined) return;
  if (!/\.cases\.ya?ml$/.test(name)) return readText(file, text, read);
  const line = lineOfManifest(text);
  if (line !== undefined) refuse('is a manifest in a file of cases, which is not read: call the file otherwise than NAME.cases.yaml', line);
}
