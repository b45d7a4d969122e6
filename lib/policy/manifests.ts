/**
 * The kinds of a bundle, field for field as in their manifests, with the defaults that an API server fills in (so a field that has a
 * default is never absent here).
 */

/** What every object has: a name, for some kinds a namespace, and its labels and annotations. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Namespaced {
  readonly metadata: ObjectMeta & { readonly namespace: string };
}

interface ClusterWide {
  readonly metadata: ObjectMeta;
}

/** meta/v1 LabelSelector; an empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

/** What a role allows: verbs on resources, or on paths. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface Role extends Namespaced {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'Role';
  readonly rules: readonly PolicyRule[];
}

/** Where it has an aggregationRule, `rules` are those of the roles that this selects, as a cluster's controller keeps them. */
export interface ClusterRole extends ClusterWide {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'ClusterRole';
  readonly rules: readonly PolicyRule[];
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] };
}

/** Whom a binding names: of a ServiceAccount the API group is empty, of the others rbac.authorization.k8s.io. */
export interface Subject {
  readonly kind: 'User' | 'Group' | 'ServiceAccount';
  readonly apiGroup: string;
  readonly name: string;
  readonly namespace?: string;
}

export interface RoleRef {
  readonly apiGroup: 'rbac.authorization.k8s.io';
  readonly kind: 'Role' | 'ClusterRole';
  readonly name: string;
}

export interface RoleBinding extends Namespaced {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'RoleBinding';
  readonly subjects?: readonly Subject[];
  readonly roleRef: RoleRef;
}

export interface ClusterRoleBinding extends ClusterWide {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'ClusterRoleBinding';
  readonly subjects?: readonly Subject[];
  readonly roleRef: RoleRef;
}

export interface ValidatingAdmissionPolicy extends ClusterWide {
  readonly apiVersion: 'admissionregistration.k8s.io/v1';
  readonly kind: 'ValidatingAdmissionPolicy';
  readonly spec: ValidatingAdmissionPolicySpec;
}

export interface ValidatingAdmissionPolicySpec {
  /** Always v1 ConfigMap: the bundle knows no other parameters. */
  readonly paramKind?: { readonly apiVersion: 'v1'; readonly kind: 'ConfigMap' };
  readonly matchConstraints: MatchResources;
  readonly matchConditions?: readonly MatchCondition[];
  /** Each may use those before it. */
  readonly variables?: readonly Variable[];
  readonly validations?: readonly Validation[];
  readonly auditAnnotations?: readonly AuditAnnotation[];
  readonly failurePolicy: 'Fail' | 'Ignore';
}

export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

export interface Variable {
  readonly name: string;
  readonly expression: string;
}

export interface Validation {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  /** Of the refusal; without one it is Invalid. */
  readonly reason?: 'Forbidden' | 'Invalid' | 'RequestEntityTooLarge';
}

export interface AuditAnnotation {
  readonly key: string;
  readonly valueExpression: string;
}

/** Which requests a policy or a binding is about. A binding without resourceRules is about all that its policy is about. */
export interface MatchResources {
  /** Looks at the label kubernetes.io/metadata.name alone: no Namespace is read. */
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
  readonly resourceRules?: readonly NamedRuleWithOperations[];
  readonly excludeResourceRules?: readonly NamedRuleWithOperations[];
  readonly matchPolicy: 'Exact' | 'Equivalent';
}

export interface NamedRuleWithOperations {
  readonly resourceNames?: readonly string[];
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT' | '*')[];
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  /** `tfjobs`, `tfjobs/status`, with wildcards in either place */
  readonly resources: readonly string[];
  readonly scope: '*' | 'Cluster' | 'Namespaced';
}

export interface ValidatingAdmissionPolicyBinding extends ClusterWide {
  readonly apiVersion: 'admissionregistration.k8s.io/v1';
  readonly kind: 'ValidatingAdmissionPolicyBinding';
  readonly spec: ValidatingAdmissionPolicyBindingSpec;
}

export interface ValidatingAdmissionPolicyBindingSpec {
  readonly policyName: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
  readonly validationActions: readonly ('Deny' | 'Warn' | 'Audit')[];
}

/** Either a name or a selector. Without a namespace it looks in that of the request's object. */
export interface ParamRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: LabelSelector;
  readonly parameterNotFoundAction: 'Allow' | 'Deny';
}

/** Parameters of policies; the bundle has no other use for one. */
export interface ConfigMap extends Namespaced {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
}

/** How much of a request the audit trail tells. */
export type AuditLevel = 'None' | 'Metadata' | 'Request' | 'RequestResponse';
export type AuditStage = 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic';

/** What the audit trail tells of which requests: the first rule that matches decides; a request that none matches is not told of. */
export interface AuditPolicy {
  readonly apiVersion: 'audit.k8s.io/v1';
  readonly kind: 'Policy';
  readonly metadata: Partial<ObjectMeta>;
  readonly rules: readonly AuditRule[];
  readonly omitStages?: readonly AuditStage[];
  readonly omitManagedFields?: boolean;
}

/** A list that is empty or absent matches everything. */
export interface AuditRule {
  readonly level: AuditLevel;
  readonly users?: readonly string[];
  readonly userGroups?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resources?: readonly AuditResources[];
  readonly namespaces?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
  /** Beside those of the policy. */
  readonly omitStages?: readonly AuditStage[];
  /** In place of what the policy says. */
  readonly omitManagedFields?: boolean;
}

export interface AuditResources {
  /** Empty: the core group; `*`: every group. */
  readonly group?: string;
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}
