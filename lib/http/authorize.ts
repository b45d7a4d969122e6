import { nameIn } from '../cci/field-selector.ts';
import { everything, requireAccess, type Wanted } from '../policy/access.ts';
import type { Policies } from '../policy/policies.ts';
import type { Middleware } from '../runtime/chain.ts';
import type { Authorized, HttpRequest, Identified, Routed, RoutedRead } from './request.ts';

type Asking = HttpRequest & Identified;

/**
 * Lets a write pass if the policies allow the caller to `update` (PUT) or `patch` the job, and everybody where there are none: 403 otherwise
 * (docs/decision.md, authorization). It stands before the query and the body are looked at.
 */
export function authorize(policies: Policies | undefined): Middleware<Asking & Routed, Authorized> {
  return {
    before: ({ user, method, kind, ref }) => {
      const verb = method === 'PUT' ? 'update' : 'patch';
      return { access: requireAccess(policies, user, { verb, target: { ...ref, kind } }) };
    },
  };
}

/** Lets everybody pass who is authenticated, as an API server does for discovery and reviews of oneself. */
export function authorizeAll(): Middleware<Identified, Authorized> {
  return { before: () => ({ access: everything }) };
}

/** Lets a read pass if the policies allow the caller to `get` the job, or to `list` or `watch` the collection: 403 otherwise, as for a write. */
export function authorizeRead(policies: Policies | undefined): Middleware<Asking & RoutedRead, Authorized> {
  return { before: (event) => ({ access: requireAccess(policies, event.user, wantedRead(event)) }) };
}

function wantedRead({ query, kind, target }: HttpRequest & RoutedRead): Wanted {
  if ('name' in target) return { verb: 'get', target: { ...target, kind } };
  return { verb: isWatch(query) ? 'watch' : 'list', target: { ...target, kind, name: selectedName(query) } };
}

/** Whether a list is to be watched. */
export function isWatch({ watch }: Record<string, string[]>): boolean {
  return isTrue(watch);
}

/** Whether a parameter is set: to the API server, every value but these is true, an empty one as well. */
export function isTrue(values: readonly string[] = []): boolean {
  return !/^(?:0|false)$/i.test(values[0] ?? 'false');
}

/** The name that a list is only about, by its field selector: then resourceNames count for it as for a get. */
export function selectedName({ fieldSelector = [] }: Record<string, string[]>): string | undefined {
  return nameIn(fieldSelector[0] ?? '');
}
