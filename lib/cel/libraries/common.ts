import { CelError, Duration, List, MapValue, Opaque, Optional, type Result, Timestamp, TypeValue, Uint, type Value } from '../values.ts';
import { pointCount } from './text.ts';

/** What Kubernetes' functions answer to a value that is not of their type. */
export const noSuchOverload = new CelError('no such overload');

/** The size by which Kubernetes charges for a value: code points, bytes, elements, entries; 1 for what has none, errors too. */
export function sizeOf(value: Result | undefined): number {
  if (typeof value === 'string') return pointCount(value);
  if (value instanceof Uint8Array) return value.length;
  if (value instanceof List || value instanceof MapValue) return value.size;
  return value instanceof Opaque ? (value.size() ?? 1) : 1;
}

/** A tenth of a size, rounded up: the cost of reading a text once. */
export const tenth = (size: number): number => Math.ceil(size * 0.1);
/** The cost of reading the first argument once. */
export const traversal = ([text]: readonly Value[]): number => tenth(sizeOf(text));
/** The cost of reading the first argument and making a result from it. */
export const rewriting = ([text]: readonly Value[]): number => Math.ceil(sizeOf(text) * 2 * 0.1);

/** The name of a value's type at run time. */
export function typeNameOf(value: Value): string {
  if (value === null) return 'null_type';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'string') return 'string';
  if (value instanceof Uint) return 'uint';
  if (value instanceof Uint8Array) return 'bytes';
  if (value instanceof List) return 'list';
  if (value instanceof MapValue) return 'map';
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof TypeValue) return 'type';
  return value instanceof Optional ? 'optional_type' : value.typeName;
}
