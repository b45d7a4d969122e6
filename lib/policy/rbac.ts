import type { UserInfo } from '../callers/user-info.ts';
import { allowAll } from './allow-all.ts';
import { hasRbac, type RbacObjects } from './bundle.ts';
import type { ClusterRoleBinding, PolicyRule, RoleBinding, Subject } from './manifests.ts';
import { defaultRbac } from './rbac-defaults.ts';
import { type Attributes, ruleAllows } from './rbac-rules.ts';

/** What RBAC says of a request; the reason is the API server's. */
export interface Verdict {
  allowed: boolean;
  /** Which binding of which role allows it, or for a denial which roles are not there; else empty. */
  reason: string;
}
/** What a caller may do in one namespace, as a SelfSubjectRulesReview has it. */
export interface Rules {
  resourceRules: PolicyRule[];
  nonResourceRules: PolicyRule[];
  /** Which roles are not there, or empty. */
  evaluationError: string;
}
/** Answers who may do what. It knows nothing but its manifests. */
export interface Authorizer {
  authorize(user: UserInfo, attributes: Attributes): Verdict;
  rules(user: UserInfo, namespace: string): Rules;
}

/**
 * The annotation by which a binding is for certain principals alone, by their unique ids (AROA…, AIDA…) with commas between them. A name of IAM
 * can be deleted and made anew by whoever may create roles, and then it is another principal's.
 */
export const principalIdAnnotation = 'tfjob-gateway/principal-id';

/** A binding, compiled: its role's rules, and how its reason begins. */
interface Grant {
  subjects: readonly Subject[];
  /** Where a ServiceAccount without a namespace is; empty in a ClusterRoleBinding. */
  namespace: string;
  principals: readonly string[] | undefined;
  rules: readonly PolicyRule[];
  /** Instead of rules: the role is not there. */
  missing: string | undefined;
  source: string;
}

/**
 * Makes the authorizer of manifests, with the verdicts and the words of kube-apiserver's RBAC. Without any everybody may do everything;
 * with one everything is denied that no rule allows, but for what an API server's own roles allow everybody (discovery, reviews of oneself).
 * Bindings are asked in alphabetical order, those of the cluster first. An aggregated role has its rules already: the build gives them.
 */
export function createAuthorizer(manifests: RbacObjects): Authorizer {
  if (!hasRbac(manifests)) return allowAll;
  const objects = withDefaults(manifests);
  const rolesOf = roleFinder(objects);
  const ofCluster = byName(objects.clusterRoleBindings).map((binding) => grantOf(binding, '', rolesOf));
  const ofNamespaces = new Map<string, Grant[]>();
  for (const binding of byName(objects.roleBindings)) {
    const { namespace } = binding.metadata;
    ofNamespaces.set(namespace, [...(ofNamespaces.get(namespace) ?? []), grantOf(binding, namespace, rolesOf)]);
  }
  const grantsIn = (namespace: string) => [ofCluster, ofNamespaces.get(namespace) ?? []].flat();

  return {
    authorize(user, attributes) {
      const errors = new Set<string>();
      for (const grant of grantsIn(('namespace' in attributes && attributes.namespace) || '')) {
        const subject = subjectOf(grant, user);
        if (!subject) continue;
        if (grant.missing !== undefined) errors.add(grant.missing);
        else if (grant.rules.some((rule) => ruleAllows(rule, attributes)))
          return { allowed: true, reason: `RBAC: allowed by ${grant.source} to ${describe(subject, grant.namespace)}` };
      }
      // In a denial an API server names the authorizer first, and it is called rbac.
      return { allowed: false, reason: errors.size > 0 ? `rbac: RBAC: ${aggregate([...errors])}` : '' };
    },
    rules(user, namespace) {
      const grants = grantsIn(namespace).filter((grant) => subjectOf(grant, user));
      const rules = grants.flatMap((grant) => grant.rules);
      return {
        resourceRules: rules.filter(({ resources }) => resources?.length).map(({ nonResourceURLs: _, ...rule }) => rule),
        nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs }) => (nonResourceURLs?.length ? [{ verbs, nonResourceURLs }] : [])),
        evaluationError: aggregate([...new Set(grants.flatMap(({ missing }) => missing ?? []))]),
      };
    },
  };
}

/** What an API server has of its own, unless the manifests have another under the same name. */
function withDefaults(manifests: RbacObjects): RbacObjects {
  const { clusterRoles, clusterRoleBindings } = manifests;
  const added = <T extends { metadata: { name: string } }>(own: readonly T[], defaults: readonly T[]): T[] => [
    ...own,
    ...defaults.filter(({ metadata: { name } }) => !own.some((one) => one.metadata.name === name)),
  ];
  return {
    ...manifests,
    clusterRoles: added(clusterRoles, defaultRbac.clusterRoles),
    clusterRoleBindings: added(clusterRoleBindings, defaultRbac.clusterRoleBindings),
  };
}

type RoleFinder = (kind: string, namespace: string, name: string) => readonly PolicyRule[] | undefined;

function roleFinder({ roles, clusterRoles }: RbacObjects): RoleFinder {
  const ofCluster = new Map(clusterRoles.map(({ metadata, rules }) => [metadata.name, rules]));
  const ofNamespaces = new Map(roles.map(({ metadata, rules }) => [`${metadata.namespace}/${metadata.name}`, rules]));
  return (kind, namespace, name) => (kind === 'ClusterRole' ? ofCluster.get(name) : ofNamespaces.get(`${namespace}/${name}`));
}

function grantOf(binding: RoleBinding | ClusterRoleBinding, namespace: string, rolesOf: RoleFinder): Grant {
  const { kind, metadata, subjects = [], roleRef } = binding;
  const rules = rolesOf(roleRef.kind, namespace, roleRef.name);
  // A binding is called by its name first, as the API server does.
  const name = namespace === '' ? metadata.name : `${metadata.name}/${namespace}`;
  return {
    subjects,
    namespace,
    principals: metadata.annotations?.[principalIdAnnotation]?.split(',').map((id) => id.trim()),
    rules: rules ?? [],
    missing: rules ? undefined : `${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`,
    source: `${kind} ${JSON.stringify(name)} of ${roleRef.kind} ${JSON.stringify(roleRef.name)}`,
  };
}

/** The first subject of a binding that a caller is; undefined where he is none, or not one of its principals. */
function subjectOf({ subjects, namespace, principals }: Grant, { username, groups, extra }: UserInfo): Subject | undefined {
  if (principals && !principals.some((id) => extra.principalId?.includes(id))) return undefined;
  return subjects.find((subject) => {
    if (subject.kind === 'User') return subject.name === username;
    if (subject.kind === 'Group') return groups.includes(subject.name);
    const home = subject.namespace || namespace;
    return home !== '' && username === `system:serviceaccount:${home}:${subject.name}`;
  });
}

function describe({ kind, name, namespace }: Subject, home: string): string {
  return `${kind} ${JSON.stringify(kind === 'ServiceAccount' ? `${name}/${namespace || home}` : name)}`;
}

/** Several errors as Kubernetes writes them. */
function aggregate(errors: readonly string[]): string {
  return errors.length > 1 ? `[${errors.join(', ')}]` : (errors[0] ?? '');
}

function byName<T extends { metadata: { name: string } }>(objects: readonly T[]): T[] {
  return [...objects].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}
