import type { Policies } from './policies.ts';

/** Written in by the build: the digest of the policies that lie beside the code, or undefined where there are no manifests. */
declare const POLICIES_DIGEST: string | undefined;

/** The digest of the policies that this code was built with; undefined: it was built without any. */
export const policiesDigest: string | undefined = typeof POLICIES_DIGEST === 'string' ? POLICIES_DIGEST : undefined;

/**
 * The policies that this code was built with; undefined where it was built without any, and then nothing more is loaded. Await it before
 * the handler is there, so that a function whose policies are missing or are others never starts: it rejects then. `maxCost`: what all
 * admission policies together may cost for one request; what never writes needs none.
 */
export async function loadPolicies(maxCost = 0): Promise<Policies | undefined> {
  // Named here once more, and around the import, so that the build leaves out what is behind it.
  if (typeof POLICIES_DIGEST === 'string') {
    const { openPolicies } = await import('./policies.ts');
    return openPolicies(new URL('policies.json', import.meta.url), POLICIES_DIGEST, maxCost);
  }
  return undefined;
}
