import type { Kind, Layout } from '../crds.ts';
import type { Loose } from '../http.ts';
import { policyOf, policyPath } from '../jobs.ts';
import type { Random } from './random.ts';

/** One change of a job, the same on both twins. `field` is the path that a refusal must name. */
export interface Change {
  title: string;
  apply(job: Loose): void;
  field?: string;
}
type Draw = (random: Random, layout: Layout, kind: Kind) => Change;

const lower = 'abcdefghijklmnopqrstuvwxyz';
const inner = `${lower}ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.`;
const name = (random: Random, most = 20) =>
  `${random.text(lower, 1)}${random.text(inner, random.integer(0, most - 2))}${random.text(lower, 1)}`;
const goodKey = (random: Random) =>
  `${random.pick(['', 'example.com/', 'a.b-c.example.com/', 'tfjob/'])}${name(random, random.pick([8, 63]))}`;
const goodLabel = (random: Random) => random.pick(['', 'v', 'A.b_c-9', name(random, 63)]);
const goodText = (random: Random) =>
  random.pick(['', 'a b', '{"json":[1]}', 'üñí ✓ 🙂', ' lead', 'line\nline\ttab "quoted" \\', 'x'.repeat(random.integer(1, 5000))]);
const shown = (value: unknown) => JSON.stringify(value)?.slice(0, 60);

const setIn = (map: 'labels' | 'annotations', key: string, value: unknown): Change => ({
  title: `${map}[${key.slice(0, 40)}] = ${shown(value)}`,
  apply: (job) => {
    job.metadata[map] ??= {};
    job.metadata[map][key] = value;
  },
});
const removeIn = (map: 'labels' | 'annotations', key: string): Change => ({
  title: `without ${map}[${key}]`,
  apply: (job) => {
    delete job.metadata[map]?.[key];
  },
});
const setPolicy = (layout: Layout, field: string, value: unknown): Change => ({
  title: `${field} = ${shown(value)}`,
  apply: (job) => {
    if (value === undefined) delete policyOf(layout, job)[field];
    else policyOf(layout, job)[field] = value;
  },
});
const setMeta = (field: string, value: unknown): Change => ({
  title: `metadata.${field} = ${shown(value)}`,
  apply: (job) => {
    job.metadata[field] = value;
  },
});

/** What the gateway lets through. */
export const allowed: Draw[] = [
  (random) => setIn('labels', goodKey(random), goodLabel(random)),
  (random) => setIn('labels', 'app', goodLabel(random)),
  () => removeIn('labels', 'app'),
  (random) => setIn('annotations', random.chance(0.3) ? goodKey(random).toUpperCase() : goodKey(random), goodText(random)),
  (random) => setIn('annotations', 'note', goodText(random)),
  () => removeIn('annotations', 'note'),
  (random, layout) => setPolicy(layout, 'activeDeadlineSeconds', random.pick([1, 2, 3600, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])),
  (random, layout) => setPolicy(layout, 'ttlSecondsAfterFinished', random.pick([0, 1, 1000, 2 ** 31 - 1])),
  (random, layout) => setPolicy(layout, 'cleanPodPolicy', random.pick(['All', 'Running', 'None'])),
  (random, layout) => setPolicy(layout, random.pick(['activeDeadlineSeconds', 'ttlSecondsAfterFinished', 'cleanPodPolicy']), undefined),
  () => ({ title: 'nothing', apply: () => undefined }),
  // What the server owns is ignored by both.
  () => ({
    title: 'another status',
    apply: (job) => {
      job.status = { conditions: [{ type: 'Succeeded', status: 'True' }] };
    },
  }),
  (random) => setMeta(random.pick(['creationTimestamp']), '2001-01-01T00:00:00Z'),
  (random) => setMeta('generation', random.integer(1, 99)),
  () => setMeta('selfLink', '/apis/elsewhere'),
];

