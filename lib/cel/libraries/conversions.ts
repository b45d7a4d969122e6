import { floorSeconds, timestampAt, uint64 } from '../arithmetic.ts';
import { type Extras, type Library, type Literal, type Overload, overload } from '../overload.ts';
import { CelError, type Duration, int64, type Result, TypeValue, Uint, type Value } from '../values.ts';
import { tenth, traversal, typeNameOf } from './common.ts';
import { bytesText, doubleText, durationText, timestampText } from './display.ts';
import { toDuration, toTimestamp } from './time.ts';

const failed = (to: string): CelError => new CelError(`type conversion error from 'string' to '${to}'`);
const itself = (value: Value): Value => value;

function doubleToInt(double: number): Result {
  const isInside = double > -(2 ** 63) && double < 2 ** 63;
  return isInside ? BigInt(Math.trunc(double)) : new CelError('integer overflow');
}

function doubleToUint(double: number): Result {
  const isInside = double >= 0 && double < 2 ** 64;
  return isInside ? new Uint(BigInt(Math.trunc(double))) : new CelError('unsigned integer overflow');
}

function stringToInt(text: string): Result {
  const digits = /^([+-]?)0*(\d{0,19})$/.exec(text);
  const value = digits && /\d$/.test(text) ? int64(BigInt(`${digits[2] || 0}`) * (digits[1] === '-' ? -1n : 1n)) : failed('int');
  return value instanceof CelError ? failed('int') : value;
}

function stringToUint(text: string): Result {
  const digits = /^0*(\d{0,20})$/.exec(text)?.[1];
  const value = digits !== undefined && text !== '' ? uint64(BigInt(digits)) : failed('uint');
  return value instanceof CelError ? failed('uint') : value;
}

/** As Go's strconv.ParseFloat: what is too large for a double is refused. */
function stringToDouble(text: string): Result {
  // Go lets an underscore stand between digits.
  const lower = text.toLowerCase().replace(/(?<=[\da-f])_(?=[\da-f])/g, '');
  if (/^[+-]?(inf|infinity)$/.test(lower)) return lower.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (lower === 'nan') return Number.NaN;
  const double = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/.test(lower) ? Number(lower) : hexadecimal(lower);
  return Number.isFinite(double) ? double : failed('double');
}

/** `0x1.8p3`; NaN for what is none. */
function hexadecimal(text: string): number {
  const [, sign, whole = '', fraction = '', exponent] = /^([+-]?)0x([\da-f]*)(?:\.([\da-f]*))?p([+-]?\d+)$/.exec(text) ?? [];
  if (exponent === undefined || whole + fraction === '') return Number.NaN;
  return (sign === '-' ? -1 : 1) * Number(`0x${whole}${fraction}`) * 2 ** (Number(exponent) - 4 * fraction.length);
}

const yes = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const no = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);
const stringToBool = (text: string): Result => (yes.has(text) ? true : no.has(text) ? false : failed('bool'));

const secondsToTimestamp = (seconds: bigint): Result => timestampAt(seconds * 1_000_000_000n);

/** A conversion that cel-go refuses at once where it is given a constant: a text of no time. */
const refusing = (name: string, convert: Overload['call']): Extras => ({
  refuse: ([value]) =>
    isScalar(value) && convert(value) instanceof CelError ? { message: `invalid ${name} argument`, argument: 0 } : undefined,
});
const isScalar = (value: Literal | undefined): value is string | bigint => typeof value === 'string' || typeof value === 'bigint';
const traversing = { cost: traversal, unresolvedCost: () => 1 };
/** Kubernetes charges 1 for reading a text, however long. */
const reading = { work: (text: string) => text.length * 0.3 };
const characters = { ...traversing, work: (text: string) => tenth(text.length) };

const convert = (name: string, from: string, id: string, call: Overload['call'], extras: Extras = {}): Overload =>
  overload(id, `${name}(${from}) -> ${name}`, call, extras);

/** The conversions between CEL's types. */
export const conversions: Library = {
  overloads: [
    overload('type', 'type(A) -> type<A>', (value: Value) => new TypeValue(typeNameOf(value)), { isUnguarded: true }),
    convert('bool', 'bool', 'bool_to_bool', itself),
    convert('bool', 'string', 'string_to_bool', stringToBool),
    convert('bytes', 'bytes', 'bytes_to_bytes', itself),
    convert('bytes', 'string', 'string_to_bytes', (text: string) => new Uint8Array(Buffer.from(text)), characters),
    convert('double', 'double', 'double_to_double', itself),
    convert('double', 'int', 'int64_to_double', Number),
    convert('double', 'string', 'string_to_double', stringToDouble, reading),
    convert('double', 'uint', 'uint64_to_double', ({ value }: Uint) => Number(value)),
    convert('duration', 'duration', 'duration_to_duration', itself),
    convert('duration', 'string', 'string_to_duration', toDuration, {
      ...refusing('duration', toDuration),
      work: (text) => (text as string).length * 3,
    }),
    overload('to_dyn', 'dyn(A) -> dyn', itself, { isUnguarded: true }),
    convert('int', 'int', 'int64_to_int64', itself),
    convert('int', 'double', 'double_to_int64', doubleToInt),
    convert('int', 'duration', 'duration_to_int64', ({ nanoseconds }: Duration) => nanoseconds),
    convert('int', 'string', 'string_to_int64', stringToInt, reading),
    convert('int', 'timestamp', 'timestamp_to_int64', floorSeconds),
    convert('int', 'uint', 'uint64_to_int64', ({ value }: Uint) => int64(value)),
    convert('string', 'string', 'string_to_string', itself),
    convert('string', 'bool', 'bool_to_string', String),
    convert('string', 'bytes', 'bytes_to_string', bytesText, traversing),
    convert('string', 'double', 'double_to_string', doubleText),
    convert('string', 'duration', 'duration_to_string', durationText),
    convert('string', 'int', 'int64_to_string', String),
    convert('string', 'timestamp', 'timestamp_to_string', timestampText),
    convert('string', 'uint', 'uint64_to_string', ({ value }: Uint) => String(value)),
    convert('timestamp', 'timestamp', 'timestamp_to_timestamp', itself),
    convert('timestamp', 'int', 'int64_to_timestamp', secondsToTimestamp, refusing('timestamp', secondsToTimestamp)),
    convert('timestamp', 'string', 'string_to_timestamp', toTimestamp, { ...refusing('timestamp', toTimestamp), ...reading }),
    convert('uint', 'uint', 'uint64_to_uint64', itself),
    convert('uint', 'double', 'double_to_uint64', doubleToUint),
    convert('uint', 'int', 'int64_to_uint64', uint64),
    convert('uint', 'string', 'string_to_uint64', stringToUint, reading),
  ],
};
