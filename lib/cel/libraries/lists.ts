import { add } from '../arithmetic.ts';
import { type Library, type Overload, overload } from '../overload.ts';
import { CelError, Duration, List, MapValue, type Result, Uint, type Value } from '../values.ts';
import { isComparable, noSuchOverload, walkWork } from './common.ts';
import { compare, isEqual } from './compare.ts';
import { toByteString } from './go-text.ts';

/** The cost of walking through a value: a tenth of the bytes of each text in it, rounded down, and 1 for all else that is no list or map. */
export function walkCost(value: Result | undefined): number {
  if (typeof value === 'string') return Math.floor(toByteString(value).length * 0.1);
  if (value instanceof Uint8Array) return Math.floor(value.length * 0.1);
  let cost = 0;
  if (value instanceof List) for (let i = 0; i < value.size; i += 1) cost += walkCost(value.at(i));
  else if (value instanceof MapValue) for (const key of value.keys()) cost += walkCost(key) + walkCost(value.get(key) ?? null);
  else return 1;
  return cost;
}
const cost = ([list]: readonly Result[]): number => walkCost(list);
// Beside the function it is walked for its work and for its cost.
const work = (list: Value): number => walkWork(list) * 4;

function isSorted(list: List): Result {
  for (let i = 0; i < list.size; i++) {
    if (!isComparable(list.at(i))) return noSuchOverload;
    if (i > 0 && compare(list.at(i - 1), list.at(i)) === 1) return false;
  }
  return true;
}

const sum =
  (zero: Value) =>
  (list: List): Result => {
    let total: Result = zero;
    for (const element of list) {
      total = add(total, element);
      if (total instanceof CelError) break;
    }
    return total;
  };

/** min and max: the next one is taken where the one until now compares to it as `preferred`. */
const extreme =
  (name: string, preferred: number) =>
  (list: List): Result => {
    if (!list.size) return new CelError(`${name} called on empty list`);
    let found = list.at(0);
    for (const element of list) {
      if (!isComparable(element)) return noSuchOverload;
      if (compare(found, element) === preferred) found = element;
    }
    return found;
  };

function indexOf(list: List, item: Value): bigint {
  for (let i = 0; i < list.size; i++) if (isEqual(list.at(i), item)) return BigInt(i);
  return -1n;
}

function lastIndexOf(list: List, item: Value): bigint {
  for (let i = list.size - 1; i >= 0; i--) if (isEqual(list.at(i), item)) return BigInt(i);
  return -1n;
}

const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];
const zeros: [string, Value][] = [
  ['int', 0n],
  ['uint', new Uint(0n)],
  ['double', 0],
  ['duration', new Duration(0n)],
];
const perType = (id: (type: string) => string, signature: (type: string) => string, call: Overload['call']): Overload[] =>
  comparable.map((type) => overload(id(type), `<list<${type}>>.${signature(type)}`, call, { cost, work }));

/** k8s.io/apiserver/pkg/cel/library/lists.go, without `includes`. */
export const lists: Library = {
  overloads: [
    ...perType(
      (type) => `list_${type}_is_sorted_bool`,
      () => 'isSorted() -> bool',
      isSorted,
    ),
    ...zeros.map(([type, zero]) => overload(`list_${type}_sum_${type}`, `<list<${type}>>.sum() -> ${type}`, sum(zero), { cost, work })),
    ...perType(
      (type) => `list_${type}_max_${type}`,
      (type) => `max() -> ${type}`,
      extreme('max', -1),
    ),
    ...perType(
      (type) => `list_${type}_min_${type}`,
      (type) => `min() -> ${type}`,
      extreme('min', 1),
    ),
    overload('list_a_index_of_int', '<list<A>>.indexOf(A) -> int', indexOf, { cost, work }),
    overload('list_a_last_index_of_int', '<list<A>>.lastIndexOf(A) -> int', lastIndexOf, { cost, work }),
  ],
};

/** What Kubernetes 1.37 adds to its lists: an element of a list, or the value itself. */
export const includes: Library = {
  overloads: [
    overload(
      'list_includes_dyn_dyn',
      '<dyn>.includes(dyn) -> bool',
      (target: Value, item: Value) => (target instanceof List ? indexOf(target, item) >= 0n : isEqual(target, item)),
      { cost, work },
    ),
  ],
};
