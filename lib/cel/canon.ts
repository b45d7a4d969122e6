import { Duration, List, MapValue, type Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from './values.ts';

/** A value in one notation that tells every two values apart: `5` an int, `5u`, `5d` a double, `b0aff` bytes, `ts(…)`, `dur(…)`. */
export function canon(value: Value): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return `${canonDouble(value)}d`;
  if (typeof value === 'string') return canonString(value);
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof Uint8Array) return `b${Buffer.from(value).toString('hex')}`;
  if (value instanceof Timestamp) return `ts(${canonTime(value.nanoseconds)})`;
  if (value instanceof Duration) return `dur(${value.nanoseconds})`;
  if (value instanceof Optional) return value.value === undefined ? 'optional.none' : `optional(${canon(value.value)})`;
  if (value instanceof TypeValue) return `type(${value.name})`;
  if (value instanceof List) return `[${Array.from(value, canon).join(',')}]`;
  if (value instanceof MapValue) return `{${canonEntries(value)}}`;
  return `<${(value satisfies Opaque).typeName}:${value.toString()}>`;
}

const canonEntries = (map: MapValue): string =>
  Array.from(map.keys(), (key) => `${canon(key)}:${canon(map.get(key) ?? null)}`)
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .join(',');

/** As Go's encoding/json writes a double: an exponent from 1e21 on and below 1e-6, with at least one digit. */
function canonDouble(number: number): string {
  if (Number.isNaN(number)) return 'NaN';
  if (!Number.isFinite(number)) return number > 0 ? '+Inf' : '-Inf';
  return Object.is(number, -0) ? '-0' : String(number);
}

// Go escapes these two for JavaScript's sake; a lone half of a pair is no character in Go.
const canonString = (text: string): string =>
  JSON.stringify(text.toWellFormed()).replace(/[\u2028\u2029]/g, (c) => (c === '\u2028' ? '\\u2028' : '\\u2029'));

function canonTime(nanoseconds: bigint): string {
  const fraction = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const date = new Date(Number((nanoseconds - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  return `${date}${fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`}Z`;
}
