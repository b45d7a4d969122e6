import { spend } from '../budget.ts';
import { GrowingMap } from '../maps.ts';
import { type Library, overload } from '../overload.ts';
import { showValue } from '../show.ts';
import { CelError, Duration, List, MapValue, Optional, type Result, read, Timestamp, Uint, type Value } from '../values.ts';
import { noSuchOverload } from './common.ts';

/** Whether a value is its type's zero: false, 0, empty, null, the first moment. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0n || value === 0 || value === '') return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof Uint8Array) return value.length === 0;
  if (value instanceof List || value instanceof MapValue) return value.size === 0;
  if (value instanceof Duration) return value.nanoseconds === 0n;
  return value instanceof Timestamp && value.nanoseconds === -62135596800_000_000_000n;
}

function unwrap(list: List): Result {
  const values: Value[] = [];
  for (const item of list) {
    if (!(item instanceof Optional)) return new CelError(`value ${showValue(item)} is not optional`);
    if (item.value !== undefined) values.push(item.value);
  }
  return List.of(values);
}
const work = (list: List): number => list.size;

/** The functions of cel-go's optional types; `or` and `orValue` are evaluated by the planner, which leaves out what is not needed. */
export const optional: Library = {
  overloads: [
    overload('optional_of', 'optional.of(V) -> optional<V>', (value: Value) => new Optional(value)),
    overload('optional_ofNonZeroValue', 'optional.ofNonZeroValue(V) -> optional<V>', (value: Value) =>
      isZero(value) ? Optional.none : new Optional(value),
    ),
    overload('optional_none', 'optional.none() -> optional<V>', () => Optional.none),
    overload('optional_value', '<optional<V>>.value() -> V', ({ value }: Optional) =>
      value === undefined ? new CelError('optional.none() dereference') : read(value),
    ),
    overload('optional_hasValue', '<optional<V>>.hasValue() -> bool', ({ value }: Optional) => value !== undefined),
    overload('optional_or_optional', '<optional<V>>.or(optional<V>) -> optional<V>', () => noSuchOverload),
    overload('optional_orValue_value', '<optional<V>>.orValue(V) -> V', () => noSuchOverload),
    overload('list_last', '<list<V>>.last() -> optional<V>', (list: List) =>
      list.size === 0 ? Optional.none : new Optional(list.at(list.size - 1)),
    ),
    overload('list_first', '<list<V>>.first() -> optional<V>', (list: List) =>
      list.size === 0 ? Optional.none : new Optional(list.at(0)),
    ),
    overload('optional_unwrap', 'optional.unwrap(list<optional<V>>) -> list<V>', unwrap, { work }),
    overload('optional_unwrapOpt', '<list<optional<V>>>.unwrapOpt() -> list<V>', unwrap, { work }),
  ],
};

const growing = (map: MapValue): GrowingMap => (map instanceof GrowingMap ? map : new GrowingMap(entriesOf(map)));

/** Adds an entry to a map that is being made; an error where it has the key. Keeping an entry takes longer than reading an element. */
function insert(map: GrowingMap, key: Value, value: Value): Result {
  spend(32);
  return map.add(key, value) ? map : new CelError(`insert failed: key ${showValue(key)} already exists`);
}

function insertAll(map: GrowingMap, more: MapValue): Result {
  for (const [key, value] of entriesOf(more)) {
    const result = insert(map, key, value);
    if (result instanceof CelError) return result;
  }
  return map;
}

function* entriesOf(map: MapValue): Iterable<readonly [Value, Value]> {
  for (const key of map.keys()) yield [key, map.get(key) ?? null];
}

/** What the macros transformMap and transformMapEntry call. */
export const mapInsert: Library = {
  overloads: [
    overload('@mapInsert_map_key_value', 'cel.@mapInsert(map<K, V>, K, V) -> map<K, V>', (map: MapValue, key: Value, value: Value) =>
      insert(growing(map), key, value),
    ),
    overload('@mapInsert_map_map', 'cel.@mapInsert(map<K, V>, map<K, V>) -> map<K, V>', (map: MapValue, more: MapValue) =>
      insertAll(growing(map), more),
    ),
  ],
};
