/**
 * `npm run bench`: what a replace costs beside its alternatives. With names of sections it runs those alone; all of them together write
 * docs/benchmarks.md and the README's line. `guard` is the one of .ci/run, and fails where a bar is missed; `audit` is for docs/audit.md. BENCH_QUICK=1 takes few rounds and writes nothing.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { closeConnections } from '../tests/conformance/http.ts';
import { killAll, whenStopped } from '../tests/conformance/processes.ts';
import { describeMachine, document } from './document.ts';
import { plots } from './plots.ts';
import { isMet, type Results, type Section, text } from './results.ts';
import { audit } from './sections/audit.ts';
import { cel } from './sections/cel.ts';
import { cold } from './sections/cold.ts';
import { decideAlone } from './sections/decide.ts';
import { growth } from './sections/growth.ts';
import { guard } from './sections/guard.ts';
import { lambda } from './sections/lambda.ts';
import { memory } from './sections/memory.ts';
import { peers } from './sections/peers.ts';
import { policyCost } from './sections/policies.ts';
import { profile } from './sections/profile.ts';
import { replace } from './sections/replace.ts';
import { trips } from './sections/trips.ts';
import { createStage, type Stage } from './stage.ts';

const complete = { replace, peers, lambda, trips, cold, growth, memory, decide: decideAlone, policies: policyCost, cel, profile };
const sections: Record<string, (stage: Stage) => Promise<Section>> = { ...complete, guard, audit };
const mostMinutes = 30;

async function write(results: Results): Promise<void> {
  const folder = new URL('../docs/benchmarks/', import.meta.url);
  await mkdir(folder, { recursive: true });
  const rounded = (_: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
  await writeFile(new URL('results.json', folder), `${JSON.stringify(results, rounded, 1)}\n`);
  for (const [file, svg] of Object.entries(await plots(results.sections))) await writeFile(new URL(file, folder), svg);
  const earlier = new URL('before.json', folder);
  const before = existsSync(earlier) ? (JSON.parse(await readFile(earlier, 'utf8')) as Results) : undefined;
  await writeFile(new URL('../benchmarks.md', folder), document(results, before));
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(sections, name));
if (unknown.length > 0) throw new Error(`no such section: ${unknown.join(', ')}; there are ${Object.keys(sections).join(', ')}`);
const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-bench-'));
const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
whenStopped(remove);
// Its own end, should anything hang: the tools may have to be built first.
const watchdog = setTimeout(() => process.kill(process.pid, 'SIGTERM'), mostMinutes * 60_000);
const stage = await createStage(folder);
try {
  const results: Results = { date: new Date().toISOString().slice(0, 10), machine: describeMachine(), sections: {} };
  const failed: string[] = [];
  for (const name of asked.length > 0 ? asked : Object.keys(complete)) {
    const began = performance.now();
    try {
      const section = (await sections[name]?.(stage)) as Section;
      results.sections[name] = section;
      console.log(`${text(section)}\n\n(${name}: ${Math.round((performance.now() - began) / 1000)} s)\n`);
    } catch (error) {
      // The others may still say something: not every machine has Go or a C++ compiler.
      failed.push(name);
      console.error(`${name} was not measured: ${(error as Error).stack}\n`);
    }
  }
  results.machine['load after'] = loadavg()[0]?.toFixed(1) ?? '?';
  if (asked.length === 0 && failed.length === 0 && !process.env.BENCH_QUICK) await write(results);
  const missed = Object.values(results.sections).flatMap(({ bars }) => bars.filter((bar) => !isMet(bar)));
  console.log(missed.length === 0 ? 'No bar was missed.' : `Missed: ${missed.map(({ title }) => title).join('; ')}.`);
  if (failed.length > 0) console.log(`Not measured: ${failed.join(', ')}.`);
  if (failed.length > 0 || (asked.includes('guard') && missed.length > 0)) process.exitCode = 1;
} finally {
  clearTimeout(watchdog);
  for (const stop of stage.stops.reverse()) await stop();
  killAll();
  closeConnections();
  await remove();
}
