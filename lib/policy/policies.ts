import type { Bundle } from './bundle.ts';
import { type Authorizer, createAuthorizer } from './rbac.ts';
import { readPolicies } from './read.ts';

/** The policies that a function was built with, ready to be asked. */
export interface Policies {
  /** Of the whole bundle: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly authorizer: Authorizer;
}

/** The policies of a bundle. */
export function createPolicies(bundle: Bundle): Policies {
  return { digest: bundle.digest, authorizer: createAuthorizer(bundle) };
}

/** The policies of the bundle that the build wrote into a file. Throws as readPolicies does. */
export async function openPolicies(file: URL, digest: string): Promise<Policies> {
  return createPolicies(await readPolicies(file, digest));
}
