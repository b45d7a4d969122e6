import { isObject, type Json, type JsonObject, own } from '../json/json.ts';
import {
  type Complete,
  defaultsTo,
  type FieldSemantics,
  list,
  object,
  omitEmpty,
  omitEmptyDefault,
  quantities,
  skipped,
} from './semantics.ts';

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

/** `Always` for an image without a tag or with `latest`, else `IfNotPresent` (Kubernetes' SetDefaults_Container and SetDefaults_Volume). */
function pullPolicyOf(image: Json | undefined): Json | undefined {
  if (typeof image !== 'string' || image === '') return undefined;
  const [reference = '', digest] = image.split('@');
  const tag = /:([^/:]+)$/.exec(reference)?.[1];
  return tag === 'latest' || (tag === undefined && digest === undefined) ? 'Always' : 'IfNotPresent';
}

/** The one of two fields that name the same thing, where the other is left out or empty: `serviceAccount` is an old name. */
const sameAs =
  (name: string) =>
  (holder: JsonObject): Json | undefined =>
    own(holder, name) || undefined;

// A pointer whose absence and false are read alike.
const optional = defaultsTo(false);
const reference = object({ name: omitEmpty, optional });
const action = object({
  httpGet: object({ path: omitEmptyDefault('/'), host: omitEmpty, scheme: omitEmptyDefault('HTTP') }),
  tcpSocket: object({ host: omitEmpty }),
});
const probe = object({
  ...action.fields,
  initialDelaySeconds: omitEmpty,
  timeoutSeconds: omitEmptyDefault(1),
  periodSeconds: omitEmptyDefault(10),
  successThreshold: omitEmptyDefault(1),
  failureThreshold: omitEmptyDefault(3),
  grpc: object({ service: defaultsTo('') }),
});
// Go writes an unset divisor as "0", which means its default as well.
const resourceFieldRef = object({ containerName: omitEmpty, divisor: { as: 'quantity', default: '1', zeroIsAbsent: true } });
const container: FieldSemantics = object({
  image: omitEmpty,
  imagePullPolicy: { zeroIsAbsent: true, default: ({ image }) => pullPolicyOf(image) },
  workingDir: omitEmpty,
  stdin: omitEmpty,
  stdinOnce: omitEmpty,
  tty: omitEmpty,
  terminationMessagePath: omitEmptyDefault('/dev/termination-log'),
  terminationMessagePolicy: omitEmptyDefault('File'),
  ports: list({ name: omitEmpty, hostPort: omitEmpty, hostIP: omitEmpty, protocol: omitEmptyDefault('TCP') }),
  envFrom: list({ prefix: omitEmpty, configMapRef: reference, secretRef: reference }),
  env: list({
    value: omitEmpty,
    valueFrom: object({
      fieldRef: object({ apiVersion: omitEmptyDefault('v1') }),
      resourceFieldRef,
      configMapKeyRef: reference,
      secretKeyRef: reference,
      fileKeyRef: object({ optional }),
    }),
  }),
  resources: { fields: { limits: quantities, requests: quantities }, complete: requestsFromLimits },
  volumeMounts: list({
    readOnly: omitEmpty,
    recursiveReadOnly: defaultsTo('Disabled'),
    subPath: omitEmpty,
    subPathExpr: omitEmpty,
    mountPropagation: defaultsTo('None'),
  }),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: object({ postStart: action, preStop: action }),
  securityContext: object({ privileged: defaultsTo(false), readOnlyRootFilesystem: defaultsTo(false), procMount: defaultsTo('Default') }),
});
const downwardItems = list({ fieldRef: object({ apiVersion: omitEmptyDefault('v1') }), resourceFieldRef });
const fileMode = defaultsTo(0o644);
const persistentVolumeClaim = object({
  volumeName: omitEmpty,
  volumeMode: defaultsTo('Filesystem'),
  resources: object({ limits: quantities, requests: quantities }),
});
const anySource = { readOnly: omitEmpty, fsType: omitEmpty, partition: omitEmpty };
/** A volume's source: even an empty one says what the volume is, which without a source is an emptyDir (SetDefaults_Volume). */
const source = (fields: Record<string, FieldSemantics>): FieldSemantics => ({ presence: true, fields: { ...anySource, ...fields } });
const volumes: FieldSemantics = {
  each: {
    each: object(anySource),
    fields: {
      emptyDir: object({ medium: omitEmpty, sizeLimit: { as: 'quantity' } }),
      hostPath: source({ type: defaultsTo('') }),
      secret: source({ secretName: omitEmpty, defaultMode: fileMode, optional }),
      configMap: source({ name: omitEmpty, defaultMode: fileMode, optional }),
      downwardAPI: source({ defaultMode: fileMode, items: downwardItems }),
      projected: source({
        defaultMode: fileMode,
        sources: list({
          secret: reference,
          configMap: reference,
          clusterTrustBundle: object({ optional }),
          serviceAccountToken: object({ audience: omitEmpty, expirationSeconds: defaultsTo(3600) }),
          downwardAPI: object({ items: downwardItems }),
        }),
      }),
      ephemeral: source({ volumeClaimTemplate: object({ spec: persistentVolumeClaim }) }),
      image: source({ pullPolicy: { zeroIsAbsent: true, default: (holder) => pullPolicyOf(holder.reference) } }),
      csi: source({ fsType: defaultsTo('') }),
      iscsi: source({ iscsiInterface: omitEmptyDefault('default'), chapAuthDiscovery: omitEmpty, chapAuthSession: omitEmpty }),
      rbd: source({ pool: omitEmptyDefault('rbd'), user: omitEmptyDefault('admin'), keyring: omitEmptyDefault('/etc/ceph/keyring') }),
      azureDisk: source({ cachingMode: defaultsTo('ReadWrite'), fsType: defaultsTo('ext4'), kind: defaultsTo('Shared') }),
      scaleIO: source({ storageMode: omitEmptyDefault('ThinProvisioned'), fsType: omitEmptyDefault('xfs'), sslEnabled: omitEmpty }),
    },
  },
};
const metadata = object({
  ...Object.fromEntries(
    ['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'selfLink', 'generation'].map((name) => [name, omitEmpty]),
  ),
  creationTimestamp: { as: 'time' },
  clusterName: skipped,
});
const podSpec: Record<string, FieldSemantics> = {
  volumes,
  initContainers: { each: container },
  containers: { each: container },
  restartPolicy: omitEmptyDefault('Always'),
  terminationGracePeriodSeconds: defaultsTo(30),
  dnsPolicy: omitEmptyDefault('ClusterFirst'),
  serviceAccountName: { zeroIsAbsent: true, default: sameAs('serviceAccount') },
  serviceAccount: { zeroIsAbsent: true, default: sameAs('serviceAccountName') },
  imagePullSecrets: list({ name: omitEmpty }),
  dnsConfig: object({ options: list({ value: defaultsTo('') }) }),
  nodeName: omitEmpty,
  hostNetwork: omitEmpty,
  hostPID: omitEmpty,
  hostIPC: omitEmpty,
  shareProcessNamespace: defaultsTo(false),
  enableServiceLinks: defaultsTo(true),
  setHostnameAsFQDN: defaultsTo(false),
  hostUsers: defaultsTo(true),
  hostname: omitEmpty,
  subdomain: omitEmpty,
  schedulerName: omitEmptyDefault('default-scheduler'),
  priorityClassName: omitEmpty,
  preemptionPolicy: defaultsTo('PreemptLowerPriority'),
  tolerations: list({ key: omitEmpty, operator: omitEmptyDefault('Equal'), value: omitEmpty, effect: omitEmpty }),
  securityContext: object({ fsGroupChangePolicy: defaultsTo('Always'), supplementalGroupsPolicy: defaultsTo('Merge') }),
  overhead: quantities,
  topologySpreadConstraints: list({
    minDomains: defaultsTo(1),
    nodeAffinityPolicy: defaultsTo('Honor'),
    nodeTaintsPolicy: defaultsTo('Ignore'),
  }),
};

/** A pod template by Kubernetes' own defaults (core/v1's defaults.go); `complete` adds what an operator writes into the pod's spec. */
export function podTemplate(complete?: Complete): FieldSemantics {
  return object({ metadata, spec: { fields: podSpec, ...(complete && { complete }) } });
}
