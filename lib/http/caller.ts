import type { Middleware } from '../runtime/chain.ts';
import { impersonationForbidden, unauthorized } from '../status.ts';
import type { HttpRequest, Identified } from './request.ts';

/**
 * Lets nobody pass without an authenticated principal: 401 (docs/decision.md, caller and impersonation). There is no setting that turns it off. Nor does anybody act
 * as another here: a request with any Impersonate-* header is 403, as the API server answers those who may not impersonate.
 */
export function requireCaller(): Middleware<HttpRequest, Identified> {
  return {
    before: ({ user, headers }) => {
      if (user === undefined) throw unauthorized();
      if (Object.keys(headers).some((name) => name.startsWith('impersonate-'))) {
        throw impersonationForbidden(user.username, headers['impersonate-user'] ?? '');
      }
      return { user };
    },
  };
}
