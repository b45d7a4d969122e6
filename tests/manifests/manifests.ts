/**
 * Manifests as authors write them: of our own, each built as a public one is (the same fields, containers, ports and policies; other
 * names, images and commands), which `like` names. Where `like` begins with "none:" it says what the public ones lack.
 */
import type { Loose } from '../scenarios/gateway.ts';
import { kinds } from './operator-model.ts';

export interface Manifest {
  like: string;
  job: Loose;
}

const image = 'registry.example.com/training:v2';
/** A container; the fields are added after its name and image. */
const c = (name: string, fields: object = {}) => ({ name, image, ...fields });
const shell = (script: string) => ({ command: ['sh', '-c'], args: [script] });
const gpu = (count: number) => ({ resources: { limits: { 'nvidia.com/gpu': count } } });
const port = (name: string, containerPort: number) => ({ ports: [{ containerPort, name }] });
const noSidecar = { metadata: { annotations: { 'sidecar.istio.io/inject': 'false' } } };
const claim = (name: string) => ({ volumes: [{ name, persistentVolumeClaim: { claimName: `${name}-claim` } }] });
const mount = (name: string) => ({ volumeMounts: [{ name, mountPath: '/data' }] });

/** A replica type of so many pods, `restartPolicy` left out where it is undefined. */
function r(replicas: number | undefined, restartPolicy: string | undefined, containers: object[], pod: object = {}, template: object = {}) {
  const counted = { ...(replicas !== undefined && { replicas }), ...(restartPolicy && { restartPolicy }) };
  return { ...counted, template: { ...template, spec: { containers, ...pod } } };
}

const manifests: Manifest[] = [];
function add(kind: string, like: string, replicas: object, spec: object = {}): void {
  const metadata = { name: `job-${manifests.length}`, namespace: 'kube-test' };
  const job = { apiVersion: 'kubeflow.org/v1', kind, metadata, spec: { ...spec, [kinds[kind]?.replicaSpecs as string]: replicas } };
  manifests.push({ like, job: JSON.parse(JSON.stringify(job)) });
}

const examples = 'kubeflow/training-operator v1.8.1 examples';
const older = 'kubeflow/training-operator v1.5.0 examples';
const newer = 'kubeflow/training-operator v1.9.4 examples';
const kueue = 'kubernetes-sigs/kueue site/static/examples';
const katib = 'kubeflow/katib';
const none = { runPolicy: { cleanPodPolicy: 'None' } };

const tf = c('tensorflow');
add('TFJob', `${newer}/tensorflow/simple.yaml`, { Worker: r(2, 'OnFailure', [c('tensorflow', { command: ['python', 'train.py'] })]) });
add('TFJob', `${newer}/tensorflow/dist-mnist/tf_job_mnist.yaml`, {
  Chief: r(1, 'Never', [tf]),
  PS: r(1, 'Never', [tf]),
  Worker: r(2, 'Never', [tf]),
});
add('TFJob', `${examples}/tensorflow/dist-mnist/tf_job_mnist.yaml`, { PS: r(2, 'Never', [tf]), Worker: r(4, 'Never', [tf]) });
add(
  'TFJob',
  `${newer}/tensorflow/distribution_strategy/multi_worker_tfjob.yaml`,
  { Worker: r(2, 'Never', [c('tensorflow', { ...mount('training'), ...gpu(1) })], claim('training')) },
  none,
);
add(
  'TFJob',
  `${newer}/tensorflow/mnist_with_summaries/tf_job_mnist.yaml`,
  { Worker: r(1, 'Never', [c('tensorflow', { command: ['python', 'train.py', '--log_dir=/data'], ...mount('events') })], claim('events')) },
  none,
);
add(
  'TFJob',
  `${examples}/tensorflow/distribution_strategy/estimator-API/distributed_tfjob.yaml`,
  { Worker: r(3, 'Never', [tf], {}, { metadata: { annotations: { 'scheduling.k8s.io/group-name': 'group' } } }) },
  none,
);
add('TFJob', `${kueue}/jobs/sample-tfjob.yaml`, {
  PS: r(1, 'Never', [c('tensorflow', { resources: { requests: { cpu: 1, memory: '200Mi' } } })]),
  Worker: r(2, 'Never', [c('tensorflow', { resources: { requests: { cpu: 1, memory: '200Mi' } } })]),
});
add('TFJob', `${katib} examples/v1beta1/kubeflow-training-operator/tfjob-mnist-with-summaries.yaml`, {
  Worker: r(2, 'OnFailure', [c('tensorflow', { command: ['python', 'train.py', '--batch_size=100'] })], {}, noSidecar),
});
add(
  'TFJob',
  'none: a sidecar before the container of the kind’s name, an init container, probes, and fields of every kind',
  {
    Worker: r(undefined, undefined, [c('logs', port('metrics', 9100)), c('tensorflow', { ...port('debug', 5678), ...mount('scratch') })], {
      initContainers: [c('fetch', { env: [{ name: 'TOKEN', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: false } } }] })],
      volumes: [{ name: 'scratch' }, { name: 'config', configMap: { name: 'config' } }],
      serviceAccountName: 'trainer',
      nodeSelector: { pool: 'gpu' },
      tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoSchedule' }],
      securityContext: { runAsUser: 1000 },
      imagePullSecrets: [{ name: 'registry' }],
    }),
  },
  { runPolicy: { backoffLimit: 3, activeDeadlineSeconds: 3600, ttlSecondsAfterFinished: 600 }, successPolicy: 'AllWorkers' },
);

