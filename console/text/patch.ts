/** Merge patches (RFC 7386), in which no integer is rounded. */
import { type Change, typed } from './fields.ts';
import { isRecord, type Value } from './value.ts';

/** A value as JSON. What JSON cannot say (.inf, .nan) becomes a text, which no field takes. */
export function jsonOf(value: Value | undefined): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return JSON.stringify(String(value));
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (!isRecord(value)) return JSON.stringify(value ?? null);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${jsonOf(member)}`);
  return `{${members.join(',')}}`;
}

/** The merge patch that makes some changes, as JSON. */
export function mergePatchOf(changes: readonly Change[]): string {
  const patch: { [key: string]: Value } = {};
  for (const { path, after } of changes) {
    let holder = patch;
    for (const key of path.slice(0, -1)) {
      const inner = Object.hasOwn(holder, key) ? holder[key] : undefined;
      const next = isRecord(inner) ? inner : {};
      define(holder, key, next);
      holder = next;
    }
    define(holder, path.at(-1) as string, typed(path, after) ?? null);
  }
  return jsonOf(patch);
}

/**
 * The merge patch that makes one job of another, as JSON: all that is different, be it allowed or not, and always the resourceVersion of
 * the first, whatever the second has, so that nothing is written where others have changed the job meanwhile.
 */
export function mergePatchBetween(before: Value | undefined, after: Value | undefined): string {
  if (!isRecord(before) || !isRecord(after)) return jsonOf(after);
  const { resourceVersion, ...metadata } = isRecord(before.metadata) ? before.metadata : {};
  if (resourceVersion === undefined) return jsonOf(difference(before, after));
  const wanted = isRecord(after.metadata) ? after.metadata : {};
  return jsonOf(difference({ ...before, metadata }, { ...after, metadata: { ...wanted, resourceVersion } }));
}

function difference(before: { [key: string]: Value }, after: { [key: string]: Value }): Value {
  const patch: { [key: string]: Value } = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) define(patch, key, null);
  for (const [key, value] of Object.entries(after)) {
    const was = Object.hasOwn(before, key) ? before[key] : undefined;
    if (isRecord(was) && isRecord(value)) {
      const inner = difference(was, value);
      if (Object.keys(inner as object).length > 0) define(patch, key, inner);
    } else if (jsonOf(was) !== jsonOf(value)) define(patch, key, value);
  }
  return patch;
}

// A label may be named __proto__.
function define(holder: object, key: string, value: Value): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}
