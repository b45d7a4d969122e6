/** `npm run bench`: what a replace costs, as ratios within one run; each bar with its figure. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { timeImports } from './cold.ts';
import { timeDecide } from './decide.ts';
import { documentedJob, largeJob } from './job.ts';
import { median, ratios, spread } from './stats.ts';

let missed = 0;
function bar(what: string, figure: number, limit: number, unit: string, digits = 2): void {
  const met = figure <= limit;
  if (!met) missed += 1;
  console.log(`  ${met ? 'met   ' : 'MISSED'} ${what}: ${figure.toFixed(digits)} ${unit} (bar ${limit} ${unit})`);
}

interface Replace {
  cpu: number;
  wall: number;
}
async function timeReplace(): Promise<{ gateway: Replace[]; floor: Replace[] }> {
  // The handler logs a line a request to standard output; the figures come by message.
  const child = fork(new URL('replace.ts', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: ['--expose-gc'] });
  const [result] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('the bench ended early'))),
  ]);
  return result as { gateway: Replace[]; floor: Replace[] };
}

console.log('One replace (GET and PUT over keep-alive HTTP to a bare upstream in another process), median [least–most] of 61 rounds');
const { gateway, floor } = await timeReplace();
for (const measure of ['cpu', 'wall'] as const) {
  const [ours, theirs] = [gateway, floor].map((rounds) => rounds.map((round) => round[measure])) as [number[], number[]];
  console.log(`  ${measure}: handler ${spread(ours)} µs, floor ${spread(theirs)} µs, ratio ${spread(ratios(ours, theirs), 2)}`);
  if (measure === 'cpu') bar('CPU of the handler', median(ratios(ours, theirs)), 1.5, '× the floor');
}

console.log('\ndecide alone, beside JSON.parse of the same live job');
for (const [name, live, requested, calls, limit] of [
  ['documented job', documentedJob({ ttl: undefined }), documentedJob({ ttl: 1000 }), 5000, 2],
  ['1 MB job', largeJob(1_000_000, undefined), largeJob(1_000_000, 1000), 20, 1.5],
] as const) {
  const figures = timeDecide(live, requested, calls);
  console.log(`  ${name} (${figures.bytes} bytes): decide ${spread(figures.decide, 1)} µs, JSON.parse ${spread(figures.parse, 1)} µs`);
  bar(`decide on the ${name}`, median(ratios(figures.decide, figures.parse)), limit, '× JSON.parse');
}

console.log('\nCold: bundles and their import in fresh processes, median [least–most] of 15');
const { sizes, milliseconds } = await timeImports();
for (const [name, size] of Object.entries(sizes)) {
  const kilobytes = `${(size.loaded / 1000).toFixed(0)} KB, ${(size.withoutAws / 1000).toFixed(0)} KB without the AWS client`;
  console.log(`  ${name}: ${kilobytes}; import ${spread(milliseconds[name] ?? [], 1)} ms`);
}
const [ours = [], client = []] = [milliseconds.handler, milliseconds['AWS client alone']];
bar('what a JSON request loads without the AWS client', (sizes.handler?.withoutAws ?? Number.NaN) / 1000, 150, 'KB', 0);
bar('import above the AWS client alone', median(ours.map((figure, i) => figure - (client[i] ?? 0))), 15, 'ms', 1);
console.log(missed === 0 ? '\nAll bars met.' : `\n${missed} bars missed.`);
