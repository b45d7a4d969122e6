import { CelError, Duration, List, MapValue, Opaque, Optional, type Result, Timestamp, TypeValue, Uint, type Value } from '../values.ts';
import { pointCount } from './text.ts';

/** What Kubernetes' functions answer to a value that is not of their type. */
export const noSuchOverload = new CelError('no such overload');

/** Values of these types answer to any member function themselves, so the message does not name it. */
export const isReceiver = (value: Value): boolean => typeof value === 'string' || value instanceof Timestamp || value instanceof Duration;

/** Whether a value is of a type that has an order. */
export const isComparable = (value: Value): boolean =>
  typeof value !== 'object' || value instanceof Uint || value instanceof Uint8Array || isReceiver(value);

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
export const traversal = ([text]: readonly Result[]): number => tenth(sizeOf(text));
/** The cost of reading the first argument and making a result from it. */
export const rewriting = ([text]: readonly Result[]): number => Math.ceil(sizeOf(text) * 2 * 0.1);

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
  if (value instanceof MapValue) return value.typeName;
  if (value instanceof Timestamp) return 'google.protobuf.Timestamp';
  if (value instanceof Duration) return 'google.protobuf.Duration';
  if (value instanceof TypeValue) return 'type';
  return value instanceof Optional ? 'optional_type' : value.typeName;
}

/** Adds the elements that have something in them; returns the work of the others, and of reading them. */
function pushElements(list: List, pending: Result[]): number {
  let scalars = 0;
  for (let i = 0; i < list.size; i += 1) {
    const element = list.at(i);
    if (typeof element === 'bigint' || typeof element === 'number' || typeof element === 'boolean' || element === null) scalars += 1;
    else pending.push(element);
  }
  return scalars;
}

// More than any budget of an evaluation.
const maxVisits = 1_000_000;

/**
 * The work of walking through a value: 1 for an element, 0.1 for a character or byte. Values inside of it may be the same one many times
 * over; from a million visits on the answer is infinity.
 */
export function walkWork(...values: readonly Result[]): number {
  let visits = 0;
  let work = 0;
  const pending = [...values];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (++visits + pending.length > maxVisits) return Number.POSITIVE_INFINITY;
    work += 1;
    if (typeof value === 'string' || value instanceof Uint8Array) work += value.length * 0.1;
    else if (value instanceof List) work += pushElements(value, pending);
    else if (value instanceof MapValue) for (const key of value.keys()) pending.push(key, value.get(key) ?? null);
  }
  return work;
}
