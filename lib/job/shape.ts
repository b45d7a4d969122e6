import { isObject, type Json, type JsonObject, own } from './json.ts';

/** What compare knows about a field beyond its value. A field without a shape is compared by its value alone. */
export interface Shape {
  /** Not compared here: server-owned, replaceable, or part of the identity. */
  skip?: true;
  /** Omitted means "as live"; only present and different is a difference. */
  omittedMeansLive?: true;
  /** Go clients drop `""`, `false` and 0 here, so these equal absent. */
  zeroIsAbsent?: true;
  /** The documented default where the field is absent; may depend on the object that holds it. */
  default?: Json | ((holder: JsonObject) => Json | undefined);
  /** Compared as a Kubernetes quantity, or as a moment in time. */
  as?: 'quantity' | 'time';
  /** Differences are named field by field even where one side has nothing here. */
  descend?: true;
  /** Member names are compared without regard to case (replica types). */
  foldCase?: true;
  /** Completes an object before it is compared with the other one (defaults that depend on several fields). */
  complete?: (object: JsonObject, other: JsonObject) => JsonObject;
  fields?: Record<string, Shape>;
  /** The shape of every member of a map, or every element of an array. */
  each?: Shape;
}

const dropped: Shape = { zeroIsAbsent: true };
const quantity: Shape = { as: 'quantity' };
const quantities: Shape = { each: quantity };
const object = (fields: Record<string, Shape>): Shape => ({ fields });
const list = (fields: Record<string, Shape>): Shape => ({ each: { fields } });
/** A pointer in Go: its zero value is a value, and absent means the default. */
const defaultsTo = (value: Json): Shape => ({ default: value });
/** A plain value in Go: its zero value is dropped, and absent means the default. */
const droppedDefault = (value: Json): Shape => ({ zeroIsAbsent: true, default: value });

/**
 * Requests that a container leaves out default to its limits (Kubernetes' SetDefaults_Pod). Only those that the other side
 * spells out are filled in: where both leave one out, a difference of the limits is not told twice.
 */
function requestsFromLimits(resources: JsonObject, { requests: others }: JsonObject): JsonObject {
  const { limits, requests } = resources;
  if (!isObject(limits) || !isObject(others) || !((requests ?? null) === null || isObject(requests))) return resources;
  const omitted = Object.keys(others).filter((name) => (own(requests, name) ?? null) === null && Object.hasOwn(limits, name));
  if (omitted.length === 0) return resources;
  const filled = Object.fromEntries(omitted.map((name) => [name, limits[name] as Json]));
  return { ...resources, requests: { ...(isObject(requests) ? requests : {}), ...filled } };
}

/** `Always` for an image without a tag or with `latest`, else `IfNotPresent` (Kubernetes' SetDefaults_Container). */
function defaultPullPolicy({ image }: JsonObject): Json | undefined {
  if (typeof image !== 'string' || image === '') return undefined;
  const [reference = '', digest] = image.split('@');
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
}

