/** A manifest that is refused: what is wrong with it, by line, in the words of kube-apiserver unless `kubernetes` says what that says. */
export interface Broken {
  readonly title: string;
  readonly manifest: string;
  readonly mistakes: readonly (readonly [line: number, message: string])[];
  /** Where kube-apiserver's verdict is another: what it says, and why this is meant. */
  readonly kubernetes?: string;
}

const subdomain = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const subdomainRule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
const labelName = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const nameRule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${labelName}')`;

const rbac = 'apiVersion: rbac.authorization.k8s.io/v1';
const admission = 'apiVersion: admissionregistration.k8s.io/v1';
const indent = (text: string) => text.trim().replaceAll('\n', '\n  ');

/** A policy whose matchConstraints are good; what is given begins on line 8. */
const policy = (spec: string) => `${admission}
kind: ValidatingAdmissionPolicy
metadata: { name: p }
spec:
  matchConstraints:
    resourceRules:
    - { apiGroups: [kubeflow.org], apiVersions: [v1], operations: [UPDATE], resources: [tfjobs] }
  ${indent(spec)}
`;
/** A policy of one good validation; what is given begins on line 7. */
const constrained = (constraints: string) => `${admission}
kind: ValidatingAdmissionPolicy
metadata: { name: p }
spec:
  validations: [{ expression: 'true' }]
  matchConstraints:
    ${constraints.replaceAll('\n', '\n    ')}
`;
/** A rule of one, on line 8. */
const ruled = (rule: string) => constrained(`resourceRules:\n- ${rule}`);
const good = 'apiGroups: [kubeflow.org], apiVersions: [v1], operations: [UPDATE], resources: [tfjobs]';
/** A binding of a policy that is there; what is given begins on line 5. */
const binding = (spec: string) => `${admission}
kind: ValidatingAdmissionPolicyBinding
metadata: { name: b }
spec:
  ${indent(spec)}
---
${policy("validations: [{ expression: 'true' }]")}`;
const role = (rules: string) => `${rbac}\nkind: Role\nmetadata: { name: r, namespace: ns }\nrules:\n${rules}`;
const cluster = (rules: string) => `${rbac}\nkind: ClusterRole\nmetadata: { name: r }\nrules:\n${rules}`;
/** A binding of a role that is there; what is given begins on line 4. */
const bound = (text: string) =>
  `${rbac}\nkind: RoleBinding\nmetadata: { name: b, namespace: ns }\n${text}\n---\n${role('- { verbs: [get], apiGroups: [kubeflow.org], resources: [tfjobs] }')}`;
