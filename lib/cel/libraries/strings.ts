import { type Library, overload } from '../overload.ts';
import { CelError, List, Opaque, type Result, type Value } from '../values.ts';
import { rewriting, sizeOf, tenth, traversal, walkWork } from './common.ts';
import { plainText } from './display.ts';
import { attempt, celQuote, escapedCount } from './go-text.ts';
import { walkCost } from './lists.ts';
import { checkFormat, formatText } from './string-format.ts';
import { indexOf, lastIndexOf, lowerAscii, occurrences, pointCount, replace, splitText, trimSpace, unitIndex, upperAscii } from './text.ts';

const outOfRange = (index: bigint): CelError => new CelError(`index out of range: ${index}`);
const isWithin = (text: string, index: bigint): boolean => index >= 0n && index <= pointCount(text);
// Kubernetes charges its indexOf of texts as if it were the one of lists.
const cost = ([text]: readonly Result[]): number => walkCost(text);

function charAt(text: string, index: bigint): Result {
  if (!isWithin(text, index)) return outOfRange(index);
  const start = unitIndex(text, Number(index));
  return text.slice(start, unitIndex(text, Number(index) + 1));
}

const find = (text: string, part: string, from: bigint): Result =>
  from < 0n ? outOfRange(from) : BigInt(indexOf(text, part, Number(from)));

const findLast = (text: string, part: string): Result =>
  BigInt(lastIndexOf(text, part, part && text ? pointCount(text) - 1 : pointCount(text)));

const findLastFrom = (text: string, part: string, from: bigint): Result =>
  from < 0n ? outOfRange(from) : BigInt(lastIndexOf(text, part, Number(from)));

function substring(text: string, start: bigint, end: bigint): Result {
  if (start > end) return new CelError(`invalid substring range. start: ${start}, end: ${end}`);
  if (!isWithin(text, start)) return outOfRange(start);
  return isWithin(text, end) ? text.slice(unitIndex(text, Number(start)), unitIndex(text, Number(end))) : outOfRange(end);
}

const substringFrom = (text: string, start: bigint): Result =>
  isWithin(text, start) ? text.slice(unitIndex(text, Number(start))) : outOfRange(start);

/** A value as Go's %v prints what is in it: null is the constant 0 there. */
const goText = (value: Value): string => (value === null ? '0' : value instanceof Opaque ? String(value) : plainText(value));

function join(list: List, separator: string): Result {
  const texts: string[] = [];
  for (const element of list) {
    if (typeof element !== 'string') return new CelError(`join: invalid input: ${goText(element)}`);
    texts.push(element);
  }
  return texts.join(separator);
}
const joinCost = (_values: readonly Result[], result: Result): number => Math.ceil(sizeOf(result) * 2 * 0.1);
const joinWork = (list: Value, separator: Value = ''): number => walkWork(list) + tenth(sizeOf(list) * sizeOf(separator));

const replaceWork = (text: Value, old: Value, replacement: Value, limit: Value = -1n): number =>
  (occurrences(text as string, old as string, Number(limit)) * (replacement as string).length + (text as string).length) * 0.1;

const splitWork = (text: Value, separator: Value): number =>
  (text as string).length * 0.05 + occurrences(text as string, separator as string, -1) * 0.55;

function format(template: string, values: List): Result {
  const result = attempt(() => ({ text: formatText(template, values) }));
  return typeof result === 'string' ? new CelError(result) : result.text;
}

/** github.com/google/cel-go/ext/strings.go at version 2 */
export const strings: Library = {
  overloads: [
    overload('string_char_at_int', '<string>.charAt(int) -> string', charAt),
    overload('string_index_of_string', '<string>.indexOf(string) -> int', (text: string, part: string) => find(text, part, 0n), { cost }),
    overload('string_index_of_string_int', '<string>.indexOf(string, int) -> int', find, { cost }),
    overload('string_last_index_of_string', '<string>.lastIndexOf(string) -> int', findLast, { cost }),
    overload('string_last_index_of_string_int', '<string>.lastIndexOf(string, int) -> int', findLastFrom, { cost }),
    overload('string_lower_ascii', '<string>.lowerAscii() -> string', lowerAscii, { cost: traversal }),
    overload('string_upper_ascii', '<string>.upperAscii() -> string', upperAscii, { cost: traversal }),
    overload(
      'string_replace_string_string',
      '<string>.replace(string, string) -> string',
      (text: string, old: string, by: string) => replace(text, old, by, -1),
      { cost: rewriting, work: replaceWork },
    ),
    overload(
      'string_replace_string_string_int',
      '<string>.replace(string, string, int) -> string',
      (text: string, old: string, by: string, limit: bigint) => replace(text, old, by, Number(limit)),
      { cost: rewriting, work: replaceWork },
    ),
    overload(
      'string_split_string',
      '<string>.split(string) -> list<string>',
      (text: string, separator: string) => List.of(splitText(text, separator, -1)),
      { cost: rewriting, work: splitWork },
    ),
    overload(
      'string_split_string_int',
      '<string>.split(string, int) -> list<string>',
      (text: string, separator: string, limit: bigint) => List.of(splitText(text, separator, Number(limit))),
      { cost: rewriting, work: splitWork },
    ),
    overload('string_substring_int', '<string>.substring(int) -> string', substringFrom, { cost: traversal }),
    overload('string_substring_int_int', '<string>.substring(int, int) -> string', substring, { cost: traversal }),
    overload('string_trim', '<string>.trim() -> string', trimSpace, { cost: traversal }),
    overload('string_format', '<string>.format(list<dyn>) -> string', format, {
      isVariadic: true,
      cost: traversal,
      work: (_template, values) => walkWork(values),
      check: checkFormat,
    }),
    overload('strings_quote', 'strings.quote(string) -> string', celQuote, {
      cost: traversal,
      work: (text) => (text as string).length * 0.3 + escapedCount(text as string) * 4,
    }),
    overload('list_join', '<list<string>>.join() -> string', (list: List) => join(list, ''), { cost: joinCost, work: joinWork }),
    overload('list_join_string', '<list<string>>.join(string) -> string', join, { cost: joinCost, work: joinWork }),
  ],
};
