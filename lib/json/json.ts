/** A number that a double cannot hold as written; made by JSON.rawJSON and written back by JSON.stringify letter for letter. */
export interface RawNumber {
  readonly rawJSON: string;
}
export type Json = null | boolean | number | string | Json[] | JsonObject | RawNumber;
export interface JsonObject {
  [key: string]: Json;
}

// Node 24 has raw JSON; TypeScript's library does not know it yet.
declare global {
  interface JSON {
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

/** How deep JSON may be nested where a walk calls itself: deeper than any job, and shallow enough for the stack. */
export const maxDepth = 500;

// Every number in an object or an array follows one of these; a match inside a string costs time, not truth.
const maybeInexact = /[:,[]\s*(?:-?(?:\d+[.eE]|\d{16})|-0[\s,}\]])/;

/**
 * Whether a JSON text may hold a number that JSON.parse would round or respell (`1.0`, `-0`, an int64 beyond 2^53).
 * False means that JSON.parse and JSON.stringify keep every number as written.
 */
export function mayHoldInexactNumber(text: string): boolean {
  return maybeInexact.test(text);
}

// A member name with an escape. V8 13 may read one as another name that the process saw before (nodejs/node#63785).
const maybeMisread = /[{,]\s*"[^"\\]*\\/;

/**
 * JSON.parse that keeps each number as written: one that a double cannot hold becomes a RawNumber; and that reads each name as written.
 * Only a text that may hold such a number or name is read token by token. Throws SyntaxError as JSON.parse does; any depth will do.
 */
export function parseExactJson(text: string): Json {
  const value = JSON.parse(text) as Json;
  const isExact = !mayHoldInexactNumber(text) && !(text.includes('\\') && maybeMisread.test(text));
  return isExact ? value : readTokens(text);
}

/**
 * JSON.stringify, or undefined for what is nested deeper than it can write. That is some thousand levels, as the stack has room; any text
 * can be read, so whoever writes what others sent must expect it.
 */
export function stringifyJson(value: Json, indent?: number): string | undefined {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The value of a text that JSON.parse accepts, by a walk over its tokens. */
function readTokens(text: string): Json {
  const token = /[{}[\]"]|[^\s{}[\]",:]+/g;
  const open: { holder: Json[] | JsonObject; name: string | undefined }[] = [];
  let root: Json = null;
  const place = (value: Json): void => {
    const top = open.at(-1);
    if (!top) root = value;
    else if (Array.isArray(top.holder)) top.holder.push(value);
    else {
      setOwn(top.holder, top.name ?? '', value);
      top.name = undefined;
    }
  };
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [found] = match;
    if (found === '}' || found === ']') open.pop();
    else if (found === '{' || found === '[') {
      const holder = found === '{' ? {} : [];
      place(holder);
      open.push({ holder, name: undefined });
    } else if (found === '"') {
      token.lastIndex = endOfString(text, match.index);
      const string = JSON.parse(text.slice(match.index, token.lastIndex)) as string;
      const top = open.at(-1);
      if (top && !Array.isArray(top.holder) && top.name === undefined) top.name = string;
      else place(string);
    } else place(readScalar(found));
  }
  return root;
}

function readScalar(token: string): Json {
  if (token === 'true' || token === 'false') return token === 'true';
  if (token === 'null') return null;
  const number = Number(token);
  return String(number) === token ? number : JSON.rawJSON(token);
}

/** The index after the closing quote of the string that opens at `start` in a JSON text. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  for (let before = end - 1; end !== -1; before = end - 1) {
    while (text[before] === '\\') before -= 1;
    if ((end - before) % 2 === 1) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** An integer of any size as JSON holds it: a number where a double is exact, else a RawNumber. */
export function rawInteger(integer: bigint): Json {
  const number = Number(integer);
  return Number.isSafeInteger(number) ? number : JSON.rawJSON(String(integer));
}

/** Whether a value is a JSON object: not null, not an array, not a number kept as text. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value);
}

/** The text of a number as it was written, or undefined for what is no number. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return JSON.isRawJSON(value) ? value.rawJSON : undefined;
}

/** An object's own member, or undefined: a key such as `constructor` never reaches Object.prototype. */
export function own(object: unknown, key: string): Json | undefined {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The own member at a path of keys, or undefined where the path leaves the objects. */
export function getPath(object: unknown, path: readonly string[]): Json | undefined {
  let value = object as Json | undefined;
  for (const key of path) value = own(value, key);
  return value;
}

/** Sets an own member even where the key is `__proto__`, which plain assignment would take for the prototype. */
export function setOwn(object: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** A text in JSON's escapes alone, each unit of UTF-16 as four hexadecimal digits. */
export function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
}

/** A copy of the object with one member set or, for undefined, removed; what is beside the path is shared, not copied. */
export function withMember(object: JsonObject, [key, ...rest]: readonly string[], value: Json | undefined): JsonObject {
  if (key === undefined) return object;
  const child = own(object, key);
  const next = rest.length === 0 ? value : withMember(isObject(child) ? child : {}, rest, value);
  if (next !== undefined) return { ...object, [key]: next };
  const { [key]: _removed, ...others } = object;
  return others;
}
