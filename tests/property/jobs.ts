import fc from 'fast-check';
import { fields, isMap } from '../../lib/job/fields.ts';
import { type JobKind, jobKind } from '../../lib/job/kinds.ts';
import { isObject, type Json, type JsonObject, parseExactJson, setOwn } from '../../lib/json/json.ts';
import type { JobRef } from '../../lib/status.ts';

/** The names of the scalar fields, which belong to the run policy. */
export const runPolicyFields = fields.filter((field) => !isMap(field)).map(({ name }) => name);

/** A kind of job in each layout; by name, so that a counterexample can be read. */
export const kinds: Record<string, JobKind> = Object.fromEntries(
  (['cci', 'kubeflow'] as const).map((layout) => [layout, jobKind(layout, 'tfjobs') as JobKind]),
);
export const refOf = (kind: JobKind): JobRef => ({ kind, namespace: 'kube-test', name: 'tfjob-test' });

/** A number as it is written. */
export const raw = (number: string): Json => (parseExactJson(`[${number}]`) as Json[])[0] as Json;
export function objectOf(entries: readonly (readonly [string, Json | undefined])[]): JsonObject {
  const object: JsonObject = {};
  for (const [key, value] of entries) if (value !== undefined) setOwn(object, key, value);
  return object;
}

/** A deep copy; numbers kept as text are immutable and shared. */
export function copyOf<T extends Json>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  return isObject(value) ? (objectOf(Object.keys(value).map((key) => [key, copyOf(value[key] as Json)])) as T) : value;
}

const weirdNumbers = [
  '-0',
  '1.0',
  '1e400',
  '-1e-400',
  '9007199254740993',
  '-9223372036854775808',
  '0.10',
  '1E5',
  '0.1',
  '1e21',
  '5e0',
  '2.50',
];
export const number = fc.oneof(
  fc.constantFrom(...weirdNumbers).map(raw),
  fc.integer({ min: -5, max: 2000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const char = fc.constantFrom('a', 'B', '0', '-', '.', '/', ' ', '"', '\\', '\u0000', '\u2028', 'é', '😀', '\ud800');
const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', '2', '2000m', '4Gi', 'x\ud800y', 'é', '2019-07-24T07:17:01Z'),
  fc.string({ unit: char, maxLength: 6 }),
);
const scalar = fc.oneof(fc.constant(null), fc.boolean(), number, text);
const weirdNames = [
  'a',
  'b',
  'constructor',
  'toString',
  '__proto__',
  '',
  'x y',
  'selector',
  'labelSelector',
  'Ps',
  'PS',
  'env',
  'spec',
  '\udc00',
];
const name = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...weirdNames) }, fc.string({ unit: char, maxLength: 4 }));

/** Any JSON at all, with every kind of number and of name. */
export const json: fc.Arbitrary<Json> = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    scalar,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('json')), { maxLength: 4 }).map(objectOf),
    fc.constantFrom<Json>([], {}),
  ),
})).json;

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const record = (fields: Record<string, fc.Arbitrary<Json | undefined>>): fc.Arbitrary<JsonObject> =>
  fc.tuple(...Object.values(fields)).map((values) => objectOf(Object.keys(fields).map((key, i) => [key, values[i]])));

/** Images, and what Kubernetes pulls them by where nobody says. */
export const images = { a: 'Always', 'r:5000/a/b': 'Always', 'a:latest': 'Always', 'a:v1': 'IfNotPresent', 'a@sha256:0': 'IfNotPresent' };
const quantity = fc.constantFrom<Json>('1', '2', 2, '500m', '4Gi', '1Ki', '0.5', '0');
const resources = fc.array(fc.tuple(fc.constantFrom('cpu', 'memory', 'nvidia.com/gpu'), quantity), { maxLength: 3 }).map(objectOf);

