/**
 * Bundles every handler into dist/<name>/index.mjs, each with its own chunks for what few requests need.
 */
import { readdir, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { build } from 'esbuild';

// Some CommonJS packages under the AWS client call require() for Node's own modules.
const requireShim = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

await rm('dist', { recursive: true, force: true });
for (const file of (await readdir('handlers')).sort()) {
  const name = basename(file, '.ts');
  await build({
    entryPoints: [{ in: `handlers/${file}`, out: 'index' }],
    outdir: `dist/${name}`,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    keepNames: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: { js: requireShim },
    logLevel: 'warning',
  });
}
