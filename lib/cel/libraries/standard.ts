import { add, divide, isUnequal, modulo, multiply, negate, not, subtract, withoutOperator } from '../arithmetic.ts';
import { equality, isEqual, order } from '../equality.ts';
import { type Library, type Overload, overload } from '../overload.ts';
import { CelError, List, MapValue, Opaque, Optional, type Result, type Value } from '../values.ts';
import { isComparable, isReceiver, noSuchOverload, sizeOf, tenth } from './common.ts';

type Extras = Parameters<typeof overload>[3];
type Costs = Pick<Overload, 'cost'>;

/** The overloads of one function that have one implementation, which itself refuses values of other types. */
const family = (name: string, call: Overload['call'], ids: Readonly<Record<string, string>>, costs: Readonly<Record<string, Costs>> = {}) =>
  Object.entries(ids).map(([id, types]) => overload(id, signature(name, types), call, extrasOf(costs[id])));

const signature = (name: string, types: string): string => (types.startsWith('<') ? types.replace('>.', `>.${name}`) : `${name}${types}`);
const extrasOf = (costs: Costs | undefined): Extras => ({ ...costs, isUnguarded: true, unresolvedCost: () => 1 });

/** The size of a value; of an optional it is the size of what is in it. */
const sizeIn = (value: Result | undefined): number => sizeOf(value instanceof Optional ? value.value : value);
const both: Costs = { cost: ([a, b]) => tenth(sizeIn(a) + sizeIn(b)) };
const shorter: Costs = { cost: ([a, b]) => tenth(Math.min(sizeIn(a), sizeIn(b))) };
const second: Costs = { cost: ([, b]) => tenth(sizeOf(b)) };

/** Pairs of types that have an order, as cel-go names them. */
const ordered: Readonly<Record<string, string>> = {
  bool: 'bool, bool',
  int64: 'int, int',
  int64_double: 'int, double',
  int64_uint64: 'int, uint',
  uint64: 'uint, uint',
  uint64_double: 'uint, double',
  uint64_int64: 'uint, int',
  double: 'double, double',
  double_int64: 'double, int',
  double_uint64: 'double, uint',
  string: 'string, string',
  bytes: 'bytes, bytes',
  timestamp: 'timestamp, timestamp',
  duration: 'duration, duration',
};

function relation(name: string, id: string, holds: (order: number) => boolean): Overload[] {
  const call = (a: Value, b: Value): Result => {
    const found = order(a, b);
    if (found instanceof CelError) return isComparable(a) ? found : withoutOperator(name);
    return holds(found);
  };
  const ids = Object.fromEntries(Object.entries(ordered).map(([types, signature]) => [`${id}_${types}`, `(${signature}) -> bool`]));
  return family(name, call, ids, { [`${id}_string`]: shorter, [`${id}_bytes`]: shorter });
}

function contains(item: Value, range: Value): Result {
  if (range instanceof MapValue) {
    const found = range.find(item);
    return found instanceof CelError ? found : found !== undefined;
  }
  if (!(range instanceof List)) return noSuchOverload;
  for (let i = 0; i < range.size; i += 1) if (isEqual(item, range.at(i))) return true;
  return false;
}

function size(value: Value): Result {
  const hasSize = typeof value === 'string' || value instanceof Uint8Array || value instanceof List || value instanceof MapValue;
  if (hasSize) return BigInt(sizeOf(value));
  return isReceiver(value) ? noSuchOverload : withoutOperator('size');
}

const ofTexts =
  (test: (text: string, part: string) => boolean) =>
  (text: Value, part: Value): Result =>
    typeof text === 'string' && typeof part === 'string' ? test(text, part) : noSuchOverload;

/** How cel-go charges for a comparison: Kubernetes' own types cost 1. */
const equalityCost: Costs = { cost: (args, result) => (args[0] instanceof Opaque ? 1 : (shorter.cost?.(args, result) ?? 1)) };