const badKeys = [
  'a b',
  '-a',
  'a-',
  'a/b/c',
  '/a',
  'a/',
  'ü',
  'x'.repeat(64),
  'Upper.example.com/a',
  `${'p'.repeat(254)}/a`,
  'a_b.example.com/c',
];
const badLabels = ['a b', '-a', 'a-', 'ü', 'x'.repeat(64), 'a/b', '\n'];

/** Mistakes in the five fields that the gateway and the API server both see. */
export const mistakes: Draw[] = [
  (random) => setIn('labels', random.pick(badKeys), 'v'),
  (random) => setIn('labels', 'bad', random.pick(badLabels)),
  (random) => setIn('labels', random.pick(badKeys), random.pick(badLabels)),
  (random) => setIn('annotations', random.pick(badKeys), 'v'),
  (random) => setIn('annotations', 'long', 'x'.repeat(262_144 + random.integer(0, 9))),
  (random, layout) => setPolicy(layout, 'activeDeadlineSeconds', random.pick([0, -1, -(2 ** 40)])),
  (random, layout) => setPolicy(layout, 'activeDeadlineSeconds', random.pick(['5', 1.5, true, {}, ['1'], ''])),
  (random, layout) => setPolicy(layout, 'ttlSecondsAfterFinished', random.pick([-1, -600])),
  (random, layout) => setPolicy(layout, 'ttlSecondsAfterFinished', random.pick([2 ** 31, 2 ** 40])),
  (random, layout) => setPolicy(layout, 'ttlSecondsAfterFinished', random.pick(['a', 0.5, false, [0], { a: 1 }])),
  (random, layout) => setPolicy(layout, 'cleanPodPolicy', random.pick(['Some', 'all', '', 'None '])),
  (random, layout) => setPolicy(layout, 'cleanPodPolicy', random.pick([5, true, ['All'], { a: 'All' }])),
];

/** Mistakes that stand alone: of identity and shape, where the order of what is checked decides. */
export const shapeMistakes: Draw[] = [
  (random) => setIn('labels', 'bad', random.pick([1, true, 1.5, {}, []])),
  (random) => setIn('annotations', 'bad', random.pick([1, false, {}, ['a']])),
  (random) => setMeta('labels', random.pick(['a', 1, ['a'], true])),
  () => setMeta('name', 'other'),
  () => setMeta('namespace', 'other'),
  () => setMeta('uid', '11111111-2222-3333-4444-555555555555'),
  () => setMeta('resourceVersion', '1'),
  (random) => setMeta('resourceVersion', random.pick([5, true, {}])),
  () => setMeta('deletionTimestamp', '2001-01-01T00:00:00Z'),
  () => setMeta('deletionGracePeriodSeconds', 5),
  (random) => {
    const apiVersion = random.pick(['kubeflow.org/v2', 'v1', 'batch/v1']);
    return {
      title: `apiVersion ${apiVersion}`,
      apply: (job: Loose) => {
        job.apiVersion = apiVersion;
      },
    };
  },
  () => ({
    title: 'another kind',
    apply: (job) => {
      job.kind = 'Pod';
    },
  }),
  (random) => {
    const field = random.pick(['kind', 'apiVersion']);
    return {
      title: `without ${field}`,
      apply: (job) => {
        delete job[field];
      },
    };
  },
  () => ({
    title: 'metadata is a list',
    apply: (job) => {
      job.metadata = [];
    },
  }),
];

const specChange = (field: string, apply: (spec: Loose) => void): Change => ({
  title: field,
  apply: (job) => apply(job.spec),
  field: `spec.${field}`,
});
const replicaChange = (path: string, apply: (replica: Loose, container: Loose) => void): Draw => {
  return (_random, _layout, { replicaSpecs, replicaType }) =>
    specChange(`${replicaSpecs}.${replicaType}.${path}`, (spec) => {
      const replica = spec[replicaSpecs][replicaType];
      apply(replica, replica.template.spec.containers[0]);
    });
};
const container = 'template.spec.containers[0]';