const action = object({
  httpGet: object({ path: droppedDefault('/'), host: dropped, scheme: droppedDefault('HTTP') }),
  tcpSocket: object({ host: dropped }),
});
const probe = object({
  ...action.fields,
  initialDelaySeconds: dropped,
  timeoutSeconds: droppedDefault(1),
  periodSeconds: droppedDefault(10),
  successThreshold: droppedDefault(1),
  failureThreshold: droppedDefault(3),
  grpc: object({ service: defaultsTo('') }),
});
// Go writes an unset divisor as "0", which means its default as well.
const resourceFieldRef = object({ containerName: dropped, divisor: { as: 'quantity', default: '1', zeroIsAbsent: true } });
const container: Shape = object({
  image: dropped,
  imagePullPolicy: { zeroIsAbsent: true, default: defaultPullPolicy },
  workingDir: dropped,
  stdin: dropped,
  stdinOnce: dropped,
  tty: dropped,
  terminationMessagePath: droppedDefault('/dev/termination-log'),
  terminationMessagePolicy: droppedDefault('File'),
  ports: list({ name: dropped, hostPort: dropped, hostIP: dropped, protocol: droppedDefault('TCP') }),
  envFrom: list({ prefix: dropped }),
  env: list({
    value: dropped,
    valueFrom: object({
      fieldRef: object({ apiVersion: droppedDefault('v1') }),
      resourceFieldRef,
    }),
  }),
  resources: { fields: { limits: quantities, requests: quantities }, complete: requestsFromLimits },
  volumeMounts: list({ readOnly: dropped, subPath: dropped, subPathExpr: dropped, mountPropagation: defaultsTo('None') }),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: object({ postStart: action, preStop: action }),
  securityContext: object({ privileged: defaultsTo(false), readOnlyRootFilesystem: defaultsTo(false), procMount: defaultsTo('Default') }),
});
const readOnly = object({ readOnly: dropped });
const downwardItems = list({ fieldRef: object({ apiVersion: droppedDefault('v1') }), resourceFieldRef });
const fileMode = defaultsTo(0o644);
const persistentVolumeClaim = object({
  volumeName: dropped,
  volumeMode: defaultsTo('Filesystem'),
  resources: object({ limits: quantities, requests: quantities }),
});
const volumeSources = {
  emptyDir: object({ medium: dropped, sizeLimit: quantity }),
  hostPath: object({ type: defaultsTo('') }),
  secret: object({ secretName: dropped, defaultMode: fileMode }),
  configMap: object({ name: dropped, defaultMode: fileMode }),
  downwardAPI: object({ defaultMode: fileMode, items: downwardItems }),
  projected: object({
    defaultMode: fileMode,
    sources: list({
      serviceAccountToken: object({ audience: dropped, expirationSeconds: defaultsTo(3600) }),
      downwardAPI: object({ items: downwardItems }),
    }),
  }),
  ephemeral: object({ volumeClaimTemplate: object({ spec: persistentVolumeClaim }) }),
};
// Every other source of a volume (a claim, NFS, CSI …) has no default but readOnly.
const volumes: Shape = { each: { fields: volumeSources, each: readOnly } };
const podTemplate: Shape = object({
  metadata: object({ name: dropped, generateName: dropped, namespace: dropped, creationTimestamp: { as: 'time' }, generation: dropped }),
  spec: object({
    volumes,
    initContainers: { each: container },
    containers: { each: container },
    restartPolicy: droppedDefault('Always'),
    terminationGracePeriodSeconds: defaultsTo(30),
    dnsPolicy: droppedDefault('ClusterFirst'),
    serviceAccountName: dropped,
    serviceAccount: dropped,
    nodeName: dropped,
    hostNetwork: dropped,
    hostPID: dropped,
    hostIPC: dropped,
    shareProcessNamespace: defaultsTo(false),
    enableServiceLinks: defaultsTo(true),
    setHostnameAsFQDN: defaultsTo(false),
    hostUsers: defaultsTo(true),
    hostname: dropped,
    subdomain: dropped,
    schedulerName: droppedDefault('default-scheduler'),
    priorityClassName: dropped,
    preemptionPolicy: defaultsTo('PreemptLowerPriority'),
    tolerations: list({ key: dropped, operator: droppedDefault('Equal'), value: dropped, effect: dropped }),
    securityContext: object({ fsGroupChangePolicy: defaultsTo('Always') }),
    overhead: quantities,
    topologySpreadConstraints: list({ nodeAffinityPolicy: defaultsTo('Honor'), nodeTaintsPolicy: defaultsTo('Ignore') }),
  }),
});

/** A job's metadata: what the server owns, the identity and the two replaceable maps are settled elsewhere (design 3.4–3.6). */
const metadata: Shape = object({
  ...Object.fromEntries(
    [
      ['name', 'namespace', 'uid', 'resourceVersion', 'labels', 'annotations', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
      ['creationTimestamp', 'generation', 'selfLink', 'managedFields'],
    ]
      .flat()
      .map((name) => [name, { skip: true } satisfies Shape]),
  ),
  generateName: { omittedMeansLive: true, zeroIsAbsent: true },
  ownerReferences: { omittedMeansLive: true },
  finalizers: { omittedMeansLive: true },
});

/**
 * The shape of a whole job. `replaceable` are the names of the replaceable spec fields, `policyIn` where they live;
 * `replicaSpecs` and `restartPolicy` are the kind's own member and default (Kubeflow's tables, CCI tables 154–161).
 */
export function jobShape(replicaSpecs: string, restartPolicy: string, policyIn: readonly string[], replaceable: readonly string[]): Shape {
  const policy = Object.fromEntries(replaceable.map((name) => [name, { skip: true } satisfies Shape]));
  const inRunPolicy = policyIn.includes('runPolicy');
  const replica = object({ replicas: defaultsTo(1), restartPolicy: droppedDefault(restartPolicy), template: podTemplate });
  return object({
    apiVersion: { skip: true },
    kind: { skip: true },
    status: { skip: true },
    metadata,
    spec: object({
      [replicaSpecs]: { foldCase: true, each: replica },
      ...(inRunPolicy ? { successPolicy: defaultsTo(''), enableDynamicWorker: dropped } : policy),
      runPolicy: {
        descend: true,
        fields: inRunPolicy ? { ...policy, suspend: defaultsTo(false), schedulingPolicy: object({ minResources: quantities }) } : {},
      },
    }),
  });
}
