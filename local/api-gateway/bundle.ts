/** The built handlers, as a process on this machine loads them. */
import { readdir } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { defineAwsLambda } from './stream.ts';

/** Where `npm run build` puts them. */
export const dist = fileURLToPath(new URL('../../dist', import.meta.url));

/** Metrics are for CloudWatch: here they would be a second line about each request. A bundle reads this while it is loaded. */
export function withoutMetrics(): void {
  process.env.POWERTOOLS_METRICS_DISABLED ??= 'true';
}

/** The files that were loaded, by their URLs. Node looks again whether a file is there whenever one is imported, though it has it loaded. */
const loaded = new Set<string>();
registerHooks({
  resolve(specifier, context, next) {
    const url = specifier.startsWith('./') && URL.parse(specifier, context.parentURL)?.href;
    return url && loaded.has(url) ? { url, format: 'module', shortCircuit: true } : next(specifier, context);
  },
});

/**
 * Loads a bundle, with the chunks that it would load on first use: the next build takes them away, and what failed to load once is never
 * tried again. Returns its `handler`; rejects where there is none.
 */
export async function loadHandler<Handler>(distDir: string, bundle: string): Promise<Handler> {
  withoutMetrics();
  defineAwsLambda();
  const folder = resolve(distDir, bundle);
  const load = async (file: string): Promise<{ handler?: Handler }> => {
    const { href } = pathToFileURL(resolve(folder, file));
    const bundled = await import(href);
    loaded.add(href);
    return bundled;
  };
  const { handler } = await load('index.mjs');
  if (typeof handler !== 'function') throw new Error(`dist/${bundle}/index.mjs exports no handler`);
  for (const file of await readdir(folder)) if (file.endsWith('.mjs')) await load(file);
  return handler;
}
