import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import type { RegexEngine } from '../../../lib/cel/index.ts';
import { type JsonObject, parseExactJson } from '../../../lib/json/json.ts';
import { type AdmissionRequest, createAdmission } from '../../../lib/policy/admission.ts';
import type {
  ConfigMap,
  MatchResources,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicySpec,
} from '../../../lib/policy/manifests.ts';

const everywhere: MatchResources = { namespaceSelector: {}, objectSelector: {}, matchPolicy: 'Equivalent' };
const tfjobs: MatchResources = {
  ...everywhere,
  resourceRules: [{ apiGroups: ['kubeflow.org'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['tfjobs'], scope: '*' }],
};

function policy(name: string, spec: Partial<ValidatingAdmissionPolicySpec>): ValidatingAdmissionPolicy {
  const whole = { matchConstraints: tfjobs, failurePolicy: 'Fail', ...spec } as const;
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec: whole };
}
function binding(policyName: string, spec: Partial<ValidatingAdmissionPolicyBinding['spec']> = {}, name = `${policyName}-binding`) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName, validationActions: ['Deny'], ...spec },
  } satisfies ValidatingAdmissionPolicyBinding;
}
function configMap(name: string, data: Record<string, string>, labels: Record<string, string> = {}): ConfigMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns', labels }, data };
}

