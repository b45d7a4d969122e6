/**
 * Bundles every handler into dist/<name>/index.mjs, each with its own chunks for what few requests need, and beside it the policies of
 * policies/ where there are any. What reads the stacks in its log lies in dist-maps/<name>, outside of what is deployed (scripts/stack.ts).
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';
import { buildConsole } from './console.ts';
import { type Finding, PolicyError, showFinding } from './manifests/mistakes.ts';
import { packPolicies } from './manifests/pack.ts';

// Some CommonJS packages under the AWS client call require() for Node's own modules.
const requireShim = "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

// Importing node:http evaluates all of its exports, and with them undici behind WebSocket: 20 ms of a cold start that nobody uses.
const lean = Object.keys(http).filter((name) => !['WebSocket', 'CloseEvent', 'MessageEvent'].includes(name));
const leanHttp: Plugin = {
  name: 'lean-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:node:)?http$/ }, () => ({ path: 'node:http', namespace: 'lean' }));
    onLoad({ filter: /./, namespace: 'lean' }, () => ({
      contents: `const http = process.getBuiltinModule('node:http'); export const { ${lean.join(', ')} } = http; export default http;`,
    }));
  },
};

// The AWS client loads these only where the environment holds no credentials, which Lambda's always does. Bundled, they would pull what
// they share with the client (XML, other protocols) into what every request loads; outside of Lambda they come from node_modules.
const otherCredentials: Plugin = {
  name: 'other-credentials',
  setup({ onResolve }) {
    onResolve({ filter: /^(?:@aws-sdk\/|@smithy\/|bowser$)/ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    );
  },
};

/** The version, and the commit where this is a checkout of Git; it is `-dirty` where files have been changed since. */
async function builtFrom(): Promise<{ version: string; commit?: string }> {
  const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  const git = (...words: string[]) =>
    promisify(execFile)('git', words, { cwd: fileURLToPath(new URL('..', import.meta.url)) }).then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
  const [commit, changed] = await Promise.all([
    git('rev-parse', '--short=12', 'HEAD'),
    git('status', '--porcelain', '--untracked-files=no'),
  ]);
  return commit === '' ? { version } : { version, commit: `${commit}${changed === '' ? '' : '-dirty'}` };
}

/**
 * Bundles one entry file (or source text) into `outdir`/index.mjs and returns what went into it. `policiesDigest`: of the policies that will
 * lie beside it; without one the code that reads policies is left out. `withMaps`: with the source maps beside the code.
 */
export async function bundle(
  entry: Pick<BuildOptions, 'entryPoints' | 'stdin'>,
  outdir: string,
  policiesDigest?: string,
  withMaps = false,
): Promise<Metafile> {
  const { metafile } = await build({
    ...entry,
    outdir,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    sourcemap: withMaps && 'external',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    define: {
      POLICIES_DIGEST: policiesDigest === undefined ? 'undefined' : JSON.stringify(policiesDigest),
      BUILD: JSON.stringify(await builtFrom()),
    },
    banner: { js: requireShim },
    plugins: [leanHttp, otherCredentials],
    logLevel: 'warning',
  });
  return metafile;
}

/**
 * Bundles all handlers beside a folder and moves them in, so that a handler and what it loads are there at any moment. Throws PolicyError
 * with every mistake of the policies, and then builds nothing. Returns hints about them. `maps`: where the source maps go.
 */
export async function buildHandlers(target = 'dist', policies = 'policies', maps?: string): Promise<readonly Finding[]> {
  const packed = await packPolicies(policies);
  const fresh = await mkdtemp(`${target}-`);
  try {
    for (const file of (await readdir('handlers')).sort()) {
      const outdir = join(fresh, basename(file, '.ts'));
      const { inputs } = await bundle(
        { entryPoints: [{ in: `handlers/${file}`, out: 'index' }] },
        outdir,
        packed?.digest,
        maps !== undefined,
      );
      if ('lib/console/page.ts' in inputs) await buildConsole(join(outdir, 'page'));
      if (packed && 'lib/policy/load.ts' in inputs) await writeFile(join(outdir, 'policies.json'), packed.bytes);
    }
    if (maps) await moveInto(maps, fresh, (file) => file.endsWith('.map'));
    await moveInto(target, fresh, () => true);
    return packed?.hints ?? [];
  } finally {
    await rm(fresh, { recursive: true });
  }
}

/** Moves some files of one folder into another, chunks before what loads them, and takes away what the other had besides. */
async function moveInto(target: string, fresh: string, isOne: (file: string) => boolean): Promise<void> {
  const files = (await filesIn(fresh)).filter(isOne);
  const isEntry = (file: string) => Number(basename(file) === 'index.mjs');
  for (const file of [...files].sort((a, b) => isEntry(a) - isEntry(b))) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await rename(join(fresh, file), join(target, file));
  }
  await mkdir(target, { recursive: true });
  for (const file of await filesIn(target)) if (!files.includes(file)) await rm(join(target, file));
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
}

if (import.meta.main) {
  try {
    for (const hint of await buildHandlers('dist', 'policies', 'dist-maps')) console.error(`${showFinding(hint)} (hint)`);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
