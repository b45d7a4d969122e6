/**
 * What the operators behind an upstream write into a job whose author left it out, as data. Read in Kubeflow's training operator:
 * v1.3 and v1.4 keep it in pkg/apis/KIND/v1/defaults.go and constants.go, v1.5 to v1.9 in pkg/apis/kubeflow.org/v1/KIND_defaults.go
 * and KIND_types.go. MXJob is gone since v1.9, PaddleJob there since v1.6. For the `cci` layout: CCI's tables 154–161, and the job
 * that its documentation shows as stored.
 */
import { cleanPodPolicyInTwoPlaces, elasticReplicas, hasNprocPerNode, operatorPort } from './operator-rules.ts';
import { type Complete, defaultsTo, dropped, type Shape } from './semantics.ts';

/** What one operator writes into a job of one kind. */
export interface OperatorDefaults {
  /** A replica's default. Where `replicas` goes by type, other types have no default of either. */
  restartPolicy: string;
  replicas: number | Record<string, number>;
  /** Fields of the kind's own spec. */
  spec: Record<string, Shape>;
  completeSpec?: Complete;
  completePod?: Complete;
}

// tensorflow_defaults.go: successPolicy is a pointer, enableDynamicWorker a plain bool.
const tfJob: OperatorDefaults = {
  restartPolicy: 'Never',
  replicas: 1,
  spec: { successPolicy: defaultsTo(''), enableDynamicWorker: dropped },
  completePod: operatorPort('tensorflow', 'tfjob-port', 2222),
};

// pytorch_defaults.go; v1.3 gave the port to the Master alone. restartPolicy is CCI's (table 158) here, Kubeflow's below.
const pyTorchJob: OperatorDefaults = {
  restartPolicy: 'Never',
  replicas: 1,
  spec: {},
  completePod: operatorPort('pytorch', 'pytorchjob-port', 23456),
};

// mxnet_defaults.go
const mxJob: OperatorDefaults = {
  restartPolicy: 'Never',
  replicas: 1,
  spec: {},
  completePod: operatorPort('mxnet', 'mxjob-port', 9091),
};

/** By kind and layout; a layout that is missing does not have the kind. */
export const operators = {
  TFJob: { cci: tfJob, kubeflow: tfJob },
  PyTorchJob: {
    cci: pyTorchJob,
    kubeflow: {
      ...pyTorchJob,
      restartPolicy: 'OnFailure',
      spec: {
        // setDefaultNprocPerNode, since v1.7
        nprocPerNode: { default: ({ elasticPolicy }) => (hasNprocPerNode(elasticPolicy) ? undefined : 'auto') },
        // rdzvBackend and standalone as pkg/controller.v1/pytorch/elastic.go reads them
        elasticPolicy: { presence: true, fields: { rdzvBackend: defaultsTo('c10d'), standalone: defaultsTo(false) } },
      },
      completeSpec: elasticReplicas('pytorchReplicaSpecs'),
    },
  },
  MXJob: { cci: mxJob, kubeflow: mxJob },
  XGBoostJob: {
    // xgboost_defaults.go
    kubeflow: { restartPolicy: 'Never', replicas: 1, spec: {}, completePod: operatorPort('xgboost', 'xgboostjob-port', 9999) },
  },
  PaddleJob: {
    // paddlepaddle_defaults.go
    kubeflow: {
      restartPolicy: 'OnFailure',
      replicas: 1,
      spec: { elasticPolicy: { presence: true } },
      completeSpec: elasticReplicas('paddleReplicaSpecs'),
      completePod: operatorPort('paddle', 'master', 36543),
    },
  },
  MPIJob: {
    // mpi_defaults.go: no port, whatever MPIJobDefaultPortName says. slotsPerWorker as pkg/controller.v1/mpi reads it.
    kubeflow: {
      restartPolicy: 'Never',
      replicas: { Launcher: 1, Worker: 0 },
      spec: { slotsPerWorker: defaultsTo(1), mainContainer: dropped },
      completeSpec: cleanPodPolicyInTwoPlaces,
    },
  },
} satisfies Record<string, Partial<Record<'cci' | 'kubeflow', OperatorDefaults>>>;
