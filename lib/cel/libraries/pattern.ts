/** A pattern of RE2 as far as it must be known before it is compiled; read once, without a RegExp. */

/** The parts of a pattern in their order: what is escaped or quoted, a class, what opens a group (`(?P<n>`, `(?i`), or one character. */
export function* partsOf(pattern: string): Generator<string> {
  for (let at = 0, end = 0; at < pattern.length; at = end) {
    end = Math.min(endOf(pattern, at), pattern.length);
    yield pattern.slice(at, end);
  }
}

function endOf(pattern: string, at: number): number {
  if (pattern[at] === '\\') return escapeEnd(pattern, at);
  if (pattern[at] === '[') return classEnd(pattern, at);
  return pattern.startsWith('(?', at) ? groupEnd(pattern, at) : at + 1;
}

/** What lacks its end goes to the end of the pattern, which is none then. */
const behind = (found: number, length: number): number => (found < 0 ? Number.POSITIVE_INFINITY : found + length);

function escapeEnd(pattern: string, at: number): number {
  return pattern[at + 1] === 'Q' ? behind(pattern.indexOf('\\E', at + 2), 2) : at + 2;
}

function classEnd(pattern: string, start: number): number {
  let at = start + 1;
  if (pattern[at] === '^') at += 1;
  if (pattern[at] === ']') at += 1;
  for (let hasNames = true; at < pattern.length; ) {
    if (pattern[at] === ']') return at + 1;
    const close: number = hasNames && pattern.startsWith('[:', at) ? pattern.indexOf(':]', at + 2) : -1;
    hasNames &&= close >= 0 || !pattern.startsWith('[:', at);
    at = close >= 0 ? close + 2 : at + (pattern[at] === '\\' ? 2 : 1);
  }
  return Number.POSITIVE_INFINITY;
}

function groupEnd(pattern: string, start: number): number {
  const name = ['(?P<', '(?<'].find((opening) => pattern.startsWith(opening, start));
  let at = start + (name ?? '(?').length;
  while (isWord(pattern.charCodeAt(at))) at += 1;
  return name === undefined ? at : pattern[at] === '>' ? at + 1 : start + 1;
}

/** `\w`: a digit, a letter or an underscore. */
const isWord = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122);

/** The pattern with its named groups unnamed. */
export function withoutNames(pattern: string): string {
  return Array.from(partsOf(pattern), (part) => (isNamed(part) ? '(' : part)).join('');
}
const isNamed = (part: string): boolean => part.startsWith('(?') && part.endsWith('>');

/**
 * The work of compiling the classes of characters in a pattern, in the units of the budget. Where case does not matter each is folded, and
 * the characters of a range one by one.
 */
export function classWork(pattern: string): number {
  const parts = [...partsOf(pattern)];
  const isFolding = parts.some((part) => part.startsWith('(?') && !isNamed(part) && part.toLowerCase().includes('i'));
  let work = 0;
  for (const part of parts) {
    if (part.startsWith('\\')) work += escapeWork(part[1], isFolding);
    else if (part.startsWith('[')) work += insideWork(part, isFolding);
  }
  return work;
}

function escapeWork(letter: string | undefined, isFolding: boolean): number {
  if (letter === 'p' || letter === 'P') return isFolding ? 12_000 : 3000;
  return isFolding && letter !== undefined && 'wsdWSD'.includes(letter) ? 1000 : 0;
}

function insideWork(part: string, isFolding: boolean): number {
  let work = 0;
  for (let at = 1; at < part.length; at += 1) {
    const character = part[at];
    if (character === '\\') {
      work += escapeWork(part[at + 1], isFolding);
      at += 1;
    } else if (isFolding && part.startsWith('[:', at)) work += 1000;
    else if (isFolding && character === '-') work += lastOf(part, at + 1) / 4;
  }
  return work;
}

/** The code point at which a range ends; 0 for one of ASCII. */
function lastOf(part: string, at: number): number {
  if (part.startsWith('\\x', at)) return Number.parseInt(part.slice(part[at + 2] === '{' ? at + 3 : at + 2, at + 11), 16) || 0;
  const last = part.codePointAt(at) ?? 0;
  return last > 0x7f ? last : 0;
}
