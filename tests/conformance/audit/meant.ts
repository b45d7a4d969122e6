import type { Asked, Difference } from './compare.ts';

/** A difference from kube-apiserver's audit log that is meant. One that no request shows any more fails the suite. */
interface Meant {
  id: string;
  reason: string;
  holds(asked: Asked, difference: Difference): boolean;
}

export const meant: readonly Meant[] = [];

/** The ids of the meant differences that a request has shown. */
export const shown = new Set<string>();

/** Whether a difference is meant. */
export function explains(asked: Asked, difference: Difference): boolean {
  const entry = meant.find((one) => one.holds(asked, difference));
  if (entry) shown.add(entry.id);
  return entry !== undefined;
}
