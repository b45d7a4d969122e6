import { spend } from './budget.ts';
import { CelError, Duration, List, MapValue, Opaque, Optional, type Result, Timestamp, TypeValue, Uint, type Value } from './values.ts';

const noSuchOverload = new CelError('no such overload');
const notOrdered = new CelError('NaN values cannot be ordered');

/** What `a == b` gives. Numbers of different types are equal if they are the same number; values of other types are just not equal. */
export function equality(a: Value, b: Value): Result {
  if (a === b && !(a instanceof Opaque)) return !Number.isNaN(a);
  if (a === null || b === null) return false;
  switch (typeof a) {
    case 'string':
    case 'boolean':
      return false;
    case 'bigint':
    case 'number':
      return isNumber(b) && compareNumbers(a, b) === 0;
    default:
      return equalObjects(a, b);
  }
}

function equalObjects(a: Exclude<Value, null | string | boolean | bigint | number>, b: Value): Result {
  if (a instanceof Uint) return isNumber(b) && compareNumbers(a, b) === 0;
  if (a instanceof List) return b instanceof List && equalLists(a, b);
  if (a instanceof MapValue) return b instanceof MapValue && equalMaps(a, b);
  if (a instanceof Optional) return b instanceof Optional && equalOptionals(a.value, b.value);
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanoseconds === b.nanoseconds;
  if (a instanceof Duration) return b instanceof Duration && a.nanoseconds === b.nanoseconds;
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0;
  return (a satisfies Opaque).equals(b);
}

/** Whether two values are equal; an error is taken for no. */
export const isEqual = (a: Value, b: Value): boolean => equality(a, b) === true;

const equalOptionals = (a: Value | undefined, b: Value | undefined): Result =>
  a === undefined || b === undefined ? a === b : equality(a, b);

// cel-go asks the elements whether they are not equal: an error is none.
function equalLists(a: List, b: List): boolean {
  if (a.size !== b.size) return false;
  spend(1 + a.size * 2);
  for (let i = 0; i < a.size; i += 1) if (equality(a.at(i), b.at(i)) === false) return false;
  return true;
}

function equalMaps(a: MapValue, b: MapValue): boolean {
  if (a.size !== b.size) return false;
  // Looking up a key takes some times as long as reading an element.
  spend(8 + a.size * 12);
  for (const key of a.keys()) {
    const other = b.get(key);
    if (other === undefined || equality(a.get(key) ?? null, other) === false) return false;
  }
  return true;
}

type Numeric = bigint | number | Uint;
const isNumber = (value: Value): value is Numeric => typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint;

/** The order of numbers of any types; a double is compared to an integer as cel-go does, rounding it. NaN comes before nothing. */
function compareNumbers(a: Numeric, b: Numeric): number {
  const x = a instanceof Uint ? a.value : a;
  const y = b instanceof Uint ? b.value : b;
  if (typeof x === typeof y) return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN;
  return typeof x === 'number'
    ? compareRounded(x, y as bigint, b instanceof Uint)
    : -compareRounded(y as number, x as bigint, a instanceof Uint);
}

function compareRounded(double: number, integer: bigint, isUint: boolean): number {
  if (Number.isNaN(double)) return Number.NaN;
  if (double < (isUint ? 0 : -(2 ** 63))) return -1;
  if (double > (isUint ? 2 ** 64 : 2 ** 63)) return 1;
  const rounded = Number(integer);
  return double < rounded ? -1 : double > rounded ? 1 : 0;
}

/** The order of two values as `<` and its like see it: -1, 0 or 1, or the error of what has no order. */
export function order(a: Value, b: Value): number | CelError {
  if (typeof a === 'string') return typeof b === 'string' ? compareText(a, b) : noSuchOverload;
  if (isNumber(a)) {
    if (!isNumber(b)) return Number.isNaN(a) ? notOrdered : noSuchOverload;
    const compared = compareNumbers(a, b);
    return Number.isNaN(compared) ? notOrdered : compared;
  }
  if (typeof a === 'boolean') return typeof b === 'boolean' ? Number(a) - Number(b) : noSuchOverload;
  return orderObjects(a, b);
}

function orderObjects(a: Value, b: Value): number | CelError {
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? compareBytes(a, b) : noSuchOverload;
  if (a instanceof Timestamp && b instanceof Timestamp) return compareNumbers(a.nanoseconds, b.nanoseconds);
  if (a instanceof Duration && b instanceof Duration) return compareNumbers(a.nanoseconds, b.nanoseconds);
  return noSuchOverload;
}

/** The order of two values, or undefined where they have none. */
export function compare(a: Value, b: Value): number | undefined {
  const found = order(a, b);
  return found instanceof CelError ? undefined : found;
}

const compareBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b);

/** By code point, as Go compares the bytes of UTF-8: the units of pairs come after all others. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a.charCodeAt(i) === b.charCodeAt(i)) i += 1;
  if (i === length) return a.length < b.length ? -1 : 1;
  return rank(a.charCodeAt(i)) < rank(b.charCodeAt(i)) ? -1 : 1;
}

const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);
