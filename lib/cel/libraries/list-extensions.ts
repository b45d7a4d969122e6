import { Stopped, spend } from '../budget.ts';
import { type Library, overload } from '../overload.ts';
import { goTypeOf } from '../show.ts';
import { CelError, List, MapValue, Optional, type Result, TypeValue, type Value } from '../values.ts';
import { isReceiver, noSuchOverload, sizeOf, typeNameOf } from './common.ts';
import { compare, isEqual } from './compare.ts';

// Of a list and of the call that makes it.
const baseCost = 11;
const maxRange = 1_000_000n;

const resultCost = (_values: readonly Result[], result: Result): number => baseCost + sizeOf(result);
/** Every element against every other, twice; a tenth more where they are texts or bytes. */
function squareCost(list: Result | undefined): number {
  if (!(list instanceof List)) throw new Stopped(`internal error: interface conversion: ${notLister(list ?? null)}`);
  const first = list.size ? list.at(0) : null;
  const factor = typeof first === 'string' || first instanceof Uint8Array ? 2.1 : 2;
  return baseCost + Math.floor(sizeOf(list) ** 2 * factor);
}
const squareWork = (list: Value): number => (list instanceof List ? squareCost(list) : 0);

/** What Go says when cel-go's costs take a value for a list that is none: its type, and the first method that it lacks. */
function notLister(value: Result): string {
  const lacks = (type: string, method: string): string => `${type} is not traits.Lister: missing method ${method}`;
  if (value instanceof CelError) return lacks('*types.Err', 'Add');
  const hasNoSum =
    value === null || typeof value === 'boolean' || value instanceof MapValue || value instanceof Optional || value instanceof TypeValue;
  return lacks(goTypeOf(value), hasNoSum ? 'Add' : 'Contains');
}

const failure = (message: string): CelError => new CelError(message);

function slice(list: List, start: bigint, end: bigint): Result {
  const because = (reason: string): CelError => failure(`cannot slice(${start}, ${end}), ${reason}`);
  if (start < 0n || end < 0n) return because('negative indexes not supported');
  if (start > end) return because('start index must be less than or equal to end index');
  if (BigInt(list.size) < end) return because(`list is length ${list.size}`);
  return List.of(Array.from({ length: Number(end - start) }, (_, i) => list.at(Number(start) + i)));
}

/** Adds the elements of a list and, down to a depth, of the lists in it. */
function collect(list: List, depth: bigint, found: Value[]): void {
  spend(1 + list.size * 2);
  for (let i = 0; i < list.size; i++) {
    const element = list.at(i);
    if (element instanceof List && depth > 0n) collect(element, depth - 1n, found);
    else found.push(element);
  }
}

function flatten(list: Value, depth: Value): Result {
  if (!(list instanceof List) || typeof depth !== 'bigint') return noFlatten(list, typeNameOf(depth));
  if (depth < 0n) return failure('level must be non-negative');
  const found: Value[] = [];
  collect(list, depth, found);
  return List.of(found);
}
const flattenOnce = (list: Value): Result => (list instanceof List ? flatten(list, 1n) : noFlatten(list, ''));
const noFlatten = (list: Value, types: string): CelError =>
  failure(`no such overload: ${list instanceof MapValue ? 'map(dyn, dyn)' : typeNameOf(list)}.flatten(${types})`);

function flattenCost([list, depth = 1n]: readonly Result[]): number {
  if (typeof depth !== 'bigint') {
    const type = depth instanceof CelError ? '*types.Err' : goTypeOf(depth);
    throw new Stopped(`internal error: interface conversion: ref.Val is ${type}, not types.Int`);
  }
  return baseCost + Math.floor(sizeOf(list) * (depth >= 0n ? Number(depth) : 1));
}

function range(size: bigint): Result {
  if (size < 0n) return failure(`lists.range: size must be non-negative, got ${size}`);
  if (size > maxRange) return failure(`lists.range: size ${size} exceeds maximum allowed (${maxRange})`);
  return new Range(Number(size));
}

