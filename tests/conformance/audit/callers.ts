import type { Loose } from '../http.ts';

/** Who asks, as a line of the file of tokens: user, uid, groups. Of `nobody` both sides have no token. */
export const callers = {
  ada: ['1', 'admins'],
  bob: ['2', 'team-a,team-b'],
  eve: ['3', ''],
  dan: ['', 'team-c'],
} as const;
export type Caller = keyof typeof callers | 'nobody';

const group = 'rbac.authorization.k8s.io';
const apiVersion = `${group}/v1`;
const tfjobs = ['tfjobs', 'pytorchjobs', 'mxjobs'];
const clusterRole = (name: string, resources: readonly string[], verbs: readonly string[]) => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name },
  rules: [{ apiGroups: ['kubeflow.org'], resources, verbs }],
});
const binding = (name: string, namespace: string, role: string, subject: object) => ({
  apiVersion,
  kind: 'RoleBinding',
  metadata: { name, namespace },
  subjects: [{ apiGroup: group, ...subject }],
  roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
});

/** What they may do, on both sides: ada everything, bob everything to jobs in one namespace, eve read in another, dan patch. */
export const access: readonly Loose[] = [
  clusterRole('all', ['*'], ['*']),
  clusterRole('editor', tfjobs, ['get', 'list', 'watch', 'update', 'patch']),
  clusterRole('viewer', tfjobs, ['get', 'list']),
  clusterRole('patcher', tfjobs, ['patch']),
  {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'admins' },
    subjects: [{ apiGroup: group, kind: 'Group', name: 'admins' }],
    roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'all' },
  },
  binding('team-a', 'kube-test', 'editor', { kind: 'Group', name: 'team-a' }),
  binding('eve', 'other', 'viewer', { kind: 'User', name: 'eve' }),
  binding('dan', 'kube-test', 'patcher', { kind: 'User', name: 'dan' }),
];
