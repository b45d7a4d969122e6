/** Builds the page of console/: files whose names change with what is in them, compressed as they are sent. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build, type Plugin } from 'esbuild';

// The page reads YAML and never has the library write it; a map's key that is itself a map is all that would need that, and no job has one.
const readsOnly: Plugin = {
  name: 'reads-only',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]yaml[\\/]browser[\\/]dist[\\/]stringify[\\/]/ }, async ({ path }) => {
      const [, names = ''] = /export \{([^}]*)\}/.exec(await readFile(path, 'utf8')) ?? [];
      const left = names.split(',').map((name) => `export function ${name.trim()}() { throw new Error('no YAML is written here'); }`);
      return { contents: left.join('\n') };
    });
  },
};

const compressors = { br: promisify(brotliCompress), gz: promisify(gzip) };
const options = { br: { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }, gz: { level: 9 } };

/** A file of the page: its name, and how many bytes it has when it is sent with gzip. */
export interface PageFile {
  name: string;
  gzipped: number;
  /** Whether the list needs it, before anything is done. */
  isFirst: boolean;
}

/** Builds the page into a folder: index.html as it is, everything else compressed twice. Returns what there is. */
export async function buildConsole(outdir: string): Promise<PageFile[]> {
  await mkdir(outdir, { recursive: true });
  const { outputFiles, metafile } = await build({
    entryPoints: ['console/main.tsx', 'console/style/main.css'],
    outdir,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    plugins: [readsOnly],
    logLevel: 'warning',
  });
  const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({ name: basename(path), ...output }));
  const nameOf = (ending: string) => outputs.find(({ entryPoint }) => entryPoint?.endsWith(ending))?.name ?? '';
  const [script, style] = [nameOf('main.tsx'), nameOf('main.css')];
  const html = (await readFile('console/index.html', 'utf8')).replace('{{style}}', style).replace('{{script}}', script);
  const page = html.replace(/>\s+</g, '><');
  await writeFile(join(outdir, 'index.html'), page);
  const first = new Set([script, style, ...importedBy(script, outputs)]);
  const files = outputFiles.map(async ({ path, contents }): Promise<PageFile> => {
    const packed = { br: await compressors.br(contents, options.br), gz: await compressors.gz(contents, options.gz) };
    for (const [ending, bytes] of Object.entries(packed)) await writeFile(join(outdir, `${basename(path)}.${ending}`), bytes);
    return { name: basename(path), gzipped: packed.gz.length, isFirst: first.has(basename(path)) };
  });
  const index = { name: 'index.html', gzipped: (await compressors.gz(page, options.gz)).length, isFirst: true };
  return [index, ...(await Promise.all(files))];
}

/** What is loaded together with a file, without being asked for later. */
function importedBy(name: string, outputs: readonly { name: string; imports: { path: string; kind: string }[] }[]): string[] {
  const imports = outputs.find((output) => output.name === name)?.imports ?? [];
  const direct = imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => basename(path));
  return direct.flatMap((one) => [one, ...importedBy(one, outputs)]);
}
