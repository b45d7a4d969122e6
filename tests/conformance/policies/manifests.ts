import type { Layout } from '../../../lib/job/fields.ts';
import type { Random } from '../differential/random.ts';
import type { Loose } from '../http.ts';
import { type annotationKeys, Expressions, type labelKeys, type Readable, texts } from './expressions.ts';

/** An update as what a policy is about sees it. */
export interface Matchable {
  namespace: string;
  resource: string;
  name: string;
  object: Loose;
  oldObject: Loose;
}
/** What a policy or a binding is about: its manifest, and beside it whether an update is one of those, said where the manifest is drawn. */
interface Criteria {
  manifest: Loose;
  matches(update: Matchable): boolean;
}
/** A binding, and with which parameters its policy judges in a namespace; `denied`: there are none, and there should be. */
export interface DrawnBinding {
  manifest: Loose;
  criteria: Criteria;
  params(namespace: string): readonly (Loose | undefined)[] | 'denied';
}
export interface DrawnPolicy {
  manifest: Loose;
  criteria: Criteria;
  bindings: DrawnBinding[];
}

export const namespaces: readonly string[] = Array.from({ length: 24 }, (_, index) => `ns-${index}`);
/** The namespace of no policy, where patches go in one trip. */
export const free = 'ns-free';

const metadataName = 'kubernetes.io/metadata.name';
const rule = (resources: string[], more: object = {}) => ({
  apiGroups: ['kubeflow.org'],
  apiVersions: ['v1'],
  operations: ['UPDATE'],
  resources,
  ...more,
});
type Part = readonly [manifest: object, matches: (update: Matchable) => boolean];
const always = (): boolean => true;
const rules: readonly Part[] = [
  [{ resourceRules: [rule(['*'])] }, always],
  [{ resourceRules: [rule(['tfjobs', 'pytorchjobs'], { operations: ['*'] })] }, always],
  [{ resourceRules: [rule(['*/*'], { apiGroups: ['*'], apiVersions: ['*'], scope: 'Namespaced' })] }, always],
  [{ resourceRules: [rule(['tfjobs'], { operations: ['CREATE', 'UPDATE'] })] }, ({ resource }) => resource === 'tfjobs'],
  [{ resourceRules: [rule(['tfjobs/*'])] }, ({ resource }) => resource === 'tfjobs'],
  [{ resourceRules: [rule(['pytorchjobs']), rule(['tfjobs/status'])] }, ({ resource }) => resource === 'pytorchjobs'],
  [{ resourceRules: [rule(['*'], { resourceNames: ['job-a'] })] }, ({ name }) => name === 'job-a'],
  [
    { resourceRules: [rule(['*'])], excludeResourceRules: [rule(['tfjobs'], { resourceNames: ['job-b'] })] },
    ({ resource, name }) => resource !== 'tfjobs' || name !== 'job-b',
  ],
];
const labelOf = (job: Loose, key: string): string | undefined => job.metadata.labels?.[key];
const either = (fits: (job: Loose) => boolean) => (update: Matchable) => fits(update.object) || fits(update.oldObject);
const objectSelectors: readonly Part[] = [
  [{}, always],
  [{}, always],
  [{}, always],
  [{ objectSelector: { matchLabels: { a: '1' } } }, either((job) => labelOf(job, 'a') === '1')],
  [{ objectSelector: { matchExpressions: [{ key: 'b', operator: 'Exists' }] } }, either((job) => labelOf(job, 'b') !== undefined)],
  [
    { objectSelector: { matchExpressions: [{ key: 'owner', operator: 'NotIn', values: ['x'] }] } },
    either((job) => labelOf(job, 'owner') !== 'x'),
  ],
];

/** The names that a policy's binding, or the policy itself, is limited to. */
function within(some: readonly string[]): Part {
  const one = some.length === 1 && { namespaceSelector: { matchLabels: { [metadataName]: some[0] } } };
  const many = { namespaceSelector: { matchExpressions: [{ key: metadataName, operator: 'In', values: some }] } };
  return [one || many, ({ namespace }) => some.includes(namespace)];
}

function criteriaOf(parts: readonly Part[]): Criteria {
  return {
    manifest: Object.assign({}, ...parts.map(([manifest]) => manifest)),
    matches: (update) => parts.every(([, matches]) => matches(update)),
  };
}

const configMap = (namespace: string, name: string, data: object): Loose => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, labels: { for: 'jobs' } },
  data,
});
const limits = new Map(namespaces.map((namespace) => [namespace, configMap(namespace, 'limits', { limit: '100', text: 'x' })]));
/** Not every namespace has one. */
const some = new Map(
  namespaces.filter((_, at) => at % 2 === 0).map((namespace) => [namespace, configMap(namespace, 'some', { limit: 'x' })]),
);
const found = (maps: (Loose | undefined)[]): Loose[] => maps.filter((map) => map !== undefined);
const orDenied = (list: Loose[]): Loose[] | 'denied' => (list.length > 0 ? list : 'denied');
const refs: readonly (readonly [object, DrawnBinding['params']])[] = [
  [{ name: 'limits', parameterNotFoundAction: 'Deny' }, (namespace) => found([limits.get(namespace)])],
  [{ name: 'limits', namespace: 'ns-0', parameterNotFoundAction: 'Deny' }, () => found([limits.get('ns-0')])],
  [{ name: 'some', parameterNotFoundAction: 'Deny' }, (namespace) => orDenied(found([some.get(namespace)]))],
  [{ name: 'some', parameterNotFoundAction: 'Allow' }, (namespace) => found([some.get(namespace)])],
  [
    { selector: { matchLabels: { for: 'jobs' } }, parameterNotFoundAction: 'Deny' },
    (namespace) => orDenied(found([limits.get(namespace), some.get(namespace)])),
  ],
];

