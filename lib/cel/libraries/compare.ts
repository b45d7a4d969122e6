import { type CelError, Duration, List, MapValue, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from '../values.ts';

/** The order of two values: -1, 0 or 1; undefined where CEL has none for them, as for NaN. */
export function compare(a: Value, b: Value): number | undefined {
  const [x, y] = [scalar(a), scalar(b)];
  if (x === undefined || y === undefined || kindOf(a) !== kindOf(b)) return undefined;
  if (typeof x === 'string' && typeof y === 'string') return compareText(x, y);
  if (Number.isNaN(x) || Number.isNaN(y)) return undefined;
  return x < y ? -1 : x > y ? 1 : 0;
}

const kindOf = (value: Value): string => {
  if (typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint) return 'number';
  return typeof value === 'object' && value !== null ? value.constructor.name : typeof value;
};

/** What JavaScript compares as CEL does: numbers exactly, whether bigint or double. */
function scalar(value: Value): bigint | number | boolean | string | undefined {
  if (value === null) return undefined;
  if (typeof value !== 'object') return value;
  if (value instanceof Uint) return value.value;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanoseconds;
  return value instanceof Uint8Array ? Array.from(value, (byte) => String.fromCharCode(byte)).join('') : undefined;
}

/** By code point, as Go compares the bytes of UTF-8: the units of pairs come after all others. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i++;
  if (i === length) return a.length < b.length ? -1 : 1;
  return rank(a.charCodeAt(i)) < rank(b.charCodeAt(i)) ? -1 : 1;
}

const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit);

/** Whether `a == b` is true; an error is not. */
export function isEqual(a: Value, b: Value): boolean {
  return equality(a, b) === true;
}

/** What `a == b` gives; undefined for an error, which cel-go takes for equal inside of lists and maps. */
function equality(a: Value, b: Value): boolean | undefined {
  if (a === null || b === null) return a === b;
  if (a instanceof Opaque) return asBoolean(a.equals(b));
  if (a instanceof List) return b instanceof List && equalLists(a, b);
  if (a instanceof MapValue) return b instanceof MapValue && equalMaps(a, b);
  if (a instanceof TypeValue) return b instanceof TypeValue && a.name === b.name;
  if (a instanceof Optional) return b instanceof Optional && equalOptionals(a.value, b.value);
  return compare(a, b) === 0;
}

const asBoolean = (is: boolean | CelError): boolean | undefined => (typeof is === 'boolean' ? is : undefined);

const equalOptionals = (a: Value | undefined, b: Value | undefined): boolean | undefined =>
  a === undefined || b === undefined ? a === b : equality(a, b);

function equalLists(a: List, b: List): boolean {
  if (a.size !== b.size) return false;
  for (let i = 0; i < a.size; i++) if (equality(a.at(i), b.at(i)) === false) return false;
  return true;
}

function equalMaps(a: MapValue, b: MapValue): boolean {
  if (a.size !== b.size) return false;
  for (const key of a.keys()) {
    const [x, y] = [a.get(key), b.get(key)];
    if (x === undefined || y === undefined || equality(x, y) === false) return false;
  }
  return true;
}
