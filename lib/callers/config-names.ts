import * as v from 'valibot';
import { parseEnvironment } from '../runtime/config.ts';
import type { CallerNames } from './iam.ts';

/** How callers who signed are named; deploy/parameters.ts says the same of the parameter that becomes this. */
export const callerVariables = { SSO_USERNAME: v.optional(v.picklist(['role', 'session'], 'must be role or session'), 'role') };
const Environment = v.looseObject(callerVariables);

/** How callers who signed are named. Throws ConfigError as parseEnvironment does. */
export function parseCallerNames(env: Record<string, string | undefined>): CallerNames {
  return { ssoUsername: parseEnvironment(Environment, env).SSO_USERNAME };
}
