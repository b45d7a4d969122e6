import { equality } from './equality.ts';
import { isReceiver, noSuchOverload, typeNameOf } from './libraries/common.ts';
import { CelError, Duration, int64, joinLists, List, type Result, Timestamp, Uint, type Value, type Zone } from './values.ts';

const maxUint64 = (1n << 64n) - 1n;
// From the year 1 to the end of the year 9999.
const firstTimestamp = -62135596800n * 1_000_000_000n;
const lastTimestamp = 253402300800n * 1_000_000_000n - 1n;

/** An uint, or the error that it does not fit into 64 bits. */
export const uint64 = (value: bigint): Result =>
  value < 0n || value > maxUint64 ? new CelError('unsigned integer overflow') : new Uint(value);

/** A timestamp within the years that CEL knows, or the error. */
export const timestampAt = (nanoseconds: bigint, zone?: Zone): Result =>
  nanoseconds < firstTimestamp || nanoseconds > lastTimestamp ? new CelError('timestamp overflow') : new Timestamp(nanoseconds, zone);

/** A duration within int64, or the error. */
export function durationOf(nanoseconds: bigint): Result {
  const within = int64(nanoseconds);
  return within instanceof CelError ? within : new Duration(within);
}

/** `a + b` of any two values. */
export function add(a: Value, b: Value): Result {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? int64(a + b) : noSuchOverload;
  if (typeof a === 'string') return typeof b === 'string' ? a + b : noSuchOverload;
  if (typeof a === 'number') return typeof b === 'number' ? a + b : noSuchOverload;
  if (a instanceof List) return b instanceof List ? joinLists(a, b) : noSuchOverload;
  if (a instanceof Uint) return b instanceof Uint ? uint64(a.value + b.value) : noSuchOverload;
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? new Uint8Array(Buffer.concat([a, b])) : noSuchOverload;
  return addTimes(a, b);
}

function addTimes(a: Value, b: Value): Result {
  if (a instanceof Timestamp) return b instanceof Duration ? timestampAt(a.nanoseconds + b.nanoseconds, a.zone) : noSuchOverload;
  if (!(a instanceof Duration)) return withoutOperator('_+_');
  if (b instanceof Duration) return durationOf(a.nanoseconds + b.nanoseconds);
  return b instanceof Timestamp ? timestampAt(a.nanoseconds + b.nanoseconds, b.zone) : noSuchOverload;
}

/** `a - b` of any two values. */
export function subtract(a: Value, b: Value): Result {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? int64(a - b) : noSuchOverload;
  if (typeof a === 'number') return typeof b === 'number' ? a - b : noSuchOverload;
  if (a instanceof Uint) return b instanceof Uint ? uint64(a.value - b.value) : noSuchOverload;
  if (a instanceof Timestamp) {
    if (b instanceof Timestamp) return between(a, b);
    return b instanceof Duration ? before(a, b) : noSuchOverload;
  }
  if (a instanceof Duration) return b instanceof Duration ? durationOf(a.nanoseconds - b.nanoseconds) : noSuchOverload;
  return typeof a === 'string' ? noSuchOverload : withoutOperator('_-_');
}

/** cel-go negates the duration first, which the smallest one cannot be. */
function before(time: Timestamp, { nanoseconds }: Duration): Result {
  const negated = int64(-nanoseconds);
  return negated instanceof CelError ? negated : timestampAt(time.nanoseconds + negated, time.zone);
}

/** cel-go subtracts seconds and makes nanoseconds of them before it looks at the rest. */
function between(a: Timestamp, b: Timestamp): Result {
  const seconds = int64((floorSeconds(a) - floorSeconds(b)) * 1_000_000_000n);
  return seconds instanceof CelError ? seconds : durationOf(a.nanoseconds - b.nanoseconds);
}

/** The whole seconds since 1970 before a time. */
export function floorSeconds({ nanoseconds }: Timestamp): bigint {
  const seconds = nanoseconds / 1_000_000_000n;
  return nanoseconds % 1_000_000_000n < 0n ? seconds - 1n : seconds;
}

/** `a * b` of any two values. */
export function multiply(a: Value, b: Value): Result {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? int64(a * b) : noSuchOverload;
  if (typeof a === 'number') return typeof b === 'number' ? a * b : noSuchOverload;
  if (a instanceof Uint) return b instanceof Uint ? uint64(a.value * b.value) : noSuchOverload;
  return isReceiver(a) ? noSuchOverload : withoutOperator('_*_');
}

/** `a / b` of any two values; integers are rounded towards zero. */
export function divide(a: Value, b: Value): Result {
  if (typeof a === 'bigint') return typeof b !== 'bigint' ? noSuchOverload : b === 0n ? new CelError('division by zero') : int64(a / b);
  if (typeof a === 'number') return typeof b === 'number' ? a / b : noSuchOverload;
  if (!(a instanceof Uint)) return isReceiver(a) ? noSuchOverload : withoutOperator('_/_');
  if (!(b instanceof Uint)) return noSuchOverload;
  return b.value === 0n ? new CelError('division by zero') : new Uint(a.value / b.value);
}

const minInt64 = -(1n << 63n);

/** `a % b` of any two values. */
export function modulo(a: Value, b: Value): Result {
  if (typeof a === 'bigint') {
    if (typeof b !== 'bigint') return noSuchOverload;
    if (b === 0n) return new CelError('modulus by zero');
    return a === minInt64 && b === -1n ? new CelError('integer overflow') : a % b;
  }
  if (!(a instanceof Uint)) return isReceiver(a) ? noSuchOverload : withoutOperator('_%_');
  if (!(b instanceof Uint)) return noSuchOverload;
  return b.value === 0n ? new CelError('modulus by zero') : new Uint(a.value % b.value);
}

/** `-a` of any value. */
export function negate(a: Value): Result {
  if (typeof a === 'bigint') return int64(-a);
  if (typeof a === 'number') return -a;
  if (a instanceof Duration) return durationOf(-a.nanoseconds);
  return typeof a === 'boolean' || isReceiver(a) ? noSuchOverload : withoutOperator('-_');
}

/** `!a` of any value. */
export const not = (a: Value): Result => (typeof a === 'boolean' ? !a : noSuchOverload);

/** `a != b`: what cannot be compared is not equal. */
export const isUnequal = (a: Value, b: Value): boolean => equality(a, b) !== true;

/** The error of an operator that the left side's type does not have. */
export const withoutOperator = (name: string): CelError => new CelError(`no such overload: ${name}`);

/** The error of a function that no overload of fits the values. */
export const noOverloadFor = (name: string, values: readonly Value[]): CelError =>
  new CelError(`no such overload: ${name}(${values.map(typeNameOf).join(', ')})`);