const live: JsonObject = { metadata: { name: 'job', labels: { team: 'a' } }, spec: { ttlSecondsAfterFinished: 5 } };
const requested: JsonObject = { metadata: { name: 'job', labels: { team: 'b' } }, spec: { ttlSecondsAfterFinished: 60 } };
const request: AdmissionRequest = {
  group: 'kubeflow.org',
  version: 'v1',
  resource: 'tfjobs',
  kind: 'TFJob',
  namespace: 'ns',
  name: 'job',
  user: { username: 'ann', uid: 'u1', groups: ['devs', 'system:authenticated'], extra: { arn: ['a:1'] } },
  dryRun: false,
  options: { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1' },
  object: requested,
  oldObject: live,
};

interface Asked {
  policies: ValidatingAdmissionPolicy[];
  bindings?: ValidatingAdmissionPolicyBinding[];
  configMaps?: ConfigMap[];
  maxCost?: number;
  engine?: RegexEngine;
  request?: Partial<AdmissionRequest>;
}
function review({ policies, bindings, configMaps = [], maxCost = 10_000_000, request: other, engine }: Asked) {
  const objects = {
    validatingAdmissionPolicies: policies,
    validatingAdmissionPolicyBindings: bindings ?? policies.map(({ metadata }) => binding(metadata.name)),
    configMaps,
  };
  const authorize = ({ verb }: { verb: string }) => ({ allowed: verb === 'get', reason: `of ${verb}` });
  return createAdmission(objects, { authorize, maxCost, engine }).review({ ...request, ...other });
}
const messages = (asked: Asked) => review(asked).denials.map(({ message }) => message);

describe('a validation', () => {
  it.each([
    ['that is true admits', 'object.spec.ttlSecondsAfterFinished > 0', []],
    ['that is false denies with its expression', ' 1 == 2 ', ['failed expression: 1 == 2']],
    ['sees the live job', "oldObject.metadata.labels.team == 'a'", []],
    [
      'sees who asks',
      "request.userInfo.username == 'ann' && 'devs' in request.userInfo.groups && request.userInfo.extra.arn == ['a:1']",
      [],
    ],
    [
      'sees the operation, the resource and the options',
      "request.operation == 'UPDATE' && request.resource.resource == 'tfjobs' && request.options.kind == 'UpdateOptions' && !request.dryRun",
      [],
    ],
    ['sees no empty member of the request', '!has(request.subResource)', []],
    [
      'may ask the authorizer',
      "authorizer.group('kubeflow.org').resource('tfjobs').check('get').allowed() && !authorizer.requestResource.check('delete').allowed()",
      [],
    ],
    [
      'that fails denies with its error',
      'object.metadata.nothing == 1',
      ["expression 'object.metadata.nothing == 1' resulted in error: no such key: nothing"],
    ],
  ])('%s', (_title, expression, denied) => {
    expect(messages({ policies: [policy('p', { validations: [{ expression }] })] })).toEqual(denied);
  });

  it('has the number that is written, beyond what JavaScript can hold', () => {
    const object = parseExactJson('{"spec":{"ttl":9007199254740993,"share":5.0}}') as JsonObject;
    const expression = 'object.spec.ttl == 9007199254740993 && type(object.spec.share) == double';
    expect(messages({ policies: [policy('p', { validations: [{ expression }] })], request: { object } })).toEqual([]);
  });

  it('has a message of its own, or one that an expression makes if that is one line of at most 5 KiB', () => {
    const withMessage = (messageExpression: string) =>
      messages({ policies: [policy('p', { validations: [{ expression: 'false', message: ' said ', messageExpression }] })] });
    expect(withMessage("'ttl ' + string(oldObject.spec.ttlSecondsAfterFinished) + ' '")).toEqual(['ttl 5']);
    for (const bad of ["' '", "'a\\nb'", 'oldObject.nothing', `'${'x'.repeat(5121)}'`]) expect(withMessage(bad)).toEqual(['said']);
  });

  it('denies with its reason, Invalid without one', () => {
    const validations = [{ expression: 'false', reason: 'Forbidden' as const }, { expression: 'false' }];
    expect(review({ policies: [policy('p', { validations })] }).denials.map(({ reason }) => reason)).toEqual(['Forbidden', 'Invalid']);
  });
});

describe('failurePolicy Ignore', () => {
  it('admits where an expression fails, and denies where it is false', () => {
    const validations = [{ expression: 'object.nothing' + ' == 1' }, { expression: '1 == 2' }];
    expect(messages({ policies: [policy('p', { failurePolicy: 'Ignore', validations })] })).toEqual(['failed expression: 1 == 2']);
  });
});

describe('variables', () => {
  it('are evaluated when they are read, once, and see those before them', () => {
    const variables = [
      { name: 'ttl', expression: 'object.spec.ttlSecondsAfterFinished' },
      { name: 'isLong', expression: 'variables.ttl > 10' },
      { name: 'unread', expression: 'object.nothing' },
    ];
    expect(messages({ policies: [policy('p', { variables, validations: [{ expression: '!variables.isLong' }] })] })).toEqual([
      'failed expression: !variables.isLong',
    ]);
  });

  it('that fail are the error of the expression that reads them', () => {
    const variables = [{ name: 'bad', expression: 'object.nothing' }];
    expect(messages({ policies: [policy('p', { variables, validations: [{ expression: 'variables.bad == 1' }] })] })).toEqual([
      `expression 'variables.bad == 1' resulted in error: composited variable "bad" fails to evaluate: no such key: nothing`,
    ]);
  });
});

describe('matchConditions', () => {
  const validations = [{ expression: 'false' }];
  const condition = (expression: string, index = 0) => ({ name: `c${index}`, expression });

  it('that are false leave the policy out, whatever errors others have', () => {
    const matchConditions = [condition('object.nothing == 1'), condition('false', 1)];
    expect(messages({ policies: [policy('p', { matchConditions, validations })] })).toEqual([]);
  });

  it('that fail deny, or with Ignore leave the policy out', () => {
    const matchConditions = [condition('object.a == 1'), condition('object.b == 1', 1)];
    expect(messages({ policies: [policy('p', { matchConditions, validations })] })).toEqual([
      "[expression 'object.a == 1' resulted in error: no such key: a, expression 'object.b == 1' resulted in error: no such key: b]",
    ]);
    expect(messages({ policies: [policy('p', { failurePolicy: 'Ignore', matchConditions, validations })] })).toEqual([]);
  });
});

describe('what a policy is about', () => {
  const denying = (matchConstraints: Partial<MatchResources>) => [
    policy('p', { matchConstraints: { ...tfjobs, ...matchConstraints }, validations: [{ expression: 'false' }] }),
  ];
  const rule = tfjobs.resourceRules?.[0] as NonNullable<MatchResources['resourceRules']>[number];

  it.each<[string, Partial<MatchResources>, number]>([
    ['a namespace by its name', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ns' } } }, 1],
    [
      'another namespace',
      { namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['ns'] }] } },
      0,
    ],
    ['a label that the live job has', { objectSelector: { matchLabels: { team: 'a' } } }, 1],
    ['a label that the requested job has', { objectSelector: { matchLabels: { team: 'b' } } }, 1],
    ['a label that neither has', { objectSelector: { matchExpressions: [{ key: 'keep', operator: 'Exists' }] } }, 0],
    ['a job by its name', { resourceRules: [{ ...rule, resourceNames: ['job'] }] }, 1],
    ['another job', { resourceRules: [{ ...rule, resourceNames: ['other'] }] }, 0],
    ['what is excluded', { excludeResourceRules: [{ ...rule, resources: ['*'] }] }, 0],
    ['every subresource too', { resourceRules: [{ ...rule, resources: ['tfjobs/*'] }] }, 1],
    ['the status alone', { resourceRules: [{ ...rule, resources: ['tfjobs/status'] }] }, 0],
    ['deletions', { resourceRules: [{ ...rule, operations: ['DELETE'] }] }, 0],
    ['what is cluster-wide', { resourceRules: [{ ...rule, scope: 'Cluster' }] }, 0],
  ])('%s', (_title, constraints, denials) => {
    expect(messages({ policies: denying(constraints) })).toHaveLength(denials);
  });

  it('is narrowed by its binding', () => {
    const bindings = [binding('p', { matchResources: { ...everywhere, objectSelector: { matchLabels: { keep: 'x' } } } })];
    expect(messages({ policies: denying({}), bindings })).toEqual([]);
  });

  it('is told for a job of which only the name is known', () => {
    const about = (constraints: Partial<MatchResources>) =>
      createAdmission(
        { validatingAdmissionPolicies: denying(constraints), validatingAdmissionPolicyBindings: [binding('p')], configMaps: [] },
        { authorize: () => ({ allowed: false, reason: '' }), maxCost: 1 },
      ).mayJudge(request);
    expect(about({ objectSelector: { matchLabels: { keep: 'x' } } })).toBe(true);
    expect(about({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } })).toBe(false);
  });
});

