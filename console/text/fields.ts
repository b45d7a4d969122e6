/** The fields of a job that may be changed, one by one: each scalar, and each label and annotation by its key. */
import { childPath } from '../../lib/job/compare.ts';
import { fieldsOf, isMap, isMapName, type Layout, type PlacedField } from '../../lib/job/fields.ts';
import { memberPath } from '../../lib/job/shown.ts';
import { isRecord, type Value, valueAt } from './value.ts';

/** A field's path as JSON, and its value as text. */
export type Fields = Map<string, string>;
/** What a field was and will be; undefined where it is not set. */
export interface Change {
  path: string[];
  before: string | undefined;
  after: string | undefined;
}
/** What became of a field since both began with it: of three texts, and whether both changed it to something else. */
export interface Merge {
  path: string[];
  base: string | undefined;
  mine: string | undefined;
  theirs: string | undefined;
  clash: boolean;
}

// The gateway keeps these as they are, whatever is asked.
const ownPrefix = 'tfjob-gateway/';

/** A path as the gateway writes it. */
export function showPath(path: readonly string[]): string {
  const [, name = '', key] = path;
  if (path.length === 3 && path[0] === 'metadata' && isMapName(name)) return memberPath(name, key as string);
  return path.reduce(childPath, '');
}

/** The scalar fields of a layout. */
export function scalarsOf(layout: Layout): readonly PlacedField[] {
  return fieldsOf(layout).filter((field) => !isMap(field));
}

/** The fields that a job has. */
export function fieldsIn(job: Value | undefined, layout: Layout): Fields {
  const found: Fields = new Map();
  for (const field of fieldsOf(layout)) {
    const value = valueAt(job, field.path);
    if (!isMap(field)) {
      if (value !== undefined && value !== null) found.set(JSON.stringify(field.path), String(value));
      continue;
    }
    for (const [key, member] of Object.entries(isRecord(value) ? value : {}))
      if (!key.startsWith(ownPrefix)) found.set(JSON.stringify([...field.path, key]), String(member ?? ''));
  }
  return found;
}

/** What is different in two jobs' fields. */
export function changesBetween(before: Fields, after: Fields): Change[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key));
  return keys.map((key) => ({ path: JSON.parse(key) as string[], before: before.get(key), after: after.get(key) }));
}

/** What I changed and what others changed meanwhile, field by field. */
export function mergeOf(base: Fields, mine: Fields, theirs: Fields): Merge[] {
  const keys = new Set([...base.keys(), ...mine.keys(), ...theirs.keys()]);
  return [...keys].flatMap((key) => {
    const [b, m, t] = [base.get(key), mine.get(key), theirs.get(key)];
    if (m === b && t === b) return [];
    return [{ path: JSON.parse(key) as string[], base: b, mine: m, theirs: t, clash: m !== b && t !== b && m !== t }];
  });
}

/** What a field is set to in a text, given what somebody typed: a number where it is one and the field holds numbers. */
export function typed(path: readonly string[], text: string | undefined): string | bigint | undefined {
  const isInteger = path[0] === 'spec' && path.at(-1) !== 'cleanPodPolicy' && /^-?\d{1,30}$/.test(text ?? '');
  return isInteger ? BigInt(text as string) : text;
}

/** A path at which two jobs differ, as the gateway writes it, and what the first has there. */
export interface Differing {
  path: string;
  value: Value | undefined;
}

/** Where two jobs differ, at most 200 places. Integers of both kinds count as the same. */
export function differingPaths(a: Value | undefined, b: Value | undefined, path = '', found: Differing[] = []): Differing[] {
  if (found.length >= 200 || sameScalar(a, b)) return found;
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let index = 0; index < Math.max(a.length, b.length); index++) differingPaths(a[index], b[index], `${path}[${index}]`, found);
  } else if (isRecord(a) && isRecord(b)) {
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
      differingPaths(Object.hasOwn(a, key) ? a[key] : undefined, Object.hasOwn(b, key) ? b[key] : undefined, childPath(path, key), found);
  } else found.push({ path, value: a });
  return found;
}

function sameScalar(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b || ((a ?? null) === null && (b ?? null) === null)) return true;
  return typeof a !== 'object' && typeof b !== 'object' && typeof a !== 'string' && typeof b !== 'string' && String(a) === String(b);
}
