import type { Random } from './random.ts';

/** A type as the generator sees it: `string`, `list<int>`, or with a pool of literals of that type that mean something: `string:url`. */
export interface Type {
  name: string;
  of: Type[];
  pool?: string;
}

/** Types that a value of an expression may have; everything else is made of them. */
const simple = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'duration', 'timestamp', 'null', 'dyn'];

/** Reads `map<string,list<A>>`; a single capital is a type variable. */
export function parseType(text: string): Type {
  const [, name = '', inner, pool] = /^([A-Za-z_.]+)(?:<(.*)>)?(?::(\w+))?$/.exec(text.trim()) ?? [];
  if (!name) throw new Error(`not a type: ${text}`);
  return { name, of: inner === undefined ? [] : splitTop(inner).map(parseType), ...(pool && { pool }) };
}

/** Splits at the commas that stand in no brackets. */
export function splitTop(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if ('<('.includes(character)) depth += 1;
    if ('>)'.includes(character)) depth -= 1;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.filter((part) => part.trim() !== '');
}

export const type = (name: string, ...of: Type[]): Type => ({ name, of });
export const isVariable = ({ name }: Type): boolean => /^[A-Z]$/.test(name);

/** Binds the variables of `pattern` so that it is `wanted`; undefined where it cannot be. */
export function unify(pattern: Type, wanted: Type, bound: Map<string, Type> = new Map()): Map<string, Type> | undefined {
  if (isVariable(pattern)) {
    const earlier = bound.get(pattern.name);
    if (earlier) return same(earlier, wanted) ? bound : undefined;
    return bound.set(pattern.name, wanted);
  }
  if (pattern.name !== wanted.name || pattern.of.length !== wanted.of.length) return undefined;
  return pattern.of.every((part, index) => unify(part, wanted.of[index] as Type, bound)) ? bound : undefined;
}

/** `pattern` with its variables replaced; one that is free becomes a random type, the same everywhere. */
export function substitute(pattern: Type, bound: Map<string, Type>, random: Random): Type {
  if (isVariable(pattern)) {
    const known = bound.get(pattern.name) ?? randomType(random, 1);
    bound.set(pattern.name, known);
    return known;
  }
  return { ...pattern, of: pattern.of.map((part) => substitute(part, bound, random)) };
}

export const same = (a: Type, b: Type): boolean =>
  a.name === b.name && a.of.length === b.of.length && a.of.every((part, index) => same(part, b.of[index] as Type));

/** A type that is nested at most `depth` deep. */
export function randomType(random: Random, depth: number): Type {
  if (depth === 0 || random.chance(0.6)) return type(random.pick(simple));
  const inner = () => randomType(random, depth - 1);
  const kind = random.below(10);
  if (kind < 5) return type('list', inner());
  if (kind < 8) return type('map', type(random.pick(['string', 'string', 'int', 'bool', 'uint'])), inner());
  if (kind < 9) return type('optional', inner());
  return type(random.pick(['url', 'ip', 'cidr', 'quantity', 'semver', 'format', 'type', 'authorizer', 'decision']));
}
