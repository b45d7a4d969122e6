/** A thread of the matrix: runs its share of the faults and posts their rows, by name. */
import { parentPort, workerData } from 'node:worker_threads';
import { faults } from './faults.ts';
import { runMatrix } from './matrix.ts';

const { dist, part, parts } = workerData as { dist: string; part: number; parts: number };
const share = Object.values(faults)
  .flat()
  .filter((_, index) => index % parts === part);
const matrix = await runMatrix(share, new URL(dist));
parentPort?.postMessage(new Map([...matrix].map(([{ name }, row]) => [name, row])));
