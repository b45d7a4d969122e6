import { describe, expect, it } from 'vitest';
import { differing } from '../job/differing.ts';
import { changed, container, job, kubeflow, kubeflowJob, pod, worker } from '../job/jobs.ts';

/** Where a value stands: a path, and what is to be put there for the value. */
type Place = [path: string, holding?: (value: unknown) => unknown];
const jobWith = ([path, holding = (value) => value]: Place, value: unknown) => job({ [path]: holding(value) });
const inEnv = (source: string): Place => [
  `${container}.env`,
  (value) => [{ name: 'A', valueFrom: { [source]: { key: 'k', ...(value as object) } } }],
];
const inEnvFrom = (source: string): Place => [`${container}.envFrom`, (value) => [{ [source]: { name: 'n', ...(value as object) } }]];
const inVolume = (source: string, rest: object = {}): Place => [
  `${pod}.volumes`,
  (value) => [{ name: 'v', [source]: { ...rest, ...(value as object) } }],
];
const inProjection = (source: string): Place => [
  `${pod}.volumes`,
  (value) => [{ name: 'v', projected: { sources: [{ [source]: { path: 'p', ...(value as object) } }] } }],
];
/** The same place, of one field there. */
const field = (name: string, [path, holding = (value) => value]: Place): Place => [path, (value) => holding({ [name]: value })];

describe('a pointer whose absence is read as one value', () => {
  it.each<[string, unknown, unknown, Place]>([
    ['optional of a config map’s key', false, true, field('optional', inEnv('configMapKeyRef'))],
    ['optional of a secret’s key', false, true, field('optional', inEnv('secretKeyRef'))],
    ['optional of a file’s key', false, true, field('optional', inEnv('fileKeyRef'))],
    ['optional of a whole config map', false, true, field('optional', inEnvFrom('configMapRef'))],
    ['optional of a whole secret', false, true, field('optional', inEnvFrom('secretRef'))],
    ['optional of a secret’s volume', false, true, field('optional', inVolume('secret', { secretName: 's' }))],
    ['optional of a config map’s volume', false, true, field('optional', inVolume('configMap', { name: 'c' }))],
    ['optional of a projected secret', false, true, field('optional', inProjection('secret'))],
    ['optional of a projected config map', false, true, field('optional', inProjection('configMap'))],
    ['optional of a projected trust bundle', false, true, field('optional', inProjection('clusterTrustBundle'))],
    ['recursiveReadOnly', 'Disabled', 'Enabled', [`${container}.volumeMounts`, (value) => [{ name: 'm', recursiveReadOnly: value }]]],
    ['supplementalGroupsPolicy', 'Merge', 'Strict', [`${pod}.securityContext.supplementalGroupsPolicy`]],
    ['minDomains', 1, 2, [`${pod}.topologySpreadConstraints`, (value) => [{ maxSkew: 1, minDomains: value }]]],
    ['the value of a resolver’s option', '', '2', [`${pod}.dnsConfig.options`, (value) => [{ name: 'ndots', value }]]],
    ['a CSI volume’s fsType', '', 'ext4', field('fsType', inVolume('csi', { driver: 'd' }))],
    ['an Azure disk’s fsType', 'ext4', '', field('fsType', inVolume('azureDisk', { diskName: 'd' }))],
    ['an Azure disk’s caching', 'ReadWrite', 'None', field('cachingMode', inVolume('azureDisk', { diskName: 'd' }))],
    ['an Azure disk’s kind', 'Shared', 'Managed', field('kind', inVolume('azureDisk', { diskName: 'd' }))],
    ['an Azure disk’s readOnly', false, true, field('readOnly', inVolume('azureDisk', { diskName: 'd' }))],
  ])('is no difference from it: %s', (_title, value, other, place) => {
    for (const absent of [undefined, null]) expect(differing(jobWith(place, value), jobWith(place, absent))).toEqual([]);
    expect(differing(jobWith(place, other), jobWith(place, undefined))).toHaveLength(1);
  });

  // The pod, its service account, its node or another object decides what absence means here, or zero is a value of its own.
  it.each<[string, unknown, Place]>([
    ['automountServiceAccountToken', false, [`${pod}.automountServiceAccountToken`]],
    ['a pod’s runAsNonRoot', false, [`${pod}.securityContext.runAsNonRoot`]],
    ['a container’s runAsNonRoot', false, [`${container}.securityContext.runAsNonRoot`]],
    ['a container’s runAsUser', 0, [`${container}.securityContext.runAsUser`]],
    ['allowPrivilegeEscalation', false, [`${container}.securityContext.allowPrivilegeEscalation`]],
    ['hostProcess', false, [`${container}.securityContext.windowsOptions.hostProcess`]],
    ['hostnameOverride', '', [`${pod}.hostnameOverride`]],
    ['a size limit', 0, field('sizeLimit', inVolume('emptyDir'))],
    ['a claim’s volumeAttributesClassName', '', field('volumeAttributesClassName', inVolume('x'))],
    ['a volume item’s mode', 0, field('items', inVolume('secret', { secretName: 's' }))],
    ['an LUN', 0, field('lun', inVolume('fc', { targetWWNs: ['t'] }))],
    ['a probe’s terminationGracePeriodSeconds', 0, [`${container}.livenessProbe.terminationGracePeriodSeconds`]],
    ['managedBy', '', ['spec.runPolicy.managedBy']],
  ])('is a difference where absence may mean something else: %s', (_title, zero, place) => {
    expect(differing(jobWith(place, zero), jobWith(place, undefined))).toHaveLength(1);
  });
});

