/** Defaults of the operators that depend on more than one field. Each completes what a side leaves out; kinds.ts has the data. */
import { getPath, isObject, type Json, type JsonObject, own } from '../json/json.ts';
import type { Complete } from './semantics.ts';

/** The member that a side gives, or undefined for none or null. */
const given = (object: Json | undefined, key: string): Json | undefined => own(object, key) ?? undefined;

/**
 * The port that an operator appends to one container of each pod (setDefaultPort): to the container of this name, else to the first,
 * unless that one has a port of the port's name. Only a request is completed, and only where live holds exactly that port, last.
 */
export function operatorPort(containerName: string, name: string, containerPort: number): Complete {
  const isOperators = (port: Json | undefined): boolean =>
    isObject(port) &&
    port.name === name &&
    port.containerPort === containerPort &&
    Object.keys(port).every((key) => key === 'name' || key === 'containerPort' || (key === 'protocol' && port.protocol === 'TCP'));

  return (pod, live, isRequested) => {
    const containers = own(pod, 'containers');
    const liveContainers = own(live, 'containers');
    if (!isRequested || !Array.isArray(containers) || !Array.isArray(liveContainers)) return pod;
    const index = Math.max(
      0,
      containers.findIndex((container) => own(container, 'name') === containerName),
    );
    const container = containers[index];
    const ports = given(container, 'ports') ?? [];
    const stored = own(liveContainers[index], 'ports');
    if (!isObject(container) || !Array.isArray(ports) || !Array.isArray(stored)) return pod;
    const last = stored.at(-1);
    if (last === undefined || stored.length !== ports.length + 1 || !isOperators(last)) return pod;
    if (ports.some((port) => own(port, 'name') === name)) return pod;
    return { ...pod, containers: containers.with(index, { ...container, ports: [...ports, last] }) };
  };
}

/**
 * minReplicas and maxReplicas of an elasticPolicy: each is the other's default, and the workers' number that of both (setElasticPolicy).
 * Only what the other side spells out is filled in: where both leave it out, one difference is not told twice.
 */
export function elasticReplicas(replicaSpecs: string): Complete {
  return (spec, other) => {
    const policy = own(spec, 'elasticPolicy');
    const others = given(other, 'elasticPolicy');
    if (!isObject(policy)) return spec;
    const omitted = (['minReplicas', 'maxReplicas'] as const).filter(
      (name) => given(policy, name) === undefined && given(others, name) !== undefined,
    );
    if (omitted.length === 0) return spec;
    const value = given(policy, 'minReplicas') ?? given(policy, 'maxReplicas') ?? workersOf(own(spec, replicaSpecs));
    return value === undefined
      ? spec
      : { ...spec, elasticPolicy: { ...policy, ...Object.fromEntries(omitted.map((name) => [name, value])) } };
  };
}

/** How many workers there are to be; undefined where no replica type is the workers'. */
function workersOf(replicas: Json | undefined): Json | undefined {
  const type = isObject(replicas) ? Object.keys(replicas).find((name) => name.toLowerCase() === 'worker') : undefined;
  const worker = type === undefined ? undefined : own(replicas, type);
  return isObject(worker) ? (given(worker, 'replicas') ?? 1) : undefined;
}

/** Whether an elasticPolicy already says how many processes a node has (setDefaultNprocPerNode). */
export const hasNprocPerNode = (elasticPolicy: Json | undefined): boolean => given(elasticPolicy, 'nProcPerNode') !== undefined;

/**
 * MPIJob keeps cleanPodPolicy in its spec as well. The operator writes `None` into both places where both are empty, and copies one
 * into the other; where they differ, runPolicy's holds (mpi_defaults.go; Reconcile in mpijob_controller.go). Only runPolicy's is
 * replaceable. A side that leaves out the spec's means `None`, or, where the request names runPolicy's, that one or the live one:
 * then what is written means what the request does, whatever stands in the spec.
 */
export const cleanPodPolicyInTwoPlaces: Complete = (spec, other, isRequested) => {
  const theirs = given(other, 'cleanPodPolicy');
  if (theirs === undefined || given(spec, 'cleanPodPolicy') !== undefined) return spec;
  const [live, requested]: JsonObject[] = isRequested ? [other, spec] : [spec, other];
  const policyOf = (side: JsonObject | undefined) => getPath(side, ['runPolicy', 'cleanPodPolicy']) ?? undefined;
  const asked = policyOf(requested);
  const isCopy = asked !== undefined && (theirs === asked || theirs === policyOf(live));
  return theirs === 'None' || isCopy ? { ...spec, cleanPodPolicy: theirs } : spec;
};