const port = record({
  name: optional(fc.constantFrom('tfjob-port', 'p')),
  containerPort: number,
  protocol: optional(fc.constantFrom('TCP', 'UDP')),
});
const container = record({
  name: fc.constantFrom('c', 'd', 'tensorflow'),
  image: optional(fc.constantFrom(...Object.keys(images))),
  imagePullPolicy: optional(fc.constantFrom('Always', 'IfNotPresent', 'Never', '')),
  args: optional(fc.array(fc.constantFrom('a', '--b', ''), { maxLength: 3 })),
  env: optional(
    fc.array(record({ name: fc.constantFrom('A', 'B'), value: optional(fc.constantFrom('', '1', '2000m')) }), { maxLength: 2 }),
  ),
  ports: optional(fc.array(fc.oneof(port, fc.constant<Json>({ name: 'tfjob-port', containerPort: 2222 })), { maxLength: 2 })),
  resources: optional(record({ limits: optional(resources), requests: optional(resources) })),
  tty: optional(fc.boolean()),
  terminationMessagePath: optional(fc.constantFrom('/dev/termination-log', '/other')),
  weird: optional(json),
});
const podSpec = record({
  containers: fc.array(container, { maxLength: 2 }),
  volumes: optional(
    fc.array(record({ name: fc.constant('v'), emptyDir: optional(record({ sizeLimit: optional(quantity) })) }), { maxLength: 2 }),
  ),
  affinity: optional(
    record({ labelSelector: optional(fc.constantFrom<Json>({}, { matchLabels: {} }, { matchLabels: { a: 'b' } }, null)) }),
  ),
  dnsPolicy: optional(fc.constantFrom('ClusterFirst', 'Default', '')),
  hostNetwork: optional(fc.boolean()),
  terminationGracePeriodSeconds: optional(fc.constantFrom<Json>(30, 0, raw('30.0'))),
  restartPolicy: optional(fc.constantFrom('Always', 'OnFailure')),
  weird: optional(json),
});
const replica = record({
  replicas: optional(fc.constantFrom<Json>(1, 0, 3, raw('1.0'))),
  restartPolicy: optional(fc.constantFrom('Never', 'OnFailure')),
  template: record({ metadata: optional(record({ labels: optional(json), creationTimestamp: fc.constant(null) })), spec: podSpec }),
});
const replicaNames = fc.uniqueArray(fc.constantFrom('Worker', 'Ps', 'PS', 'Chief'), {
  maxLength: 3,
  selector: (type) => type.toLowerCase(),
});

const keys = fc.constantFrom('app', 'a', 'p.io/x', 'q.io/y', 'constructor', 'hasOwnProperty', 'tfjob-gateway/k');
const badKeys = fc.constantFrom('', 'a b', '__proto__', '\ud800', 'a/b/c', 'é', 'A.io/z');
const values = fc.constantFrom('', 'v', 'w', '1', '2');
const badValues = fc.constantFrom('a b', 'x\ud800', '-', 'é');
/** Labels or annotations that Kubernetes would take, and some that it would not. */
export const goodMap = fc.array(fc.tuple(keys, values), { maxLength: 4 }).map(objectOf);
export const map = fc
  .array(fc.tuple(fc.oneof({ weight: 6, arbitrary: keys }, badKeys), fc.oneof({ weight: 6, arbitrary: values }, badValues)), {
    maxLength: 4,
  })
  .map(objectOf);

export const goodPolicy = record({
  activeDeadlineSeconds: optional(fc.constantFrom<Json>(1, 60, raw('5.0'), raw('5e0'), 9007199254740991, null)),
  ttlSecondsAfterFinished: optional(fc.constantFrom<Json>(0, 1000, raw('-0'), raw('1e3'), 2147483647, null)),
  cleanPodPolicy: optional(fc.constantFrom<Json>('All', 'Running', 'None', null)),
});
const policy = fc.oneof(
  goodPolicy,
  record({ activeDeadlineSeconds: optional(json), ttlSecondsAfterFinished: optional(number), cleanPodPolicy: optional(json) }),
);

const inLayout = (kind: JobKind, spec: JsonObject, policies: JsonObject, rest: Json | undefined): JsonObject =>
  kind.layout === 'cci'
    ? { ...spec, ...policies }
    : { ...spec, runPolicy: { ...(rest === undefined ? {} : { backoffLimit: rest }), ...policies } };

/** A job as an upstream may hold it: of the shape of a job, and weird wherever a job may be. */
export const liveJob = (
  layout: string,
  policies: fc.Arbitrary<JsonObject> = policy,
  maps: fc.Arbitrary<JsonObject> = map,
): fc.Arbitrary<JsonObject> => {
  const kind = kinds[layout] as JobKind;
  return fc
    .record({
      labels: optional(maps),
      annotations: optional(maps),
      generation: optional(fc.constantFrom<Json>(2, raw('9007199254740993'))),
      finalizers: optional(fc.constantFrom<Json>(['f'], [])),
      weirdMetadata: optional(json),
      backoffLimit: optional(number),
      policies,
      replicas: replicaNames.chain((names) => fc.tuple(...names.map((type) => fc.tuple(fc.constant(type), replica)))),
      weirdSpec: optional(json),
      status: optional(json),
      weird: optional(json),
    })
    .map((parts) =>
      objectOf([
        ['apiVersion', 'kubeflow.org/v1'],
        ['kind', kind.kind],
        [
          'metadata',
          objectOf([
            ['name', 'tfjob-test'],
            ['namespace', 'kube-test'],
            ['uid', 'u'],
            ['resourceVersion', '7'],
            ['labels', parts.labels],
            ['annotations', parts.annotations],
            ['generation', parts.generation],
            ['finalizers', parts.finalizers],
            ['weird', parts.weirdMetadata],
          ]),
        ],
        [
          'spec',
          inLayout(
            kind,
            objectOf([
              ...(kind.layout === 'cci' ? [['backoffLimit', parts.backoffLimit] as const] : []),
              [kind.replicaSpecs, objectOf(parts.replicas)],
              ['weird', parts.weirdSpec],
            ]),
            parts.policies,
            parts.backoffLimit,
          ),
        ],
        ['status', parts.status],
        ['weird', parts.weird],
      ]),
    );
};
