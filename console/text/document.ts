/** A job's YAML text with positions: what it says, and where. */
import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap } from 'yaml';
import type { Value } from './value.ts';

/** A part of a text, by its first character and the one after its last. */
export interface Range {
  from: number;
  to: number;
}
/** A text that was read: its document, its value (undefined where it cannot be read), and why not. */
export interface Parsed {
  text: string;
  doc: Document.Parsed;
  value: Value | undefined;
  errors: (Range & { message: string })[];
}
export type Entry = Pair<unknown, unknown>;

/** Reads a text. Of a key that stands twice the last counts, as for the gateway. Never throws. */
export function parseYaml(text: string): Parsed {
  const doc = parseDocument(text, { intAsBigInt: true, prettyErrors: false, uniqueKeys: false, merge: true, logLevel: 'silent' });
  const errors = doc.errors.map(({ pos: [from, to], message }) => ({ from, to: Math.max(from, to), message }));
  if (errors.length > 0) return { text, doc, errors, value: undefined };
  try {
    return { text, doc, errors, value: doc.toJS({ maxAliasCount: 100 }) as Value };
  } catch (error) {
    return { text, doc, value: undefined, errors: [{ from: 0, to: lineEnd(text, 0), message: (error as Error).message }] };
  }
}

/** The map at a path of keys, behind an alias too; undefined where there is none. */
export function mapAt(parsed: Parsed, path: readonly string[]): YAMLMap | undefined {
  let node: unknown = parsed.doc.contents;
  for (const key of path) node = isMap(node) ? resolved(parsed, entryOf(node, key)?.value) : undefined;
  return isMap(node) ? (node as YAMLMap) : undefined;
}

/** A map's entry of a name; of several the last, which counts. */
export function entryOf(map: YAMLMap, key: string): Entry | undefined {
  return (map.items as Entry[]).findLast((pair) => keyOf(pair) === key);
}

/** An entry's key as text. */
export function keyOf({ key }: Entry): string {
  const value = isScalar(key) ? key.value : key;
  // So the library has the key of a merge.
  return typeof value === 'symbol' ? (value.description ?? '') : String(value);
}

/** What an alias stands for; anything else is itself. */
export function resolved({ doc }: Parsed, node: unknown): unknown {
  return isAlias(node) ? node.resolve(doc) : node;
}

/** Where a node is; `undefined` for one that is not in the text. */
export function rangeOf(node: unknown): Range | undefined {
  const range = isScalar(node) || isCollection(node) || isAlias(node) ? node.range : undefined;
  return range ? { from: range[0], to: range[1] } : undefined;
}

/** Where a list's element is: of a collection its first line. */
export function elementRange({ text }: Parsed, item: unknown): Range | undefined {
  const range = rangeOf(item);
  return range && (isCollection(item) ? { from: range.from, to: lineEnd(text, range.from) } : range);
}

/** Where an entry is: its key, and the first line of its value if that is no collection. */
export function entryRange({ text }: Parsed, { key, value }: Entry): Range {
  const from = rangeOf(key)?.from ?? 0;
  const scalar = isCollection(value) ? undefined : rangeOf(value);
  // A long key has a line of its own, and its value the next.
  const end = lineEnd(text, Math.max(from, scalar?.from ?? 0));
  return { from, to: Math.max(from, Math.min(scalar?.to ?? end, end)) };
}

/** The elements of a list node. */
export function elementsOf(node: unknown): readonly unknown[] | undefined {
  return isSeq(node) ? node.items : undefined;
}

/** The end of the line in which a place is, before its line break. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end < 0) return text.length;
  return end > at && text[end - 1] === '\r' ? end - 1 : end;
}

/** The start of the line in which a place is. */
export function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** The number of the line in which a place is, from 1. */
export function lineAt(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf('\n'); next >= 0 && next < at; next = text.indexOf('\n', next + 1)) line += 1;
  return line;
}

/** Where a line is, by its number from 1; the last where there are not so many. */
export function lineRange(text: string, line: number): Range {
  let from = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf('\n', from);
    if (end < 0) break;
    from = end + 1;
  }
  return { from, to: lineEnd(text, from) };
}
