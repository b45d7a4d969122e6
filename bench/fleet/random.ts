/** Chance that comes out the same for the same seed (mulberry32). */
export interface Random {
  /** From 0 to less than 1. */
  next(): number;
  /** How long until the next of what comes at random, `mean` apart. */
  exponential(mean: number): number;
  /** A time whose median is this: most are near it, few much longer. `spread` is the deviation of its logarithm. */
  logNormal(median: number, spread?: number): number;
  below(count: number): number;
}

/** Makes one of a whole number. */
export function createRandom(seed: number): Random {
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    exponential: (mean) => -Math.log(1 - next()) * mean,
    logNormal: (median, spread = 0.35) => median * Math.exp(spread * normal()),
    below: (count) => Math.floor(next() * count),
  };
}
