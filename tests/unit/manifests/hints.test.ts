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
    const never = ['5: spec.matchConstraints.resourceRules: matches nothing that the gateway does: UPDATE of a job of kubeflow.org'];
    const rule = 'apiGroups: [kubeflow.org], apiVersions: [v1], operations: [UPDATE], resources: [tfjobs]';
    for (const [from, to] of [
      ['kubeflow.org', 'batch'],
      ['tfjobs', 'tfjobs/status'],
      ['[tfjobs]', '[tfjobs], scope: Cluster'],
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
      '7: subjects[1].name: no caller is "system:masters" here, or in such a group',
    ]);
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