/** What the API server lets through and the gateway does not. */
export const forbidden: Draw[] = [
  replicaChange('replicas', (replica) => {
    replica.replicas = 9;
  }),
  replicaChange('restartPolicy', (replica) => {
    replica.restartPolicy = 'Always';
  }),
  replicaChange(`${container}.image`, (_, first) => {
    first.image = 'miner';
  }),
  replicaChange(`${container}.command[1]`, (_, first) => {
    first.command[1] = '/bin/evil';
  }),
  replicaChange(`${container}.env[2]`, (_, first) => {
    first.env.push({ name: 'LD_PRELOAD', value: '/evil.so' });
  }),
  replicaChange(`${container}.resources.limits.cpu`, (_, first) => {
    first.resources.limits.cpu = '3';
  }),
  replicaChange(`${container}.volumeMounts`, (_, first) => {
    delete first.volumeMounts;
  }),
  replicaChange('template.spec.volumes[1]', (replica) => {
    replica.template.spec.volumes.push({ name: 's', secret: { secretName: 'x' } });
  }),
  replicaChange('template.metadata.annotations[sidecar.example.com/inject]', (replica) => {
    replica.template.metadata.annotations['sidecar.example.com/inject'] = 'true';
  }),
  replicaChange('template.spec.hostNetwork', (replica) => {
    replica.template.spec.hostNetwork = true;
  }),
  (_, layout) => ({
    title: 'backoffLimit',
    apply: (job) => {
      policyOf(layout, job).backoffLimit = 0;
    },
    field: `${policyPath(layout)}.backoffLimit`,
  }),
  (_, layout) => ({
    title: 'without backoffLimit',
    apply: (job) => {
      delete policyOf(layout, job).backoffLimit;
    },
    field: `${policyPath(layout)}.backoffLimit`,
  }),
  (_, __, { replicaSpecs }) =>
    specChange(`${replicaSpecs}.Extra`, (spec) => {
      spec[replicaSpecs].Extra = { replicas: 1, template: { spec: { containers: [{ name: 'a', image: 'b' }] } } };
    }),
  (_, __, { replicaSpecs }) =>
    specChange(`${replicaSpecs}.Evaluator`, (spec) => {
      delete spec[replicaSpecs].Evaluator;
    }),
  () => ({ ...setMeta('finalizers', ['example.com/hold']), field: 'metadata.finalizers' }),
  () => ({
    ...setMeta('ownerReferences', [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: '11111111-2222-3333-4444-555555555555' }]),
    field: 'metadata.ownerReferences',
  }),
  () => ({ ...setIn('labels', 'team', 'mine'), field: 'metadata.labels[team]' }),
  () => ({ ...removeIn('annotations', 'protected.example.com/owner'), field: 'metadata.annotations[protected.example.com/owner]' }),
];

/** Another spelling of the same: the API server stores it, to the gateway it is no change. */
export const spellings: Draw[] = [
  replicaChange(`${container}.resources.limits.cpu`, (_, first) => {
    first.resources.limits.cpu = '2000m';
  }),
  replicaChange(`${container}.resources.requests.memory`, (_, first) => {
    first.resources.requests.memory = '4294967296';
  }),
  replicaChange(`${container}.terminationMessagePath`, (_, first) => {
    first.terminationMessagePath = '/dev/termination-log';
  }),
  replicaChange(`${container}.imagePullPolicy`, (_, first) => {
    first.imagePullPolicy = 'IfNotPresent';
  }),
  replicaChange('template.spec.dnsPolicy', (replica) => {
    replica.template.spec.dnsPolicy = 'ClusterFirst';
  }),
  replicaChange('template.spec.initContainers', (replica) => {
    replica.template.spec.initContainers = [];
  }),
  replicaChange('template.spec.volumes', (replica) => {
    delete replica.template.spec.volumes[0].configMap.defaultMode;
  }),
  replicaChange(`${container}.env[1].value`, (_, first) => {
    first.env[1].value = '';
  }),
];
