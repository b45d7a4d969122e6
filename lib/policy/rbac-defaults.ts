import { authenticated } from '../callers/user-info.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule } from './manifests.ts';

const apiVersion = 'rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';
const health = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

/** What kube-apiserver 1.37 allows everybody who is authenticated, by roles that it makes itself: discovery, and reviews of oneself. */
const roles: Record<string, PolicyRule[]> = {
  'system:basic-user': [
    { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'] },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ],
  'system:discovery': [
    {
      verbs: ['get'],
      nonResourceURLs: ['/api', '/api/*', '/apis', '/apis/*', ...health.slice(0, 2), '/openapi', '/openapi/*', ...health.slice(2)],
    },
  ],
  'system:public-info-viewer': [{ verbs: ['get'], nonResourceURLs: health }],
};

/** Those roles and their bindings. */
export const defaultRbac: { clusterRoles: ClusterRole[]; clusterRoleBindings: ClusterRoleBinding[] } = {
  clusterRoles: Object.entries(roles).map(([name, rules]) => ({ apiVersion, kind: 'ClusterRole', metadata: { name }, rules })),
  clusterRoleBindings: Object.keys(roles).map((name) => ({
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    subjects: [{ kind: 'Group', apiGroup, name: authenticated }],
    roleRef: { apiGroup, kind: 'ClusterRole', name },
  })),
};
