import { type Json, type JsonObject, own } from '../json/json.ts';

/**
 * CEL's values as JavaScript's: an int is a bigint within int64, a double a number, a string a string, bytes a Uint8Array. What JavaScript
 * has no value for is one of the classes below. All of them are immutable.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint
  | Uint8Array
  | Timestamp
  | Duration
  | List
  | MapValue
  | TypeValue
  | Optional
  | Opaque;

/** What an evaluation step gives: a value, or an error that && and || may still absorb. An error is returned, never thrown. */
export type Result = Value | CelError;

/** An error of evaluation, with the message that Kubernetes prints: `no such key: x`. */
export class CelError {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** An unsigned integer of 64 bits. */
export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A point in time in nanoseconds since 1970, with the offset from UTC in seconds in which it was written (`string(t)` keeps it). */
export class Timestamp {
  readonly nanoseconds: bigint;
  readonly offset: number;
  constructor(nanoseconds: bigint, offset = 0) {
    this.nanoseconds = nanoseconds;
    this.offset = offset;
  }
}

/** A span of time in nanoseconds, within int64. */
export class Duration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    this.nanoseconds = nanoseconds;
  }
}

/** A type as a value: `type(1)`, `int`, `google.protobuf.Timestamp`. */
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An optional: without a value it is `optional.none()`. */
export class Optional {
  static readonly none: Optional = new Optional(undefined);
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** A value of a library's own type, such as net.IP. */
export abstract class Opaque {
  /** The name of its type: `net.IP`. */
  abstract readonly typeName: string;
  /** Whether it equals a value on the right of `==`; Kubernetes' types err on what is not of their own type. */
  abstract equals(other: Value): boolean | CelError;
  /** A field that `value.name` selects, for the few types that have some. */
  select(_field: string): Value | undefined {
    return undefined;
  }
  /** What size() would be for the cost of a call; undefined where Kubernetes' type has no size. */
  size(): number | undefined {
    return undefined;
  }
  /** As Go prints the value inside (`%v`), for tests and messages. */
  abstract toString(): string;
}

/** A list. `of` takes an array as it is: nobody may change it afterwards. */
export abstract class List {
  abstract readonly size: number;
  /** The element at an index from 0 to size - 1. */
  abstract at(index: number): Value;
  *[Symbol.iterator](): IterableIterator<Value> {
    for (let index = 0; index < this.size; index += 1) yield this.at(index);
  }
  static of(items: readonly Value[]): List {
    return new ArrayList(items);
  }
}

class ArrayList extends List {
  readonly #items: readonly Value[];
  constructor(items: readonly Value[]) {
    super();
    this.#items = items;
  }
  override get size(): number {
    return this.#items.length;
  }
  override at(index: number): Value {
    return this.#items[index] as Value;
  }
}

/** An array of JSON, whose elements become values where they are read. */
class JsonList extends List {
  readonly #items: readonly Json[];
  constructor(items: readonly Json[]) {
    super();
    this.#items = items;
  }
  override get size(): number {
    return this.#items.length;
  }
  override at(index: number): Value {
    return fromJson(this.#items[index] as Json);
  }
}

/** A map. Keys are strings, ints, uints and bools; an int, a uint and a double that are the same number are the same key. */
export abstract class MapValue {
  abstract readonly size: number;
  abstract get(key: Value): Value | undefined;
  abstract keys(): Iterable<Value>;
  /** A map of these entries; a later one replaces an earlier one with its key. */
  static of(entries: Iterable<readonly [Value, Value]>): MapValue {
    return new EntriesMap(entries);
  }
}

/** What a key is among the keys of a JavaScript Map, or undefined for what is no key. */
export function keyOf(key: Value): string | bigint | boolean | undefined {
  if (typeof key === 'string' || typeof key === 'bigint' || typeof key === 'boolean') return key;
  if (key instanceof Uint) return key.value;
  return typeof key === 'number' && Number.isInteger(key) ? BigInt(key) : undefined;
}

class EntriesMap extends MapValue {
  readonly #entries = new Map<string | bigint | boolean | undefined, readonly [Value, Value]>();
  constructor(entries: Iterable<readonly [Value, Value]>) {
    super();
    for (const entry of entries) this.#entries.set(keyOf(entry[0]), entry);
  }
  override get size(): number {
    return this.#entries.size;
  }
  override get(key: Value): Value | undefined {
    return this.#entries.get(keyOf(key))?.[1];
  }
  override *keys(): Iterable<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** An object of JSON, whose members become values where they are read. */
class JsonMap extends MapValue {
  readonly #object: JsonObject;
  constructor(object: JsonObject) {
    super();
    this.#object = object;
  }
  override get size(): number {
    return Object.keys(this.#object).length;
  }
  override get(key: Value): Value | undefined {
    const member = typeof key === 'string' ? own(this.#object, key) : undefined;
    return member === undefined ? undefined : fromJson(member);
  }
  override keys(): Iterable<Value> {
    return Object.keys(this.#object);
  }
}

/**
 * The value of exact JSON (lib/json), as Kubernetes reads it: a number without fraction and exponent that fits int64 is an int, each other
 * one a double. Arrays and objects are not copied.
 */
export function fromJson(json: Json): Value {
  if (typeof json === 'number') return Number.isInteger(json) && !isExponential(json) ? BigInt(json) : json;
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return new JsonList(json);
  return JSON.isRawJSON(json) ? fromNumberText(json.rawJSON) : new JsonMap(json as JsonObject);
}

/** JSON.parse keeps `1e21` as a number that prints with an exponent; what prints without one was written as an int. */
const isExponential = (number: number): boolean => Math.abs(number) >= 1e21;

const maxInt64 = 9223372036854775807n;
const minInt64 = -9223372036854775808n;

function fromNumberText(text: string): Value {
  if (/[.eE]/.test(text)) return Number(text);
  const integer = BigInt(text);
  return integer >= minInt64 && integer <= maxInt64 ? integer : Number(text);
}

/** An int, or the error that it does not fit into 64 bits. */
export function int64(integer: bigint): bigint | CelError {
  return integer >= minInt64 && integer <= maxInt64 ? integer : new CelError('integer overflow');
}
