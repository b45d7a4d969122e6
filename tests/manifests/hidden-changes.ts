/** Changes that may not be made, each hidden in a manifest that is otherwise its author's. */
import type { Loose } from '../scenarios/gateway.ts';
import { kinds } from './operator-model.ts';

/** Where a change is made: a copy of the manifest, its first replica type, and the container that the operator picks. */
interface Places {
  job: Loose;
  layout: string;
  replica: Loose;
  pod: Loose;
  container: Loose;
  /** Paths as the live job has them. */
  at: { replicas: string; replica: string; pod: string; container: string };
}
/** Makes a change and returns the path that must be named; undefined where the manifest has no such place. */
type Change = (places: Places) => string | undefined;

const added = (list: Loose[] | undefined, ...more: Loose[]): Loose[] => [...(list ?? []), ...more];
/** Sets fields of the container, the pod, the replica or the job's spec, and names the first. */
const ofContainer =
  (change: (container: Loose) => object): Change =>
  ({ container, at }) =>
    setIn(container, change(container), at.container);
const ofPod =
  (change: (pod: Loose) => object): Change =>
  ({ pod, at }) =>
    setIn(pod, change(pod), at.pod);
const ofSpec =
  (kind: string, change: (spec: Loose) => object): Change =>
  ({ job }) =>
    job.kind === kind ? setIn(job.spec, change(job.spec), 'spec') : undefined;

function setIn(holder: Loose, fields: object, path: string): string {
  Object.assign(holder, fields);
  return `${path}.${Object.keys(fields)[0]}`;
}

const policyOf = ({ job, layout }: Places): [Loose, string] => {
  if (layout === 'cci') return [job.spec, 'spec'];
  job.spec.runPolicy ??= {};
  return [job.spec.runPolicy, 'spec.runPolicy'];
};

