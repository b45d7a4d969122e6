import type { Gateway } from '../gateway.ts';

/** The figures of one run, by column; one that there is not in this run is NaN. */
export type Figures = Record<string, number>;
/** One row: a situation, and how it is simulated. */
export interface Case {
  title: string;
  /** What stands in the last columns of its row (Part.notes). */
  notes?: string[];
  /** Fewer seeds where a run is large, and chance has little to say in it. */
  seeds?: number;
  run(seed: number, gateway: Gateway): Promise<Figures>;
}
/** A figure of every row: what it is called, and how it is written. */
export interface Column {
  key: string;
  title: string;
  unit?: '%' | 's' | 'min' | '$';
}
/** A question that is answered by tables over the same cases. */
export interface Part {
  title: string;
  /** What is simulated: whole sentences. */
  method: string;
  /** What the gateway makes of it, and why that matters. */
  meaning?: string;
  tables: { title?: string; columns: Column[] }[];
  /** What the notes of its cases are about; they stand in its first table. */
  notes?: string[];
  cases: Case[];
}

export const sum = (numbers: number[]): number => numbers.reduce((total, one) => total + one, 0);
export const mean = (numbers: number[]): number => sum(numbers) / numbers.length;
/** The share of those that are so. */
export const share = <T>(all: readonly T[], is: (one: T) => boolean): number => all.filter(is).length / all.length;

/** The middle one; figures that are none are left out, and where there is no other there is none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.filter((number) => !Number.isNaN(number)).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle] as number;
  return sorted.length === 0 ? Number.NaN : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}