const pytorch = c('pytorch', { command: ['python3', '/opt/train.py'] });
const both = (container: object, template: object = {}) => ({
  Master: r(1, 'OnFailure', [container], {}, template),
  Worker: r(1, 'OnFailure', [container], {}, template),
});
add('PyTorchJob', `${newer}/pytorch/simple.yaml`, both({ ...pytorch, imagePullPolicy: 'Always' }));
add('PyTorchJob', `${newer}/pytorch/cpu-demo/demo.yaml`, both(pytorch), { nprocPerNode: '2' });
add('PyTorchJob', `${newer}/pytorch/deepspeed-demo/pytorch_deepspeed_demo.yaml`, both({ ...pytorch, ...gpu(1) }));
add('PyTorchJob', `${newer}/pytorch/smoke-dist/pytorch_job_sendrecv.yaml`, {
  Master: r(1, 'OnFailure', [c('pytorch')]),
  Worker: r(3, 'OnFailure', [c('pytorch')]),
});
add(
  'PyTorchJob',
  `${older}/pytorch/mnist/v1/pytorch_job_mnist_gloo.yaml`,
  both(c('pytorch', { args: ['--backend', 'gloo'], ...gpu(1) }), noSidecar),
);
add(
  'PyTorchJob',
  `${newer}/pytorch/elastic/echo/echo.yaml`,
  {
    Worker: r(2, undefined, [
      c('pytorch', { imagePullPolicy: 'IfNotPresent', env: [{ name: 'LOGLEVEL', value: 'DEBUG' }], command: ['python3'] }),
    ]),
  },
  { elasticPolicy: { rdzvBackend: 'c10d', minReplicas: 1, maxReplicas: 2, maxRestarts: 100 } },
);
add(
  'PyTorchJob',
  `${newer}/pytorch/elastic/imagenet/imagenet.yaml`,
  { Worker: r(2, 'OnFailure', [c('pytorch', { resources: { requests: { cpu: 4 } }, env: [{ name: 'LOGLEVEL', value: 'DEBUG' }] })]) },
  {
    elasticPolicy: {
      ...{ rdzvBackend: 'c10d', minReplicas: 1, maxReplicas: 3, maxRestarts: 100 },
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
    },
  },
);
add(
  'PyTorchJob',
  'none: an elasticPolicy that leaves its limits to the operator',
  { Worker: r(4, undefined, [c('trainer')]) },
  { elasticPolicy: { nProcPerNode: 2 } },
);
add(
  'PyTorchJob',
  'none: an elasticPolicy with one limit',
  { Worker: r(undefined, undefined, [pytorch]) },
  { elasticPolicy: { maxReplicas: 4, rdzvConf: [{ key: 'timeout', value: '60' }] } },
);
add(
  'PyTorchJob',
  `${kueue}/jobs/sample-pytorchjob.yaml`,
  both({ ...pytorch, imagePullPolicy: 'Always', resources: { requests: { cpu: 1, memory: '200Mi' } } }),
);
add('PyTorchJob', `${katib} manifests/v1beta1/components/controller/trial-templates.yaml`, {
  Master: r(1, 'OnFailure', [pytorch]),
  Worker: r(2, 'OnFailure', [pytorch]),
});
add(
  'PyTorchJob',
  'kubeflow/pytorch-operator examples/bert/pytorch_job_bert.yaml',
  both(c('pytorch', { args: ['--epochs', '2'], ...port('pytorchjob-port', 24456), ...gpu(1) }), noSidecar),
);

const mx = (fields: object = {}) => c('mxnet', { ...port('mxjob-port', 9991), ...fields });
add(
  'MXJob',
  `${examples}/mxnet/mxjob_dist_v1.yaml`,
  { Scheduler: r(1, 'Never', [mx()]), Server: r(1, 'Never', [mx()]), Worker: r(1, 'Never', [mx({ ...shell('train'), ...gpu(1) })]) },
  { jobMode: 'MXTrain' },
);
add(
  'MXJob',
  `${examples}/mxnet/byteps/dist_gpu_v1.yaml`,
  {
    Scheduler: r(1, 'Never', [c('mxnet', { command: ['launch'] })]),
    Server: r(2, 'Never', [c('mxnet', { command: ['launch'] })]),
    Worker: r(2, 'Never', [c('mxnet', { ...shell('train'), ...gpu(8), ...mount('shm') })], {
      volumes: [{ name: 'shm', emptyDir: { medium: 'Memory' } }],
    }),
  },
  { jobMode: 'MXTrain', runPolicy: { cleanPodPolicy: 'Running' } },
);
add(
  'MXJob',
  `${examples}/mxnet/tune/mx_job_tune_gpu_v1.yaml`,
  {
    TunerTracker: r(1, 'Never', [mx(shell('track'))]),
    TunerServer: r(1, 'Never', [mx({ ...shell('serve'), ...gpu(1) })]),
    Tuner: r(1, 'Never', [mx(shell('tune'))]),
  },
  { jobMode: 'MXTune' },
);
add(
  'MXJob',
  'kubeflow/training-operator v1.7.0 examples/mxnet/train/mx_job_dist_gpu_v1.yaml',
  {
    Scheduler: r(1, 'Never', [c('mxnet')]),
    Server: r(1, 'Never', [c('mxnet')]),
    Worker: r(1, 'Never', [c('mxnet', { ...shell('train'), ...gpu(1) })]),
  },
  { jobMode: 'MXTrain' },
);

