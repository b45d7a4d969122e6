import * as v from 'valibot';
import { parseEnvironment } from '../runtime/config.ts';
import type { CallerNames } from './iam.ts';

const Environment = v.looseObject({ SSO_USERNAME: v.optional(v.picklist(['role', 'session'], 'must be role or session'), 'role') });

/** How callers who signed are named. Throws ConfigError as parseEnvironment does. */
export function parseCallerNames(env: Record<string, string | undefined>): CallerNames {
  return { ssoUsername: parseEnvironment(Environment, env).SSO_USERNAME };
}