describe('parameters', () => {
  const paramKind = { apiVersion: 'v1', kind: 'ConfigMap' } as const;
  const policies = [
    policy('p', {
      paramKind,
      validations: [
        { expression: "params != null && params.data.max == '10'", messageExpression: "params == null ? 'none' : params.data.max" },
      ],
    }),
  ];
  const bound = (paramRef: NonNullable<ValidatingAdmissionPolicyBinding['spec']['paramRef']>) => [binding('p', { paramRef })];
  const configMaps = [configMap('ten', { max: '10' }, { set: 'a' }), configMap('five', { max: '5' }, { set: 'a' })];

  it('are the ConfigMap that is named, in the namespace of the job', () => {
    const bindings = bound({ name: 'ten', parameterNotFoundAction: 'Deny' });
    expect(messages({ policies, bindings, configMaps })).toEqual([]);
    expect(messages({ policies, bindings, configMaps, request: { namespace: 'other' } })).toEqual([
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
    ]);
  });

  it('are all that a selector finds, one after the other', () => {
    expect(
      messages({ policies, bindings: bound({ selector: { matchLabels: { set: 'a' } }, parameterNotFoundAction: 'Deny' }), configMaps }),
    ).toEqual(['5']);
  });

  it('that are not found leave the binding out if that is allowed', () => {
    expect(messages({ policies, bindings: bound({ name: 'nothing', parameterNotFoundAction: 'Allow' }), configMaps })).toEqual([]);
  });

  it('are null where the binding names none', () => {
    expect(messages({ policies, configMaps })).toEqual(['none']);
  });
});

describe('validationActions', () => {
  const policies = [policy('p', { validations: [{ expression: 'true' }, { expression: 'false', message: 'no' }] })];

  it('warn, without a denial', () => {
    const { denials, warnings } = review({ policies, bindings: [binding('p', { validationActions: ['Warn'] })] });
    expect(denials).toEqual([]);
    expect(warnings).toEqual(["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'p-binding': no"]);
  });

  it('tell the audit trail', () => {
    const { auditAnnotations } = review({ policies, bindings: [binding('p', { validationActions: ['Deny', 'Audit'] })] });
    expect(JSON.parse(auditAnnotations['validation.policy.admission.k8s.io/validation_failure'] ?? '')).toEqual([
      { message: 'no', policy: 'p', binding: 'p-binding', expressionIndex: 1, validationActions: ['Deny', 'Audit'] },
    ]);
  });
});

describe('audit annotations', () => {
  const validations = [{ expression: 'true' }];

  it('are told by policy and key, each value once, and not where they are empty or null', () => {
    const auditAnnotations = [
      { key: 'who', valueExpression: 'request.userInfo.username' },
      { key: 'nothing', valueExpression: 'null' },
      { key: 'blank', valueExpression: "' '" },
    ];
    const bindings = [binding('p'), binding('p', {}, 'second')];
    expect(review({ policies: [policy('p', { validations, auditAnnotations })], bindings }).auditAnnotations).toEqual({ 'p/who': 'ann' });
  });

  it('that fail deny, or with Ignore are left out', () => {
    const auditAnnotations = [{ key: 'a', valueExpression: 'object.nothing' }];
    const denied = ["expression 'object.nothing' resulted in error: no such key: nothing"];
    expect(messages({ policies: [policy('p', { validations, auditAnnotations })] })).toEqual(denied);
    expect(messages({ policies: [policy('p', { failurePolicy: 'Ignore', validations, auditAnnotations })] })).toEqual([]);
  });
});