/** The integers from 0 on, made when they are read. */
class Range extends List {
  readonly size: number;
  constructor(size: number) {
    super();
    this.size = size;
  }
  override at(index: number): bigint {
    return BigInt(index);
  }
}

function distinct(list: List): List {
  const found: Value[] = [];
  for (const element of list) if (!found.some((other) => isEqual(element, other))) found.push(element);
  return List.of(found);
}

/** The list in the order of its keys. */
function sortBy(list: List, keys: List): Result {
  if (list.size !== keys.size) {
    const expected = '@sortByAssociatedKeys() expected a list of the same size as the associated keys list';
    return failure(`${expected}, but got ${list.size} and ${keys.size} elements respectively`);
  }
  if (!list.size) return list;
  const first = keys.at(0);
  if (compare(first, first) === undefined && !Number.isNaN(first)) return failure('list elements must be comparable');
  const pairs = Array.from(keys, (key, i) => ({ key, element: list.at(i) }));
  if (pairs.some(({ key }) => typeNameOf(key) !== typeNameOf(first))) return failure('list elements must have the same type');
  return List.of(sorted(pairs).map(({ element }) => element));
}

interface Pair {
  key: Value;
  element: Value;
}

/** Go sorts twelve or fewer by insertion, which shows where some have no order (NaN). */
function sorted(pairs: Pair[]): Pair[] {
  if (pairs.length > 12) return pairs.sort((a, b) => compare(a.key, b.key) ?? 0);
  for (let i = 1; i < pairs.length; i++) {
    for (let j = i; j > 0; j--) {
      const [a, b] = [pairs[j - 1] as Pair, pairs[j] as Pair];
      if (compare(b.key, a.key) !== -1) break;
      [pairs[j - 1], pairs[j]] = [b, a];
    }
  }
  return pairs;
}

const sort = (list: Value): Result =>
  list instanceof List ? sortBy(list, list) : isReceiver(list) ? noSuchOverload : failure('no such overload: sort');
const sortByKeys = (list: Value, keys: Value): Result =>
  list instanceof List && keys instanceof List ? sortBy(list, keys) : failure('no such overload: @sortByAssociatedKeys');
const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];
const idOf = (type: string): string => ({ duration: 'google.protobuf.Duration', timestamp: 'google.protobuf.Timestamp' })[type] ?? type;
const unresolvedCost = (): number => 1;

/** github.com/google/cel-go/ext/lists.go at version 3; the macro sortBy makes calls of `@sortByAssociatedKeys`. */
export const listExtensions: Library = {
  overloads: [
    overload('list_slice', '<list<T>>.slice(int, int) -> list<T>', slice, { cost: resultCost }),
    overload('list_flatten', '<list<list<T>>>.flatten() -> list<T>', flattenOnce, {
      cost: flattenCost,
      isUnguarded: true,
    }),
    overload('list_flatten_int', '<list<dyn>>.flatten(int) -> list<dyn>', flatten, {
      cost: flattenCost,
      isUnguarded: true,
    }),
    ...comparable.map((type) =>
      overload(`list_${idOf(type)}_sort`, `<list<${type}>>.sort() -> list<${type}>`, sort, {
        cost: ([list]) => squareCost(list),
        unresolvedCost,
        work: squareWork,
        isUnguarded: true,
      }),
    ),
    ...comparable.map((type) =>
      overload(`list_${idOf(type)}_sortByAssociatedKeys`, `<list<T>>.@sortByAssociatedKeys(list<${type}>) -> list<T>`, sortByKeys, {
        cost: ([_list, keys]) => squareCost(keys),
        unresolvedCost,
        work: (_list, keys) => squareWork(keys),
        isUnguarded: true,
      }),
    ),
    overload('lists_range', 'lists.range(int) -> list<int>', range, {
      cost: resultCost,
    }),
    overload('list_reverse', '<list<T>>.reverse() -> list<T>', (list: List) => List.of([...list].reverse()), { cost: resultCost }),
    overload('list_distinct', '<list<T>>.distinct() -> list<T>', distinct, { cost: ([list]) => squareCost(list), work: squareWork }),
  ],
};