const xgboost = (name: string, fields: object = {}) => c(name, { ...port('xgboostjob-port', 9991), imagePullPolicy: 'Always', ...fields });
const boosted = (container: object, policy: string, pod: object = {}) => ({
  Master: r(1, 'Never', [container], pod),
  Worker: r(2, policy, [container], pod),
});
add('XGBoostJob', `${newer}/xgboost/xgboostjob.yaml`, boosted(xgboost('xgboost', { args: ['--job_type=Train'] }), 'ExitCode'));
add('XGBoostJob', `${newer}/xgboost/smoke-dist/xgboostjob_v1_rabit_test.yaml`, boosted(xgboost('xgboost'), 'Never'));
add(
  'XGBoostJob',
  `${newer}/xgboost/xgboost-dist/xgboostjob_v1_iris_predict_local.yaml`,
  boosted(xgboost('xgboost', mount('model')), 'ExitCode', claim('model')),
);
add(
  'XGBoostJob',
  `${older}/xgboost/lightgbm-dist/xgboostjob_v1_lightgbm_dist_training.yaml`,
  boosted(xgboost('xgboostjob', { args: ['--job_type=Train'] }), 'ExitCode'),
);
add(
  'XGBoostJob',
  `${kueue}/jobs/sample-xgboostjob.yaml`,
  boosted(xgboost('xgboost', { resources: { requests: { cpu: 0.5, memory: '256Mi' } } }), 'ExitCode'),
);
add('XGBoostJob', 'none: no ports of its own', boosted(c('xgboost', { args: ['train'] }), 'Never'));

const paddle = (fields: object = {}) => c('paddle', { command: ['python'], args: ['-m', 'launch'], ...port('master', 37777), ...fields });
add('PaddleJob', `${newer}/paddlepaddle/simple-cpu.yaml`, { Worker: r(2, 'OnFailure', [paddle()]) });
add('PaddleJob', `${newer}/paddlepaddle/simple-gpu.yaml`, {
  Worker: r(2, 'OnFailure', [paddle({ ...gpu(2), ...mount('shm') })], { volumes: [{ name: 'shm', emptyDir: { medium: 'Memory' } }] }),
});
add('PaddleJob', `${kueue}/jobs/sample-paddlejob.yaml`, {
  Worker: r(2, 'OnFailure', [paddle({ resources: { requests: { cpu: 1, memory: '256Mi' } } })]),
});
add(
  'PaddleJob',
  'none: elastic, with no ports of its own',
  { Worker: r(2, undefined, [c('paddle')]) },
  { elasticPolicy: { maxRestarts: 3 } },
);

const launcher = (name: string) => c(name, { command: ['mpirun'], args: ['-np', '2'], resources: { limits: { cpu: 1, memory: '2Gi' } } });
const worker = (name: string) => c(name, { resources: { limits: { cpu: 2, memory: '4Gi' } } });
add(
  'MPIJob',
  `${newer}/mpi/tensorflow-mnist.yaml`,
  { Launcher: r(1, undefined, [launcher('mpi')]), Worker: r(2, undefined, [worker('mpi')]) },
  { slotsPerWorker: 1, runPolicy: { cleanPodPolicy: 'Running' } },
);
add(
  'MPIJob',
  `${newer}/mpi/tensorflow-mnist-elastic.yaml`,
  { Launcher: r(1, undefined, [launcher('mpi-launcher')]), Worker: r(2, undefined, [worker('mpi-worker')]) },
  { slotsPerWorker: 1, cleanPodPolicy: 'Running' },
);
add(
  'MPIJob',
  `${katib} examples/v1beta1/kubeflow-training-operator/mpijob-horovod.yaml`,
  { Launcher: r(1, undefined, [launcher('mpi-launcher')], {}, noSidecar), Worker: r(2, undefined, [worker('mpi-worker')], {}, noSidecar) },
  { slotsPerWorker: 1, cleanPodPolicy: 'Running' },
);
add('MPIJob', 'none: no policy in either place, and no numbers', {
  Launcher: r(undefined, undefined, [launcher('mpi')]),
  Worker: r(undefined, undefined, [worker('mpi')]),
});

export { manifests };
