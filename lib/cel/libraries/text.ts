import { spend } from '../budget.ts';

/**
 * A text by code points, as CEL and Go index it. Go's surrogates cannot stand alone, so neither do they here. The walks are paid here, since
 * Kubernetes charges 1 for the size of a text, however long.
 */
function hasPairs(text: string): boolean {
  spend(text.length * 0.02);
  const found = /[\ud800-\udfff]/.test(text);
  if (found) spend(text.length * 0.1);
  return found;
}

/** The number of code points. */
export function pointCount(text: string, end = text.length): number {
  if (!hasPairs(text)) return end;
  let count = 0;
  for (let i = 0; i < end; count++) i += (text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1;
  return count;
}

/** Where the code point of this index begins, in UTF-16 units; the length of the text beyond its end. */
export function unitIndex(text: string, point: number): number {
  if (!hasPairs(text)) return Math.min(point, text.length);
  let unit = 0;
  for (let i = 0; i < point && unit < text.length; i++) unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  return unit;
}

/** The index of `part` at or after the code point `from`, which is not negative; -1 where there is none. */
export function indexOf(text: string, part: string, from: number): number {
  if (!part) return Math.min(from, pointCount(text));
  const found = text.indexOf(part, unitIndex(text, from));
  return found < 0 ? -1 : pointCount(text, found);
}

/** The last index of `part` at or before the code point `from`; -1 where there is none or `from` is beyond the text, as in Go. */
export function lastIndexOf(text: string, part: string, from: number): number {
  const start = unitIndex(text, from);
  if (!part) return Math.min(from, pointCount(text));
  const found = start < text.length ? text.lastIndexOf(part, start) : -1;
  return found < 0 ? -1 : pointCount(text, found);
}

/** How often Go's strings.Replace replaces, for at most `limit` times; all for a negative limit. */
export function occurrences(text: string, old: string, limit: number): number {
  const most = limit < 0 ? Number.POSITIVE_INFINITY : limit;
  if (!old) return Math.min(pointCount(text) + 1, most);
  let count = 0;
  for (let at = text.indexOf(old); at >= 0 && count < most; at = text.indexOf(old, at + old.length)) count++;
  return count;
}

/** Go's strings.Replace: an empty `old` stands before every code point and at the end. */
export function replace(text: string, old: string, replacement: string, limit: number): string {
  if (limit === 0) return text;
  if (old) return splitText(text, old, limit < 0 ? -1 : limit + 1).join(replacement);
  const points = Array.from(text);
  const rest = limit < 0 || limit > points.length ? [] : points.splice(limit);
  const end = limit < 0 || limit > points.length ? replacement : rest.join('');
  return points.map((point) => replacement + point).join('') + end;
}

/** Go's strings.SplitN: at most `limit` parts, the last one the rest; all for a negative limit. */
export function splitText(text: string, separator: string, limit: number): string[] {
  if (limit === 0) return [];
  const all = separator ? text.split(separator) : Array.from(text);
  if (limit < 0 || all.length <= limit) return all;
  return [...all.slice(0, limit - 1), all.slice(limit - 1).join(separator)];
}

// White space as Unicode has it: JavaScript's with U+0085 and without U+FEFF.
const isSpace = (character: string): boolean => /[\s\x85]/.test(character) && character !== '\ufeff';

/** Go's strings.TrimSpace. */
export function trimSpace(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace(text.charAt(start))) start++;
  while (start < end && isSpace(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** Letters of ASCII only. */
export const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
/** Letters of ASCII only. */
export const upperAscii = (text: string): string => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