const changes: Record<string, Change> = {
  image: ofContainer(() => ({ image: 'registry.example.com/evil:v2' })),
  'the tag of an image': ofContainer(({ image }) => ({ image: `${image}2` })),
  imagePullPolicy: ofContainer(() => ({ imagePullPolicy: 'Never' })),
  command: ofContainer(({ command }) => ({ command: added(command, 'evil') })),
  args: ofContainer(({ args }) => ({ args: added(args, '--evil') })),
  workingDir: ofContainer(() => ({ workingDir: '/evil' })),
  env: ofContainer(({ env }) => ({ env: added(env, { name: 'LD_PRELOAD', value: '/evil.so' }) })),
  envFrom: ofContainer(() => ({ envFrom: [{ secretRef: { name: 'evil' } }] })),
  limits: ofContainer(({ resources }) => ({ resources: { ...resources, limits: { ...resources?.limits, cpu: '64' } } })),
  requests: ofContainer(({ resources }) => ({ resources: { ...resources, requests: { ...resources?.requests, cpu: '48' } } })),
  'a port': ofContainer(({ ports }) => ({ ports: added(ports, { containerPort: 22 }) })),
  'a port on the host': ofContainer(({ ports }) => ({ ports: added(ports, { containerPort: 22, hostPort: 22 }) })),
  'the operator’s port with another number': (places) => {
    const name = kinds[places.job.kind]?.port?.[1];
    const others = (places.container.ports ?? []).filter((port: Loose) => port.name !== name);
    return name && setIn(places.container, { ports: added(others, { name, containerPort: 22 }) }, places.at.container);
  },
  volumeMounts: ofContainer(({ volumeMounts }) => ({ volumeMounts: added(volumeMounts, { name: 'evil', mountPath: '/evil' }) })),
  privileged: ofContainer(() => ({ securityContext: { privileged: true } })),
  lifecycle: ofContainer(() => ({ lifecycle: { preStop: { exec: { command: ['evil'] } } } })),
  livenessProbe: ofContainer(() => ({ livenessProbe: { exec: { command: ['evil'] } } })),
  tty: ofContainer(() => ({ tty: true })),
  'the name of a container': ofContainer(() => ({ name: 'evil' })),
  'another container': ofPod(({ containers }) => ({ containers: added(containers, { name: 'evil', image: 'evil' }) })),
  'another container, first': ofPod(({ containers }) => ({ containers: [{ name: 'evil', image: 'evil' }, ...containers] })),
  'an init container': ofPod(({ initContainers }) => ({ initContainers: added(initContainers, { name: 'evil', image: 'evil' }) })),
  volumes: ofPod(({ volumes }) => ({ volumes: added(volumes, { name: 'evil', hostPath: { path: '/' } }) })),
  'a pod’s securityContext': ofPod(() => ({ securityContext: { runAsUser: 0 } })),
  serviceAccountName: ofPod(() => ({ serviceAccountName: 'admin' })),
  automountServiceAccountToken: ofPod(() => ({ automountServiceAccountToken: true })),
  imagePullSecrets: ofPod(({ imagePullSecrets }) => ({ imagePullSecrets: added(imagePullSecrets, { name: 'evil' }) })),
  nodeSelector: ofPod(({ nodeSelector }) => ({ nodeSelector: { ...nodeSelector, evil: 'true' } })),
  nodeName: ofPod(() => ({ nodeName: 'evil' })),
  tolerations: ofPod(({ tolerations }) => ({ tolerations: added(tolerations, { operator: 'Exists' }) })),
  affinity: ofPod(() => ({ affinity: { podAffinity: { x: [{ topologyKey: 'k', labelSelector: {} }] } } })),
  hostNetwork: ofPod(() => ({ hostNetwork: true })),
  hostPID: ofPod(() => ({ hostPID: true })),
  priorityClassName: ofPod(() => ({ priorityClassName: 'system-node-critical' })),
  schedulerName: ofPod(() => ({ schedulerName: 'evil' })),
  terminationGracePeriodSeconds: ofPod(() => ({ terminationGracePeriodSeconds: 0 })),
  'a label of the template': ({ replica, at }) => {
    replica.template.metadata = { ...replica.template.metadata, labels: { evil: 'true' } };
    return `${at.replica}.template.metadata`;
  },
  replicas: ({ replica, at }) => setIn(replica, { replicas: (replica.replicas ?? 1) + 5 }, at.replica),
  restartPolicy: ({ replica, at }) => setIn(replica, { restartPolicy: 'Always' }, at.replica),
  'another replica type': ({ job, replica, at }) => {
    job.spec[kinds[job.kind]?.replicaSpecs as string].Extra = structuredClone(replica);
    return `${at.replicas}.Extra`;
  },
  'another replica type, with nothing but defaults': ({ job, at }) => {
    job.spec[kinds[job.kind]?.replicaSpecs as string].Extra = { replicas: 1, template: {} };
    return `${at.replicas}.Extra`;
  },
  'one replica type less': ({ job, at }) => {
    const replicas = job.spec[kinds[job.kind]?.replicaSpecs as string];
    const [first, ...others] = Object.keys(replicas);
    if (others.length > 0) delete replicas[first as string];
    return others.length > 0 ? at.replica : undefined;
  },
  backoffLimit: (places) => {
    const [policy, path] = policyOf(places);
    return setIn(policy, { backoffLimit: 77 }, path);
  },
  suspend: (places) => (places.layout === 'cci' ? undefined : setIn(policyOf(places)[0], { suspend: true }, 'spec.runPolicy')),
  successPolicy: ofSpec('TFJob', ({ successPolicy }) => ({ successPolicy: successPolicy ? '' : 'AllWorkers' })),
  jobMode: ofSpec('MXJob', () => ({ jobMode: 'evil' })),
  slotsPerWorker: ofSpec('MPIJob', () => ({ slotsPerWorker: 8 })),
  'the other cleanPodPolicy': ofSpec('MPIJob', () => ({ cleanPodPolicy: 'All' })),
  nprocPerNode: ofSpec('PyTorchJob', () => ({ nprocPerNode: '64' })),
  'elasticPolicy of a PyTorchJob': ofSpec('PyTorchJob', ({ elasticPolicy }) => ({ elasticPolicy: { ...elasticPolicy, maxReplicas: 64 } })),
  'elasticPolicy of a PaddleJob': ofSpec('PaddleJob', ({ elasticPolicy }) => ({ elasticPolicy: { ...elasticPolicy, maxReplicas: 64 } })),
  finalizers: ({ job }) => setIn(job.metadata, { finalizers: ['evil/x'] }, 'metadata'),
};

/** Each change that a manifest has a place for: its title, the changed manifest, and the path that a refusal must name. */
export function hiddenChanges(manifest: Loose, layout: string): [title: string, changed: Loose, path: string][] {
  return Object.entries(changes).flatMap(([title, change]) => {
    const job = structuredClone(manifest);
    const kind = kinds[job.kind] as (typeof kinds)[string];
    const replicas = job.spec[kind.replicaSpecs];
    const type = Object.keys(replicas)[0] as string;
    const pod = replicas[type].template.spec;
    const main = pod.containers.findIndex(({ name }: Loose) => name === kind.port?.[0]);
    const at = `spec.${kind.replicaSpecs}`;
    const podAt = `${at}.${type}.template.spec`;
    const path = change({
      ...{ job, layout, replica: replicas[type], pod, container: pod.containers[Math.max(main, 0)] },
      at: { replicas: at, replica: `${at}.${type}`, pod: podAt, container: `${podAt}.containers[${Math.max(main, 0)}]` },
    });
    return path === undefined ? [] : [[title, job, path]];
  });
}
