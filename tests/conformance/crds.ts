/** The CustomResourceDefinitions of the jobs, in both layouts. Written apart from lib/job, so that a mistake there shows. */

export type Layout = 'cci' | 'kubeflow';

/** One kind of job: what a test has to know of it. */
export interface Kind {
  kind: string;
  plural: string;
  singular: string;
  replicaSpecs: string;
  replicaType: string;
}

const kind = (name: string, replicaSpecs: string, replicaType: string): Kind => {
  const singular = name.toLowerCase();
  return { kind: name, plural: `${singular}s`, singular, replicaSpecs, replicaType };
};
const cciKinds = [
  kind('TFJob', 'tfReplicaSpecs', 'Worker'),
  kind('PyTorchJob', 'pytorchReplicaSpecs', 'Master'),
  kind('MXJob', 'mxReplicaSpecs', 'Scheduler'),
];
/** The kinds that an upstream of each layout has. */
export const kinds: Record<Layout, Kind[]> = {
  cci: cciKinds,
  kubeflow: [
    ...cciKinds,
    kind('XGBoostJob', 'xgbReplicaSpecs', 'Master'),
    kind('PaddleJob', 'paddleReplicaSpecs', 'Worker'),
    kind('MPIJob', 'mpiReplicaSpecs', 'Launcher'),
  ],
};

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest });
const policy = {
  activeDeadlineSeconds: { type: 'integer', format: 'int64', minimum: 1 },
  ttlSecondsAfterFinished: { type: 'integer', format: 'int32', minimum: 0 },
  cleanPodPolicy: { type: 'string', enum: ['All', 'Running', 'None'] },
};
const backoffLimit = { type: 'integer', format: 'int32', minimum: 0 };
const replicaSpec = object({
  replicas: { type: 'integer', format: 'int32', minimum: 0 },
  restartPolicy: { type: 'string', enum: ['Always', 'OnFailure', 'Never', 'ExitCode'] },
  template: anything,
});

function specOf(layout: Layout, { replicaSpecs }: Kind): object {
  const replicas = { [replicaSpecs]: { type: 'object', additionalProperties: replicaSpec } };
  if (layout === 'cci') return object({ ...policy, backoffLimit, ...replicas });
  const runPolicy = object({
    ...policy,
    backoffLimit,
    suspend: { type: 'boolean' },
    schedulingPolicy: object({ minAvailable: { type: 'integer', format: 'int32' }, queue: { type: 'string' } }),
  });
  return object({ runPolicy, successPolicy: { type: 'string' }, ...replicas });
}

/** The definition of one kind in one layout, as an API server takes it. */
export function crd(layout: Layout, kind: Kind): object {
  const { plural, singular } = kind;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.kubeflow.org` },
    spec: {
      group: 'kubeflow.org',
      scope: 'Namespaced',
      names: { kind: kind.kind, listKind: `${kind.kind}List`, plural, singular },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: 'State', type: 'string', jsonPath: '.status.conditions[-1:].type' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
          schema: {
            openAPIV3Schema: object({
              apiVersion: { type: 'string' },
              kind: { type: 'string' },
              metadata: { type: 'object' },
              spec: specOf(layout, kind),
              status: anything,
            }),
          },
        },
      ],
    },
  };
}
