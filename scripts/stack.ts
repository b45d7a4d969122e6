/**
 * `npm run stack -- [FOLDER] < LINES`: whatever lines of a log are given to it (or the places of one, as `at` has them), with the places in
 * bundles as places in the source. FOLDER has the source maps of the build that printed them; default: dist-maps, those of the last build.
 */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';

/** A place in a bundle, as a stack has it: `…/NAME/FILE.mjs:LINE:COLUMN`, and before it where Lambda or a checkout has its bundles. */
const place = /(?:file:\/\/)?[^\s()"]*?([-\w]+\/[-\w]+\.mjs)(?:\?[^\s:()"]*)?:(\d+):(\d+)/g;

/** A text with its places in bundles made places in the source; what the maps in the folder do not know stays as it is. */
export function readStack(text: string, folder: string): string {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (file: string): SourceMap | undefined => {
    if (!maps.has(file)) maps.set(file, read(join(folder, `${file}.map`)));
    return maps.get(file);
  };
  return text.replaceAll(place, (whole: string, file: string, line: string, column: string) => {
    // A stack counts from 1, a map from 0.
    const entry = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (!entry || !('originalSource' in entry)) return whole;
    const source = entry.originalSource.replace(/^(?:\.\.\/)+/, '');
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

function read(file: string): SourceMap | undefined {
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

if (import.meta.main) {
  const [folder = 'dist-maps', ...more] = process.argv.slice(2);
  if (more.length > 0 || !existsSync(folder)) {
    console.error(`usage: npm run stack -- [FOLDER] < LINES${more.length === 0 ? `; there is no ${folder}: npm run build makes it` : ''}`);
    process.exitCode = 2;
  } else process.stdout.write(readStack(readFileSync(0, 'utf8'), folder));
}
