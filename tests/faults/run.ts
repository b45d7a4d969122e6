import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Cell, Column } from './matrix.ts';

/** What became of every fault, by its name: for each column one cell for each way. */
export type Rows = Map<string, Record<Column, Cell[]>>;

const parts = 2;

/** Runs all faults against the handlers built under `dist`, in threads: each imports a handler some hundred times, as Node does it itself. */
export async function runFaults(dist: URL): Promise<Rows> {
  const shares = Array.from({ length: parts }, async (_, part) => {
    const worker = new Worker(new URL('part.ts', import.meta.url), { workerData: { dist: dist.href, part, parts } });
    const [rows] = (await once(worker, 'message')) as [Rows];
    return rows;
  });
  return new Map((await Promise.all(shares)).flatMap((rows) => [...rows]));
}
