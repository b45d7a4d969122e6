import type { Admission, AdmissionObjects } from './admission.ts';
import type { Bundle } from './bundle.ts';
import { type Authorizer, createAuthorizer } from './rbac.ts';
import { readPolicies } from './read.ts';

/** The policies that a function was built with, ready to be asked. */
export interface Policies {
  /** Of the whole bundle: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  readonly authorizer: Authorizer;
  /** Undefined where there is no admission policy. */
  readonly admission?: Admission | undefined;
}

/**
 * The policies of a bundle. `maxCost`: what all admission policies together may cost for one request. What admission needs is loaded only if there are admission policies, RE2 only if one has a pattern.
 */
export async function createPolicies(bundle: Bundle, maxCost: number): Promise<Policies> {
  const { digest } = bundle;
  const authorizer = createAuthorizer(bundle);
  if (bundle.validatingAdmissionPolicies.length === 0) return { digest, authorizer };
  const [{ createAdmission }, { authorizeOf }, engine] = await Promise.all([
    import('./admission.ts'),
    import('./activation.ts'),
    hasPattern(bundle) ? import('re2js').then(({ RE2JS }) => RE2JS) : undefined,
  ]);
  return { digest, authorizer, admission: createAdmission(bundle, { authorize: authorizeOf(authorizer), maxCost, engine }) };
}

/** The policies of the bundle that the build wrote into a file, for requests of a cost. Throws as readPolicies does. */
export async function openPolicies(file: URL, digest: string, maxCost: number): Promise<Policies> {
  return createPolicies(await readPolicies(file, digest), maxCost);
}

/**
 * Whether an expression may call a function of regular expressions: its name is looked for, as lines and comments may come before the
 * parenthesis. A text that only looks like one costs no more than the time to load RE2.
 */
function hasPattern({ validatingAdmissionPolicies }: AdmissionObjects): boolean {
  let found = false;
  // The expressions themselves: in their JSON a line break would be letters.
  JSON.stringify(validatingAdmissionPolicies, (key, value) => {
    found ||= /expression$/i.test(key) && /\b(?:matches|find|findAll)\b/.test(value);
    return value;
  });
  return found;
}
