/** Bundle sizes, and what importing them costs in fresh processes. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Metafile } from 'esbuild';
import { bundle } from '../scripts/build.ts';

const run = promisify(execFile);
const awsClient = /node_modules\/(?:@aws-sdk|@smithy|@aws|@aws-crypto|tslib|bowser|uuid|fast-xml-parser)\//;
const onlyAwsClient = `import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
export const handler = () => [new SecretsManagerClient({ region: 'us-east-1' }), GetSecretValueCommand];`;
const environment = { CCI_ENDPOINT: 'https://cci.example', CCI_SECRET_ID: 'bench', AWS_REGION: 'us-east-1', PATH: process.env.PATH };

/** What a first JSON request loads: bytes of the entry and all that it imports at once, in all and without the AWS client. */
export interface Size {
  loaded: number;
  withoutAws: number;
}

/** Bundles the handler beside an empty module and one with only the AWS client; returns sizes and import milliseconds, paired by round. */
export async function timeImports(rounds = 15): Promise<{ sizes: Record<string, Size>; milliseconds: Record<string, number[]> }> {
  const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-bench-'));
  try {
    const source = (contents: string) => ({ stdin: { contents, resolveDir: process.cwd() } });
    const entries = {
      handler: { entryPoints: [{ in: 'handlers/replace-job.ts', out: 'stdin' }] },
      'AWS client alone': source(onlyAwsClient),
      'empty module': source('export const handler = () => {};'),
    };
    const sizes: Record<string, Size> = {};
    const milliseconds: Record<string, number[]> = {};
    for (const [name, entry] of Object.entries(entries)) {
      const metafile = await bundle(entry, join(folder, name));
      sizes[name] = sizeOf(metafile);
      milliseconds[name] = [];
    }
    for (let i = 0; i < rounds; i++) {
      for (const name of Object.keys(entries)) {
        const file = pathToFileURL(join(folder, name, 'stdin.mjs')).href;
        const script = `const t = performance.now(); await import(${JSON.stringify(file)}); process.stdout.write(String(performance.now() - t));`;
        const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env: environment });
        milliseconds[name]?.push(Number(stdout));
      }
    }
    return { sizes, milliseconds };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function sizeOf({ outputs }: Metafile): Size {
  const entry = Object.keys(outputs).find((name) => name.endsWith('stdin.mjs')) ?? '';
  const loaded = new Set<string>();
  const load = (name: string): void => {
    if (loaded.has(name) || !outputs[name]) return;
    loaded.add(name);
    for (const { path, kind } of outputs[name].imports) if (kind === 'import-statement') load(path);
  };
  load(entry);
  const inputs = [...loaded].flatMap((name) => Object.entries(outputs[name]?.inputs ?? {}));
  const sum = (chosen: typeof inputs) => chosen.reduce((total, [, { bytesInOutput }]) => total + bytesInOutput, 0);
  return { loaded: sum(inputs), withoutAws: sum(inputs.filter(([path]) => !awsClient.test(path))) };
}
