import { expect } from 'vitest';
import { compare } from '../../../lib/job/compare.ts';
import type { JsonObject } from '../../../lib/json/json.ts';
import { cci, frozen } from './jobs.ts';

/** The paths at which two jobs differ; which of them is the live one makes no difference to what differs. */
export function differing(a: JsonObject, b: JsonObject, kind = cci): string[] {
  const paths = (live: JsonObject, requested: JsonObject) => {
    const { found, total } = compare(frozen(live), frozen(requested), kind.semantics);
    expect(total).toBe(found.length);
    return found.map(({ path }) => path);
  };
  expect(paths(b, a).sort()).toEqual(paths(a, b).sort());
  return paths(a, b);
}
