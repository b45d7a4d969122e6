/** An engine in a process of its own: imports it, and says how long that took and what compiling and evaluating cost, in milliseconds. */
import { documents, type Engine, expression } from './expression.ts';

/** What the parent prints. */
export interface Timed {
  import: number;
  compile: number;
  evaluate: number;
}

const warmUp = 3000;
const calls = 5000;

function time(call: () => unknown): number {
  for (let index = 0; index < warmUp; index += 1) call();
  // The main thread's own CPU: what else the machine does is not in it.
  const began = process.threadCpuUsage();
  for (let index = 0; index < calls; index += 1) call();
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000 / calls;
}

const { BENCH_ENGINE = '' } = process.env;
const began = process.threadCpuUsage();
const { engine } = (await import(BENCH_ENGINE)) as { engine?: Engine<unknown> };
const loaded = process.threadCpuUsage(began);
const timed: Timed = { import: (loaded.user + loaded.system) / 1000, compile: Number.NaN, evaluate: Number.NaN };
if (engine) {
  const given = engine.given(documents);
  const program = engine.compile(expression);
  if (program(given) !== true) throw new Error(`${BENCH_ENGINE} does not find the expression true`);
  timed.compile = time(() => engine.compile(expression));
  timed.evaluate = time(() => program(given));
}
process.stdout.write(JSON.stringify(timed));
