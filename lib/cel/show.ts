import { doubleText, durationText, timestampText } from './libraries/display.ts';
import { goQuote } from './libraries/go-text.ts';
import { Duration, List, MapValue, Optional, Timestamp, TypeValue, Uint, type Value } from './values.ts';

/** A value in a message, as Go's `%v` prints it: a text as it is, what stands in lists and maps as literals. */
export function showValue(value: Value): string {
  return typeof value === 'string' ? value : literalOf(value);
}

function literalOf(value: Value): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (typeof value === 'string') return goQuote(value);
  if (typeof value === 'number') return doubleText(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return `b"${Array.from(value, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}"`;
  if (value instanceof List) return `[${Array.from(value, literalOf).join(', ')}]`;
  if (value instanceof MapValue)
    return `{${Array.from(value.keys(), (key) => `${literalOf(key)}: ${literalOf(value.get(key) ?? null)}`).join(', ')}}`;
  if (value instanceof Optional) return value.value === undefined ? 'optional.none()' : `optional.of(${literalOf(value.value)})`;
  if (value instanceof Timestamp) return `timestamp("${timestampText(value)}")`;
  if (value instanceof Duration) return `duration("${durationText(value)}")`;
  return value instanceof TypeValue ? value.name : String(value);
}

/** The name of cel-go's type for a value, which a few of its messages show. */
export function goTypeOf(value: Value): string {
  if (value === null) return 'types.Null';
  if (typeof value === 'string') return 'types.String';
  if (typeof value === 'bigint') return 'types.Int';
  if (typeof value === 'number') return 'types.Double';
  if (typeof value === 'boolean') return 'types.Bool';
  if (value instanceof Uint) return 'types.Uint';
  if (value instanceof Uint8Array) return 'types.Bytes';
  if (value instanceof Timestamp) return 'types.Timestamp';
  if (value instanceof Duration) return 'types.Duration';
  if (value instanceof TypeValue) return '*types.Type';
  if (value instanceof Optional) return '*types.Optional';
  if (value instanceof List) return '*types.baseList';
  return value instanceof MapValue ? '*types.baseMap' : value.typeName;
}
