/**
 * A model of what an upstream makes of a manifest: the defaults of Kubeflow's training operator v1.9 (v1.8 for MXJob), those of the
 * API server, and what it owns. Written from the Go sources named below and from no table of the gateway's, so that one can prove the other.
 */
import type { Loose } from '../scenarios/gateway.ts';

interface Kind {
  plural: string;
  replicaSpecs: string;
  /** KIND_types.go: DefaultContainerName, DefaultPortName, DefaultPort, DefaultRestartPolicy. MPIJob's operator adds no port. */
  port?: [container: string, name: string, number: number];
  restartPolicy: string;
}
export const kinds: Record<string, Kind> = {
  TFJob: { plural: 'tfjobs', replicaSpecs: 'tfReplicaSpecs', port: ['tensorflow', 'tfjob-port', 2222], restartPolicy: 'Never' },
  PyTorchJob: {
    plural: 'pytorchjobs',
    replicaSpecs: 'pytorchReplicaSpecs',
    port: ['pytorch', 'pytorchjob-port', 23456],
    restartPolicy: 'OnFailure',
  },
  MXJob: { plural: 'mxjobs', replicaSpecs: 'mxReplicaSpecs', port: ['mxnet', 'mxjob-port', 9091], restartPolicy: 'Never' },
  XGBoostJob: {
    plural: 'xgboostjobs',
    replicaSpecs: 'xgbReplicaSpecs',
    port: ['xgboost', 'xgboostjob-port', 9999],
    restartPolicy: 'Never',
  },
  PaddleJob: { plural: 'paddlejobs', replicaSpecs: 'paddleReplicaSpecs', port: ['paddle', 'master', 36543], restartPolicy: 'OnFailure' },
  MPIJob: { plural: 'mpijobs', replicaSpecs: 'mpiReplicaSpecs', restartPolicy: 'Never' },
};

/** defaulting_utils.go: getDefaultContainerIndex, hasDefaultPort, setDefaultPort. */
export function setDefaultPort(pod: Loose, [containerName, name, containerPort]: [string, string, number]): void {
  let index = 0;
  for (const [i, container] of pod.containers.entries()) {
    if (container.name !== containerName) continue;
    index = i;
    break;
  }
  const container = pod.containers[index];
  for (const port of container.ports ?? []) if (port.name === name) return;
  container.ports = [...(container.ports ?? []), { name, containerPort }];
}

/** pytorch_defaults.go: setElasticPolicy; paddlepaddle_defaults.go has the same. */
function setElasticPolicy(spec: Loose, workers: Loose): void {
  const policy = spec.elasticPolicy;
  if (!policy) return;
  if (policy.minReplicas !== undefined && policy.maxReplicas !== undefined) return;
  if (policy.maxReplicas !== undefined) policy.minReplicas = policy.maxReplicas;
  else if (policy.minReplicas !== undefined) policy.maxReplicas = policy.minReplicas;
  else Object.assign(policy, { minReplicas: workers.replicas, maxReplicas: workers.replicas });
}

function setContainerDefaults(container: Loose): void {
  container.terminationMessagePath ??= '/dev/termination-log';
  container.terminationMessagePolicy ??= 'File';
  container.resources ??= {};
  const tag = container.image.split('/').at(-1).split(':')[1];
  container.imagePullPolicy ??= tag === undefined || tag === 'latest' ? 'Always' : 'IfNotPresent';
  const { limits = {}, requests = {} } = container.resources;
  if (Object.keys(limits).length > 0) container.resources.requests = { ...limits, ...requests };
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe].filter(Boolean)) {
    Object.assign(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3, ...probe });
    if (probe.httpGet) probe.httpGet.scheme ??= 'HTTP';
  }
  for (const { valueFrom } of container.env ?? []) if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ??= 'v1';
  for (const port of container.ports ?? []) port.protocol ??= 'TCP';
}

