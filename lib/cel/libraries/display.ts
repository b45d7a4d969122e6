import { CelError, Duration, List, MapValue, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from '../values.ts';
import { typeNameOf } from './common.ts';
import { compareText } from './compare.ts';
import { fixedText } from './double-text.ts';
import { goQuote, Malformed } from './go-text.ts';

/** A double as `string(double)` prints it: Go's strconv with the format g and no more digits than needed. */
export function doubleText(double: number): string {
  if (Number.isNaN(double)) return 'NaN';
  if (!Number.isFinite(double)) return double < 0 ? '-Inf' : '+Inf';
  if (double === 0) return Object.is(double, -0) ? '-0' : '0';
  const [digits, power] = double.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(double);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** A duration as `string(duration)` prints it: seconds as a double. */
export function durationText({ nanoseconds }: Duration): string {
  const seconds = Number(nanoseconds / 1_000_000_000n) + Number(nanoseconds % 1_000_000_000n) / 1e9;
  const [digits = '', power] = seconds.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= -6) return `${seconds}s`;
  return `${seconds < 0 ? '-' : ''}0.${'0'.repeat(-exponent - 1)}${digits.replace(/[-.]/g, '')}s`;
}

/** A timestamp as `string(timestamp)` prints it: RFC 3339 with the offset it has and no trailing zeros. */
export function timestampText({ nanoseconds, zone: { offset } }: Timestamp): string {
  const local = nanoseconds + BigInt(offset) * 1_000_000_000n;
  const fraction = ((local % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const date = new Date(Number((local - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  const digits = fraction ? `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}` : '';
  if (!offset) return `${date}${digits}Z`;
  const minutes = Math.trunc(Math.abs(offset) / 60);
  const two = (number: number): string => String(Math.trunc(number)).padStart(2, '0');
  return `${date}${digits}${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}

/** The text of UTF-8, or Kubernetes' error. */
export function bytesText(bytes: Uint8Array): string | CelError {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new CelError('invalid UTF-8 in bytes, cannot convert to string');
  }
}

/** A value as the clause %s prints it. Throws Malformed for a type that it does not print. */
export function plainText(value: Value): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return doubleText(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Uint8Array) return formattedBytes(value);
  if (value instanceof List) return `[${Array.from(value, literalText).join(', ')}]`;
  if (value instanceof MapValue) return `{${entriesText(value)}}`;
  throw new Malformed(
    `string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeNameOf(value)}`,
  );
}

function formattedBytes(bytes: Uint8Array): string {
  const text = bytesText(bytes);
  if (text instanceof CelError) throw new Malformed(`could not convert argument ${goQuote(text.message)} to string`);
  return text;
}

/** A value in a list or map, as a literal of CEL. */
function literalText(value: Value): string {
  if (typeof value === 'string') return goQuote(value);
  if (value instanceof Uint8Array) return `b${goQuote(formattedBytes(value))}`;
  if (value instanceof Timestamp) return `timestamp(${goQuote(timestampText(value))})`;
  if (value instanceof Duration) return `duration(${goQuote(durationText(value))})`;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return goQuote(doubleText(value));
    return `${value < 0 || Object.is(value, -0) ? '-' : ''}${fixedText(value, 6)}`;
  }
  if (value instanceof Optional || value instanceof Opaque) {
    throw new Malformed(`no formatting function for ${typeNameOf(value)}`);
  }
  return plainText(value);
}

function entriesText(map: MapValue): string {
  const entries = Array.from(map.keys(), (key): [string, string] => {
    if (typeof key === 'number') throw new Malformed('no formatting function for map key of type double');
    return [literalText(key), literalText(map.get(key) ?? null)];
  });
  entries.sort(([a], [b]) => compareText(a, b));
  return entries.map(([key, value]) => `${key}:${value}`).join(', ');
}
