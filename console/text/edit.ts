/** Changes of a YAML text that set or remove one field, and leave what is around it letter for letter as it was. */
import { isAlias, isScalar, type YAMLMap } from 'yaml';
import { type Entry, entryOf, keyOf, lineEnd, lineStart, mapAt, type Parsed, type Range, rangeOf } from './document.ts';
import { seen } from './unseen.ts';
import type { Value } from './value.ts';

/** What stands in a range is replaced by `insert`. */
export interface Edit extends Range {
  insert: string;
}
/** What a field can be set to; undefined removes it. */
export type Scalar = string | bigint | undefined;

/** The text after an edit; without one, as it was. */
export function applyEdit(text: string, edit: Edit | undefined): string {
  return edit ? text.slice(0, edit.from) + edit.insert + text.slice(edit.to) : text;
}

/** A value as YAML that readers of YAML 1.1 (Go's) and of 1.2 take for the same. */
export function scalarText(value: string | bigint): string {
  if (typeof value === 'bigint') return String(value);
  if (/^[A-Za-z][A-Za-z0-9._/-]*$/.test(value) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(value)) return value;
  const isPlain = /^[\x20-\x7e\xa1-\ud7ff]*$/.test(value) && seen(value) === value;
  return isPlain ? `'${value.replaceAll("'", "''")}'` : seen(JSON.stringify(value));
}

/** The edit that sets the field at a path of keys, or removes it. Undefined where that changes nothing, or there is no place for it. */
export function setAt(parsed: Parsed, path: readonly string[], value: Scalar): Edit | undefined {
  const holder = path.slice(0, -1);
  const name = path.at(-1) as string;
  const map = mapAt(parsed, holder);
  if (map && isShared(parsed, holder, map, name)) return writeOut(parsed, holder, map, [name, value]);
  if (value === undefined) return map && removalOf(parsed, holder, map, name);
  const pair = map && entryOf(map, name);
  if (pair) return replaced(parsed, pair, scalarText(value));
  if (map && map.items.length > 0) return added(parsed, map, name, value);
  return newMap(parsed, holder, [[name, value]]);
}

/** The edit that gives a key another name. */
export function renameAt(parsed: Parsed, path: readonly string[], to: string): Edit | undefined {
  const holder = path.slice(0, -1);
  const map = mapAt(parsed, holder);
  const pair = map && entryOf(map, path.at(-1) as string);
  const range = pair && rangeOf(pair.key);
  if (map && range && !isShared(parsed, holder, map, keyOf(pair))) return { ...range, insert: scalarText(to) };
  return map && writeOut(parsed, holder, map, [to, textOf(pair?.value)], path.at(-1));
}

/** Whether a map is not written here alone: behind an alias, or with a merge in it. An edit of it would change more. */
function isShared(parsed: Parsed, holder: readonly string[], map: YAMLMap, name: string): boolean {
  const above = mapAt(parsed, holder.slice(0, -1));
  const own = holder.length > 0 && above ? entryOf(above, holder.at(-1) as string)?.value : undefined;
  return isAlias(own) || (entryOf(map, '<<') !== undefined && !entryOf(map, name)) || isAlias(entryOf(map, name)?.value);
}

/** Writes a map of scalars out in full, with one entry set: where it was an alias, or merged. */
function writeOut(
  parsed: Parsed,
  holder: readonly string[],
  map: YAMLMap,
  [name, value]: [string, Scalar],
  without?: string,
): Edit | undefined {
  const all = map.toJS(parsed.doc) as Record<string, Value>;
  const entries = Object.entries(all).filter(([key]) => key !== name && key !== without && key !== '<<');
  const texts = entries.map(([key, one]): [string, string | bigint] => [key, typeof one === 'bigint' ? one : String(one ?? '')]);
  return newMap(parsed, holder, value === undefined ? texts : [...texts, [name, value]]);
}

function textOf(node: unknown): string {
  return isScalar(node) ? String(node.value ?? '') : '';
}

