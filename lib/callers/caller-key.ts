import { hash } from 'node:crypto';

/** As many as deploy/auth/caller-limits.cjs makes. */
const count = 32;

/**
 * The key under which API Gateway counts a caller's requests: always the same for one caller, one of thirty-two for all. `prefix` is
 * that of the keys that are deployed.
 */
export function callerKey(prefix: string, user: string): string {
  const number = Number.parseInt(hash('sha256', user).slice(0, 8), 16) % count;
  return `${prefix}${String(number).padStart(2, '0')}`;
}
