import type { Layout } from '../crds.ts';
import type { Loose } from '../http.ts';
import { newJob, policyOf } from '../jobs.ts';

/** One command: of a caller through the gateway, or of the administrator at the API server. */
export interface FlowStep {
  by: 'caller' | 'administrator';
  args: string[] | ((live: Loose) => string[]);
  /** Written to a file whose name stands for FILE in `args`; a function makes it of the stored job. */
  file?: Loose;
  /** A sed expression that stands in for a person at the editor. */
  editor?: string;
  /** Milliseconds to wait before it. */
  waits?: number;
  /** The exit code, where it matters. */
  code?: number;
}

/** Commands one after the other on a job. Whoever makes the job is the administrator's first step. */
export interface ApplyFlow {
  title: string;
  steps: FlowStep[];
  /** What the job must hold at the end, beside what no caller may change. */
  ends?: (job: Loose) => unknown;
}

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
export const tfjobs = { kind: 'TFJob', plural: 'tfjobs', singular: 'tfjob', replicaSpecs: 'tfReplicaSpecs', replicaType: 'Worker' };

/** A copy of an object with one member at a path set or, without a value, removed; what holds it is made where it is missing. */
export function setting([key = '', ...rest]: string[], value?: Loose): (object: Loose) => Loose {
  return (object) => {
    const copy = Array.isArray(object) ? [...object] : { ...object };
    if (rest.length > 0) copy[key] = setting(rest, value)(copy[key]);
    else if (value === undefined) delete copy[key];
    else copy[key] = value;
    return copy;
  };
}

/** What people keep in files: nothing that the server wrote. */
export function manifest(job: Loose): Loose {
  const copy = structuredClone(job);
  delete copy.status;
  for (const name of ['uid', 'resourceVersion', 'creationTimestamp', 'generation', 'managedFields']) delete copy.metadata[name];
  delete copy.metadata.annotations?.[lastApplied];
  return copy;
}

/** The files and steps of one layout's flows. */
export function flowParts(layout: Layout) {
  const edited = (...changes: ((job: Loose) => Loose)[]): Loose =>
    changes.reduce((job, change) => change(job) ?? job, newJob(layout, tfjobs, 'kube-test', 'tfjob-test'));
  const step =
    (by: FlowStep['by'], expected?: number) =>
    (args: FlowStep['args'], more: Partial<FlowStep> = {}): FlowStep => ({
      by,
      args,
      ...(expected !== undefined && { code: expected }),
      ...more,
    });
  const [admin, caller, attacker] = [step('administrator', 0), step('caller', 0), step('caller')];
  const policy = (values: Loose) => (job: Loose) => void Object.assign(policyOf(layout, job), values);
  const labels = (values: Loose) => (job: Loose) => {
    job.metadata.labels = { ...job.metadata.labels, ...values };
  };
  const inSpec = (values: Loose) => (layout === 'cci' ? { spec: values } : { spec: { runPolicy: values } });
  const merge = (patch: Loose) => ['patch', 'tfjob', 'tfjob-test', '--type=merge', '-p', JSON.stringify(patch)];
  /** A merge patch of the record alone, as `change` makes it of the one that is there, or of the identity. */
  const forge = (change: (record: Loose, live: Loose) => Loose) => (live: Loose) => {
    const text = live.metadata.annotations?.[lastApplied];
    const identity = { apiVersion: live.apiVersion, kind: live.kind, metadata: { name: 'tfjob-test', namespace: 'kube-test' } };
    const record = text ? JSON.parse(text) : identity;
    return merge({ metadata: { annotations: { [lastApplied]: JSON.stringify(change(record, live)) } } });
  };
  const nothing = (job: Loose): void => {
    delete job.metadata.labels;
    delete job.metadata.annotations;
    if (layout === 'kubeflow') delete job.spec.runPolicy;
    else for (const name of ['activeDeadlineSeconds', 'ttlSecondsAfterFinished', 'cleanPodPolicy', 'backoffLimit']) delete job.spec[name];
  };
  return {
    edited,
    admin,
    caller,
    attacker,
    /** Like `admin`, of a command that may fail: by what it does flows are compared. */
    tries: step('administrator'),
    policy,
    labels,
    merge,
    forge,
    full: edited(),
    /** A file of replicas alone: no labels, no annotations, no policy. */
    bare: edited(nothing),
    /** A file of what a caller may change alone. */
    partial: {
      apiVersion: 'kubeflow.org/v1',
      kind: 'TFJob',
      metadata: { name: 'tfjob-test', namespace: 'kube-test', labels: { stage: 'test' } },
      ...inSpec({ ttlSecondsAfterFinished: 5 }),
    },
    inSpec,
    create: admin(['create', '-f', 'FILE'], { file: edited() }),
    createBare: admin(['create', '-f', 'FILE'], { file: edited(nothing) }),
    apply: (by: typeof admin, file: Loose, ...more: string[]) => by(['apply', '-f', 'FILE', ...more], { file }),
  };
}
