import type { Authorizer } from './rbac.ts';

/** Where there are no manifests of RBAC everybody who is authenticated may do everything. */
export const allowAll: Authorizer = {
  authorize: () => ({ allowed: true, reason: '' }),
  rules: () => ({
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    evaluationError: '',
  }),
};