const toRole = 'roleRef: { kind: Role, name: r, apiGroup: rbac.authorization.k8s.io }';
const map = (text: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: m, namespace: ns }\n${text}`;

export const broken: readonly Broken[] = [
  // --- what a manifest is
  {
    title: 'no YAML',
    manifest: 'a: [1',
    mistakes: [[1, 'Flow sequence in block collection must be sufficiently indented and end with a ]']],
    kubernetes: 'did not find expected token: words of the parser',
  },
  {
    title: 'a text',
    manifest: 'hello',
    mistakes: [[1, 'is no object with apiVersion and kind']],
    kubernetes: 'cannot unmarshal: words of the decoder',
  },
  {
    title: 'no apiVersion and no kind',
    manifest: 'metadata: { name: x }',
    mistakes: [
      [1, 'apiVersion: Required value'],
      [1, 'kind: Required value'],
    ],
    kubernetes: "Object 'Kind' is missing: words of the decoder",
  },
  {
    title: 'another kind',
    manifest: 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: x }',
    mistakes: [
      [
        2,
        'kind: apps/v1 Deployment is none of the kinds that are read here: Role, ClusterRole, RoleBinding, ClusterRoleBinding, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ConfigMap',
      ],
    ],
    kubernetes: 'accepts: it has other uses for it',
  },
  {
    title: 'an older version',
    manifest: 'apiVersion: admissionregistration.k8s.io/v1beta1\nkind: ValidatingAdmissionPolicy\nmetadata: { name: x }',
    mistakes: [
      [
        2,
        'apiVersion: ValidatingAdmissionPolicy is read in version admissionregistration.k8s.io/v1 only, not in admissionregistration.k8s.io/v1beta1',
      ],
    ],
    kubernetes: 'accepts, where it is asked to serve that version',
  },
  {
    title: 'a policy that changes jobs',
    manifest: `${admission}\nkind: MutatingAdmissionPolicy\nmetadata: { name: x }`,
    mistakes: [[2, 'kind: MutatingAdmissionPolicy is not supported: it would write what the caller did not ask for']],
    kubernetes: 'accepts: an API server changes objects',
  },
  {
    title: 'a field twice',
    manifest: map('data: { a: b }\ndata: { a: c }'),
    mistakes: [[5, 'Map keys must be unique']],
    kubernetes: 'key "data" already set in map: words of the parser',
  },
  { title: 'an unknown field', manifest: map('datum: { a: b }'), mistakes: [[4, 'unknown field "datum"']] },
  {
    title: 'an unknown field in a list',
    manifest: policy("validations:\n- expression: 'true'\n  mesage: nope"),
    mistakes: [[10, 'unknown field "spec.validations[0].mesage"']],
  },
  {
    title: 'an unknown field that differs in case',
    manifest: policy("validations: [{ expression: 'true', messageexpression: \"'x'\" }]"),
    mistakes: [[8, 'unknown field "spec.validations[0].messageexpression"']],
  },
  {
    title: 'a number for a text',
    manifest: map('data:\n  a: 5'),
    mistakes: [[5, 'data[a]: must be a string, not the number 5 (put it in quotes)']],
    kubernetes: 'cannot unmarshal number: words of the decoder',
  },
  {
    title: 'a word that YAML 1.1 takes for true',
    manifest: map('data:\n  a: yes'),
    mistakes: [[5, 'data[a]: must be a string, not the boolean yes (put it in quotes)']],
    kubernetes: 'cannot unmarshal bool: words of the decoder',
  },
  {
    title: 'a text for a list',
    manifest: role('- verbs: get'),
    mistakes: [[5, 'rules[0].verbs: must be a list, not a string']],
    kubernetes: 'cannot unmarshal string: words of the decoder',
  },
  {
    title: 'a list for a map',
    manifest: map('data: [a]'),
    mistakes: [[4, 'data: must be a map, not a list']],
    kubernetes: 'cannot unmarshal array: words of the decoder',
  },
  {
    title: 'a null in a map',
    manifest: map('data:\n  a:'),
    mistakes: [[5, 'data[a]: may not be null']],
    kubernetes: 'accepts: it takes the empty text',
  },
  // --- metadata
  {
    title: 'no name',
    manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { namespace: ns }',
    mistakes: [[3, 'metadata.name: Required value: name or generateName is required']],
  },
  {
    title: 'a name to be made up',
    manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: { namespace: ns, generateName: m- }',
    mistakes: [[3, 'metadata.name: Required value: name or generateName is required']],
    kubernetes: 'accepts: it makes one up',
  },
  {
    title: 'a name with a capital letter',
    manifest: policy("validations: [{ expression: 'true' }]").replace('name: p', 'name: P'),
    mistakes: [[3, `metadata.name: Invalid value: "P": ${subdomainRule}`]],
  },
  {
    title: "a role's name with a slash and a percent sign",
    manifest: `${rbac}\nkind: ClusterRole\nmetadata: { name: a%/b }\nrules: []`,
    mistakes: [
      [3, `metadata.name: Invalid value: "a%/b": may not contain '/'`],
      [3, `metadata.name: Invalid value: "a%/b": may not contain '%'`],
    ],
  },
  {
    title: "a role's name of two dots",
    manifest: `${rbac}\nkind: ClusterRole\nmetadata: { name: .. }\nrules: []`,
    mistakes: [[3, `metadata.name: Invalid value: "..": may not be '..'`]],
  },
  {
    title: 'no namespace where there must be one',
    manifest: `${rbac}\nkind: Role\nmetadata: { name: r }\nrules: []`,
    mistakes: [[3, 'metadata.namespace: Required value']],
    kubernetes: "accepts: kubectl adds its context's",
  },
  {
    title: 'a namespace with dots',
    manifest: map('').replace('namespace: ns', 'namespace: n.n'),
    mistakes: [[3, 'metadata.namespace: Invalid value: "n.n": must not contain dots']],
  },
  {
    title: 'labels that are none',
    manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n  namespace: ns\n  labels:\n    -a: -b',
    mistakes: [
      [7, `metadata.labels: Invalid value: "-a": name part ${nameRule}`],
      [
        7,
        `metadata.labels: Invalid value: "-b": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(${labelName})?')`,
      ],
    ],
  },
  {
    title: 'an annotation without a name',
    manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: m\n  namespace: ns\n  annotations: { example.com/: x }',
    mistakes: [
      [6, 'metadata.annotations: Invalid value: "example.com/": name part must be non-empty'],
      [6, `metadata.annotations: Invalid value: "example.com/": name part ${nameRule}`],
    ],
  },
  {
    title: 'one name twice',
    manifest: `${map('')}\n---\n${map('')}`,
    mistakes: [[8, 'metadata.name: Duplicate value: "m": ConfigMap in broken.yaml:3']],
    kubernetes: 'accepts: the second replaces the first',
  },
  // --- RBAC
  {
    title: 'a rule without verbs',
    manifest: role('- verbs: []\n  apiGroups: [""]\n  resources: [pods]'),
    mistakes: [[5, 'rules[0].verbs: Required value']],
  },
  {
    title: 'a rule of nothing',
    manifest: role('- {}'),
    mistakes: [
      [5, 'rules[0].verbs: Required value'],
      [5, 'rules[0].apiGroups: Required value: resource rules must supply at least one api group'],
      [5, 'rules[0].resources: Required value: resource rules must supply at least one resource'],
    ],
  },
  {
    title: 'paths in a Role',
    manifest: role('- verbs: [get]\n  nonResourceURLs: [/version]'),
    mistakes: [[6, 'rules[0].nonResourceURLs: Invalid value: ["/version"]: namespaced rules cannot apply to non-resource URLs']],
  },
  {
    title: 'paths and resources in one rule',
    manifest: cluster('- verbs: [get]\n  resources: [tfjobs]\n  nonResourceURLs: [/version]'),
    mistakes: [
      [7, 'rules[0].nonResourceURLs: Invalid value: ["/version"]: rules cannot apply to both regular resources and non-resource URLs'],
    ],
  },
  {
    title: 'an aggregation of nothing',
    manifest: `${rbac}\nkind: ClusterRole\nmetadata: { name: r }\naggregationRule: {}`,
    mistakes: [
      [4, 'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil'],
    ],
  },
  {
    title: 'no roleRef',
    manifest: bound(''),
    mistakes: [
      [1, 'roleRef.kind: Unsupported value: "": supported values: "Role", "ClusterRole"'],
      [1, 'roleRef.name: Required value'],
    ],
  },
  {
    title: 'a roleRef of another group',
    manifest: bound('roleRef: { kind: Role, name: r, apiGroup: apps }'),
    mistakes: [[4, 'roleRef.apiGroup: Unsupported value: "apps": supported values: "rbac.authorization.k8s.io"']],
  },
  {
    title: 'a roleRef of another kind',
    manifest: bound('roleRef: { kind: User, name: r }'),
    mistakes: [[4, 'roleRef.kind: Unsupported value: "User": supported values: "Role", "ClusterRole"']],
  },
  {
    title: 'a ClusterRoleBinding to a Role',
    manifest: `${rbac}\nkind: ClusterRoleBinding\nmetadata: { name: b }\nroleRef: { kind: Role, name: r }`,
    mistakes: [[4, 'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"']],
  },
  {
    title: 'a roleRef without its Role',
    manifest: bound('roleRef: { kind: Role, name: other }'),
    mistakes: [[4, 'roleRef.name: Not found: "other": no manifest here is the Role of this name in namespace "ns"']],
    kubernetes: 'accepts: the role may come later',
  },
  {
    title: 'a roleRef to a Role of another namespace',
    manifest: bound(toRole).replace('namespace: ns', 'namespace: other'),
    mistakes: [[4, 'roleRef.name: Not found: "r": no manifest here is the Role of this name in namespace "other"']],
    kubernetes: 'accepts: the role may come later',
  },
  {
    title: "a roleRef to a cluster's own role",
    manifest: bound('roleRef: { kind: ClusterRole, name: view }'),
    mistakes: [[4, 'roleRef.name: Not found: "view": no manifest here is the ClusterRole of this name']],
    kubernetes: 'accepts: a cluster has it',
  },
  {
    title: 'a subject without a kind and a name',
    manifest: bound(`${toRole}\nsubjects: [{}]`),
    mistakes: [
      [5, 'subjects[0].name: Required value'],
      [5, 'subjects[0].kind: Unsupported value: "": supported values: "ServiceAccount", "User", "Group"'],
    ],
  },
  {
    title: 'a user of another group',
    manifest: bound(`${toRole}\nsubjects:\n- { kind: User, name: ada, apiGroup: v1 }`),
    mistakes: [[6, 'subjects[0].apiGroup: Unsupported value: "v1": supported values: "rbac.authorization.k8s.io"']],
  },
  {
    title: 'a service account of a group',
    manifest: bound(`${toRole}\nsubjects:\n- { kind: ServiceAccount, name: ada, namespace: ns, apiGroup: rbac.authorization.k8s.io }`),
    mistakes: [[6, 'subjects[0].apiGroup: Unsupported value: "rbac.authorization.k8s.io": supported values: ""']],
  },
  {
    title: 'a service account without a namespace',
    manifest: `${rbac}\nkind: ClusterRoleBinding\nmetadata: { name: b }\nroleRef: { kind: ClusterRole, name: 'system:discovery' }\nsubjects:\n- { kind: ServiceAccount, name: ada }`,
    mistakes: [[6, 'subjects[0].namespace: Required value']],
  },
  // --- what a policy is about
  {
    title: 'a policy of nothing',
    manifest: `${admission}\nkind: ValidatingAdmissionPolicy\nmetadata: { name: p }\nspec: {}`,
    mistakes: [
      [4, 'spec.matchConstraints: Required value'],
      [4, 'spec.validations: Required value: validations or auditAnnotations must contain at least one item'],
      [4, 'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item'],
    ],
  },
  {
    title: 'no resourceRules',
    manifest: constrained('matchPolicy: Exact'),
    mistakes: [[6, 'spec.matchConstraints.resourceRules: Required value']],
  },
  {
    title: 'another failurePolicy',
    manifest: policy("failurePolicy: Deny\nvalidations: [{ expression: 'true' }]"),
    mistakes: [[8, 'spec.failurePolicy: Unsupported value: "Deny": supported values: "Fail", "Ignore"']],
  },
  {
    title: 'another matchPolicy',
    manifest: constrained(`matchPolicy: Similar\nresourceRules: [{ ${good} }]`),
    mistakes: [[7, 'spec.matchConstraints.matchPolicy: Unsupported value: "Similar": supported values: "Equivalent", "Exact"']],
  },
  {
    title: 'a rule of resources without anything',
    manifest: ruled('{}'),
    mistakes: ['operations', 'apiGroups', 'apiVersions', 'resources'].map(
      (name) => [8, `spec.matchConstraints.resourceRules[0].${name}: Required value`] as const,
    ),
  },
  {
    title: 'another operation',
    manifest: ruled(`{ ${good.replace('UPDATE', 'PATCH')} }`),
    mistakes: [
      [
        8,
        'spec.matchConstraints.resourceRules[0].operations[0]: Unsupported value: "PATCH": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
      ],
    ],
  },
  {
    title: 'an operation beside all of them',
    manifest: ruled(`{ ${good.replace('UPDATE', "'*', UPDATE")} }`),
    mistakes: [
      [
        8,
        `spec.matchConstraints.resourceRules[0].operations: Invalid value: ["*","UPDATE"]: if '*' is present, must not specify other operations`,
      ],
    ],
  },
  {
    title: 'operations that the gateway never performs',
    manifest: ruled(`{ ${good.replace('UPDATE', 'CREATE, DELETE')} }`),
    mistakes: [
      [
        8,
        'spec.matchConstraints.resourceRules[0].operations: Invalid value: ["CREATE","DELETE"]: the gateway performs UPDATE only, so this would never apply',
      ],
    ],
    kubernetes: 'accepts: it performs them',
  },
  {
    title: 'a group beside all of them',
    manifest: ruled(`{ ${good.replace('kubeflow.org', "'*', kubeflow.org")} }`),
    mistakes: [
      [
        8,
        `spec.matchConstraints.resourceRules[0].apiGroups: Invalid value: ["*","kubeflow.org"]: if '*' is present, must not specify other API groups`,
      ],
    ],
  },
  {
    title: 'an empty version',
    manifest: ruled(`{ ${good.replace('v1', "'*', ''")} }`),
    mistakes: [
      [
        8,
        `spec.matchConstraints.resourceRules[0].apiVersions: Invalid value: ["*",""]: if '*' is present, must not specify other API versions`,
      ],
      [8, 'spec.matchConstraints.resourceRules[0].apiVersions[1]: Required value'],
    ],
  },
  {
    title: 'an empty resource',
    manifest: ruled(`{ ${good.replace('tfjobs', "''")} }`),
    mistakes: [[8, 'spec.matchConstraints.resourceRules[0].resources[0]: Required value']],
  },
  {
    title: 'a subresource beside all of them',
    manifest: ruled(`{ ${good.replace('tfjobs', 'tfjobs/*, tfjobs/status')} }`),
    mistakes: [
      [
        8,
        `spec.matchConstraints.resourceRules[0].resources[1]: Invalid value: "tfjobs/status": if 'tfjobs/*' is present, must not specify tfjobs/status`,
      ],
    ],
  },
  {
    title: 'a resource beside everything',
    manifest: ruled(`{ ${good.replace('tfjobs', "'*/*', tfjobs")} }`),
    mistakes: [
      [
        8,
        `spec.matchConstraints.resourceRules[0].resources: Invalid value: ["*/*","tfjobs"]: if '*/*' is present, must not specify other resources`,
      ],
    ],
  },
  {
    title: 'a resource beside all of them',
    manifest: ruled(`{ ${good.replace('tfjobs', "'*', tfjobs")} }`),
    mistakes: [
      [
        8,
        `spec.matchConstraints.resourceRules[0].resources: Invalid value: ["*","tfjobs"]: if '*' is present, must not specify other resources without subresources`,
      ],
    ],
  },
  {
    title: 'another scope',
    manifest: ruled(`{ ${good}, scope: All }`),
    mistakes: [
      [8, 'spec.matchConstraints.resourceRules[0].scope: Unsupported value: "All": supported values: "*", "Cluster", "Namespaced"'],
    ],
  },
  {
    title: "a resource's name twice, and with a slash",
    manifest: ruled(`{ ${good}, resourceNames: [a, a, a/b] }`),
    mistakes: [
      [8, 'spec.matchConstraints.resourceRules[0].resourceNames[1]: Duplicate value: "a"'],
      [8, `spec.matchConstraints.resourceRules[0].resourceNames[2]: Invalid value: "a/b": may not contain '/'`],
    ],
  },
  {
    title: 'a selector without values',
    manifest: constrained(`objectSelector:\n  matchExpressions: [{ key: a, operator: In }]\nresourceRules: [{ ${good} }]`),
    mistakes: [
      [
        8,
        "spec.matchConstraints.objectSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      ],
    ],
  },
  {
    title: 'a selector with values too many',
    manifest: constrained(`objectSelector:\n  matchExpressions: [{ key: a, operator: Exists, values: [b] }]\nresourceRules: [{ ${good} }]`),
    mistakes: [
      [
        8,
        "spec.matchConstraints.objectSelector.matchExpressions[0].values: Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      ],
    ],
  },
  {
    title: 'a selector with another operator',
    manifest: constrained(`objectSelector:\n  matchExpressions: [{ key: a, operator: Equals, values: [b] }]\nresourceRules: [{ ${good} }]`),
    mistakes: [
      [8, 'spec.matchConstraints.objectSelector.matchExpressions[0].operator: Invalid value: "Equals": not a valid selector operator'],
    ],
  },
  {
    title: 'a selector of a label of the namespace',
    manifest: constrained(`namespaceSelector:\n  matchLabels: { team: a }\nresourceRules: [{ ${good} }]`),
    mistakes: [
      [
        8,
        'spec.matchConstraints.namespaceSelector.matchLabels: Invalid value: "team": the gateway reads no Namespace, and knows of its labels kubernetes.io/metadata.name alone',
      ],
    ],
    kubernetes: 'accepts: it reads Namespaces',
  },
  {
    title: 'a selector by expression of a label of the namespace',
    manifest: constrained(`namespaceSelector:\n  matchExpressions: [{ key: team, operator: Exists }]\nresourceRules: [{ ${good} }]`),
    mistakes: [
      [
        8,
        'spec.matchConstraints.namespaceSelector.matchExpressions[0].key: Invalid value: "team": the gateway reads no Namespace, and knows of its labels kubernetes.io/metadata.name alone',
      ],
    ],
    kubernetes: 'accepts: it reads Namespaces',
  },
  // --- what a policy says
  {
    title: 'parameters of another kind',
    manifest: policy("paramKind: { apiVersion: example.com/v1, kind: Limit }\nvalidations: [{ expression: 'true' }]"),
    mistakes: [
      [8, 'spec.paramKind: Invalid value: "example.com/v1 Limit": parameters are objects of v1 ConfigMap here, and of no other kind'],
    ],
    kubernetes: 'accepts: it reads other kinds',
  },
  {
    title: 'parameters of no kind',
    manifest: policy("paramKind: {}\nvalidations: [{ expression: 'true' }]"),
    mistakes: [
      [8, 'spec.paramKind.apiVersion: Required value'],
      [8, 'spec.paramKind.kind: Required value'],
    ],
  },
  {
    title: 'a validation without an expression',
    manifest: policy('validations:\n- message: nope'),
    mistakes: [[9, 'spec.validations[0].expression: Required value: expression is not specified']],
  },
  {
    title: 'an expression that is none',
    manifest: policy("validations:\n- message: nope\n  expression: 'object.spec.'"),
    mistakes: [
      [
        10,
        'spec.validations[0].expression: Invalid value: "object.spec.": compilation failed: ERROR: <input>:1:13: Syntax error: no viable alternative at input \'.\'\n | object.spec.\n | ............^',
      ],
    ],
  },
  {
    title: 'an expression of an unknown name',
    manifest: policy('validations:\n- expression: job.spec == 1'),
    mistakes: [
      [
        9,
        `spec.validations[0].expression: Invalid value: "job.spec == 1": compilation failed: ERROR: <input>:1:1: undeclared reference to 'job' (in container '')\n | job.spec == 1\n | ^`,
      ],
    ],
  },
  {
    title: 'an expression of other types',
    manifest: policy('validations:\n- expression: request.name == 5'),
    mistakes: [
      [
        9,
        `spec.validations[0].expression: Invalid value: "request.name == 5": compilation failed: ERROR: <input>:1:14: found no matching overload for '_==_' applied to '(string, int)'\n | request.name == 5\n | .............^`,
      ],
    ],
  },
  {
    title: 'an expression that is no bool',
    manifest: policy('validations:\n- expression: request.name'),
    mistakes: [[9, 'spec.validations[0].expression: Invalid value: "request.name": must evaluate to bool but got string']],
  },
  {
    title: 'an expression of any type',
    manifest: policy('validations:\n- expression: object.spec'),
    mistakes: [[9, 'spec.validations[0].expression: Invalid value: "object.spec": must evaluate to bool but got dyn']],
  },
  {
    title: 'parameters without a paramKind',
    manifest: policy("validations:\n- expression: params.data.x == '1'"),
    mistakes: [
      [
        9,
        `spec.validations[0].expression: Invalid value: "params.data.x == '1'": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')\n | params.data.x == '1'\n | ^`,
      ],
    ],
  },
  {
    title: 'a variable that comes later',
    manifest: policy(
      "variables:\n- { name: a, expression: variables.b }\n- { name: b, expression: '1' }\nvalidations: [{ expression: variables.b == 1 }]",
    ),
    mistakes: [
      [
        9,
        `spec.variables[0].expression: Invalid value: "variables.b": compilation failed: ERROR: <input>:1:10: undefined field 'b'\n | variables.b\n | .........^`,
      ],
    ],
  },
  {
    title: 'variables where there are none',
    manifest: policy('validations:\n- expression: variables.a'),
    mistakes: [
      [
        9,
        `spec.validations[0].expression: Invalid value: "variables.a": compilation failed: ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')\n | variables.a\n | ^`,
      ],
    ],
  },
  {
    title: "a variable's name that CEL keeps",
    manifest: policy("variables: [{ name: in, expression: '1' }]\nvalidations: [{ expression: 'true' }]"),
    mistakes: [[8, 'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier']],
  },
  {
    title: 'a variable without a name and an expression',
    manifest: policy("variables: [{}]\nvalidations: [{ expression: 'true' }]"),
    mistakes: [
      [8, 'spec.variables[0].name: Required value: name is not specified'],
      [8, 'spec.variables[0].expression: Required value: expression is not specified'],
    ],
  },
  {
    title: 'the namespace itself',
    manifest: policy("validations:\n- expression: namespaceObject.metadata.name == 'a'"),
    mistakes: [
      [
        9,
        `spec.validations[0].expression: Invalid value: "namespaceObject.metadata.name == 'a'": namespaceObject is not available: the gateway reads no Namespace`,
      ],
    ],
    kubernetes: 'accepts: it reads Namespaces',
  },
  {
    title: 'what is new in this minor version',
    manifest: policy("validations:\n- expression: '[1].includes(1)'"),
    mistakes: [
      [
        9,
        `spec.validations[0].expression: Invalid value: "[1].includes(1)": compilation failed: ERROR: <input>:1:13: undeclared reference to 'includes' (in container '')\n | [1].includes(1)\n | ............^`,
      ],
    ],
  },
  {
    title: 'a pattern that RE2 does not know',
    manifest: policy("validations:\n- expression: request.name.matches('(?=a)')"),
    mistakes: [
      [
        9,
        `spec.validations[0].expression: Invalid value: "request.name.matches('(?=a)')": compilation failed: ERROR: <input>:1:22: invalid matches argument\n | request.name.matches('(?=a)')\n | .....................^`,
      ],
    ],
  },
  {
    title: 'the reason Unauthorized',
    manifest: policy("validations:\n- expression: 'true'\n  reason: Unauthorized"),
    mistakes: [
      [
        10,
        'spec.validations[0].reason: Unsupported value: "Unauthorized": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
      ],
    ],
  },
  {
    title: 'a message of spaces',
    manifest: policy("validations:\n- expression: 'true'\n  message: ' '"),
    mistakes: [[10, 'spec.validations[0].message: Invalid value: " ": must be non-empty if specified']],
  },
  {
    title: 'a message of two lines',
    manifest: policy('validations:\n- expression: \'true\'\n  message: "a\\nb"'),
    mistakes: [[10, 'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks']],
  },
  {
    title: 'a messageExpression that is no text',
    manifest: policy("validations:\n- expression: 'true'\n  messageExpression: '5'"),
    mistakes: [[10, 'spec.validations[0].messageExpression: Invalid value: "5": must evaluate to string but got int']],
  },
  {
    title: 'a messageExpression of spaces',
    manifest: policy("validations:\n- expression: 'true'\n  messageExpression: ' '"),
    mistakes: [[10, 'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified']],
  },
  {
    title: 'a messageExpression that asks the authorizer',
    manifest: policy("validations:\n- expression: 'true'\n  messageExpression: authorizer.path('/x').check('get').reason()"),
    mistakes: [
      [
        10,
        `spec.validations[0].messageExpression: Invalid value: "authorizer.path('/x').check('get').reason()": compilation failed: ERROR: <input>:1:1: undeclared reference to 'authorizer' (in container '')\n | authorizer.path('/x').check('get').reason()\n | ^`,
      ],
    ],
  },
  {
    title: 'a match condition without anything',
    manifest: policy("matchConditions: [{}]\nvalidations: [{ expression: 'true' }]"),
    mistakes: [
      [8, 'spec.matchConditions[0].expression: Required value'],
      [8, 'spec.matchConditions[0].name: Required value'],
    ],
  },
  {
    title: 'a match condition that is no bool',
    manifest: policy("matchConditions: [{ name: a, expression: '1' }]\nvalidations: [{ expression: 'true' }]"),
    mistakes: [[8, 'spec.matchConditions[0].expression: Invalid value: "1": must evaluate to bool but got int']],
  },
  {
    title: 'a match condition of a variable',
    manifest: policy(
      "variables: [{ name: a, expression: 'true' }]\nmatchConditions: [{ name: a, expression: variables.a }]\nvalidations: [{ expression: 'true' }]",
    ),
    mistakes: [
      [
        9,
        `spec.matchConditions[0].expression: Invalid value: "variables.a": compilation failed: ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')\n | variables.a\n | ^`,
      ],
    ],
  },
  {
    title: "a match condition's name twice",
    manifest: policy(
      "matchConditions:\n- { name: a, expression: 'true' }\n- { name: a, expression: 'true' }\nvalidations: [{ expression: 'true' }]",
    ),
    mistakes: [[10, 'spec.matchConditions[1].name: Duplicate value: "a"']],
  },
  {
    title: 'match conditions too many',
    manifest: policy(
      `matchConditions: [${Array.from({ length: 65 }, (_, index) => `{ name: a${index}, expression: 'true' }`).join(', ')}]\nvalidations: [{ expression: 'true' }]`,
    ),
    mistakes: [[8, 'spec.matchConditions: Too many: 65: must have at most 64 items']],
  },
  {
    title: 'an audit annotation without anything',
    manifest: policy('auditAnnotations: [{}]'),
    mistakes: [
      [8, 'spec.auditAnnotations[0].key: Invalid value: "p/": name part must be non-empty'],
      [8, `spec.auditAnnotations[0].key: Invalid value: "p/": name part ${nameRule}`],
      [8, 'spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified'],
    ],
  },
  {
    title: 'an audit annotation that is no text',
    manifest: policy("auditAnnotations: [{ key: a, valueExpression: '5' }]"),
    mistakes: [[8, 'spec.auditAnnotations[0].valueExpression: Invalid value: "5": must evaluate to one of [string null_type] but got int']],
  },
  {
    title: "an audit annotation's key twice",
    manifest: policy("auditAnnotations:\n- { key: a, valueExpression: 'null' }\n- { key: a, valueExpression: 'null' }"),
    mistakes: [[10, 'spec.auditAnnotations[1].key: Duplicate value: "a"']],
  },
  // --- bindings
  {
    title: 'a binding of nothing',
    manifest: binding('{}'),
    mistakes: [
      [4, 'spec.policyName: Required value'],
      [4, 'spec.validationActions: Required value'],
    ],
  },
  {
    title: 'a binding without its policy',
    manifest: binding('policyName: other\nvalidationActions: [Deny]'),
    mistakes: [[5, 'spec.policyName: Not found: "other": no manifest here is the ValidatingAdmissionPolicy of this name']],
    kubernetes: 'accepts: the policy may come later',
  },
  {
    title: 'a binding to a name that is none',
    manifest: binding('policyName: P\nvalidationActions: [Deny]'),
    mistakes: [[5, `spec.policyName: Invalid value: "P": ${subdomainRule}`]],
  },
  {
    title: 'actions twice, unknown, and Deny beside Warn',
    manifest: binding('policyName: p\nvalidationActions: [Deny, Warn, Deny, Log]'),
    mistakes: [
      [6, 'spec.validationActions[2]: Duplicate value: "Deny"'],
      [6, 'spec.validationActions[3]: Unsupported value: "Log": supported values: "Audit", "Deny", "Warn"'],
      [
        6,
        'spec.validationActions: Invalid value: ["Deny","Warn","Deny","Log"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    ],
  },
  {
    title: 'a paramRef of nothing',
    manifest: binding('policyName: p\nvalidationActions: [Deny]\nparamRef: {}'),
    mistakes: [
      [7, 'spec.paramRef: Required value: one of name or selector must be specified'],
      [7, 'spec.paramRef.parameterNotFoundAction: Required value'],
    ],
  },
  {
    title: 'a paramRef by name and selector',
    manifest: binding('policyName: p\nvalidationActions: [Deny]\nparamRef: { name: m, selector: {}, parameterNotFoundAction: Allow }'),
    mistakes: [
      [7, 'spec.paramRef.name: Forbidden: name and selector are mutually exclusive'],
      [7, 'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive'],
    ],
  },
  {
    title: 'another parameterNotFoundAction',
    manifest: `${binding('policyName: p\nvalidationActions: [Deny]\nparamRef: { name: m, parameterNotFoundAction: Warn }')}---\n${map('')}`,
    mistakes: [[7, 'spec.paramRef.parameterNotFoundAction: Unsupported value: "Warn": supported values: "Deny", "Allow"']],
  },
  {
    title: 'a paramRef without its ConfigMap',
    manifest: `${binding('policyName: p\nvalidationActions: [Deny]\nparamRef: { name: m, namespace: other, parameterNotFoundAction: Deny }')}---\n${map('')}`,
    mistakes: [[7, 'spec.paramRef.name: Not found: "m": no manifest here is the ConfigMap of this name in namespace "other"']],
    kubernetes: 'accepts: the parameters may come later',
  },
  {
    title: 'a selector of parameters that selects none',
    manifest: `${binding('policyName: p\nvalidationActions: [Deny]\nparamRef: { selector: { matchLabels: { a: b } }, parameterNotFoundAction: Deny }')}---\n${map('')}`,
    mistakes: [[7, 'spec.paramRef.selector: Not found: no ConfigMap among the manifests here is selected']],
    kubernetes: 'accepts: the parameters may come later',
  },
  {
    title: 'a binding for operations that the gateway never performs',
    manifest: binding(
      `policyName: p\nvalidationActions: [Deny]\nmatchResources:\n  resourceRules:\n  - { ${good.replace('UPDATE', 'CONNECT')} }`,
    ),
    mistakes: [
      [
        9,
        'spec.matchResources.resourceRules[0].operations: Invalid value: ["CONNECT"]: the gateway performs UPDATE only, so this would never apply',
      ],
    ],
    kubernetes: 'accepts: it performs them',
  },
  // --- ConfigMaps
  {
    title: 'keys that are none',
    manifest: map('data:\n  a b: c\n  ..: d'),
    mistakes: [
      [
        5,
        `data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      ],
      [6, `data[..]: Invalid value: "..": must not be '..'`],
    ],
  },
  {
    title: 'a key in both',
    manifest: map('data: { a: b }\nbinaryData: { a: YQ== }'),
    mistakes: [[4, 'data[a]: Invalid value: "a": duplicate of key present in binaryData']],
  },
  {
    title: 'what is no base64',
    manifest: map('binaryData: { a: "x!" }'),
    mistakes: [[4, 'binaryData[a]: is not base64']],
    kubernetes: 'illegal base64 data: words of the decoder',
  },
];
