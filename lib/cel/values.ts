import { spend } from './budget.ts';

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

let zones = 0;

/** A zone of time, by its offset from UTC in seconds. As in Go, two that were made apart are two, though they have the same offset. */
export class Zone {
  readonly offset: number;
  readonly id = zones++;
  constructor(offset: number) {
    this.offset = offset;
  }
  static readonly utc = new Zone(0);
}

/** A point in time in nanoseconds since 1970, with the zone in which it was written (`string(t)` keeps it). */
export class Timestamp {
  readonly nanoseconds: bigint;
  readonly zone: Zone;
  constructor(nanoseconds: bigint, zone = Zone.utc) {
    this.nanoseconds = nanoseconds;
    this.zone = zone;
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
  /** Go's name of its type, where Go's maps cannot have it as a key. */
  readonly unhashable: string | undefined = undefined;
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

/** An error in the place of an element, as a slice of Go has it for an index that it refuses. It is one where it is read: see `read`. */
export class HeldError extends Opaque {
  override readonly typeName = 'error';
  readonly error: CelError;
  constructor(message: string) {
    super();
    this.error = new CelError(message);
  }
  override equals(): CelError {
    return this.error;
  }
  override toString(): string {
    return this.error.message;
  }
}

/** What comes of reading a value that an optional, a list or a map has held. */
export const read = (value: Value): Result => (value instanceof HeldError ? value.error : value);

/** A list. `of` takes an array as it is: nobody may change it afterwards. */
export abstract class List {
  abstract readonly size: number;
  /** The element at an index from 0 to size - 1. */
  abstract at(index: number): Value;
  /** As `at`, for what an expression selects: a list may refuse keys of some types. */
  find(_key: Value, index: number): Value {
    return this.at(index);
  }
  /** The elements in their order. */
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
  override [Symbol.iterator](): IterableIterator<Value> {
    return this.#items[Symbol.iterator]();
  }
}

/** How large a list is copied when two are joined; larger ones are joined without a copy, as cel-go joins all. */
const largestCopy = 32;

class JoinedList extends List {
  #first: List | undefined;
  #second: List | undefined;
  #items: readonly Value[] | undefined;
  readonly size: number;
  constructor(first: List, second: List) {
    super();
    this.#first = first;
    this.#second = second;
    this.size = first.size + second.size;
  }
  override at(index: number): Value {
    this.#items ??= this.#joined();
    return this.#items[index] as Value;
  }
  /** The elements of both, which are copied when one is read. */
  #joined(): Value[] {
    spend(this.size);
    const items: Value[] = [];
    for (const list of [this.#first as List, this.#second as List]) for (let i = 0; i < list.size; i += 1) items.push(list.at(i));
    this.#first = undefined;
    this.#second = undefined;
    return items;
  }
}

/** The list that the steps of a macro add to, which nobody else can see. */
export class GrowingList extends List {
  readonly items: Value[] = [];
  override get size(): number {
    return this.items.length;
  }
  override at(index: number): Value {
    return this.items[index] as Value;
  }
}

/** `first + second`. */
export function joinLists(first: List, second: List): List {
  if (first instanceof GrowingList) {
    for (let i = 0; i < second.size; i += 1) first.items.push(second.at(i));
    return first;
  }
  if (first.size === 0) return second;
  return first.size + second.size <= largestCopy ? List.of([...first, ...second]) : new JoinedList(first, second);
}

/** A map. Keys are strings, ints, uints and bools; an int, a uint and a double that are the same number are the same key. */
export abstract class MapValue {
  /** The name of its type; an object of a declared type may be a map, too. */
  get typeName(): string {
    return 'map';
  }
  abstract readonly size: number;
  abstract get(key: Value): Value | undefined;
  abstract keys(): Iterable<Value>;
  /** As `get`, for what an expression selects: a map whose values are computed when they are asked for may give an error. */
  find(key: Value): Result | undefined {
    return this.get(key);
  }
}

/** An int, or the error that it does not fit into 64 bits. */
export const int64 = (integer: bigint): bigint | CelError =>
  BigInt.asIntN(64, integer) === integer ? integer : new CelError('integer overflow');