describe('a name or a flag that Go clients drop when it is empty', () => {
  it.each<[string, unknown, Place]>([
    ['the name of a config map’s key', '', field('name', inEnv('configMapKeyRef'))],
    ['the name of a secret’s key', '', field('name', inEnv('secretKeyRef'))],
    ['the name of a projected secret', '', field('name', inProjection('secret'))],
    ['a pull secret’s name', '', [`${pod}.imagePullSecrets`, (value) => [{ name: value }]]],
    ['a volume’s fsType', '', field('fsType', inVolume('vsphereVolume', { volumePath: 'p' }))],
    ['a disk’s partition', 0, field('partition', inVolume('gcePersistentDisk', { pdName: 'd' }))],
    ['the template’s uid', '', [`${worker}.template.metadata.uid`]],
    ['the template’s resourceVersion', '', [`${worker}.template.metadata.resourceVersion`]],
    ['the template’s selfLink', '', [`${worker}.template.metadata.selfLink`]],
  ])('is as good as absent: %s', (_title, zero, place) => {
    expect(differing(jobWith(place, zero), jobWith(place, undefined))).toEqual([]);
    expect(differing(jobWith(place, 'x'), jobWith(place, undefined))).toHaveLength(1);
  });

  it.each<[string, unknown, unknown, Place]>([
    ['an iSCSI interface', 'default', 'x', field('iscsiInterface', inVolume('iscsi', { iqn: 'i' }))],
    ['an RBD pool', 'rbd', 'x', field('pool', inVolume('rbd', { image: 'i' }))],
    ['an RBD user', 'admin', 'x', field('user', inVolume('rbd', { image: 'i' }))],
    ['a ScaleIO storage mode', 'ThinProvisioned', 'x', field('storageMode', inVolume('scaleIO', { system: 's' }))],
    ['how an image is pulled', 'IfNotPresent', 'Always', field('pullPolicy', inVolume('image', { reference: 'a:1' }))],
  ])('or has a default: %s', (_title, value, other, place) => {
    for (const absent of [undefined, null, '']) expect(differing(jobWith(place, value), jobWith(place, absent))).toEqual([]);
    expect(differing(jobWith(place, other), jobWith(place, undefined))).toHaveLength(1);
  });

  it('of runPolicy’s schedulingPolicy', () => {
    const live = kubeflowJob({ 'spec.runPolicy.schedulingPolicy': { queue: '', priorityClass: '', minAvailable: 2 } });
    const other = kubeflowJob({ 'spec.runPolicy.schedulingPolicy': { minAvailable: 2 } });
    expect(differing(live, other, kubeflow)).toEqual([]);
    expect(differing(changed(live, { 'spec.runPolicy.schedulingPolicy.queue': 'q' }), other, kubeflow)).toHaveLength(1);
  });
});

describe('retired metadata', () => {
  it.each(['metadata.clusterName', `${worker}.template.metadata.clusterName`])('is no difference, on either side: %s', (path) => {
    for (const value of ['', 'c', null]) expect(differing(job({ [path]: value }), job())).toEqual([]);
    expect(differing(job({ [path]: 'c' }), job({ [path]: 'd' }))).toEqual([]);
  });
});

describe('a service account under its old name', () => {
  const account = (serviceAccountName?: string, serviceAccount?: string) =>
    job({ [`${pod}.serviceAccountName`]: serviceAccountName, [`${pod}.serviceAccount`]: serviceAccount });

  it('is the same one', () => {
    for (const a of [account('a'), account(undefined, 'a'), account('a', 'a'), account('', 'a'), account('a', '')]) {
      for (const b of [account('a'), account(undefined, 'a'), account('a', 'a')]) expect(differing(a, b)).toEqual([]);
    }
  });

  it('is a difference wherever another one is named', () => {
    for (const other of [account('b'), account(undefined, 'b'), account('b', 'a'), account('a', 'b'), account()]) {
      for (const live of [account('a'), account(undefined, 'a'), account('a', 'a')]) {
        expect(differing(live, other).length).toBeGreaterThan(0);
      }
    }
  });
});

describe('a volume’s source', () => {
  const volume = (source: object) => job({ [`${pod}.volumes`]: [{ name: 'v', ...source }] });

  it('that is not there is an emptyDir', () => {
    expect(differing(volume({ emptyDir: {} }), volume({}))).toEqual([]);
    expect(differing(volume({ emptyDir: { medium: 'Memory' } }), volume({}))).toHaveLength(1);
  });

  it.each(['downwardAPI', 'projected', 'configMap', 'secret', 'hostPath', 'ephemeral', 'csi'])(
    'says what the volume is, though it holds nothing: %s',
    (source) => {
      expect(differing(volume({ [source]: {} }), volume({}))).toEqual([`${pod}.volumes[0].${source}`]);
      expect(differing(volume({ [source]: {} }), volume({ emptyDir: {} }))).toEqual([`${pod}.volumes[0].${source}`]);
      expect(differing(volume({ [source]: null }), volume({}))).toEqual([]);
    },
  );
});
