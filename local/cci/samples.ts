import type { JsonObject } from '../../lib/json/json.ts';
import { apiVersion } from './written.ts';

/** A job of each other kind that Huawei documents: one PyTorchJob that runs, and one MXJob that has succeeded. */
export const otherKinds: readonly JsonObject[] = [
  {
    apiVersion,
    kind: 'PyTorchJob',
    metadata: {
      name: 'pytorch-mnist',
      namespace: 'kube-test',
      labels: { app: 'mnist', framework: 'pytorch' },
      creationTimestamp: '2019-07-24T06:40:12Z',
      resourceVersion: '72441310',
      uid: '6c2ad5a4-adde-11e9-aaa4-340a9837e413',
    },
    spec: {
      backoffLimit: 3,
      cleanPodPolicy: 'None',
      pytorchReplicaSpecs: {
        Master: replica(1, 'OnFailure', 'pytorch', 'pytorch-mnist:v1', ['python', '/opt/mnist.py', '--epochs=3']),
        Worker: replica(2, 'OnFailure', 'pytorch', 'pytorch-mnist:v1', ['python', '/opt/mnist.py', '--epochs=3']),
      },
    },
    status: {
      conditions: [condition('PyTorchJob', 'Created', '2019-07-24T06:40:12Z'), condition('PyTorchJob', 'Running', '2019-07-24T06:40:31Z')],
      replicaStatuses: { Master: { active: 1 }, Worker: { active: 2 } },
      startTime: '2019-07-24T06:40:12Z',
    },
  },
  {
    apiVersion,
    kind: 'MXJob',
    metadata: {
      name: 'mxnet-mnist',
      namespace: 'kube-test',
      labels: { app: 'mnist', framework: 'mxnet' },
      creationTimestamp: '2019-07-24T05:02:40Z',
      resourceVersion: '72430022',
      uid: 'c48f1c36-add0-11e9-aaa4-340a9837e413',
    },
    spec: {
      jobMode: 'MXTrain',
      mxReplicaSpecs: {
        Scheduler: replica(1, 'Never', 'mxnet', 'mxnet-mnist:v1', []),
        Server: replica(1, 'Never', 'mxnet', 'mxnet-mnist:v1', []),
        Worker: replica(1, 'Never', 'mxnet', 'mxnet-mnist:v1', ['python', '/opt/train_mnist.py', '--num-epochs=5', '--kv-store=dist_sync']),
      },
    },
    status: {
      conditions: [
        condition('MXJob', 'Created', '2019-07-24T05:02:40Z'),
        condition('MXJob', 'Running', '2019-07-24T05:19:57Z', 'False'),
        condition('MXJob', 'Succeeded', '2019-07-24T05:19:57Z'),
      ],
      replicaStatuses: { Scheduler: {}, Server: {}, Worker: { succeeded: 1 } },
      startTime: '2019-07-24T05:02:41Z',
      completionTime: '2019-07-24T05:19:57Z',
    },
  },
];

function replica(replicas: number, restartPolicy: string, name: string, image: string, args: string[]): JsonObject {
  const size = { cpu: '1', memory: '2Gi' };
  const container: JsonObject = {
    name,
    image: `*.*.*.215:20202/cci/${image}`,
    ...(args.length > 0 && { args }),
    resources: { limits: size, requests: size },
  };
  return { replicas, restartPolicy, template: { spec: { containers: [container], imagePullSecrets: [{ name: 'imagepull-secret' }] } } };
}

function condition(kind: string, type: string, time: string, status = 'True'): JsonObject {
  const message = `${kind} is ${type.toLowerCase()}.`;
  return { lastTransitionTime: time, lastUpdateTime: time, message, reason: `${kind}${type}`, status, type };
}
