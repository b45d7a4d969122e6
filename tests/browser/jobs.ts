/** Jobs as a team has them, so that the page has something to show. */
import type { JsonObject } from '../../lib/json/json.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

interface Sample {
  kind?: string;
  namespace: string;
  name: string;
  age: number;
  state: string;
  labels?: JsonObject;
  annotations?: JsonObject;
  fields?: JsonObject;
}

const long = 'segment-anything-finetune-cityscapes-1024px-seed42-lr3e4-bf16';
/** The job that most of the tests change. */
export const mainJob = { plural: 'pytorchjobs', namespace: 'team-vision', name: long };

const samples: Sample[] = [
  { namespace: 'team-speech', name: 'conformer-large-pt', age: 20 * minute, state: 'Created', labels: { team: 'speech', lang: 'pt' } },
  {
    kind: 'PyTorchJob',
    namespace: 'team-vision',
    name: long,
    age: 53 * minute,
    state: 'Running',
    labels: {
      'app.kubernetes.io/name': 'segment-anything',
      'app.kubernetes.io/part-of': 'perception',
      team: 'vision',
      'cost-centre': 'r-4711',
    },
    annotations: {
      'example.com/owner': 'ana.pereira@example.com',
      'example.com/experiment-url': 'https://experiments.example.com/runs/2026-07/segment-anything-42',
    },
    fields: { activeDeadlineSeconds: 86_400, ttlSecondsAfterFinished: 3600, cleanPodPolicy: 'Running' },
  },
  {
    namespace: 'team-speech',
    name: 'wakeword-tiny',
    age: 86 * minute,
    state: 'Restarting',
    labels: { team: 'speech' },
    fields: { activeDeadlineSeconds: 7200 },
  },
  {
    kind: 'PyTorchJob',
    namespace: 'team-vision',
    name: 'detr-coco-ablation-07',
    age: 3 * hour,
    state: 'Failed',
    labels: { team: 'vision' },
    fields: { cleanPodPolicy: 'None' },
  },
  {
    namespace: 'team-speech',
    name: 'conformer-large-de',
    age: 2 * day,
    state: 'Succeeded',
    labels: { team: 'speech', lang: 'de' },
    fields: { ttlSecondsAfterFinished: 86_400, cleanPodPolicy: 'All' },
  },
  {
    kind: 'MXJob',
    namespace: 'legacy',
    name: 'ranker-weekly',
    age: 7 * day,
    state: 'Succeeded',
    annotations: { note: 'runs on Sundays' },
    fields: { ttlSecondsAfterFinished: 1_209_600 },
  },
];

const replicaSpecs: Record<string, string> = { TFJob: 'tfReplicaSpecs', PyTorchJob: 'pytorchReplicaSpecs', MXJob: 'mxReplicaSpecs' };

function replica(name: string, replicas: number): JsonObject {
  const size = { cpu: '8', memory: '32Gi', 'nvidia.com/gpu': '4' };
  const env = [
    { name: 'DATASET', value: 's3://corpus/v12' },
    { name: 'WANDB_API_KEY', valueFrom: { secretKeyRef: { name: 'wandb', key: 'token' } } },
  ];
  const container = {
    name,
    image: 'registry.example.com/vision/train:v7',
    args: ['python', '/opt/train.py', '--epochs=40', '--lr=0.003'],
    env,
    resources: { limits: size, requests: size },
  };
  return { replicas, restartPolicy: 'OnFailure', template: { spec: { containers: [container] } } };
}

/** One job, made so long ago. */
export function jobOf({ kind = 'TFJob', namespace, name, age, state, labels, annotations, fields = {} }: Sample): JsonObject {
  const time = new Date(Date.now() - age).toISOString().replace(/\.\d+Z/, 'Z');
  const container = { TFJob: 'tensorflow', PyTorchJob: 'pytorch', MXJob: 'mxnet' }[kind] ?? 'main';
  const replicas: JsonObject =
    kind === 'PyTorchJob' ? { Master: replica(container, 1), Worker: replica(container, 4) } : { Worker: replica(container, 2) };
  return {
    apiVersion: 'kubeflow.org/v1',
    kind,
    metadata: { name, namespace, creationTimestamp: time, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: { backoffLimit: 3, ...fields, [replicaSpecs[kind] ?? '']: replicas },
    status: {
      conditions: [{ type: state, status: 'True', lastTransitionTime: time, message: `${kind} ${name} is ${state.toLowerCase()}.` }],
      startTime: time,
    },
  };
}

export const sampleJobs = (): JsonObject[] => samples.map(jobOf);
