import { type Attributes, Authorizer, type Decision, ResourceCheck, type User } from '../../lib/cel/libraries/authorizer.ts';
import { type Json, type JsonObject, own } from '../../lib/json/json.ts';

const allowed = new Set(['get', 'list', 'watch']);

/**
 * Allows the verbs get, list and watch, fails for the verb `fail`, and refuses every other one. Its reason is everything that it was asked, so
 * that two answers differ where what was asked does (but for selectors: RBAC does not look at them either). The Go program of the conformance suite has the same.
 */
function decide(asked: Attributes): Decision {
  const { user, verb, path, resource } = asked;
  const who = `${user.name} [${user.groups.join(' ')}] ${verb}`;
  const error = verb === 'fail' ? { error: 'the authorizer failed, as it was asked to' } : {};
  if (!resource) return { allowed: allowed.has(verb), reason: `${who} path ${path ?? ''}`, ...error };
  const { group, resource: plural, subresource, namespace, name } = resource;
  return { allowed: allowed.has(verb), reason: `${who} ${[group, plural, subresource, namespace, name].join('/')}`, ...error };
}

const text = (object: Json | undefined, name: string): string => String(own(object, name) ?? '');

/** The variables `authorizer` and `authorizer.requestResource` for the user and the resource of an AdmissionRequest. */
export function authorizersOf(request: JsonObject): { authorizer: Authorizer; requestResource: ResourceCheck } {
  const user = own(request, 'userInfo');
  const groups = own(user, 'groups');
  const who: User = { name: text(user, 'username'), groups: Array.isArray(groups) ? groups.map(String) : [] };
  const authorizer = new Authorizer(who, decide);
  const resource = own(request, 'resource');
  const requestResource = new ResourceCheck(authorizer, {
    group: text(resource, 'group'),
    resource: text(resource, 'resource'),
    subresource: text(request, 'subResource'),
    namespace: text(request, 'namespace'),
    name: text(request, 'name'),
  });
  return { authorizer, requestResource };
}
