import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkManifests, checkPolicies } from '../../../scripts/manifests/check.ts';
import { hintsOf } from '../../../scripts/manifests/hints.ts';

const policy = (
  spec: string,
  rule = 'apiGroups: [kubeflow.org], apiVersions: [v1], operations: [UPDATE], resources: [tfjobs]',
) => `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: { name: p }
spec:
  matchConstraints: { resourceRules: [{ ${rule} }] }
  ${spec.replaceAll('\n', '\n  ')}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: { name: b }
spec: { policyName: p, validationActions: [Deny] }
`;
const hints = (text: string) => {
  const { manifests, mistakes } = checkManifests([{ file: 'a.yaml', text }]);
  expect(mistakes).toEqual([]);
  return hintsOf(manifests).map(({ line, message }) => `${line}: ${message}`);
};
const validation = (expression: string) => hints(policy(`validations:\n- expression: >-\n    ${expression}`));
const absent = (reads: string, ask: string) =>
  `7: spec.validations[0].expression: reads ${reads}, which may be absent, and that is an error: ask ${ask} first`;

describe('a hint', () => {
  it.each([
    ["object.metadata.labels['x'] == 'y'", absent('object.metadata.labels', 'has(object.metadata.labels)')],
    ["'x' in oldObject.metadata.annotations", absent('oldObject.metadata.annotations', 'has(oldObject.metadata.annotations)')],
    ['has(object.metadata.labels.x)', absent('object.metadata.labels', 'has(object.metadata.labels)')],
    [
      "has(object.metadata.labels) && object.metadata.labels['x'] == 'y'",
      absent("object.metadata.labels['x']", "'x' in object.metadata.labels"),
    ],
    [
      "has(object.metadata.labels) && object.metadata.labels.x == 'y'",
      absent("object.metadata.labels['x']", "'x' in object.metadata.labels"),
    ],
  ])('is given where %s', (expression, hint) => {
    expect(validation(expression)).toEqual([hint]);
  });

  it.each([
    "has(object.metadata.labels) && 'x' in object.metadata.labels && object.metadata.labels['x'] == 'y'",
    "has(object.metadata.labels) && has(object.metadata.labels.x) && object.metadata.labels.x == 'y'",
    "object.metadata.?labels[?'x'].orValue('') == 'y'",
    "has(object.metadata.labels) && object.metadata.labels.all(key, key != 'x')",
    "'object.metadata.labels' != request.name",
    'object.spec == oldObject.spec',
  ])('is not given where %s', (expression) => {
    expect(validation(expression)).toEqual([]);
  });

  it('is not given where a match condition asks', () => {
    const condition = 'matchConditions: [{ name: a, expression: "has(object.metadata.labels) && \'x\' in object.metadata.labels" }]';
    expect(hints(policy(`${condition}\nvalidations:\n- expression: object.metadata.labels['x'] == 'y'`))).toEqual([]);
  });

  it('is given of every kind of expression, at its own line', () => {
    const read = "object.metadata.labels['x']";
    const found = hints(
      policy(`matchConditions:
- { name: a, expression: "${read} == 'y'" }
variables:
- { name: a, expression: "${read}" }
validations:
- expression: "true"
  messageExpression: "string(${read})"
auditAnnotations:
- { key: a, valueExpression: "string(${read})" }`),
    );
    expect(found.map((text) => text.split(': reads')[0])).toEqual([
      '7: spec.matchConditions[0].expression',
      '9: spec.variables[0].expression',
      '12: spec.validations[0].messageExpression',
      '14: spec.auditAnnotations[0].valueExpression',
    ]);
  });

  it('tells of a policy that nothing binds, and of one that is about what the gateway does not do', () => {
    const good = policy("validations: [{ expression: 'true' }]");
    expect(hints(good)).toEqual([]);
    expect(hints(good.split('---')[0] ?? '')).toEqual(['3: metadata.name: no binding names this policy, so it is never asked']);
    const never = ['5: spec.matchConstraints.resourceRules: matches nothing that the gateway does: UPDATE of a job of kubeflow.org/v1'];
    const rule = 'apiGroups: [kubeflow.org], apiVersions: [v1], operations: [UPDATE], resources: [tfjobs]';
    for (const [from, to] of [
      ['kubeflow.org', 'batch'],
      ['tfjobs', 'tfjobs/status'],
      ['[tfjobs]', '[tfjobs], scope: Cluster'],
      ['apiVersions: [v1]', 'apiVersions: [v1beta1]'],
      ['tfjobs', 'TFJob'],
    ] as const) {
      expect(hints(policy("validations: [{ expression: 'true' }]", rule.replace(from, to)))).toEqual(never);
    }
  });

  it('tells of callers that there are none of', () => {
    const text = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: b }
roleRef: { kind: ClusterRole, name: 'system:discovery' }
subjects:
- { kind: ServiceAccount, name: a, namespace: b }
- { kind: Group, name: 'system:masters' }
- { kind: Group, name: 'system:authenticated' }
- { kind: User, name: ada }`;
    expect(hints(text)).toEqual([
      '6: subjects[0]: no caller is a service account here',
      '7: subjects[1].name: no caller is in the group "system:masters" here',
    ]);
  });

  const subject = (kind: string, name: string) =>
    hints(`apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: b }
roleRef: { kind: ClusterRole, name: 'system:discovery' }
subjects: [{ kind: ${kind}, name: ${JSON.stringify(name)} }]`);
  const account = '123456789012';

  it.each([
    ['User', `arn:aws:iam::${account}:role/path/deployer`, 'a role is named here without its path'],
    ['User', `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_1`, 'without its path'],
    ['User', `arn:aws:sts::${account}:assumed-role/deployer/ci`, 'is named by the role'],
    ['User', `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Admin_1`, 'no caller has such an ARN'],
    ['User', `arn:aws:iam::${account}:role/*`, 'no caller has such an ARN'],
    ['User', `arn:aws:iam::${account}:group/admins`, 'no caller has such an ARN'],
    ['User', 'arn:aws:iam::1234:user/ada', 'no caller has such an ARN'],
    ['User', 'event:AROAEXAMPLE:session', 'no event comes from such a user'],
    ['User', 'event:', 'no event comes from such a user'],
    ['User', 'tfjob-gateway:events', 'no caller is the user'],
    ['User', 'system:authenticated', 'no caller is the user'],
    ['User', 'system:admin', 'no caller is the user'],
    ['Group', 'event:orders', 'that is a User'],
    ['Group', 'tfjob-gateway:event', 'no caller is in the group'],
    ['Group', 'system:unauthenticated', 'no caller is in the group'],
    ['Group', 'system:Authenticated', 'no caller is in the group'],
    ['Group', `arn:aws:iam::${account}:role/deployer`, 'roles and users are each a User'],
    ['Group', `arn:aws:iam::${account}:user/ada`, 'roles and users are each a User'],
  ])('tells that no caller is the %s %s', (kind, name, why) => {
    expect(subject(kind, name)).toEqual([expect.stringMatching(/^5: subjects\[0\]\.name: /)]);
    expect(subject(kind, name)[0]).toContain(why);
  });

  it.each([
    ['User', `arn:aws:iam::${account}:role/deployer`],
    ['User', `arn:aws-cn:iam::${account}:user/path/ada`],
    ['User', `arn:aws:iam::${account}:root`],
    ['User', `arn:aws:sts::${account}:federated-user/ada`],
    ['User', `arn:aws:iam::${account}:role/AWSReservedSSO_Admin_1`],
    ['User', `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Admin_1/ada@example.com`],
    ['User', 'event:com.example.orders'],
    ['User', 'event:AROAEXAMPLE'],
    ['User', 'https://issuer.example.com#jane'],
    ['Group', 'tfjob-gateway:events'],
    ['Group', 'ml'],
    ['Group', `arn:aws:iam::${account}:root`],
    ['Group', `arn:aws:iam::${account}:role/AWSReservedSSO_Admin_1`],
  ])('is not given of the %s %s, who can be', (kind, name) => {
    expect(subject(kind, name)).toEqual([]);
  });

  const role = (rule: string) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: r }\nrules:\n- { ${rule} }\n`;

  it.each([
    ['apiGroups: [kubeflow.org], resources: [tfjob], verbs: [get]', 'resources[0]: "tfjob" is nothing here: there are tfjobs, '],
    ['apiGroups: [kubeflow.org], resources: [tfjobs, TFJob], verbs: [get]', 'resources[1]: "TFJob" is nothing here'],
    ['apiGroups: [kubeflow.org], resources: [tfjobs/*], verbs: [get]', 'resources[0]: "tfjobs/*" is nothing here'],
    ['apiGroups: [kubeflow.org/v1], resources: [tfjobs], verbs: [get]', 'apiGroups: is about nothing here'],
    ['apiGroups: [""], resources: [tfjobs], verbs: [get]', 'apiGroups: is about nothing here'],
    ['apiGroups: ["", kubeflow.org], resources: [pods], verbs: [get]', 'resources[0]: "pods" is nothing here'],
    ['apiGroups: [kubeflow.org], resources: [tfjobs], verbs: [Get, list]', 'verbs[0]: "Get" is no verb'],
    ['apiGroups: [kubeflow.org], resources: [tfjobs], verbs: [pach]', 'verbs[0]: "pach" is no verb'],
    ['apiGroups: [kubeflow.org], resources: [tfjobs], verbs: [create, delete]', 'verbs: is never asked for here'],
    ['nonResourceURLs: [/version], verbs: [GET]', 'verbs[0]: "GET" is no verb'],
  ])('is given of a rule that allows nothing here: %s', (rule, hint) => {
    const found = hints(role(rule));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`5: rules[0].${hint}`);
  });

  it.each([
    'apiGroups: ["*"], resources: ["*"], verbs: ["*"]',
    'apiGroups: [kubeflow.org], resources: [tfjobs, mpijobs], verbs: [get, list, watch, create, update, patch, delete]',
    'apiGroups: ["", kubeflow.org], resources: [pods, tfjobs], verbs: [get]',
    'apiGroups: [authorization.k8s.io], resources: [selfsubjectaccessreviews], verbs: [create]',
    'nonResourceURLs: [/version], verbs: [get]',
  ])('is not given of a rule that allows something: %s', (rule) => {
    expect(hints(role(rule))).toEqual([]);
  });

  it('is not given of a rule that a policy asks for by its authorizer', () => {
    const asks = "authorizer.group('ml.example.com').resource('quotas').check('exceed').allowed()";
    const rule = role('apiGroups: [ml.example.com], resources: [quotas], verbs: [exceed]');
    expect(hints(rule)).toHaveLength(1);
    expect(hints(`${rule}---\n${policy(`validations: [{ expression: "${asks}" }]`)}`)).toEqual([]);
  });

  const all = 'apiGroups: [kubeflow.org], apiVersions: [v1], operations: [UPDATE], resources: ';
  const bound = (match: string, more = '', constraints = `resourceRules: [{ ${all}[tfjobs] }]`) =>
    hints(
      policy(`validations: [{ expression: 'true' }]${more}`)
        .replace('validationActions: [Deny]', `validationActions: [Deny], ${match}`)
        .replace(/resourceRules: .*\]/, constraints),
    ).map((hint) => hint.replace(/^\d+: /, ''));

  it.each([
    [`matchResources: { resourceRules: [{ ${all}[tfjobs/status] }] }`, 'resourceRules: matches nothing that the gateway does'],
    [`matchResources: { excludeResourceRules: [{ ${all}["*"] }] }`, 'excludeResourceRules: excludes every job'],
    [
      `matchResources: { namespaceSelector: { matchExpressions: [{ key: kubernetes.io/metadata.name, operator: DoesNotExist }] } }`,
      'namespaceSelector: no namespace fits',
    ],
    [
      `matchResources: { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: a }, matchExpressions: [{ key: kubernetes.io/metadata.name, operator: NotIn, values: [a] }] } }`,
      'namespaceSelector: no namespace fits',
    ],
    [
      `matchResources: { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: Team_A } } }`,
      'namespaceSelector: no namespace fits',
    ],
    [
      `matchResources: { objectSelector: { matchLabels: { a: b }, matchExpressions: [{ key: a, operator: DoesNotExist }] } }`,
      'objectSelector: no labels fit',
    ],
    [`matchResources: { resourceRules: [{ ${all}[pytorchjobs] }] }`, ' matches no job that its policy matches'],
    [`matchResources: { excludeResourceRules: [{ ${all}[tfjobs] }] }`, ' matches no job that its policy matches'],
  ])('is given of a binding that never matches: %s', (match, hint) => {
    const found = bound(match);
    expect(found).toHaveLength(1);
    expect(found[0]?.replace('spec.matchResources', '').replace(/^[.:]/, '')).toContain(hint);
  });

  it.each([
    `matchResources: { resourceRules: [{ ${all}[tfjobs/*] }] }`,
    `matchResources: { excludeResourceRules: [{ ${all}[tfjobs], resourceNames: [one] }] }`,
    `matchResources: { namespaceSelector: { matchExpressions: [{ key: kubernetes.io/metadata.name, operator: NotIn, values: [x, xx] }] } }`,
    `matchResources: { objectSelector: { matchExpressions: [{ key: a, operator: Exists }, { key: a, operator: NotIn, values: [x] }] } }`,
  ])('is not given of a binding that matches: %s', (match) => {
    expect(bound(match)).toEqual([]);
  });

  it('tells of a policy that excludes what it is about, and not of what covers subresources too', () => {
    const excluding = `resourceRules: [{ ${all}[tfjobs] }], excludeResourceRules: [{ ${all}["*"] }]`;
    expect(bound('', '', excluding)).toEqual(['spec.matchConstraints.excludeResourceRules: excludes every job that would be matched']);
    for (const resource of ['tfjobs/*', '"*/*"', '"*"']) expect(bound('', '', `resourceRules: [{ ${all}[${resource}] }]`)).toEqual([]);
  });

  it('tells of a binding that denies nothing and warns nobody', () => {
    const of = (actions: string) => hints(policy("validations: [{ expression: 'true' }]").replace('[Deny]', actions));
    expect(of('[Audit]')).toEqual(['11: spec.validationActions: nothing is denied, and nobody is warned']);
    for (const actions of ['[Warn]', '[Deny, Audit]', '[Warn, Audit]']) expect(of(actions)).toEqual([]);
  });

  it('tells of a binding whose parameters are not there, so that its policy is never asked', () => {
    const ref = 'paramRef: { name: m, namespace: ns, parameterNotFoundAction: Allow }';
    const kind = '\nparamKind: { apiVersion: v1, kind: ConfigMap }';
    expect(bound(ref, kind)).toEqual(['spec.paramRef: there is no such ConfigMap here, so the policy is never asked']);
    const text = policy(`validations: [{ expression: 'true' }]${kind}`).replace('validationActions', `${ref}, validationActions`);
    expect(hints(`${text}---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: m, namespace: ns }`)).toEqual([]);
  });
});

