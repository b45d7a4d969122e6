import { jobShape, type Shape } from './shape.ts';

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

/** The kinds of job: a new kind is a new row. `restartPolicy` is the documented default of a replica. */
const kinds = [{ kind: 'TFJob', plural: 'tfjobs', replicaSpecs: 'tfReplicaSpecs', restartPolicy: 'Never' }] as const;

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

const jobKinds = new Map<string, JobKind>(
  (Object.keys(layouts) as Layout[]).flatMap((layout) =>
    kinds.map((row): [string, JobKind] => {
      const { policyIn } = layouts[layout];
      const shape = jobShape(row.replicaSpecs, row.restartPolicy, policyIn, policyFields);
      return [`${layout}/${row.plural}`, { group, version, ...row, layout, policyIn, shape }];
    }),
  ),
);

/** The kind that a plural resource name stands for in a layout, or undefined. */
export function jobKind(layout: Layout, plural: string): JobKind | undefined {
  return jobKinds.get(`${layout}/${plural}`);
}

/** Whether a job's name can exist: as CCI documents it (63 characters, no dots), or a DNS-1123 subdomain on Kubeflow. */
export function isJobName(layout: Layout, name: string): boolean {
  return name.length <= layouts[layout].nameMax && layouts[layout].name.test(name);
}

/** Whether a namespace can exist: a DNS-1123 label. */
export function isNamespace(name: string): boolean {
  return name.length <= namespaceName.nameMax && namespaceName.name.test(name);
}
