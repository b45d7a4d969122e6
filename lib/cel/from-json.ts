import { type Json, type JsonObject, own } from '../json/json.ts';
import { goTypeOf } from './show.ts';
import { CelError, HeldError, int64, List, MapValue, type Result, Uint, type Value } from './values.ts';

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
    return fromJson(this.json(index));
  }
  protected json(index: number): Json {
    return this.#items[index] as Json;
  }
}

/** The keys of large objects take long to list, which Kubernetes charges 1 for each time: they are listed once. */
const listed = new WeakMap<JsonObject, readonly string[]>();
function keysOf(object: JsonObject): readonly string[] {
  const keys = listed.get(object) ?? Object.keys(object);
  listed.set(object, keys);
  return keys;
}

/** An object of JSON, whose members become values where they are read. */
class JsonMap extends MapValue {
  readonly #object: JsonObject;
  #keys: readonly string[] | undefined;
  constructor(object: JsonObject) {
    super();
    this.#object = object;
  }
  override get size(): number {
    return this.keys().length;
  }
  override get(key: Value): Value | undefined {
    const member = this.json(key);
    return member === undefined ? undefined : fromJson(member);
  }
  protected json(key: Value): Json | undefined {
    return typeof key === 'string' ? own(this.#object, key) : undefined;
  }
  override keys(): readonly string[] {
    this.#keys ??= keysOf(this.#object);
    return this.#keys;
  }
}

/** A slice of a Go struct, which takes no index but an int where it has an element. */
class SliceList extends JsonList {
  override find(key: Value, index: number): Value {
    const isOther = typeof key === 'number' || key instanceof Uint;
    return isOther ? new HeldError(`unsupported index type: ${goTypeOf(key)}`) : this.at(index);
  }
  override at(index: number): Value {
    return ofStruct(this.json(index));
  }
}

/** A struct or map of a Go struct, which takes no key but a string. */
class StructMap extends JsonMap {
  override find(key: Value): Result | undefined {
    return typeof key === 'string' ? this.get(key) : new CelError(`unsupported map key type: ${goTypeOf(key)}`);
  }
  override get(key: Value): Value | undefined {
    const member = this.json(key);
    // It is kept as the JSON that it came in.
    return key === 'options' && member !== undefined ? fromJson(member) : member === undefined ? undefined : ofStruct(member);
  }
}

/** The value of `request`, an AdmissionRequest: as `fromJson`, but its lists and maps refuse what Go's slices and structs refuse. */
export const fromRequest = (request: Json): Value => ofStruct(request);

/** Each part of a struct is one value however often it is read: as a key of a map it is one key. */
const structs = new WeakMap<object, Value>();
function ofStruct(json: Json): Value {
  if (typeof json !== 'object' || json === null || JSON.isRawJSON(json)) return fromJson(json);
  const made = structs.get(json) ?? (Array.isArray(json) ? new SliceList(json) : new StructMap(json as JsonObject));
  structs.set(json, made);
  return made;
}

/**
 * The value of exact JSON (lib/json), as Kubernetes reads it: a number without fraction and exponent that fits int64 is an int, each other
 * one a double. Arrays and objects are not copied.
 */
export function fromJson(json: Json): Value {
  if (typeof json === 'number') return Number.isInteger(json) && !isBeyondInt64(json) ? BigInt(json) : json;
  if (typeof json !== 'object' || json === null) return json;
  if (Array.isArray(json)) return new JsonList(json);
  return JSON.isRawJSON(json) ? fromNumberText(json.rawJSON) : new JsonMap(json as JsonObject);
}

/** Kubernetes reads an integer as a double where int64 is too small; at -2^63 the number itself still fits. */
const isBeyondInt64 = (number: number): boolean => number >= 2 ** 63 || number < -(2 ** 63);

function fromNumberText(text: string): Value {
  if (/[.eE]/.test(text)) return Number(text);
  const integer = BigInt(text);
  return int64(integer) instanceof CelError ? Number(text) : integer;
}
