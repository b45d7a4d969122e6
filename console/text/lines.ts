/** Differences of two texts by lines. */

/** A line that both have, or one of them; `at` is its number in the second text, from 0. */
export interface Line {
  kind: ' ' | '+' | '-';
  text: string;
  at?: number;
}
/** Lines that belong together, and how many unchanged ones were left out before them. */
export interface Hunk {
  lines: Line[];
  skipped: number;
}

/** Cells of the table of common lines: above that the changed part is told as removed and added whole. */
const maxCells = 4_000_000;

/** The lines of two texts, with what was taken out and put in. */
export function diffLines(before: string, after: string): Line[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  const most = Math.min(a.length, b.length);
  let start = 0;
  while (start < most && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (from: number, count: number): Line[] =>
    Array.from({ length: count }, (_, index) => ({ kind: ' ', text: b[from + index] as string, at: from + index }));
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end), start);
  return [...same(0, start), ...middle, ...same(b.length - end, end)];
}

function linesOf(text: string): string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** The longest common subsequence, by the usual table. `at` is the number of the first line. */
function between(a: readonly string[], b: readonly string[], at: number): Line[] {
  const taken = (text: string): Line => ({ kind: '-', text });
  const put = (text: string, index: number): Line => ({ kind: '+', text, at: at + index });
  if (a.length * b.length > maxCells) return [...a.map(taken), ...b.map(put)];
  const table = commonTable(a, b);
  const width = b.length + 1;
  const found: Line[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [down, right] = [table[(i + 1) * width + j] ?? -1, table[i * width + j + 1] ?? -1];
    if (i < a.length && j < b.length && a[i] === b[j]) {
      found.push({ kind: ' ', text: b[j] as string, at: at + j });
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || down >= right)) found.push(taken(a[i++] as string));
    else found.push(put(b[j] as string, j++));
  }
  return found;
}

function commonTable(a: readonly string[], b: readonly string[]): Uint32Array {
  const width = b.length + 1;
  const table = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const [next, down, right] = [table[(i + 1) * width + j + 1], table[(i + 1) * width + j], table[i * width + j + 1]] as [
        number,
        number,
        number,
      ];
      table[i * width + j] = a[i] === b[j] ? next + 1 : Math.max(down, right);
    }
  }
  return table;
}

/** The lines that changed with a few around them. */
export function hunksOf(lines: readonly Line[], around = 2): Hunk[] {
  const near = new Set<number>();
  for (const [index, { kind }] of lines.entries()) {
    if (kind !== ' ') for (let n = index - around; n <= index + around; n++) near.add(n);
  }
  const hunks: Hunk[] = [];
  let skipped = 0;
  for (const [index, line] of lines.entries()) {
    if (!near.has(index)) skipped += 1;
    else if (skipped > 0 || hunks.length === 0) {
      hunks.push({ lines: [line], skipped });
      skipped = 0;
    } else hunks.at(-1)?.lines.push(line);
  }
  return hunks;
}
