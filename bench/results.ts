/** What a section of the bench has found, and how it is written: the same on the terminal and in docs/benchmarks.md. */
import type { Figure } from './stats.ts';

export type Cell = string | number | Figure;
export interface Table {
  title: string;
  columns: string[];
  rows: Cell[][];
  note?: string;
}
/** Something that must hold: a figure that may not exceed its limit. */
export interface Bar {
  title: string;
  figure: number;
  limit: number;
  unit: string;
}
export interface Section {
  title: string;
  /** How it was measured: whole sentences. */
  method: string;
  tables: Table[];
  bars: Bar[];
  /** What the plots show. */
  plot?: Record<string, string | number>[];
}
/** A complete run. */
export interface Results {
  date: string;
  machine: Record<string, string>;
  sections: Record<string, Section>;
}

/** Whether a bar is met. A figure that is none misses it. */
export function isMet({ figure, limit }: Bar): boolean {
  return figure <= limit;
}

/** A number with about three digits that say something. */
export function number(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(size >= 100 || Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

function cell(value: Cell): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return number(value);
  return `${number(value.median)} [${number(value.low)}–${number(value.high)}]`;
}

/** A table in Markdown, its columns padded so that it can be read as it is. */
export function table({ title, columns, rows, note }: Table): string {
  const lines = [columns, ...rows.map((row) => row.map(cell))];
  const widths = columns.map((_, i) => Math.max(3, ...lines.map((line) => line[i]?.length ?? 0)));
  const pad = (text: string, i: number) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0));
  const written = lines.map((line) => `| ${line.map(pad).join(' | ')} |`);
  const rule = `|${widths.map((width, i) => (i === 0 ? `${'-'.repeat(width + 2)}` : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [`**${title}**`, '', written[0], rule, ...written.slice(1), ...(note ? ['', note] : [])].join('\n');
}

/** The bars of some sections as one table, with what they were in an earlier run where there is one. */
export function barTable(bars: readonly Bar[], before: readonly Bar[] = []): string {
  const earlier = new Map(before.map((bar) => [bar.title, bar]));
  const rows = bars.map((bar) => {
    const was = earlier.get(bar.title);
    const now = [`≤ ${number(bar.limit)} ${bar.unit}`, number(bar.figure), isMet(bar) ? 'met' : 'MISSED'];
    return [bar.title, ...(before.length > 0 ? [was ? number(was.figure) : '–'] : []), ...now];
  });
  return table({ title: 'Bars', columns: ['', ...(before.length > 0 ? ['before'] : []), 'bar', 'figure', ''], rows });
}

/** A section as it is printed. */
export function text({ title, method, tables, bars }: Section): string {
  return [`## ${title}`, method, ...tables.map(table), ...(bars.length > 0 ? [barTable(bars)] : [])].join('\n\n');
}
