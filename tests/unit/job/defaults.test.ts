import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/json/json.ts';
import { differing } from './differing.ts';
import { changed, container, job, kubeflow, kubeflowJob, pod, raw, worker } from './jobs.ts';

const volume = (source: unknown) => [{ name: 'v', ...(source as object) }];
const claim = (spec: unknown) => volume({ ephemeral: { volumeClaimTemplate: { spec } } });

/** Where a default stands: a path, and what is to be put there for a value. */
type Place = [path: string, holding?: (value: unknown) => unknown];
const at = (name: string): Place => [`${container}.${name}`];
const inEnv = (holding: (value: unknown) => unknown): Place => [
  `${container}.env`,
  (value) => [{ name: 'A', ...(holding(value) as object) }],
];
const inVolume = (holding: (value: unknown) => unknown): Place => [`${pod}.volumes`, (value) => volume(holding(value))];
const inProbe = (name: string): Place => [`${container}.livenessProbe`, (value) => ({ httpGet: { port: 1 }, [name]: value })];
const jobWith = ([path, holding = (value) => value]: Place, value: unknown) => job({ [path]: holding(value) });

describe('a documented default that one side leaves out is no difference', () => {
  it.each<[string, unknown, unknown, Place]>([
    ['replicas', 1, 0, [`${worker}.replicas`]],
    ['a replica’s restartPolicy', 'Never', 'Always', [`${worker}.restartPolicy`]],
    ['a pod’s restartPolicy', 'Always', 'Never', [`${pod}.restartPolicy`]],
    ['terminationGracePeriodSeconds', 30, 0, [`${pod}.terminationGracePeriodSeconds`]],
    ['dnsPolicy', 'ClusterFirst', 'Default', [`${pod}.dnsPolicy`]],
    ['schedulerName', 'default-scheduler', 'volcano', [`${pod}.schedulerName`]],
    ['enableServiceLinks', true, false, [`${pod}.enableServiceLinks`]],
    ['shareProcessNamespace', false, true, [`${pod}.shareProcessNamespace`]],
    ['hostUsers', true, false, [`${pod}.hostUsers`]],
    ['setHostnameAsFQDN', false, true, [`${pod}.setHostnameAsFQDN`]],
    ['preemptionPolicy', 'PreemptLowerPriority', 'Never', [`${pod}.preemptionPolicy`]],
    ['fsGroupChangePolicy', 'Always', 'OnRootMismatch', [`${pod}.securityContext.fsGroupChangePolicy`]],
    ['terminationMessagePath', '/dev/termination-log', '/x', at('terminationMessagePath')],
    ['terminationMessagePolicy', 'File', 'FallbackToLogsOnError', at('terminationMessagePolicy')],
    ['a port’s protocol', 'TCP', 'UDP', at('ports.0.protocol')],
    ['privileged', false, true, at('securityContext.privileged')],
    ['readOnlyRootFilesystem', false, true, at('securityContext.readOnlyRootFilesystem')],
    ['procMount', 'Default', 'Unmasked', at('securityContext.procMount')],
    ['mountPropagation', 'None', 'Bidirectional', [`${container}.volumeMounts`, (value) => [{ name: 'm', mountPropagation: value }]]],
    ['a probe’s scheme', 'HTTP', 'HTTPS', [`${container}.startupProbe`, (value) => ({ httpGet: { port: 1, scheme: value } })]],
    ['a probe’s path', '/', '/healthz', [`${container}.readinessProbe`, (value) => ({ httpGet: { port: 1, path: value } })]],
    ['a hook’s scheme', 'HTTP', 'HTTPS', [`${container}.lifecycle.preStop`, (value) => ({ httpGet: { port: 1, scheme: value } })]],
    ['a probe’s gRPC service', '', 'health', [`${container}.livenessProbe`, (value) => ({ grpc: { port: 1, service: value } })]],
    ['timeoutSeconds', 1, 2, inProbe('timeoutSeconds')],
    ['periodSeconds', 10, 2, inProbe('periodSeconds')],
    ['successThreshold', 1, 2, inProbe('successThreshold')],
    ['failureThreshold', 3, 2, inProbe('failureThreshold')],
    ['a field reference’s apiVersion', 'v1', 'v2', inEnv((value) => ({ valueFrom: { fieldRef: { fieldPath: 'p', apiVersion: value } } }))],
    [
      'a volume’s field reference’s apiVersion',
      'v1',
      'v2',
      inVolume((value) => ({ downwardAPI: { items: [{ fieldRef: { fieldPath: 'p', apiVersion: value } }] } })),
    ],
    ['a divisor in env', '1', '1Mi', inEnv((value) => ({ valueFrom: { resourceFieldRef: { resource: 'r', divisor: value } } }))],
    ['a divisor in a volume', 1, '1Mi', inVolume((value) => ({ downwardAPI: { items: [{ resourceFieldRef: { divisor: value } }] } }))],
    ['a secret’s defaultMode', 420, 0, inVolume((value) => ({ secret: { secretName: 's', defaultMode: value } }))],
    ['a config map’s defaultMode', 420, 256, inVolume((value) => ({ configMap: { name: 'c', defaultMode: value } }))],
    ['a downward volume’s defaultMode', 420, 256, inVolume((value) => ({ downwardAPI: { items: [{ path: 'p' }], defaultMode: value } }))],
    ['a projected volume’s defaultMode', 420, 256, inVolume((value) => ({ projected: { sources: [{ a: 1 }], defaultMode: value } }))],
    [
      'a service account token’s expirationSeconds',
      3600,
      600,
      inVolume((value) => ({ projected: { sources: [{ serviceAccountToken: { path: 'p', expirationSeconds: value } }] } })),
    ],
    ['a hostPath’s type', '', 'Directory', inVolume((value) => ({ hostPath: { path: '/', type: value } }))],
    ['a claim’s volumeMode', 'Filesystem', 'Block', [`${pod}.volumes`, (value) => claim({ accessModes: ['a'], volumeMode: value })]],
    ['a toleration’s operator', 'Equal', 'Exists', [`${pod}.tolerations`, (value) => [{ key: 'k', operator: value }]]],
    ['nodeAffinityPolicy', 'Honor', 'Ignore', [`${pod}.topologySpreadConstraints`, (value) => [{ maxSkew: 1, nodeAffinityPolicy: value }]]],
    ['nodeTaintsPolicy', 'Ignore', 'Honor', [`${pod}.topologySpreadConstraints`, (value) => [{ maxSkew: 1, nodeTaintsPolicy: value }]]],
  ])('%s is %j, not %j', (_title, value, other, place) => {
    expect(differing(jobWith(place, value), jobWith(place, undefined))).toEqual([]);
    expect(differing(jobWith(place, value), jobWith(place, null))).toEqual([]);
    expect(differing(jobWith(place, other), jobWith(place, undefined))).toHaveLength(1);
    expect(differing(jobWith(place, other), jobWith(place, value))).toHaveLength(1);
  });

  it.each<[string, unknown, Place]>([
    ['backoffLimit', 6, ['spec.backoffLimit']],
    ['automountServiceAccountToken', true, [`${pod}.automountServiceAccountToken`]],
    ['allowPrivilegeEscalation', true, at('securityContext.allowPrivilegeEscalation')],
    ['runAsUser', 0, [`${pod}.securityContext.runAsUser`]],
    ['runAsNonRoot', false, [`${pod}.securityContext.runAsNonRoot`]],
    ['priority', 0, [`${pod}.priority`]],
    ['activeDeadlineSeconds of a pod', 0, [`${pod}.activeDeadlineSeconds`]],
    ['tolerationSeconds', 0, [`${pod}.tolerations`, (value) => [{ key: 'k', tolerationSeconds: value }]]],
    ['runtimeClassName', '', [`${pod}.runtimeClassName`]],
  ])('but %s has none that could be assumed', (_title, value, place) => {
    expect(differing(jobWith(place, value), jobWith(place, undefined))).toHaveLength(1);
  });

  it('nor are there defaults at other places of the same name', () => {
    for (const [path, value] of [
      ['spec.replicas', 1],
      ['spec.restartPolicy', 'Never'],
      [`${worker}.dnsPolicy`, 'ClusterFirst'],
    ] as const) {
      expect(differing(job({ [path]: value }), job())).toEqual([path]);
    }
  });

  it('of the kubeflow layout: suspend, minResources as quantities, and what its controller drops', () => {
    const live = kubeflowJob();
    const none = { 'spec.runPolicy.suspend': false, 'spec.successPolicy': '', 'spec.enableDynamicWorker': false };
    expect(differing(live, changed(live, none), kubeflow)).toEqual([]);
    for (const [path, value] of Object.entries({ 'spec.runPolicy.suspend': true, 'spec.successPolicy': 'AllWorkers' })) {
      expect(differing(live, changed(live, { [path]: value }), kubeflow)).toEqual([path]);
    }
    const minimum = (cpu: string) => changed(live, { 'spec.runPolicy.schedulingPolicy.minResources': { cpu } });
    expect(differing(minimum('2'), minimum('2000m'), kubeflow)).toEqual([]);
    expect(differing(minimum('2'), minimum('3'), kubeflow)).toHaveLength(1);
  });
});