/** A member that is the only one of labels or annotations goes with its map. */
function removalOf(parsed: Parsed, holder: readonly string[], map: YAMLMap, name: string): Edit | undefined {
  const pair = entryOf(map, name);
  if (!pair) return undefined;
  const above = mapAt(parsed, holder.slice(0, -1));
  const own = holder.length > 1 && above ? entryOf(above, holder.at(-1) as string) : undefined;
  if (map.items.length === 1 && own && above) return removed(parsed, above, own);
  return removed(parsed, map, pair);
}

function removed(parsed: Parsed, map: YAMLMap, pair: Entry): Edit {
  if (!map.flow) return { ...linesOf(parsed, pair), insert: '' };
  const items = map.items as Entry[];
  const at = items.indexOf(pair);
  const [before, after] = [items[at - 1], items[at + 1]];
  if (after) return { from: startOf(pair), to: startOf(after), insert: '' };
  return { from: before ? endOf(before) : startOf(pair), to: endOf(pair), insert: '' };
}

function replaced({ text }: Parsed, pair: Entry, insert: string): Edit {
  const range = rangeOf(pair.value);
  if (!range || range.from === range.to) {
    const at = endOfKey(text, pair);
    return { from: at, to: at, insert: ` ${insert}` };
  }
  const to = text[range.to - 1] === '\n' ? lineEnd(text, range.to - 1) : range.to;
  return { from: range.from, to, insert };
}

/** After the colon of an entry that has no value. */
function endOfKey(text: string, pair: Entry): number {
  return text.indexOf(':', rangeOf(pair.key)?.to ?? 0) + 1;
}

function added(parsed: Parsed, map: YAMLMap, name: string, value: string | bigint): Edit {
  const items = map.items as Entry[];
  if (map.flow) {
    const at = endOf(items.at(-1) as Entry);
    return { from: at, to: at, insert: `, ${JSON.stringify(name)}: ${scalarText(value)}` };
  }
  const { to } = linesOf(parsed, items.at(-1) as Entry);
  return insertLines(parsed, to, `${indentOf(parsed, items[0] as Entry)}${scalarText(name)}: ${scalarText(value)}\n`);
}

/** Writes a map at a path where there is none, an empty one, or one that is written out anew. */
function newMap(parsed: Parsed, holder: readonly string[], entries: readonly [string, string | bigint][]): Edit | undefined {
  const above = mapAt(parsed, holder.slice(0, -1));
  const name = holder.at(-1);
  if (!above || name === undefined || above.items.length === 0) return undefined;
  const existing = entryOf(above, name);
  if (above.flow) {
    const inner = entries.map(([key, value]) => `${JSON.stringify(key)}: ${scalarText(value)}`).join(', ');
    if (existing) return replaced(parsed, existing, `{ ${inner} }`);
    const at = endOf(above.items.at(-1) as Entry);
    return { from: at, to: at, insert: `, ${JSON.stringify(name)}: { ${inner} }` };
  }
  const pad = indentOf(parsed, above.items[0] as Entry);
  const lines = entries.map(([key, value]) => `${pad}  ${scalarText(key)}: ${scalarText(value)}\n`).join('');
  const insert = entries.length > 0 ? `${pad}${scalarText(name)}:\n${lines}` : '';
  if (existing) return { ...linesOf(parsed, existing), insert };
  return insertLines(parsed, linesOf(parsed, above.items.at(-1) as Entry).to, insert);
}

function insertLines({ text }: Parsed, at: number, lines: string): Edit {
  return { from: at, to: at, insert: at > 0 && text[at - 1] !== '\n' ? `\n${lines}` : lines };
}

function indentOf({ text }: Parsed, pair: Entry): string {
  const from = startOf(pair);
  return text.slice(lineStart(text, from), from).replace(/[^ ]/g, ' ');
}

const startOf = (pair: Entry): number => rangeOf(pair.key)?.from ?? 0;
const endOf = (pair: Entry): number => Math.max(rangeOf(pair.value)?.to ?? 0, rangeOf(pair.key)?.to ?? 0);

/** All lines of an entry, with the last line break. */
function linesOf({ text }: Parsed, pair: Entry): Range {
  const last = endOf(pair);
  const end = text[last - 1] === '\n' ? last : text.indexOf('\n', last) + 1 || text.length;
  return { from: lineStart(text, startOf(pair)), to: end };
}
