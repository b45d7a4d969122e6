import type { UserInfo } from '../callers/user-info.ts';
import type { AuditPolicy, AuditResources, AuditRule } from '../policy/manifests.ts';
import type { Attributes, AuditConfig, ConfigOf } from './config.ts';

/** The same as auditConfig for one policy. */
export function configBy(policy: AuditPolicy): ConfigOf {
  return (user, attributes) => auditConfig(policy, user, attributes);
}

/** How much a policy tells of a request, as kube-apiserver 1.37 decides it (apiserver's pkg/audit/policy): by the first rule that matches, and nothing where none does. */
export function auditConfig(policy: AuditPolicy, user: UserInfo | undefined, attributes: Attributes): AuditConfig {
  const rule = policy.rules.find((one) => matches(one, user, attributes));
  return {
    level: rule?.level ?? 'None',
    omitStages: [...(policy.omitStages ?? []), ...(rule?.omitStages ?? [])],
    omitManagedFields: rule?.omitManagedFields ?? policy.omitManagedFields ?? false,
  };
}

function matches(rule: AuditRule, user: UserInfo | undefined, attributes: Attributes): boolean {
  const { users = [], userGroups = [], verbs = [], namespaces = [], resources = [], nonResourceURLs = [] } = rule;
  if (users.length > 0 && !(user && users.includes(user.username))) return false;
  if (userGroups.length > 0 && !user?.groups.some((group) => userGroups.includes(group))) return false;
  if (verbs.length > 0 && !verbs.includes(attributes.verb)) return false;
  if (namespaces.length > 0 || resources.length > 0) return matchesResource(namespaces, resources, attributes);
  if (nonResourceURLs.length === 0) return true;
  return !attributes.resource && nonResourceURLs.some((url) => matchesPath(url, attributes.path));
}

function matchesPath(url: string, path: string): boolean {
  return url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')));
}

function matchesResource(namespaces: readonly string[], resources: readonly AuditResources[], { resource }: Attributes): boolean {
  if (!resource) return false;
  if (namespaces.length > 0 && !namespaces.includes(resource.namespace)) return false;
  return resources.length === 0 || resources.some((one) => matchesGroup(one, resource));
}

function matchesGroup(
  { group = '', resources = [], resourceNames = [] }: AuditResources,
  asked: NonNullable<Attributes['resource']>,
): boolean {
  if (group !== '*' && group !== asked.group) return false;
  if (resources.length === 0) return true;
  if (resourceNames.length > 0 && !resourceNames.includes(asked.name)) return false;
  const { resource, subresource } = asked;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  return resources.some(
    (one) => one === whole || one === '*' || (subresource !== '' && one === `*/${subresource}`) || one === `${resource}/*`,
  );
}