describe('imagePullPolicy', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.2', 'IfNotPresent'],
    ['host:5000/nginx', 'Always'],
    ['host:5000/nginx:latest', 'Always'],
    ['host:5000/a/b:v1', 'IfNotPresent'],
    [`nginx@${digest}`, 'IfNotPresent'],
    [`host:5000/nginx@${digest}`, 'IfNotPresent'],
    [`nginx:latest@${digest}`, 'Always'],
    [`nginx:1@${digest}`, 'IfNotPresent'],
    ['nginx:latest2', 'IfNotPresent'],
    ['latest', 'Always'],
  ])('defaults for %s to %s', (image, policy) => {
    const with_ = (imagePullPolicy: unknown) => job({ [`${container}.image`]: image, [`${container}.imagePullPolicy`]: imagePullPolicy });
    const other = policy === 'Always' ? 'IfNotPresent' : 'Always';
    expect(differing(with_(policy), with_(undefined))).toEqual([]);
    expect(differing(with_(policy), with_(''))).toEqual([]);
    expect(differing(with_(other), with_(undefined))).toEqual([`${pod}.containers[0].imagePullPolicy`]);
    expect(differing(with_('Never'), with_(undefined))).toEqual([`${pod}.containers[0].imagePullPolicy`]);
  });

  it('defaults in init containers as well', () => {
    const with_ = (imagePullPolicy: unknown) => job({ [`${pod}.initContainers`]: [{ image: 'a', imagePullPolicy }] });
    expect(differing(with_('Always'), with_(undefined))).toEqual([]);
    expect(differing(with_('Never'), with_(undefined))).toHaveLength(1);
  });
});

