import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { setOwn } from '../../lib/json/json.ts';
import { type FieldErrors, type Path, showPath } from './mistakes.ts';
import type { Shape } from './schema.ts';

/** What a manifest holds. */
export type Value = string | number | boolean | Value[] | { [key: string]: Value };

/**
 * Reads a node as the shape says. Returns its value with the fields in the order of the shape and the keys of maps in alphabetical order,
 * without what is null; undefined where there is nothing. Tells every field that is unknown or of another type.
 */
export function readNode(node: unknown, shape: Shape, path: Path, document: Document, errors: FieldErrors): Value | undefined {
  const found = isAlias(node) ? node.resolve(document) : node;
  if (shape === 'anything' || isNull(found)) return undefined;
  if (typeof shape === 'string') return readScalar(found, shape, path, errors);
  if ('list' in shape) {
    if (!isSeq(found)) return wrongType(found, 'a list', path, errors);
    return found.items.map((item, index) => {
      if (isNull(item)) errors.add([...path, index], 'may not be null');
      return readNode(item, shape.list, [...path, index], document, errors) ?? '';
    });
  }
  if (!isMap(found)) return wrongType(found, 'a map', path, errors);
  const value: { [key: string]: Value } = {};
  for (const [key, member, of] of 'map' in shape
    ? membersOf(found, shape.map, path, errors)
    : fieldsOf(found, shape.fields, path, errors)) {
    const at = [...path, 'map' in shape ? ([key] as const) : key];
    if ('map' in shape && isNull(member)) errors.add(at, 'may not be null');
    const read = readNode(member, of, at, document, errors);
    if (read !== undefined) setOwn(value, key, read);
  }
  return value;
}

type Member = [key: string, node: unknown, shape: Shape];

function membersOf(map: YAMLMap, shape: Shape, path: Path, errors: FieldErrors): Member[] {
  const members = textKeys(map, path, errors).map(([key, node]): Member => [key, node, shape]);
  return members.sort(([a], [b]) => (a < b ? -1 : 1));
}

function fieldsOf(map: YAMLMap, fields: Readonly<Record<string, Shape>>, path: Path, errors: FieldErrors): Member[] {
  const given = textKeys(map, path, errors);
  for (const [key] of given) {
    const field = [...path, key];
    if (!Object.hasOwn(fields, key)) errors.sentence(field, `unknown field ${JSON.stringify(showPath(field))}`);
  }
  return Object.entries(fields).flatMap(([key, shape]) => {
    const found = given.find(([name]) => name === key);
    return found ? [[key, found[1], shape] satisfies Member] : [];
  });
}

function textKeys(map: YAMLMap, path: Path, errors: FieldErrors): [string, unknown][] {
  return map.items.flatMap(({ key, value }): [string, unknown][] => {
    if (isScalar(key) && typeof key.value === 'string') return [[key.value, value]];
    const shown = isScalar(key) ? String(key.source ?? key.value) : 'a list or a map';
    errors.add(path, `has a key that is no string (${shown}): put it in quotes`);
    return [];
  });
}

function readScalar(node: unknown, type: 'string' | 'boolean', path: Path, errors: FieldErrors): Value | undefined {
  if (isScalar(node) && typeof node.value === type) return node.value as Value;
  return wrongType(node, type === 'string' ? 'a string' : 'true or false', path, errors);
}

function wrongType(node: unknown, wanted: string, path: Path, errors: FieldErrors): undefined {
  const isPlain = isScalar(node) && typeof node.value !== 'string';
  errors.add(path, `must be ${wanted}, not ${describe(node)}${wanted === 'a string' && isPlain ? ' (put it in quotes)' : ''}`);
  return undefined;
}

function describe(node: unknown): string {
  if (isSeq(node)) return 'a list';
  if (isMap(node)) return 'a map';
  if (!isScalar(node) || typeof node.value === 'string') return 'a string';
  return `the ${typeof node.value} ${node.source ?? node.value}`;
}

function isNull(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null);
}

/** The offset of a field in the text; where it is absent, of what it would stand in. */
export function offsetOf(root: Node, path: Path, document: Document): number {
  let node: unknown = root;
  let offset = root.range?.[0] ?? 0;
  for (const step of path) {
    const found = isAlias(node) ? node.resolve(document) : node;
    const key = typeof step === 'object' ? step[0] : step;
    if (isSeq(found) && typeof key === 'number') {
      node = found.items[key];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else if (isMap(found)) {
      const pair = found.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (!pair) return offset;
      node = pair.value;
      offset = (pair.key as Node).range?.[0] ?? offset;
    } else return offset;
    if (node === undefined || node === null) return offset;
  }
  return offset;
}
