import { doubleText, plainText } from './libraries/display.ts';
import { Duration, List, MapValue, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from './values.ts';

/** A value in a message, as Go's `%v` prints it. */
export function showValue(value: Value): string {
  if (typeof value === 'number') return doubleText(value);
  if (value instanceof Opaque) return String(value);
  return value instanceof Optional || value instanceof Uint8Array ? goTypeOf(value) : plainText(value);
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