describe('requests', () => {
  const with_ = (limits: unknown, requests: unknown) => job({ [`${container}.resources`]: { limits, requests } });
  const both = { cpu: '2', memory: '4Gi' };

  it.each([
    ['left out', undefined],
    ['null', null],
    ['empty', {}],
    ['left out in part', { cpu: '2' }],
    ['null in part', { cpu: '2', memory: null }],
    ['spelled otherwise', { memory: 4294967296 }],
  ])('default to the limits where they are %s', (_title, requests) => {
    expect(differing(with_(both, both), with_(both, requests))).toEqual([]);
  });

  it('are a difference where they are not the limits', () => {
    expect(differing(with_(both, { cpu: '1' }), with_(both, undefined))).toEqual([`${pod}.containers[0].resources.requests.cpu`]);
    expect(differing(with_(both, { ...both, gpu: 1 }), with_(both, both))).toEqual([`${pod}.containers[0].resources.requests.gpu`]);
    expect(differing(with_(undefined, both), with_(undefined, undefined))).toEqual([`${pod}.containers[0].resources.requests`]);
    expect(differing(with_({}, both), with_({}, { cpu: '2' }))).toEqual([`${pod}.containers[0].resources.requests.memory`]);
  });

  it('do not repeat a difference of limits where both sides leave them out', () => {
    expect(differing(with_({ cpu: '2' }, undefined), with_({ cpu: '3' }, undefined))).toEqual([
      `${pod}.containers[0].resources.limits.cpu`,
    ]);
  });

  it('do not lend their value to limits', () => {
    expect(differing(with_({ cpu: '2' }, both), with_(both, both))).toEqual([`${pod}.containers[0].resources.limits.memory`]);
  });
});

