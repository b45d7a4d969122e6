/** What a job says, without where it says it. */

/** A value as YAML has it; integers are bigints, so that none is rounded. */
export type Value = string | bigint | number | boolean | null | Value[] | { [key: string]: Value };

/** The member of a value at a path of keys. */
export function valueAt(value: Value | undefined, path: readonly string[]): Value | undefined {
  let at = value;
  for (const key of path) at = isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  return at;
}

/** Whether a value is an object. */
export function isRecord(value: unknown): value is { [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
