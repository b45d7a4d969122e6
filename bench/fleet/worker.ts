/** A process that simulates one run after another, as run.ts tells it: the checkout is its argument. */
import { loadGateway } from './gateway.ts';
import { parts } from './parts/index.ts';
import type { Figures } from './parts/part.ts';

/** One run: a case of a part by one seed. */
export interface Run {
  part: string;
  index: number;
  seed: number;
}
export type Ran = { figures: Figures } | { error: string };

const gateway = await loadGateway(process.argv[2] as string);
process.on('message', ({ part, index, seed }: Run) => {
  const one = parts[part]?.cases[index];
  Promise.resolve(one?.run(seed, gateway)).then(
    (figures) => process.send?.({ figures }),
    (error: Error) => process.send?.({ error: `${one?.title}, seed ${seed}: ${error.stack}` }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
