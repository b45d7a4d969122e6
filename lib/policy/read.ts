import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Bundle, BundledObjects } from './bundle.ts';

/** Reads a bundle that the build wrote. Throws where it is not there or is not the one that has this digest. */
export async function readPolicies(file: URL, expected: string): Promise<Bundle> {
  const bytes = await readFile(file);
  const digest = digestOf(bytes);
  if (digest !== expected) throw new Error(`policies.json is not what this function was built with: ${digest}, not ${expected}`);
  return { digest, ...(JSON.parse(bytes.toString()) as BundledObjects) };
}

/** The digest of a bundle's bytes: `sha256:` and 64 hexadecimal digits. */
export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
