import type { BundledObjects } from '../../lib/policy/bundle.ts';
import type {
  AuditPolicy,
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  LabelSelector,
  MatchResources,
  NamedRuleWithOperations,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../lib/policy/manifests.ts';
import type { Manifest } from './manifests.ts';
import { selects } from './metadata.ts';

const group = 'rbac.authorization.k8s.io';

/** The bundle of manifests without mistakes: by kind, in alphabetical order, with the defaults that an API server fills in. */
export function bundleOf(manifests: readonly Manifest[]): BundledObjects {
  return {
    roles: objectsOf<Role>(manifests, 'Role').map(withRules),
    clusterRoles: aggregate(objectsOf<ClusterRole>(manifests, 'ClusterRole').map(withRules)),
    roleBindings: objectsOf<RoleBinding>(manifests, 'RoleBinding').map(withGroups),
    clusterRoleBindings: objectsOf<ClusterRoleBinding>(manifests, 'ClusterRoleBinding').map(withGroups),
    validatingAdmissionPolicies: objectsOf<ValidatingAdmissionPolicy>(manifests, 'ValidatingAdmissionPolicy').map(policyWithDefaults),
    validatingAdmissionPolicyBindings: objectsOf<ValidatingAdmissionPolicyBinding>(manifests, 'ValidatingAdmissionPolicyBinding').map(
      bindingWithDefaults,
    ),
    configMaps: objectsOf<ConfigMap>(manifests, 'ConfigMap'),
    auditPolicies: manifests.filter(({ kind }) => kind === 'Policy').map(({ value }) => auditPolicyOf(value)),
  };
}

type Any = Role | ClusterRole | RoleBinding | ClusterRoleBinding | ValidatingAdmissionPolicy | ValidatingAdmissionPolicyBinding | ConfigMap;

/** The manifests of a kind. They have been checked, so that they are what their types say but for the defaults. */
function objectsOf<Kind extends Any>(manifests: readonly Manifest[], kind: string): Kind[] {
  const objects: Kind[] = manifests.filter((manifest) => manifest.kind === kind).map(({ value }) => withOwnMetadata(value));
  const key = ({ metadata: { namespace = '', name } }: Any) => `${namespace}/${name}`;
  return objects.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** What a server fills in is none of the bundle's. */
function withOwnMetadata<Kind extends Any>(value: Kind): Kind {
  const { name, namespace, labels, annotations } = value.metadata;
  return { ...value, metadata: { name, ...(namespace && { namespace }), ...(labels && { labels }), ...(annotations && { annotations }) } };
}

/** It has no name: nothing refers to it. */
function auditPolicyOf({ metadata: _, ...policy }: AuditPolicy): AuditPolicy {
  return { ...policy, metadata: {} };
}

function withRules<Kind extends Role | ClusterRole>(role: Kind): Kind {
  return { ...role, rules: role.rules ?? [] };
}

function withGroups<Kind extends RoleBinding | ClusterRoleBinding>(binding: Kind): Kind {
  const subjects = binding.subjects?.map((subject: Subject) => ({
    ...subject,
    apiGroup: subject.apiGroup || (subject.kind === 'ServiceAccount' ? '' : group),
  }));
  return { ...binding, ...(subjects && { subjects }), roleRef: { ...binding.roleRef, apiGroup: group } };
}

function policyWithDefaults(policy: ValidatingAdmissionPolicy): ValidatingAdmissionPolicy {
  const { failurePolicy = 'Fail', matchConstraints, ...spec } = policy.spec;
  return { ...policy, spec: { ...spec, failurePolicy, matchConstraints: matchWithDefaults(matchConstraints) } };
}

function bindingWithDefaults(binding: ValidatingAdmissionPolicyBinding): ValidatingAdmissionPolicyBinding {
  const { matchResources } = binding.spec;
  return matchResources ? { ...binding, spec: { ...binding.spec, matchResources: matchWithDefaults(matchResources) } } : binding;
}

function matchWithDefaults(match: MatchResources): MatchResources {
  const { namespaceSelector = {}, objectSelector = {}, matchPolicy = 'Equivalent', ...rules } = match;
  const withScope = (rule: NamedRuleWithOperations) => ({ ...rule, scope: rule.scope ?? '*' });
  const lists = Object.entries(rules).map(([name, list]) => [name, list.map(withScope)]);
  return { namespaceSelector, objectSelector, matchPolicy, ...Object.fromEntries(lists) };
}

/** Gives each ClusterRole with an aggregationRule the rules of those that it selects, again and again until nothing is added, as a cluster's controller does. */
function aggregate(roles: readonly ClusterRole[]): ClusterRole[] {
  // What such a role says itself is overwritten.
  let current = roles.map((role) => (role.aggregationRule ? { ...role, rules: [] } : role));
  for (;;) {
    const next = current.map((role) => aggregated(role, current));
    if (next.every((role, index) => role.rules.length === current[index]?.rules.length)) return next;
    current = next;
  }
}

function aggregated(role: ClusterRole, roles: readonly ClusterRole[]): ClusterRole {
  const selectors: readonly LabelSelector[] | undefined = role.aggregationRule?.clusterRoleSelectors;
  if (!selectors) return role;
  const rules = new Map<string, PolicyRule>();
  for (const selector of selectors) {
    for (const other of roles) {
      if (other.metadata.name === role.metadata.name || !selects(selector, other.metadata.labels)) continue;
      for (const rule of other.rules) rules.set(JSON.stringify(rule), rule);
    }
  }
  return { ...role, rules: [...rules.values()] };
}
