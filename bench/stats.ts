/** The median of some figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** A figure as it is printed: median, and the least and greatest in brackets. */
export function spread(figures: readonly number[], digits = 0): string {
  const [least, most] = [Math.min(...figures), Math.max(...figures)];
  return `${median(figures).toFixed(digits)} [${least.toFixed(digits)}–${most.toFixed(digits)}]`;
}

/** The ratio of two alternating series, pair by pair: what drifts in the machine falls out. */
export function ratios(a: readonly number[], b: readonly number[]): number[] {
  return a.map((figure, i) => figure / (b[i] ?? Number.NaN));
}
