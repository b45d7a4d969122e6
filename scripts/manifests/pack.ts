import type { BundledObjects } from '../../lib/policy/bundle.ts';
import { digestOf } from '../../lib/policy/read.ts';
import { checkPolicies } from './check.ts';
import { hintsOf } from './hints.ts';
import { type Finding, PolicyError } from './mistakes.ts';

/** A bundle as it is shipped: its bytes, and their digest. */
export interface Packed {
  readonly bytes: Buffer;
  readonly digest: string;
}

/** Packs the policies of a folder, with hints about them; undefined where it holds no manifest. Throws PolicyError with every mistake. */
export async function packPolicies(folder: string): Promise<(Packed & { hints: Finding[] }) | undefined> {
  const { objects, mistakes, manifests } = await checkPolicies(folder);
  if (!objects) throw new PolicyError(mistakes);
  return isEmpty(objects) ? undefined : { ...pack(objects), hints: hintsOf(manifests) };
}

/** The same objects are the same bytes, in whichever files and in whichever order they stand. */
export function pack(objects: BundledObjects): Packed {
  const bytes = Buffer.from(JSON.stringify(objects));
  return { bytes, digest: digestOf(bytes) };
}

function isEmpty(objects: BundledObjects): boolean {
  return Object.values(objects).every((list: readonly object[]) => list.length === 0);
}
