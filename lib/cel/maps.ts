import { Stopped } from './budget.ts';
import { Duration, MapValue, Opaque, Timestamp, TypeValue, Uint, type Value } from './values.ts';

/** A map of an expression. Keys are told apart by type; one that is not found is looked for among those that are the same number. */
export class EntriesMap extends MapValue {
  readonly #entries: Map<unknown, readonly [Value, Value]>;
  #hasNumbers = false;
  constructor(entries: Iterable<readonly [Value, Value]> | EntriesMap = []) {
    super();
    this.#entries = entries instanceof EntriesMap ? entries.#entries : new Map();
    this.#hasNumbers = entries instanceof EntriesMap && entries.#hasNumbers;
    if (!(entries instanceof EntriesMap)) for (const entry of entries) this.set(entry);
  }
  /** Only for who makes the map, as `add` and `delete`. */
  set(entry: readonly [Value, Value]): void {
    const [key] = entry;
    // Ints alone need not be looked for among the uints.
    if (key instanceof Uint || typeof key === 'number') this.#hasNumbers = true;
    this.#entries.set(keyOf(key), entry);
  }
  /** As `set`; false where it had the key, and then the map is of no use any more. */
  add(key: Value, value: Value): boolean {
    const { size } = this;
    const mayBeOther = this.#hasNumbers || key instanceof Uint || typeof key === 'number';
    if (mayBeOther && this.get(key) !== undefined) return false;
    this.set([key, value]);
    return this.size > size;
  }
  delete(key: Value): void {
    this.#entries.delete(keyOf(key));
  }
  override get size(): number {
    return this.#entries.size;
  }
  override get(key: Value): Value | undefined {
    if (this.size === 0) return undefined;
    const found = this.#entries.get(keyOf(key));
    if (found) return found[1];
    if (typeof key === 'bigint' && !this.#hasNumbers) return undefined;
    for (const other of sameNumbers(key)) {
      const entry = this.#entries.get(keyOf(other));
      if (entry) return entry[1];
    }
    return undefined;
  }
  override *keys(): Iterable<Value> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** The map that the steps of a macro add to, which nobody else can see. */
export class GrowingMap extends EntriesMap {}

// No text of an expression begins with half of a pair.
function keyOf(key: Value): unknown {
  if (typeof key !== 'object') return key;
  if (key instanceof Uint) return `\udc00u${key.value}`;
  if (key instanceof Duration) return `\udc00d${key.nanoseconds}`;
  // Go's maps tell the same time in two zones apart.
  if (key instanceof Timestamp) return `\udc00t${key.nanoseconds} ${key.zone.id}`;
  if (key instanceof TypeValue) return `\udc00n${key.name}`;
  const unhashable = key instanceof Uint8Array ? 'types.Bytes' : key instanceof Opaque ? key.unhashable : undefined;
  // Go cannot keep such keys, and gives up.
  if (unhashable !== undefined) throw new Stopped(`internal error: runtime error: hash of unhashable type ${unhashable}`);
  return key;
}

function sameNumbers(key: Value): Value[] {
  if (typeof key === 'bigint') return key < 0n ? [] : [new Uint(key)];
  if (key instanceof Uint) return BigInt.asIntN(64, key.value) === key.value ? [key.value] : [];
  if (typeof key !== 'number' || !Number.isInteger(key) || Math.abs(key) >= 2 ** 64) return [];
  const integer = BigInt(key);
  return [...(BigInt.asIntN(64, integer) === integer ? [integer] : []), ...(key < 0 ? [] : [new Uint(integer)])];
}
