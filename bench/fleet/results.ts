/** Runs parts in as many processes as there are cores, and keeps the median of each figure over the seeds. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parts } from './parts/index.ts';
import { type Figures, median } from './parts/part.ts';
import type { Ran, Run } from './worker.ts';

/** What a run of some parts has found: figures by part and by the title of their case. Null stands for a figure that there is not. */
export interface Results {
  commit: string;
  seeds: number[];
  parts: Record<string, Record<string, Record<string, number | null>>>;
}

/** Simulates the parts on a checkout. Throws what a run throws. */
export async function measure(root: string, names: readonly string[], seeds: readonly number[]): Promise<Results['parts']> {
  const runs = names.flatMap((part) =>
    (parts[part]?.cases ?? []).flatMap((one, index) => seeds.slice(0, one.seeds).map((seed): Run => ({ part, index, seed }))),
  );
  const found = new Map<Run, Figures>();
  // By turns of the seeds, so that the long runs of one case are not all left for the end.
  const waiting = [...runs].sort((a, b) => a.seed - b.seed);
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(root, waiting, found)));
  return Object.fromEntries(
    names.map((part) => [part, Object.fromEntries((parts[part]?.cases ?? []).map(({ title }, index) => [title, medians(part, index)]))]),
  );

  function medians(part: string, index: number): Record<string, number | null> {
    const figures = runs.filter((run) => run.part === part && run.index === index).map((run) => found.get(run) as Figures);
    const rounded = (key: string) => Number(median(figures.map((one) => one[key] as number)).toPrecision(4));
    return Object.fromEntries(Object.keys(figures[0] ?? {}).map((key) => [key, orNull(rounded(key))]));
  }
}

async function work(root: string, waiting: Run[], found: Map<Run, Figures>): Promise<void> {
  const child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [root]);
  try {
    await next(child);
    for (let run = waiting.shift(); run; run = waiting.shift()) {
      child.send(run);
      const ran = (await next(child)) as Ran;
      if ('error' in ran) throw new Error(ran.error);
      found.set(run, ran.figures);
    }
  } finally {
    child.disconnect();
  }
}

/** What a process says next. Throws where it ends instead. */
async function next(child: ReturnType<typeof fork>): Promise<unknown> {
  const ended = new AbortController();
  try {
    const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
      throw new Error(`a simulation ended with ${code}`);
    });
    const [message] = (await Promise.race([once(child, 'message', { signal: ended.signal }), exit])) as [unknown];
    return message;
  } finally {
    ended.abort();
  }
}

const orNull = (figure: number): number | null => (Number.isFinite(figure) ? figure : null);
