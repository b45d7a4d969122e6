import { jobShape } from './job-semantics.ts';
import { type OperatorDefaults, operators } from './operator.ts';
import type { Shape } from './semantics.ts';

/** Where an upstream keeps the three scalar fields: CCI and Kubeflow v1.0–1.2 under spec, Kubeflow ≥ 1.3 under spec.runPolicy. */
export type Layout = 'cci' | 'kubeflow';

export const layouts: Record<Layout, { policyIn: readonly string[]; name: RegExp; nameMax: number }> = {
  cci: { policyIn: ['spec'], name: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, nameMax: 63 },
  kubeflow: {
    policyIn: ['spec', 'runPolicy'],
    name: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    nameMax: 253,
  },
};
const namespaceName = layouts.cci;

export const policyFields = ['activeDeadlineSeconds', 'ttlSecondsAfterFinished', 'cleanPodPolicy'] as const;
export type PolicyField = (typeof policyFields)[number];

/** The kinds of job: a new kind is a new row, with what its operator writes into a job in each layout that has the kind. */
const kinds: { kind: string; plural: string; replicaSpecs: string; operator: Partial<Record<Layout, OperatorDefaults>> }[] = [
  { kind: 'TFJob', plural: 'tfjobs', replicaSpecs: 'tfReplicaSpecs', operator: operators.TFJob },
  { kind: 'PyTorchJob', plural: 'pytorchjobs', replicaSpecs: 'pytorchReplicaSpecs', operator: operators.PyTorchJob },
  { kind: 'MXJob', plural: 'mxjobs', replicaSpecs: 'mxReplicaSpecs', operator: operators.MXJob },
  { kind: 'XGBoostJob', plural: 'xgboostjobs', replicaSpecs: 'xgbReplicaSpecs', operator: operators.XGBoostJob },
  { kind: 'PaddleJob', plural: 'paddlejobs', replicaSpecs: 'paddleReplicaSpecs', operator: operators.PaddleJob },
  { kind: 'MPIJob', plural: 'mpijobs', replicaSpecs: 'mpiReplicaSpecs', operator: operators.MPIJob },
];

/** A kind of job as one upstream keeps it. */
export interface JobKind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  replicaSpecs: string;
  layout: Layout;
  /** The keys that lead to the three scalar fields. */
  policyIn: readonly string[];
  shape: Shape;
}

export const group = 'kubeflow.org';
export const version = 'v1';

/** The kinds of job that an upstream of a layout has. */
export const jobKinds: Record<Layout, readonly JobKind[]> = { cci: kindsOf('cci'), kubeflow: kindsOf('kubeflow') };

function kindsOf(layout: Layout): JobKind[] {
  const { policyIn } = layouts[layout];
  return kinds.flatMap(({ kind, plural, replicaSpecs, operator }) => {
    const defaults = operator[layout];
    if (!defaults) return [];
    return [
      { group, version, kind, plural, replicaSpecs, layout, policyIn, shape: jobShape(replicaSpecs, defaults, policyIn, policyFields) },
    ];
  });
}

/** The kind that a plural resource name stands for in a layout, or undefined. */
export function jobKind(layout: Layout, plural: string): JobKind | undefined {
  return jobKinds[layout].find((kind) => kind.plural === plural);
}

/** Whether a job's name can exist: as CCI documents it (63 characters, no dots), or a DNS-1123 subdomain on Kubeflow. */
export function isJobName(layout: Layout, name: string): boolean {
  return name.length <= layouts[layout].nameMax && layouts[layout].name.test(name);
}

/** Whether a namespace can exist: a DNS-1123 label. */
export function isNamespace(name: string): boolean {
  return name.length <= namespaceName.nameMax && namespaceName.name.test(name);
}