/** What no policy is drawn for: parameters, and the RBAC that the oracle's teamAuthorizer knows as well. */
export const fixedManifests: readonly Loose[] = [
  ...limits.values(),
  ...some.values(),
  {
    kind: 'ClusterRole',
    metadata: { name: 'jobs' },
    rules: [
      { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['kubeflow.org'], resources: ['*'], verbs: ['update', 'patch'] },
      { nonResourceURLs: ['*'], verbs: ['get', 'list', 'watch'] },
    ],
  },
  {
    kind: 'ClusterRole',
    metadata: { name: 'deleters' },
    rules: [{ apiGroups: ['kubeflow.org'], resources: ['tfjobs', 'pytorchjobs'], verbs: ['delete'] }],
  },
  ...[
    ['jobs', 'system:authenticated'],
    ['deleters', 'admins'],
  ].map(([name, group]) => ({
    kind: 'ClusterRoleBinding',
    metadata: { name },
    subjects: [{ kind: 'Group', name: group, apiGroup: 'rbac.authorization.k8s.io' }],
    roleRef: { kind: 'ClusterRole', name, apiGroup: 'rbac.authorization.k8s.io' },
  })),
];

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));

/** Draws the policies of a run: a few for each namespace, and some for several. */
export function drawPolicies(random: Random, layout: Layout): DrawnPolicy[] {
  const own = namespaces.flatMap((namespace) => times(random.integer(1, 3), () => [namespace]));
  const shared = times(3, () => random.some(namespaces, 3));
  return [...own, ...shared].map((about, index) => drawPolicy(random, layout, `p${index}`, about));
}

function drawPolicy(random: Random, layout: Layout, name: string, about: readonly string[]): DrawnPolicy {
  const hasParams = random.chance(0.3);
  const atPolicy = random.chance(0.3);
  const criteria = criteriaOf([random.pick(rules), random.pick(objectSelectors), ...(atPolicy ? [within(about)] : [])]);
  const manifest = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      ...(hasParams && { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }),
      ...(random.chance(0.7) && { failurePolicy: random.pick(['Fail', 'Ignore']) }),
      matchConstraints: criteria.manifest,
      ...drawRules(random, { layout, params: hasParams, authorizer: true, variables: [] }),
    },
  };
  const bindings = times(random.chance(0.25) ? 2 : 1, (index) =>
    drawBinding(random, `${name}-b${index}`, manifest, atPolicy ? namespaces : about),
  );
  return { manifest, criteria, bindings };
}

function drawRules(random: Random, readable: Readable): object {
  const variables: { name: string; expression: string; kind: 'truth' | 'number' | 'text' }[] = [];
  for (let left = random.pick([0, 0, 1, 2]); left > 0; left -= 1) {
    const kind = random.pick(['truth', 'number', 'text'] as const);
    const expressions = new Expressions(random, { ...readable, variables });
    const expression = { truth: () => expressions.truth(1), number: () => expressions.number(1), text: () => expressions.text() }[kind]();
    variables.push({ name: `v${variables.length}`, expression, kind });
  }
  const whole = new Expressions(random, { ...readable, variables });
  // An API server takes no variables in conditions, though it could evaluate them.
  const ofConditions = new Expressions(random, { ...readable, variables: [] });
  const ofMessages = new Expressions(random, { ...readable, variables: [], authorizer: false });
  const validation = () => ({
    expression: whole.rule(),
    ...(random.chance(0.3) && { messageExpression: `string(${ofMessages.text()})` }),
    ...(random.chance(0.3) && { reason: random.pick(['Forbidden', 'RequestEntityTooLarge']) }),
  });
  return {
    ...(variables.length > 0 && { variables: variables.map(({ name, expression }) => ({ name, expression })) }),
    ...(random.chance(0.4) && {
      matchConditions: times(random.integer(1, 2), (index) => ({ name: `c${index}`, expression: ofConditions.truth(1) })),
    }),
    validations: times(random.integer(1, 2), validation),
    ...(random.chance(0.15) && { auditAnnotations: [{ key: 'told', valueExpression: `string(${ofMessages.text()})` }] }),
  };
}

const actions = [['Deny'], ['Deny'], ['Deny'], ['Deny', 'Audit'], ['Warn'], ['Audit'], ['Warn', 'Audit']] as const;

function drawBinding(random: Random, name: string, policy: Loose, about: readonly string[]): DrawnBinding {
  const [ref, params] = policy.spec.paramKind && random.chance(0.9) ? random.pick(refs) : [undefined, () => [undefined]];
  const further = random.chance(0.2) ? [random.pick(rules), random.pick(objectSelectors)] : [];
  const criteria = criteriaOf([...further, within(about)]);
  const spec = {
    policyName: policy.metadata.name,
    validationActions: random.pick(actions),
    matchResources: criteria.manifest,
    ...(ref && { paramRef: ref }),
  };
  return { manifest: { kind: 'ValidatingAdmissionPolicyBinding', metadata: { name }, spec }, criteria, params };
}

/** A map of labels or annotations, or none. */
export function drawMap(random: Random, keys: typeof labelKeys | typeof annotationKeys): Record<string, string> | undefined {
  if (random.chance(0.25)) return undefined;
  return Object.fromEntries(random.some<string>(keys, random.integer(1, 3)).map((key) => [key, random.pick(texts)]));
}