/** The operators and functions of github.com/google/cel-go/common/stdlib but conversions and time. */
export const standard: Library = {
  overloads: [
    ...family('_?_:_', () => noSuchOverload, { conditional: '(bool, A, A) -> A' }),
    ...family('_&&_', () => noSuchOverload, { logical_and: '(bool, bool) -> bool' }),
    ...family('_||_', () => noSuchOverload, { logical_or: '(bool, bool) -> bool' }),
    ...family('!_', not, { logical_not: '(bool) -> bool' }),
    ...family('@not_strictly_false', (value: Value) => value, { not_strictly_false: '(bool) -> bool' }),
    ...family('_==_', equality, { equals: '(A, A) -> bool' }, { equals: equalityCost }),
    ...family('_!=_', isUnequal, { not_equals: '(A, A) -> bool' }, { not_equals: shorter }),
    ...family(
      '_+_',
      add,
      {
        add_bytes: '(bytes, bytes) -> bytes',
        add_double: '(double, double) -> double',
        add_duration_duration: '(duration, duration) -> duration',
        add_duration_timestamp: '(duration, timestamp) -> timestamp',
        add_timestamp_duration: '(timestamp, duration) -> timestamp',
        add_int64: '(int, int) -> int',
        add_list: '(list<A>, list<A>) -> list<A>',
        add_string: '(string, string) -> string',
        add_uint64: '(uint, uint) -> uint',
      },
      { add_bytes: both, add_string: both },
    ),
    ...family('_/_', divide, {
      divide_double: '(double, double) -> double',
      divide_int64: '(int, int) -> int',
      divide_uint64: '(uint, uint) -> uint',
    }),
    ...family('_%_', modulo, { modulo_int64: '(int, int) -> int', modulo_uint64: '(uint, uint) -> uint' }),
    ...family('_*_', multiply, {
      multiply_double: '(double, double) -> double',
      multiply_int64: '(int, int) -> int',
      multiply_uint64: '(uint, uint) -> uint',
    }),
    ...family('-_', negate, { negate_double: '(double) -> double', negate_int64: '(int) -> int' }),
    ...family('_-_', subtract, {
      subtract_double: '(double, double) -> double',
      subtract_duration_duration: '(duration, duration) -> duration',
      subtract_int64: '(int, int) -> int',
      subtract_timestamp_duration: '(timestamp, duration) -> timestamp',
      subtract_timestamp_timestamp: '(timestamp, timestamp) -> duration',
      subtract_uint64: '(uint, uint) -> uint',
    }),
    ...relation('_<_', 'less', (order) => order < 0),
    ...relation('_<=_', 'less_equals', (order) => order <= 0),
    ...relation('_>_', 'greater', (order) => order > 0),
    ...relation('_>=_', 'greater_equals', (order) => order >= 0),
    ...family('_[_]', () => noSuchOverload, {
      index_list: '(list<A>, int) -> A',
      index_map: '(map<A, B>, A) -> B',
      optional_list_index_int: '(optional<list<V>>, int) -> optional<V>',
      optional_map_index_value: '(optional<map<K, V>>, K) -> optional<V>',
    }),
    ...family('_[?_]', () => noSuchOverload, {
      list_optindex_optional_int: '(list<V>, int) -> optional<V>',
      optional_list_optindex_optional_int: '(optional<list<V>>, int) -> optional<V>',
      map_optindex_optional_value: '(map<K, V>, K) -> optional<V>',
      optional_map_optindex_optional_value: '(optional<map<K, V>>, K) -> optional<V>',
    }),
    ...family(
      '@in',
      contains,
      { in_list: '(A, list<A>) -> bool', in_map: '(A, map<A, B>) -> bool' },
      { in_list: { cost: ([, b]) => sizeOf(b) } },
    ),
    ...family('size', size, {
      size_bytes: '(bytes) -> int',
      bytes_size: '<bytes>.() -> int',
      size_list: '(list<A>) -> int',
      list_size: '<list<A>>.() -> int',
      size_map: '(map<A, B>) -> int',
      map_size: '<map<A, B>>.() -> int',
      size_string: '(string) -> int',
      string_size: '<string>.() -> int',
    }),
    ...family(
      'contains',
      ofTexts((text, part) => text.includes(part)),
      { contains_string: '<string>.(string) -> bool' },
      { contains_string: { cost: ([a, b]) => tenth(sizeOf(a)) * tenth(sizeOf(b)) } },
    ),
    ...family(
      'endsWith',
      ofTexts((text, part) => text.endsWith(part)),
      { ends_with_string: '<string>.(string) -> bool' },
      { ends_with_string: second },
    ),
    ...family(
      'startsWith',
      ofTexts((text, part) => text.startsWith(part)),
      { starts_with_string: '<string>.(string) -> bool' },
      { starts_with_string: second },
    ),
  ],
};
