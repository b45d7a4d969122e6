/** A thread of the matrix: runs the faults of these names and posts their rows, by name. */
import { parentPort, workerData } from 'node:worker_threads';
import { faults } from './faults.ts';
import { runMatrix } from './matrix.ts';

const { dist, names, lanes } = workerData as { dist: string; names: string[]; lanes: number };
const share = Object.values(faults)
  .flat()
  .filter(({ name }) => names.includes(name));
const matrix = await runMatrix(share, new URL(dist), lanes);
parentPort?.postMessage(new Map([...matrix].map(([{ name }, row]) => [name, row])));
