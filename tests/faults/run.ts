import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { Worker } from 'node:worker_threads';
import { faults } from './faults.ts';
import { type Cell, type Column, columns, inWords } from './matrix.ts';

/** What became of faults, by name: for each column one cell for each way. */
export type Rows = Map<string, Record<Column, Cell[]>>;
/** Every fault's row, and those that were measured once more, as they were at first: nothing that was seen is forgotten. */
export interface Matrix {
  rows: Rows;
  atFirst: Rows;
}

const parts = 2;

/**
 * Runs all faults against the handlers built under `dist`, in threads: each imports a handler some hundred times, as Node does it itself.
 * Rows that are not as expected are measured once more, a few at a time: on a busy machine deadlines of a few seconds pass by themselves.
 */
export async function runFaults(dist: URL): Promise<Matrix> {
  const all = Object.values(faults).flat();
  const shares = Array.from({ length: parts }, (_, part) => all.filter((_fault, index) => index % parts === part).map(({ name }) => name));
  const rows = new Map((await Promise.all(shares.map((names) => run(dist, names, 20)))).flatMap((share) => [...share]));
  const unexpected = all.filter(({ name, expected }) => !isDeepStrictEqual(rowInWords(rows.get(name)), expected)).map(({ name }) => name);
  const atFirst: Rows = new Map(unexpected.map((name) => [name, rows.get(name) as Record<Column, Cell[]>]));
  if (unexpected.length > 0) for (const [name, row] of await run(dist, unexpected, 4)) rows.set(name, row);
  return { rows, atFirst };
}

/** The cells of a row in words, one for each column; where its ways differ, all that occur. */
export function rowInWords(row: Record<Column, Cell[]> | undefined): string[] {
  return columns.map((column) => [...new Set(row?.[column].map((cell) => inWords(cell, column)))].join(' or '));
}

async function run(dist: URL, names: string[], lanes: number): Promise<Rows> {
  const worker = new Worker(new URL('part.ts', import.meta.url), { workerData: { dist: dist.href, names, lanes } });
  const [rows] = (await once(worker, 'message')) as [Rows];
  return rows;
}