describe('several policies', () => {
  it('are asked by name, and every denial is told', () => {
    const denying = (name: string) => policy(name, { validations: [{ expression: 'false', message: `${name} says no` }] });
    expect(messages({ policies: ['a', 'b', 'c'].map(denying) })).toEqual(['a says no', 'b says no', 'c says no']);
  });
});

describe('cost', () => {
  const expensive =
    '[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, a + b + c + d > 0))))';

  it('of all policies of a request together is limited, whatever their failurePolicy', () => {
    const policies = [
      policy('p', { failurePolicy: 'Ignore', validations: [{ expression: expensive }] }),
      policy('q', { validations: [{ expression: 'true' }] }),
    ];
    expect(messages({ policies, maxCost: 1000 })).toEqual(['the policies of this request cost more than 1000']);
  });

  it('of one evaluation is limited as in Kubernetes', () => {
    const validations = Array.from({ length: 150 }, () => ({ expression: expensive }));
    expect(messages({ policies: [policy('p', { validations })], maxCost: Number.POSITIVE_INFINITY })).toEqual([
      'validation failed due to running out of cost budget, no further validation rules will be run',
    ]);
  });
});

describe('a fault of our own inside the engine', () => {
  it('denies, though the binding only warns and the policy ignores failures', () => {
    const broken = {
      get kind(): never {
        throw new TypeError('secret');
      },
    } as unknown as JsonObject;
    const policies = [policy('p', { failurePolicy: 'Ignore', validations: [{ expression: "object.kind == 'x'" }] })];
    const { denials, faults } = review({
      policies,
      bindings: [binding('p', { validationActions: ['Warn'] })],
      request: { object: broken },
    });
    expect(denials).toEqual([{ policy: 'p', binding: 'p-binding', message: 'the policy could not be evaluated', reason: 'Invalid' }]);
    expect(faults).toEqual([new TypeError('secret')]);
  });
});

describe('an expression that a limit of our own ends', () => {
  const validations = [{ expression: "!object.metadata.annotations['x'].matches('^(?i)[a-z]{1,1000}secret$')" }];
  const object = { metadata: { annotations: { x: 'a'.repeat(190_000) } } };
  const asked = (failurePolicy: 'Ignore' | 'Fail', actions: ('Deny' | 'Warn')[]) =>
    review({
      policies: [policy('p', { failurePolicy, validations })],
      bindings: [binding('p', { validationActions: actions })],
      request: { object },
      engine: RE2JS,
    });
  const message = 'an expression takes longer than the gateway allows, so that nobody knows what it says';

  it.each(['Ignore', 'Fail'] as const)(
    'denies where the binding denies, with failurePolicy %s: Kubernetes would have gone on',
    (policy) => {
      const { denials, warnings, faults } = asked(policy, ['Deny']);
      expect(denials).toEqual([{ policy: 'p', binding: 'p-binding', message, reason: 'Invalid' }]);
      expect([warnings, faults]).toEqual([[], []]);
    },
  );

  it('warns where the binding only warns', () => {
    const { denials, warnings } = asked('Ignore', ['Warn']);
    expect(denials).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(message)]);
  });

  it('denies as a condition too, which Ignore would have skipped the policy by', () => {
    const matchConditions = [{ name: 'c', expression: validations[0]?.expression ?? '' }];
    const policies = [policy('p', { failurePolicy: 'Ignore', matchConditions, validations: [{ expression: 'true' }] })];
    expect(review({ policies, request: { object }, engine: RE2JS }).denials.map((denial) => denial.message)).toEqual([message]);
  });

  it('denies where values are nested deeper than the stack', () => {
    const deep = (n: number): JsonObject => Array.from({ length: n }).reduce<JsonObject>((inner) => ({ a: inner }), {});
    const policies = [policy('p', { failurePolicy: 'Ignore', validations: [{ expression: 'object.spec == oldObject.spec' }] })];
    const request = { object: { spec: deep(100_000) }, oldObject: { spec: deep(100_000) } };
    expect(review({ policies, request }).denials.map((denial) => denial.message)).toEqual([message]);
  });
});
