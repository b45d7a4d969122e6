import { hash } from 'node:crypto';
import { isObject, type Json, own } from '../json/json.ts';

/**
 * Of 96 bits: whoever makes two of one hash on purpose (2^48 tries) deceives only himself, with two events of his own; to meet the hash
 * of another's event takes 2^96 tries.
 */
const length = 16;
/** Deeper than that no event is ever applied (the patch and the comparison end at half of it), so that no more is looked at. */
const maxDepth = 1000;

/** A short hash of a text, as characters that need no escape. */
export function shortHash(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, length);
}

/** A short hash of what an event asks: the same in whatever order members stand, and another for a number that is written otherwise. */
export function contentHash(content: Json): string {
  return shortHash(canonical(content, 0));
}

function canonical(value: Json, depth: number): string {
  if (depth > maxDepth) return '';
  if (Array.isArray(value)) return `[${value.map((element) => canonical(element, depth + 1)).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(own(value, name) as Json, depth + 1)}`).join()}}`;
}