describe('docs/policies', () => {
  const examples = readdirSync('docs/policies', { withFileTypes: true }).filter((entry) => entry.isDirectory());

  it('has ten examples', () => {
    expect(examples).toHaveLength(10);
  });

  it.each(examples.map(({ name }) => name))('%s has no mistake, and nothing to hint at', async (name) => {
    const { manifests, mistakes } = await checkPolicies(`docs/policies/${name}`);
    expect([mistakes, hintsOf(manifests)]).toEqual([[], []]);
    expect(manifests.length).toBeGreaterThan(1);
  });

  it('all together as well', async () => {
    expect((await checkPolicies('docs/policies')).mistakes).toEqual([]);
  });
});

describe('a hint about an audit policy', () => {
  const ofRule = (rule: string) =>
    hints(`apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- { level: Metadata, ${rule} }\n- { level: Metadata }\n`);
  const patterns = ', and there are no patterns here: what is left out is any';

  it.each([
    ['verbs: [UPDATE]', 'rules[0].verbs[0]: no request has the verb "UPDATE": it is written update'],
    ['verbs: [patch, "*"]', `rules[0].verbs[1]: no request has the verb "*"${patterns}`],
    ['verbs: [""]', 'rules[0].verbs[0]: no request has the verb ""'],
    ['users: ["system:*"]', `rules[0].users[0]: nobody and nothing is called "system:*"${patterns}`],
    ['userGroups: [""]', 'rules[0].userGroups[0]: nobody and nothing is called ""'],
    ['namespaces: ["*"]', `rules[0].namespaces[0]: nobody and nothing is called "*"${patterns}`],
    ['resources: [{ resources: [tfjobs] }]', 'rules[0].resources[0].resources[0]: tfjobs are of the group kubeflow.org, and this is of ""'],
    [
      'resources: [{ group: kubeflow.org, resources: [tfjobs, TFJob/status] }]',
      'rules[0].resources[0].resources[1]: no resource is called TFJob: it is tfjobs/status',
    ],
  ])('says that %s matches nothing', (rule, message) => {
    expect(ofRule(rule)).toContain(`4: ${message}`);
  });

  it('is not given for what matches something, here or at kube-apiserver', () => {
    expect(
      ofRule(
        'verbs: [get, update, deletecollection], users: ["system:anonymous"], namespaces: ["", a], ' +
          'resources: [{ group: "*", resources: [tfjobs, "*", "*/status"] }, { group: apps, resources: [deployments] }, { resources: [pods] }]',
      ),
    ).toEqual([]);
  });
});
