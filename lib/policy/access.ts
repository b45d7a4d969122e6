import type { UserInfo } from '../callers/user-info.ts';
import { accessForbidden, type JobRef } from '../status.ts';
import type { Policies } from './policies.ts';

/** What a request may do to a job beyond what it asks for, once that is allowed. */
export interface Access {
  /** The caller may `get` the job: only then does an answer or a refusal hold values of the live one. */
  readonly mayRead: boolean;
  /** Why he may do what he asks for, in RBAC's words; empty where there is no RBAC. */
  readonly reason: string;
}

/** What a request wants to do: a verb of Kubernetes on a job, or on all of a namespace or (without one) of all namespaces. */
export interface Wanted {
  verb: 'get' | 'list' | 'watch' | 'update' | 'patch';
  target: { kind: JobRef['kind'] & { version: string }; namespace?: string | undefined; name?: string | undefined };
}

/** What everybody may do who is authenticated: everything, where there are no policies. */
export const everything: Access = { mayRead: true, reason: '' };

/**
 * Whether a caller may do what he wants, by the policies' RBAC; without policies he may. Throws 403 in the words of an API server, whether or
 * not there is such a job (docs/decision.md, authorization).
 */
export function requireAccess(policies: Policies | undefined, user: UserInfo, { verb, target }: Wanted): Access {
  if (!policies) return everything;
  const { kind, namespace = '', name = '' } = target;
  const attributes = { group: kind.group, version: kind.version, resource: kind.plural, namespace, name };
  const { allowed, reason } = policies.authorizer.authorize(user, { verb, ...attributes });
  if (!allowed)
    throw accessForbidden(user.username, { verb, ...attributes }, reason, { policies: policies.digest, ...(reason && { rbac: reason }) });
  const mayRead = verb === 'get' || policies.authorizer.authorize(user, { verb: 'get', ...attributes }).allowed;
  return { mayRead, reason };
}