/** What Kubernetes fills in within a pod (core/v1/defaults.go), for an upstream that keeps templates as it keeps pods. */
function setPodDefaults(pod: Loose): void {
  pod.restartPolicy ??= 'Always';
  pod.dnsPolicy ??= 'ClusterFirst';
  pod.schedulerName ??= 'default-scheduler';
  pod.terminationGracePeriodSeconds ??= 30;
  pod.securityContext ??= {};
  // The old name is filled in from the new one whenever a pod is converted.
  if (pod.serviceAccountName) pod.serviceAccount ??= pod.serviceAccountName;
  for (const container of [...(pod.initContainers ?? []), ...pod.containers]) setContainerDefaults(container);
  for (const volume of pod.volumes ?? []) {
    if (Object.keys(volume).length === 1) volume.emptyDir = {};
    for (const source of [volume.secret, volume.configMap].filter(Boolean)) source.defaultMode ??= 420;
    if (volume.hostPath) volume.hostPath.type ??= '';
  }
}

/** mpi_defaults.go, and Reconcile in mpijob_controller.go, which copies the one cleanPodPolicy into the other place. */
function setMpiDefaults(spec: Loose): void {
  const policy = spec.runPolicy.cleanPodPolicy ?? spec.cleanPodPolicy ?? 'None';
  spec.cleanPodPolicy = policy;
  spec.runPolicy.cleanPodPolicy = policy;
  const { Launcher, Worker } = spec.mpiReplicaSpecs;
  if (Launcher) Launcher.replicas ??= 1;
  if (Worker) Worker.replicas ??= 0;
}

/** SetDefaults_TFJob, SetDefaults_PyTorchJob and SetDefaults_MPIJob outside the replicas; `suspend` is the CRD's. */
function setSpecDefaults(job: Loose, layout: string): void {
  const { spec } = job;
  if (job.kind === 'TFJob') spec.successPolicy ??= '';
  if (layout === 'cci') {
    spec.cleanPodPolicy ??= 'Running';
    return;
  }
  spec.runPolicy ??= {};
  spec.runPolicy.suspend ??= false;
  if (job.kind === 'MPIJob') setMpiDefaults(spec);
  else spec.runPolicy.cleanPodPolicy ??= 'None';
}

/** What an upstream of a layout holds once a manifest was applied and its operator has seen it. */
export function stored(manifest: Loose, layout: string): Loose {
  const job = structuredClone(manifest);
  const { spec } = job;
  const kind = kinds[job.kind] as Kind;
  setSpecDefaults(job, layout);
  const replicas = spec[kind.replicaSpecs];
  for (const replica of Object.values<Loose>(replicas)) {
    replica.replicas ??= 1;
    // CCI's table 158 says Never of each of its kinds.
    replica.restartPolicy ||= layout === 'cci' ? 'Never' : kind.restartPolicy;
    if (kind.port) setDefaultPort(replica.template.spec, kind.port);
    setPodDefaults(replica.template.spec);
  }
  if (layout === 'kubeflow') {
    setElasticPolicy(spec, replicas.Worker);
    if (job.kind === 'PyTorchJob' && spec.elasticPolicy?.nProcPerNode === undefined) spec.nprocPerNode ??= 'auto';
  }
  const owned = { uid: '083cc6df-ade3-11e9-aaa4-340a9837e413', resourceVersion: '72447176', generation: 1 };
  job.metadata = { ...job.metadata, ...owned, creationTimestamp: '2019-07-24T07:17:01Z' };
  return { ...job, status: { conditions: [] } };
}

/** The manifest as the `cci` layout has it: what runPolicy holds stands in the spec. */
export function inCciLayout(manifest: Loose): Loose {
  const { runPolicy = {}, ...spec } = structuredClone(manifest.spec);
  const { suspend: _suspend, schedulingPolicy: _schedulingPolicy, ...policies } = runPolicy;
  return { ...manifest, spec: { ...spec, ...policies } };
}
