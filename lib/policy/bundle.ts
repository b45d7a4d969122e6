import type {
  AuditPolicy,
  ClusterRole,
  ClusterRoleBinding,
  ConfigMap,
  Role,
  RoleBinding,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from './manifests.ts';

/**
 * The objects of a bundle by kind, each kind in alphabetical order by name (where it has one, by namespace first). References have been
 * checked: what a binding names is there. Aggregated ClusterRoles have their rules.
 */
export interface BundledObjects {
  readonly roles: readonly Role[];
  readonly clusterRoles: readonly ClusterRole[];
  readonly roleBindings: readonly RoleBinding[];
  readonly clusterRoleBindings: readonly ClusterRoleBinding[];
  readonly validatingAdmissionPolicies: readonly ValidatingAdmissionPolicy[];
  readonly validatingAdmissionPolicyBindings: readonly ValidatingAdmissionPolicyBinding[];
  readonly configMaps: readonly ConfigMap[];
  /** At most one: it decides nothing but what the audit trail tells. */
  readonly auditPolicies: readonly AuditPolicy[];
}

/** The manifests of RBAC. */
export type RbacObjects = Pick<BundledObjects, 'roles' | 'clusterRoles' | 'roleBindings' | 'clusterRoleBindings'>;

/** The policies that a function was built with. */
export interface Bundle extends BundledObjects {
  /** Of all of it: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** Whether the bundle decides who may do what: with any RBAC manifest everything is denied that no rule allows. */
export function hasRbac(bundle: RbacObjects): boolean {
  const { roles, clusterRoles, roleBindings, clusterRoleBindings } = bundle;
  return [roles, clusterRoles, roleBindings, clusterRoleBindings].some(({ length }) => length > 0);
}
