/**
 * `npm run fleet`: the fleet, simulated. Names of parts as arguments run those alone; `--write` writes docs/scale.md; `--lib <folder>` runs
 * another checkout, and with `--record` keeps what it finds in before.json, to be set beside later figures. FLEET_SEEDS: how many seeds.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { document, tables } from './document.ts';
import { parts } from './parts/index.ts';
import { measure, type Results } from './results.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: 'boolean' }, record: { type: 'boolean' }, lib: { type: 'string' } },
});
const unknown = positionals.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
if (values.write && positionals.length > 0) throw new Error('docs/scale.md is about all parts');
if (values.record && values.lib === undefined) throw new Error('--record is about another checkout: --lib <folder>');

const home = fileURLToPath(new URL('../..', import.meta.url));
const root = resolve(values.lib ?? home);
const recorded = new URL('before.json', import.meta.url);
const known = existsSync(recorded) ? (JSON.parse(readFileSync(recorded, 'utf8')) as Results) : undefined;
const before = values.record ? undefined : known;
const commit = execFileSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const results: Results = { commit, seeds: Array.from({ length: Number(process.env.FLEET_SEEDS ?? 5) }, (_, i) => i + 1), parts: {} };

console.log(`Seeds ${results.seeds.join(', ')}; medians. ${before ? `Before: ${before.commit} → now.` : `Of ${commit}.`}\n`);
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const began = performance.now();
  Object.assign(results.parts, await measure(root, [name], results.seeds));
  const [part, now] = [parts[name], results.parts[name]];
  if (part && now)
    console.log(`${tables(part, now, before?.parts[name])}\n\n(${name}: ${Math.round((performance.now() - began) / 1000)} s)\n`);
}
// Of some parts alone, the others stay as they were recorded.
if (values.record && known?.commit === commit) results.parts = { ...known.parts, ...results.parts };
if (values.record) writeFileSync(recorded, `${JSON.stringify(results, undefined, 1)}\n`);
if (values.write) writeFileSync(new URL('../../docs/scale.md', import.meta.url), document(results, before));