describe('a zero value', () => {
  const mount = (name: string): Place => [`${container}.volumeMounts`, (value) => [{ name: 'm', mountPath: '/', [name]: value }]];
  it.each<[string, unknown, Place]>([
    ['env.value', '', inEnv((value) => ({ value }))],
    ['a prefix', '', [`${container}.envFrom`, (value) => [{ configMapRef: { name: 'c' }, prefix: value }]]],
    ['subPath', '', mount('subPath')],
    ['subPathExpr', '', mount('subPathExpr')],
    ['a mount’s readOnly', false, mount('readOnly')],
    ['tty', false, at('tty')],
    ['stdin', false, at('stdin')],
    ['stdinOnce', false, at('stdinOnce')],
    ['workingDir', '', at('workingDir')],
    ['hostPort', 0, at('ports.0.hostPort')],
    ['hostPort, written 0.0', raw('0.0'), at('ports.0.hostPort')],
    ['hostIP', '', at('ports.0.hostIP')],
    ['a divisor, which Go writes as "0"', '0', inEnv((value) => ({ valueFrom: { resourceFieldRef: { resource: 'r', divisor: value } } }))],
    [
      'a volume’s divisor',
      '0',
      inVolume((value) => ({ downwardAPI: { items: [{ resourceFieldRef: { resource: 'r', divisor: value } }] } })),
    ],
    ['initialDelaySeconds', 0, inProbe('initialDelaySeconds')],
    ['periodSeconds, whose default then holds', 0, inProbe('periodSeconds')],
    ['hostNetwork', false, [`${pod}.hostNetwork`]],
    ['serviceAccount', '', [`${pod}.serviceAccount`]],
    ['subdomain', '', [`${pod}.subdomain`]],
    ['an image', '', [`${pod}.initContainers`, (value) => [{ name: 'i', image: value }]]],
    ['a probe’s host', '', [`${container}.livenessProbe`, (value) => ({ tcpSocket: { port: 1, host: value } })]],
    ['a config map’s name', '', inVolume((value) => ({ configMap: { name: value, items: [{ key: 'k' }] } }))],
    ['a secret’s name', '', inVolume((value) => ({ secret: { secretName: value, items: [{ key: 'k' }] } }))],
    ['a claim’s volumeName', '', [`${pod}.volumes`, (value) => claim({ accessModes: ['a'], volumeName: value })]],
    ['the template’s name', '', [`${worker}.template.metadata.name`]],
    ['the template’s namespace', '', [`${worker}.template.metadata.namespace`]],
    [
      'a token’s audience',
      '',
      inVolume((value) => ({ projected: { sources: [{ serviceAccountToken: { path: 'p', audience: value } }] } })),
    ],
    ['hostPID', false, [`${pod}.hostPID`]],
    ['hostIPC', false, [`${pod}.hostIPC`]],
    ['hostname', '', [`${pod}.hostname`]],
    ['serviceAccountName', '', [`${pod}.serviceAccountName`]],
    ['nodeName', '', [`${pod}.nodeName`]],
    ['priorityClassName', '', [`${pod}.priorityClassName`]],
    ['a medium', '', inVolume((value) => ({ emptyDir: { medium: value, sizeLimit: '1' } }))],
    ['a claim’s readOnly', false, inVolume((value) => ({ persistentVolumeClaim: { claimName: 'c', readOnly: value } }))],
    ['an NFS volume’s readOnly', false, inVolume((value) => ({ nfs: { path: '/', server: 's', readOnly: value } }))],
    ['a CSI volume’s readOnly', false, inVolume((value) => ({ csi: { driver: 'd', readOnly: value } }))],
    ['an iSCSI volume’s readOnly', false, inVolume((value) => ({ iscsi: { iqn: 'i', readOnly: value } }))],
    ['a restartPolicy, whose default then holds', '', [`${pod}.dnsPolicy`]],
    ['the template’s generation', 0, [`${worker}.template.metadata.generation`]],
  ])('is as good as absent for %s', (_title, zero, place) => {
    expect(differing(jobWith(place, zero), jobWith(place, undefined))).toEqual([]);
    expect(differing(jobWith(place, typeof zero === 'boolean' ? true : 'x'), jobWith(place, zero))).toHaveLength(1);
  });

  it.each<[string, unknown, Place]>([
    ['replicas', 0, [`${worker}.replicas`]],
    ['backoffLimit', 0, ['spec.backoffLimit']],
    ['an argument', '', [`${container}.args`, (value) => ['a', value].filter((argument) => argument !== undefined)]],
    ['a label of the template', '', [`${worker}.template.metadata.labels.a`]],
    ['a node selector', '', [`${pod}.nodeSelector.a`]],
    ['an unknown field', false, ['spec.unknown']],
    ['defaultMode', 0, inVolume((value) => ({ secret: { secretName: 's', defaultMode: value } }))],
    ['a size limit', '0', inVolume((value) => ({ emptyDir: { sizeLimit: value } }))],
    ['a limit', '0', at('resources.limits.gpu')],
    ['a storageClassName', '', [`${pod}.volumes`, (value) => claim({ storageClassName: value })]],
    ['a toleration’s tolerationSeconds', 0, [`${pod}.tolerations`, (value) => [{ key: 'k', tolerationSeconds: value }]]],
  ])('is a value for %s', (_title, zero, place) => {
    expect(differing(jobWith(place, zero), jobWith(place, undefined))).toHaveLength(1);
  });

  it('of a member does not reach the elements of an array', () => {
    const tolerations = (list: unknown[]): JsonObject => job({ [`${pod}.tolerations`]: list });
    expect(differing(tolerations([{}]), tolerations([{ operator: 'Equal', key: '', value: '', effect: '' }]))).toEqual([]);
    expect(differing(tolerations([{}]), tolerations([]))).toEqual([`${pod}.tolerations[0]`]);
    expect(differing(tolerations([{}]), tolerations([null]))).toEqual([`${pod}.tolerations[0]`]);
  });
});
