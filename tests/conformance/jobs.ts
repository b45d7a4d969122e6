import type { Cluster } from './cluster.ts';
import type { Kind, Layout } from './crds.ts';
import { type Loose, sendOk } from './http.ts';

/** The path of a job, or of all jobs of a kind in a namespace. */
export function jobPath({ plural }: Kind, namespace: string, name?: string): string {
  const all = `/apis/kubeflow.org/v1/namespaces/${namespace}/${plural}`;
  return name === undefined ? all : `${all}/${name}`;
}

/** The object of a job that holds the three scalar fields. */
export function policyOf(layout: Layout, job: Loose): Loose {
  if (layout === 'cci') return job.spec;
  job.spec.runPolicy ??= {};
  return job.spec.runPolicy;
}

/** The keys that lead to the three scalar fields, as one text. */
export const policyPath = (layout: Layout): string => (layout === 'cci' ? 'spec' : 'spec.runPolicy');

/** A job as an administrator creates it: all five fields set, and enough beside them to be refused. */
export function newJob(layout: Layout, kind: Kind, namespace: string, name: string): Loose {
  const container = {
    name: 'tensorflow',
    image: 'registry.example.com/training/mnist:1.0',
    command: ['python', '/opt/train.py'],
    args: ['--steps', '1000'],
    env: [{ name: 'DATA', value: '/data' }, { name: 'EMPTY' }],
    resources: { limits: { cpu: '2', memory: '4Gi' }, requests: { cpu: '2', memory: '4Gi' } },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  };
  const template = {
    metadata: { annotations: { 'sidecar.example.com/inject': 'false' } },
    spec: { containers: [container], volumes: [{ name: 'data', configMap: { name: 'data', defaultMode: 420 } }] },
  };
  const policy = { activeDeadlineSeconds: 86400, ttlSecondsAfterFinished: 600, cleanPodPolicy: 'Running', backoffLimit: 3 };
  const replicas = {
    [kind.replicaType]: { replicas: 1, restartPolicy: 'Never', template },
    Evaluator: { replicas: 2, restartPolicy: 'OnFailure', template },
  };
  return {
    apiVersion: 'kubeflow.org/v1',
    kind: kind.kind,
    metadata: {
      name,
      namespace,
      labels: { app: 'mnist', team: 'vision' },
      annotations: { note: 'first', 'protected.example.com/owner': 'platform' },
    },
    spec: { ...(layout === 'cci' ? policy : { runPolicy: policy }), [kind.replicaSpecs]: replicas },
  };
}

/** Creates a job directly at the API server, with a status as an operator would write it, and returns it as it is stored. */
export async function createJob({ endpoint }: Cluster, kind: Kind, job: Loose): Promise<Loose> {
  const { namespace, name } = job.metadata;
  const created = await sendOk(endpoint, { method: 'POST', path: jobPath(kind, namespace), body: job });
  created.status = { conditions: [{ type: 'Running', status: 'True' }], startTime: '2026-01-01T00:00:00Z' };
  return sendOk(endpoint, { method: 'PUT', path: `${jobPath(kind, namespace, name)}/status`, body: created });
}
