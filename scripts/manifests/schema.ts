/** What may stand in a manifest: the fields of each kind and their types (k8s.io/api). */
export type Shape = 'string' | 'boolean' | 'anything' | { list: Shape } | { map: Shape } | { fields: Readonly<Record<string, Shape>> };

const list = (of: Shape): Shape => ({ list: of });
const map = (of: Shape): Shape => ({ map: of });
const object = (fields: Readonly<Record<string, Shape>>): Shape => ({ fields });
const strings = list('string');

// The fields that a server fills in are let pass, so that what `kubectl get -o yaml` prints can be read; the bundle keeps none of them.
const metadata = object({
  name: 'string',
  namespace: 'string',
  labels: map('string'),
  annotations: map('string'),
  generateName: 'string',
  selfLink: 'anything',
  uid: 'anything',
  resourceVersion: 'anything',
  generation: 'anything',
  creationTimestamp: 'anything',
  deletionTimestamp: 'anything',
  deletionGracePeriodSeconds: 'anything',
  ownerReferences: 'anything',
  finalizers: 'anything',
  managedFields: 'anything',
});

const kind = (fields: Readonly<Record<string, Shape>>): Shape => object({ apiVersion: 'string', kind: 'string', metadata, ...fields });

const labelSelector = object({
  matchLabels: map('string'),
  matchExpressions: list(object({ key: 'string', operator: 'string', values: strings })),
});

const rules = list(object({ verbs: strings, apiGroups: strings, resources: strings, resourceNames: strings, nonResourceURLs: strings }));
const subjects = list(object({ kind: 'string', apiGroup: 'string', name: 'string', namespace: 'string' }));
const roleRef = object({ apiGroup: 'string', kind: 'string', name: 'string' });

const resourceRules = list(
  object({
    resourceNames: strings,
    operations: strings,
    apiGroups: strings,
    apiVersions: strings,
    resources: strings,
    scope: 'string',
  }),
);
const matchResources = object({
  namespaceSelector: labelSelector,
  objectSelector: labelSelector,
  resourceRules,
  excludeResourceRules: resourceRules,
  matchPolicy: 'string',
});

const named = list(object({ name: 'string', expression: 'string' }));
const policySpec = object({
  paramKind: object({ apiVersion: 'string', kind: 'string' }),
  matchConstraints: matchResources,
  matchConditions: named,
  variables: named,
  validations: list(object({ expression: 'string', message: 'string', messageExpression: 'string', reason: 'string' })),
  auditAnnotations: list(object({ key: 'string', valueExpression: 'string' })),
  failurePolicy: 'string',
});
const bindingSpec = object({
  policyName: 'string',
  paramRef: object({ name: 'string', namespace: 'string', selector: labelSelector, parameterNotFoundAction: 'string' }),
  matchResources,
  validationActions: strings,
});

const auditRules = list(
  object({
    level: 'string',
    users: strings,
    userGroups: strings,
    verbs: strings,
    resources: list(object({ group: 'string', resources: strings, resourceNames: strings })),
    namespaces: strings,
    nonResourceURLs: strings,
    omitStages: strings,
    omitManagedFields: 'boolean',
  }),
);

const rbac = 'rbac.authorization.k8s.io/v1';
const admission = 'admissionregistration.k8s.io/v1';

/** Every kind that a bundle may hold, under its API version and kind. */
export const kinds: Readonly<Record<string, Shape>> = {
  [`${rbac} Role`]: kind({ rules }),
  [`${rbac} ClusterRole`]: kind({ rules, aggregationRule: object({ clusterRoleSelectors: list(labelSelector) }) }),
  [`${rbac} RoleBinding`]: kind({ subjects, roleRef }),
  [`${rbac} ClusterRoleBinding`]: kind({ subjects, roleRef }),
  [`${admission} ValidatingAdmissionPolicy`]: kind({ spec: policySpec, status: 'anything' }),
  [`${admission} ValidatingAdmissionPolicyBinding`]: kind({ spec: bindingSpec }),
  'v1 ConfigMap': kind({ data: map('string'), binaryData: map('string'), immutable: 'boolean' }),
  'audit.k8s.io/v1 Policy': kind({ rules: auditRules, omitStages: strings, omitManagedFields: 'boolean' }),
};

/** The kinds whose objects are in a namespace. */
export const namespacedKinds: readonly string[] = ['Role', 'RoleBinding', 'ConfigMap'];
