/**
 * What is told by a few cases is shown by a few in `npm test`, and by all in `npm run test:slow`, which runs every test file that
 * imports this one a second time.
 */
const isSlow = process.env.SLOW_TESTS !== undefined;

/** How many random cases to run: all of them, or a tenth. PROPERTY_RUNS, where it is set, says how many instead. */
export function runsOf(all: number): number {
  return Number(process.env.PROPERTY_RUNS ?? (isSlow ? all : Math.ceil(all / 10)));
}

/** All of these, or every so-manieth of them, the first among them. */
export function someOf<T>(all: readonly T[], every: number): readonly T[] {
  return isSlow ? all : all.filter((_, index) => index % every === 0);
}
