/** The figure below which the given part of all figures lies, between two of them in proportion. */
export function quantile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * part;
  const [below = Number.NaN, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place % 1);
}

/** The median of some figures. */
export function median(figures: readonly number[]): number {
  return quantile(figures, 0.5);
}

/** A measured figure: the median, and what the middle half of all rounds lies between. */
export interface Figure {
  median: number;
  low: number;
  high: number;
  rounds: number;
}

/** The figure of some rounds. */
export function figure(rounds: readonly number[]): Figure {
  return { median: median(rounds), low: quantile(rounds, 0.25), high: quantile(rounds, 0.75), rounds: rounds.length };
}

/** The ratio of two alternating series, round by round: what drifts in the machine falls out. */
export function ratios(a: readonly number[], b: readonly number[]): number[] {
  return a.map((one, i) => one / (b[i] ?? Number.NaN));
}
