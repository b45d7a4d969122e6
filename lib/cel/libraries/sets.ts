import { type Library, overload } from '../overload.ts';
import type { List, Result, Value } from '../values.ts';
import { sizeOf } from './common.ts';
import { isEqual } from './compare.ts';

const has = (list: List, item: Value): boolean => {
  for (let i = 0; i < list.size; i++) if (isEqual(item, list.at(i))) return true;
  return false;
};
const contains = (list: List, part: List): boolean => {
  for (const item of part) if (!has(list, item)) return false;
  return true;
};
const intersects = (a: List, b: List): boolean => {
  for (const item of a) if (has(b, item)) return true;
  return false;
};
/** Each element of the one against each of the other, once or twice. */
const cost =
  (times: number) =>
  ([a, b]: readonly Result[]): number =>
    1 + sizeOf(a) * sizeOf(b) * times;
const row = (name: string, times: number, call: (a: List, b: List) => boolean) =>
  overload(`list_sets_${name}_list`, `sets.${name}(list<T>, list<T>) -> bool`, call, {
    cost: cost(times),
    work: (a, b) => sizeOf(a) * sizeOf(b) * times,
  });

/** github.com/google/cel-go/ext/sets.go */
export const sets: Library = {
  overloads: [
    row('contains', 1, contains),
    row('equivalent', 2, (a, b) => contains(a, b) && contains(b, a)),
    row('intersects', 1, intersects),
  ],
};
