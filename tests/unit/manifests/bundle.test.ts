import { describe, expect, it } from 'vitest';
import { checkManifests } from '../../../scripts/manifests/check.ts';
import { pack } from '../../../scripts/manifests/pack.ts';

const bundleOf = (text: string) => {
  const { objects, mistakes } = checkManifests([{ file: 'a.yaml', text }]);
  if (!objects) throw new Error(JSON.stringify(mistakes));
  return objects;
};
const admission = 'apiVersion: admissionregistration.k8s.io/v1';
const rbac = 'apiVersion: rbac.authorization.k8s.io/v1';
const rules = (verb: string) => `[{ verbs: [${verb}], apiGroups: [''], resources: [pods] }]`;
const role = (name: string, verb: string, labels = '{}') =>
  `${rbac}\nkind: ClusterRole\nmetadata: { name: ${name}, labels: ${labels} }\nrules: ${rules(verb)}\n`;
const aggregate = (name: string, selector: string, labels = '{}') =>
  `${rbac}\nkind: ClusterRole\nmetadata: { name: ${name}, labels: ${labels} }\nrules: ${rules('own')}\naggregationRule: { clusterRoleSelectors: [${selector}] }\n`;

describe('the bundle', () => {
  it('has the defaults that an API server fills in', () => {
    const { validatingAdmissionPolicies, validatingAdmissionPolicyBindings, roleBindings } = bundleOf(`${admission}
kind: ValidatingAdmissionPolicy
metadata: { name: p }
spec:
  matchConstraints:
    resourceRules: [{ apiGroups: [kubeflow.org], apiVersions: [v1], operations: [UPDATE], resources: [tfjobs] }]
    excludeResourceRules: [{ apiGroups: [kubeflow.org], apiVersions: [v1], operations: [UPDATE], resources: [tfjobs], resourceNames: [a], scope: Namespaced }]
  validations: [{ expression: 'true' }]
---
${admission}
kind: ValidatingAdmissionPolicyBinding
metadata: { name: b }
spec: { policyName: p, validationActions: [Deny], matchResources: { objectSelector: { matchLabels: { a: b } } } }
---
${rbac}
kind: RoleBinding
metadata: { name: b, namespace: ns }
roleRef: { kind: ClusterRole, name: 'system:discovery' }
subjects: [{ kind: User, name: ada }, { kind: ServiceAccount, name: sa, namespace: ns }]
`);
    expect(validatingAdmissionPolicies[0]?.spec).toMatchObject({
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [{ scope: '*' }],
        excludeResourceRules: [{ scope: 'Namespaced' }],
      },
    });
    const { matchResources } = validatingAdmissionPolicyBindings[0]?.spec ?? {};
    expect(matchResources).toEqual({ namespaceSelector: {}, objectSelector: { matchLabels: { a: 'b' } }, matchPolicy: 'Equivalent' });
    expect(roleBindings[0]?.roleRef.apiGroup).toBe('rbac.authorization.k8s.io');
    expect(roleBindings[0]?.subjects?.map(({ apiGroup }) => apiGroup)).toEqual(['rbac.authorization.k8s.io', '']);
  });

  it('has its objects in alphabetical order, whatever the files and their order', () => {
    const [a, b] = [role('a', 'get'), role('b', 'list')];
    const [first, second] = [bundleOf(`${a}---\n${b}`), bundleOf(`${b}---\n${a}`)];
    expect(first.clusterRoles.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(pack(first).digest).toBe(pack(second).digest);
    expect(pack(first).digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(pack(bundleOf(a)).digest).not.toBe(pack(first).digest);
  });

  it('gives an aggregated role the rules of those that it selects, in place of its own', () => {
    const { clusterRoles } = bundleOf(
      [
        role('one', 'get', '{ to: all }'),
        role('two', 'list', '{ to: all }'),
        role('other', 'watch'),
        aggregate('all', '{ matchLabels: { to: all } }', '{ to: most }'),
        aggregate('most', '{ matchExpressions: [{ key: to, operator: In, values: [most] }] }, { matchLabels: { to: all } }'),
        aggregate('none', '{ matchLabels: { to: nobody } }'),
      ].join('---\n'),
    );
    const verbs = Object.fromEntries(clusterRoles.map(({ metadata, rules }) => [metadata.name, rules.flatMap(({ verbs }) => verbs)]));
    expect(verbs).toEqual({ all: ['get', 'list'], most: ['get', 'list'], none: [], one: ['get'], two: ['list'], other: ['watch'] });
  });

  it('ends where roles aggregate each other', () => {
    const { clusterRoles } = bundleOf(
      [
        aggregate('a', '{ matchLabels: { to: a } }', '{ to: b }'),
        aggregate('b', '{ matchLabels: { to: b } }', '{ to: a }'),
        role('leaf', 'get', '{ to: a }'),
      ].join('---\n'),
    );
    expect(clusterRoles.map(({ rules }) => rules.length)).toEqual([1, 1, 1]);
  });
});
