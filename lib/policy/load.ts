import type { AuditPolicy } from './manifests.ts';
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

/** Of the policies that this code was built with the digest and the audit policy, for what asks nothing else of them; as loadPolicies. */
export async function loadAuditPolicy(): Promise<{ digest: string; audit: AuditPolicy | undefined } | undefined> {
  if (typeof POLICIES_DIGEST === 'string') {
    const { readPolicies } = await import('./read.ts');
    const { digest, auditPolicies } = await readPolicies(new URL('policies.json', import.meta.url), POLICIES_DIGEST);
    return { digest, audit: auditPolicies[0] };
  }
  return undefined;
}
