/**
 * Where a few cases tell as much as many, `npm test` runs a few, and `npm run test:slow` all of them: it runs each test file that imports
 * this one (vitest.config.ts).
 */
const isSlow = process.env.SLOW_TESTS !== undefined;

/** How many random cases to run: all of them, or a tenth. PROPERTY_RUNS, where it is set, says how many instead. */
export function runsOf(all: number): number {
  return Number(process.env.PROPERTY_RUNS ?? (isSlow ? all : Math.ceil(all / 10)));
}

/** All of these, or only each `every`-th of them, beginning with the first. */
export function someOf<T>(all: readonly T[], every: number): readonly T[] {
  return isSlow ? all : all.filter((_, index) => index % every === 0);
}
