/** A number that a double cannot hold as written; made by JSON.rawJSON and written back by JSON.stringify letter for letter. */
export interface RawNumber {
  readonly rawJSON: string;
}
export type Json = null | boolean | number | string | Json[] | JsonObject | RawNumber;
export interface JsonObject {
  [key: string]: Json;
}

// Node 24 has source text access; TypeScript's library does not know it yet.
const exactJson = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): Json;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
};

// Every number in an object or an array follows one of these; a match inside a string costs time, not truth.
const maybeInexact = /[:,[]\s*-?(?:\d+[.eE]|\d{16}|0[\s,}\]])/;

/**
 * Whether a JSON text may hold a number that JSON.parse would round or respell (`1.0`, `-0`, an int64 beyond 2^53).
 * False means that JSON.parse and JSON.stringify keep every number as written.
 */
export function mayHoldInexactNumber(text: string): boolean {
  return maybeInexact.test(text);
}

/**
 * JSON.parse that keeps each number as written: one that a double cannot hold becomes a RawNumber.
 * Pays for source text access only where the text may hold such a number. Throws SyntaxError as JSON.parse does.
 */
export function parseExactJson(text: string): Json {
  if (!mayHoldInexactNumber(text)) return JSON.parse(text) as Json;
  try {
    return exactJson.parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && String(value) !== source ? exactJson.rawJSON(source) : value,
    );
  } catch (error) {
    // Source text access walks the value on the stack; JSON.parse alone does not, and reads any depth.
    if (error instanceof RangeError) throw new SyntaxError('JSON is nested too deep for its numbers to be kept as written');
    throw error;
  }
}

/** An integer of any size as JSON holds it: a number where a double is exact, else a RawNumber. */
export function rawInteger(integer: bigint): Json {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : exactJson.rawJSON(String(integer));
}

/** Whether a value is a JSON object: not null, not an array, not a number kept as text. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !exactJson.isRawJSON(value);
}

/** The text of a number as it was written, or undefined for what is no number. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return exactJson.isRawJSON(value) ? value.rawJSON : undefined;
}

/** An object's own member, or undefined: a key such as `constructor` never reaches Object.prototype. */
export function own(object: unknown, key: string): Json | undefined {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The own member at a path of keys, or undefined where the path leaves the objects. */
export function at(object: unknown, path: readonly string[]): Json | undefined {
  let value = object as Json | undefined;
  for (const key of path) value = own(value, key);
  return value;
}

/** Sets an own member even where the key is `__proto__`, which plain assignment would take for the prototype. */
export function setOwn(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}
