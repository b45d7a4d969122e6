import { stat } from 'node:fs/promises';
import { must } from '../../tests/conformance/processes.ts';
import type { Timed } from '../cel/child.ts';
import type { Section } from '../results.ts';
import type { Stage } from '../stage.ts';
import { figure, median } from '../stats.ts';

const engines = { 'lib/cel': 'lib-cel', '@marcbachmann/cel-js': 'cel-js', '@bufbuild/cel': 'bufbuild' };

/** The engine of policies beside others: its size, what it costs to load, to compile an expression and to evaluate it. */
export async function cel(stage: Stage): Promise<Section> {
  const child = (await stage.build('bench/cel/child.ts')).file;
  const empty = (await stage.build('bench/cel/empty.ts')).file;
  const subjects = await Promise.all(
    Object.entries(engines).map(async ([name, entry]) => {
      const { file } = await stage.build(`bench/cel/${entry}.ts`);
      return { name, file, kilobytes: ((await stat(file)).size - (await stat(empty)).size) / 1000, rounds: [] as Timed[] };
    }),
  );
  const rounds = stage.rounds(15);
  for (let round = -1; round < rounds; round += 1) {
    const base = await run(child, empty);
    for (const subject of round % 2 ? subjects.toReversed() : subjects) {
      const timed = await run(child, subject.file);
      // The first ones fill the machine's file cache.
      if (round >= 0) subject.rounds.push({ ...timed, import: timed.import - base.import });
    }
  }
  const rows = subjects.map(({ name, kilobytes, rounds: timed }) => {
    const of = (part: keyof Timed, factor: number) => timed.map((one) => one[part] * factor);
    return { name, kilobytes, load: of('import', 1), compile: of('compile', 1000), evaluate: of('evaluate', 1000) };
  });
  const [ours] = rows;
  if (!ours) throw new Error('no engine');
  return {
    title: 'Expressions of policies',
    method:
      'One expression of a policy (bench/cel/expression.ts: four conditions, one macro) compiled and evaluated 5,000 times after 3,000, in a fresh process for each engine and round, each engine bundled and minified alone, without RE2. Importing is above that of an empty module. All times are CPU of the main thread. lib/cel checks types and counts costs as Kubernetes does; @bufbuild/cel has no check of types, and neither of the others counts costs.',
    tables: [
      {
        title: 'Per engine',
        columns: ['', 'KB', 'import ms', 'compile µs', 'evaluate µs'],
        rows: rows.map(({ name, kilobytes, load, compile, evaluate }) => [
          name,
          kilobytes,
          figure(load),
          figure(compile),
          figure(evaluate),
        ]),
      },
    ],
    bars: [
      { title: 'lib/cel: bundle without RE2', figure: ours.kilobytes, limit: 70, unit: 'KB' },
      { title: 'lib/cel: import above an empty module', figure: median(ours.load), limit: 7, unit: 'ms' },
      { title: 'lib/cel: compile', figure: median(ours.compile), limit: 60, unit: 'µs' },
      { title: 'lib/cel: evaluate', figure: median(ours.evaluate), limit: 4, unit: 'µs' },
    ],
  };
}

async function run(child: string, engine: string): Promise<Timed> {
  const output = await must(process.execPath, [child], { env: { PATH: process.env.PATH, BENCH_ENGINE: engine } });
  return JSON.parse(output) as Timed;
}
