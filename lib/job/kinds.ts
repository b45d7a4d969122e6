/**
 * The kinds of job, with what the operators behind an upstream write into a job whose author left it out, as data. Read in Kubeflow's
 * training operator: v1.3 and v1.4 keep it in pkg/apis/KIND/v1/defaults.go and constants.go, v1.5 to v1.9 in
 * pkg/apis/kubeflow.org/v1/KIND_defaults.go and KIND_types.go. For the `cci` layout: CCI's tables 154–161, and the job that its
 * documentation shows as stored.
 */
import { fieldsOf, type Layout, type PlacedField } from './fields.ts';
import { jobSemantics, type OperatorDefaults } from './job-semantics.ts';
import { cleanPodPolicyInTwoPlaces, elasticReplicas, hasNprocPerNode, operatorPort } from './operator-rules.ts';
import { defaultsTo, type FieldSemantics, omitEmpty } from './semantics.ts';

export const layouts: Record<Layout, { policyIn: readonly string[]; name: RegExp; nameMax: number }> = {
  cci: { policyIn: ['spec'], name: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, nameMax: 63 },
  kubeflow: {
    policyIn: ['spec', 'runPolicy'],
    name: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    nameMax: 253,
  },
};
const namespaceName = layouts.cci;

/** One kind. A layout without an operator does not have it. */
interface KindRow {
  kind: string;
  plural: string;
  replicaSpecs: string;
  operator: Partial<Record<Layout, OperatorDefaults>>;
}

const inBoth = (operator: OperatorDefaults): KindRow['operator'] => ({ cci: operator, kubeflow: operator });
// v1.3 gave the port to the Master alone.
const pyTorchPort = operatorPort('pytorch', 'pytorchjob-port', 23456);

/** The kinds of job: a new kind is a new row. */
const kinds: readonly KindRow[] = [
  {
    kind: 'TFJob',
    plural: 'tfjobs',
    replicaSpecs: 'tfReplicaSpecs',
    // tensorflow_defaults.go: successPolicy is a pointer, enableDynamicWorker a plain bool.
    operator: inBoth({
      restartPolicy: 'Never',
      replicas: 1,
      spec: { successPolicy: defaultsTo(''), enableDynamicWorker: omitEmpty },
      completePod: operatorPort('tensorflow', 'tfjob-port', 2222),
    }),
  },
  {
    kind: 'PyTorchJob',
    plural: 'pytorchjobs',
    replicaSpecs: 'pytorchReplicaSpecs',
    // pytorch_defaults.go; cci's restartPolicy is from CCI's table 158
    operator: {
      cci: { restartPolicy: 'Never', replicas: 1, spec: {}, completePod: pyTorchPort },
      kubeflow: {
        restartPolicy: 'OnFailure',
        replicas: 1,
        spec: {
          // setDefaultNprocPerNode, since v1.7
          nprocPerNode: { default: ({ elasticPolicy }) => (hasNprocPerNode(elasticPolicy) ? undefined : 'auto') },
          // rdzvBackend and standalone as pkg/controller.v1/pytorch/elastic.go reads them
          elasticPolicy: { presence: true, fields: { rdzvBackend: defaultsTo('c10d'), standalone: defaultsTo(false) } },
        },
        completeSpec: elasticReplicas('pytorchReplicaSpecs'),
        completePod: pyTorchPort,
      },
    },
  },
  {
    kind: 'MXJob',
    plural: 'mxjobs',
    replicaSpecs: 'mxReplicaSpecs',
    // mxnet_defaults.go; gone since v1.9
    operator: inBoth({ restartPolicy: 'Never', replicas: 1, spec: {}, completePod: operatorPort('mxnet', 'mxjob-port', 9091) }),
  },
  {
    kind: 'XGBoostJob',
    plural: 'xgboostjobs',
    replicaSpecs: 'xgbReplicaSpecs',
    // xgboost_defaults.go
    operator: {
      kubeflow: { restartPolicy: 'Never', replicas: 1, spec: {}, completePod: operatorPort('xgboost', 'xgboostjob-port', 9999) },
    },
  },
  {
    kind: 'PaddleJob',
    plural: 'paddlejobs',
    replicaSpecs: 'paddleReplicaSpecs',
    // paddlepaddle_defaults.go; since v1.6
    operator: {
      kubeflow: {
        restartPolicy: 'OnFailure',
        replicas: 1,
        spec: { elasticPolicy: { presence: true } },
        completeSpec: elasticReplicas('paddleReplicaSpecs'),
        completePod: operatorPort('paddle', 'master', 36543),
      },
    },
  },
  {
    kind: 'MPIJob',
    plural: 'mpijobs',
    replicaSpecs: 'mpiReplicaSpecs',
    // mpi_defaults.go: no port, whatever MPIJobDefaultPortName says. slotsPerWorker as pkg/controller.v1/mpi reads it.
    operator: {
      kubeflow: {
        restartPolicy: 'Never',
        replicas: { Launcher: 1, Worker: 0 },
        spec: { slotsPerWorker: defaultsTo(1), mainContainer: omitEmpty },
        completeSpec: cleanPodPolicyInTwoPlaces,
      },
    },
  },
];

/** A kind of job as one upstream keeps it. */
export interface JobKind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  replicaSpecs: string;
  layout: Layout;
  /** The keys that lead to the run policy: what says when the job ends and what becomes of it then. */
  policyIn: readonly string[];
  /** The replaceable fields. */
  fields: readonly PlacedField[];
  semantics: FieldSemantics;
}

export const group = 'kubeflow.org';
export const version = 'v1';

/** The kinds of job that an upstream of a layout has. */
export const jobKinds: Record<Layout, readonly JobKind[]> = { cci: kindsOf('cci'), kubeflow: kindsOf('kubeflow') };

function kindsOf(layout: Layout): JobKind[] {
  const common = { group, version, layout, policyIn: layouts[layout].policyIn, fields: fieldsOf(layout) };
  return kinds.flatMap(({ kind, plural, replicaSpecs, operator }) => {
    const defaults = operator[layout];
    return defaults ? [{ ...common, kind, plural, replicaSpecs, semantics: jobSemantics(layout, replicaSpecs, defaults) }] : [];
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
