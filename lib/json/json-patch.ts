import { badRequest, StatusError, tooLarge, unprocessablePatch } from '../status.ts';
import { isObject, type Json, type JsonObject, maxDepth, numberText, own, parseExactJson, setOwn, stringifyJson } from './json.ts';

const maxOperations = 10_000;
// The API server bounds what copies may add up to by its body limit; elements that an array must shift are bounded here too.
const maxCopied = 3 * 1024 * 1024;
const maxShifted = 20_000_000;

interface Progress {
  root: Json;
  copied: number;
  shifted: number;
}

/**
 * Applies a JSON patch (RFC 6902) as the API server does: `add` without a value adds null, `replace` sets what is not there, a member
 * that is not there is null to `test` and `copy`, negative indices count from the end.
 * `text` is the live job as JSON. By hand, since the libraries lose numbers that a double cannot hold, take inherited names for
 * members, or test in quadratic time. Throws 400 for what is no list, 413 for more than 10,000 operations or growth out of
 * proportion, 422 for an operation that cannot be applied or a `test` that fails.
 */
export function applyJsonPatch(text: string, patch: Json): Json {
  const operations = operationsOf(patch);
  const progress: Progress = { root: parseExactJson(text), copied: 0, shifted: 0 };
  // Operations change what earlier ones put there: a copy of it, since after a conflict the same patch is applied again.
  for (const operation of parseExactJson(stringify(operations)) as Json[]) applyOperation(progress, operation);
  return progress.root;
}

/** The operations of a JSON patch, before anything is read: 400 for what is no list of objects, 413 for more than 10,000. */
export function operationsOf(patch: Json): Json[] {
  if (!Array.isArray(patch)) throw badRequest('patch', 'a JSON patch must be a list of operations');
  // To the API server, null is an operation without any member.
  if (!patch.every((operation) => operation === null || isObject(operation)))
    throw badRequest('patch', 'an operation of a JSON patch must be an object');
  if (patch.length > maxOperations) {
    const message = `Request entity too large: The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`;
    throw new StatusError({ code: 413, reason: 'RequestEntityTooLarge', message }, {}, 'patch');
  }
  return patch;
}

function applyOperation(progress: Progress, operation: Json): void {
  const path = tokensOf(own(operation, 'path'));
  const value = own(operation, 'value') ?? null;
  switch (own(operation, 'op')) {
    case 'add':
      add(progress, path, value);
      break;
    case 'remove':
      remove(progress, path);
      break;
    case 'replace':
      replace(progress, path, value);
      break;
    case 'test':
      if (!isSame(valueAt(progress, path), value)) throw unprocessablePatch();
      break;
    case 'copy':
      add(progress, path, copyOf(progress, tokensOf(own(operation, 'from'))));
      break;
    case 'move':
      add(progress, path, remove(progress, tokensOf(own(operation, 'from'))));
      break;
    default:
      throw unprocessablePatch();
  }
}

/** The tokens of a JSON pointer (RFC 6901). */
function tokensOf(pointer: Json | undefined): string[] {
  if (pointer === '') return [];
  if (typeof pointer !== 'string' || !pointer.startsWith('/')) throw unprocessablePatch();
  const tokens = pointer.slice(1).split('/');
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The place in an array that a token names: a negative one counts from the end. `length` is one past the last that may be named. */
function indexOf(token: string, length: number): number {
  const index = /^(?:0|-?[1-9]\d*)$/.test(token) ? Number(token) : Number.NaN;
  const counted = index < 0 ? index + length : index;
  if (!(counted >= 0 && counted < length)) throw unprocessablePatch();
  return counted;
}

function child(holder: Json | undefined, token: string): Json | undefined {
  return Array.isArray(holder) ? holder[indexOf(token, holder.length)] : own(holder, token);
}

function find(root: Json, tokens: readonly string[]): Json | undefined {
  return tokens.reduce<Json | undefined>(child, root);
}

/** The object or array that holds the last token's place. */
function holderOf({ root }: Progress, tokens: readonly string[]): { holder: Json[] | JsonObject; last: string } {
  const holder = find(root, tokens.slice(0, -1));
  const last = tokens.at(-1);
  if (last === undefined || !(Array.isArray(holder) || isObject(holder))) throw unprocessablePatch();
  return { holder, last };
}

/** What is at a path. A member that is not there is null, as long as there is an object that could hold it. */
function valueAt(progress: Progress, tokens: readonly string[]): Json {
  if (tokens.length === 0) return progress.root;
  const { holder, last } = holderOf(progress, tokens);
  return child(holder, last) ?? null;
}

function add(progress: Progress, tokens: readonly string[], value: Json): void {
  const { holder, last } = holderOf(progress, tokens);
  if (Array.isArray(holder)) {
    shift(progress, holder);
    holder.splice(last === '-' ? holder.length : indexOf(last, holder.length + 1), 0, value);
  } else setOwn(holder, last, value);
}

function remove(progress: Progress, tokens: readonly string[]): Json {
  const { holder, last } = holderOf(progress, tokens);
  const removed = child(holder, last);
  if (removed === undefined) throw unprocessablePatch();
  if (Array.isArray(holder)) {
    shift(progress, holder);
    holder.splice(indexOf(last, holder.length), 1);
  } else delete holder[last];
  return removed;
}

function replace(progress: Progress, tokens: readonly string[], value: Json): void {
  if (tokens.length === 0) {
    progress.root = value;
    return;
  }
  const { holder, last } = holderOf(progress, tokens);
  if (Array.isArray(holder)) holder[indexOf(last, holder.length)] = value;
  else setOwn(holder, last, value);
}

function copyOf(progress: Progress, tokens: readonly string[]): Json {
  const text = stringify(valueAt(progress, tokens));
  progress.copied += text.length;
  if (progress.copied > maxCopied) throw tooLarge('patch', maxCopied);
  return parseExactJson(text);
}

function stringify(value: Json): string {
  const text = stringifyJson(value);
  if (text === undefined) throw unprocessablePatch();
  return text;
}

function shift(progress: Progress, array: Json[]): void {
  progress.shifted += array.length;
  if (progress.shifted > maxShifted) throw tooLarge('patch', maxCopied);
}

function isSame(a: Json | undefined, b: Json | undefined, depth = 0): boolean {
  if (a === b) return true;
  if (depth > maxDepth) return false;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((element, i) => isSame(element, b[i], depth + 1));
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => isSame(own(a, key), own(b, key), depth + 1));
  }
  const number = numberText(a);
  return number !== undefined && number === numberText(b);
}
