import type { Layout } from './crds.ts';
import type { Loose } from './http.ts';
import { policyOf, policyPath } from './jobs.ts';

/** One command, and what must come of it. The job `tfjob-test` and a second one, `other`, are there before each. */
export interface KubectlCase {
  args: string[];
  /** The exit code. */
  code: number;
  /** What must be in what kubectl says, on either stream. */
  says: (string | RegExp)[];
  /** What may not be in it. */
  silent?: (string | RegExp)[];
  /** A sed expression that stands in for a person at the editor. */
  editor?: string;
  /** Written to a file as JSON, whose name stands for FILE in `args`: the stored job, changed. */
  file?: (job: Loose) => void;
  /** What the administrator did to the job before. */
  before?: (job: Loose) => void;
  /** What must have become of tfjob-test; nothing at all where this is missing. */
  changes?: (job: Loose) => void;
}

const firstContainer = (job: Loose): Loose =>
  (Object.values(job.spec[Object.keys(job.spec).find((key) => key.endsWith('ReplicaSpecs')) ?? '']) as Loose)[0].template.spec.containers[0];
const changeImage = (job: Loose): void => {
  firstContainer(job).image = 'registry.example.com/miner:latest';
};
const forbidden = [/"tfjob-test" is forbidden: spec\.tfReplicaSpecs\./, 'image may not be changed'];
const notServed = 'the server does not allow this method on the requested resource';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** A manifest as people keep it: nothing that the server wrote. */
function manifest(job: Loose): void {
  delete job.status;
  for (const name of ['uid', 'resourceVersion', 'creationTimestamp', 'generation', 'managedFields']) delete job.metadata[name];
}

/** Reads, discovery, labels and annotations: the commands that need no file. */
export function plainCases(layout: Layout): KubectlCase[] {
  const label = (...args: string[]) => ['label', 'tfjob', 'tfjob-test', ...args];
  const annotate = (...args: string[]) => ['annotate', 'tfjob', 'tfjob-test', ...args];
  const set = (map: 'labels' | 'annotations', key: string, value: string | undefined) => (job: Loose) => {
    if (value === undefined) delete job.metadata[map][key];
    else job.metadata[map][key] = value;
  };
  const both = [/^other\s+Running/m, /^tfjob-test\s+Running/m];
  return [
    { args: ['version'], code: 0, says: ['Client Version: v1.37.2', /Server Version: v1\.37\.\d+/] },
    { args: ['api-versions'], code: 0, says: ['kubeflow.org/v1'] },
    { args: ['api-resources'], code: 0, says: [/tfjobs\s+kubeflow\.org\/v1\s+true\s+TFJob/, /mxjobs\s.*MXJob/], silent: ['pods'] },
    { args: ['api-resources', '--verbs=delete'], code: 0, says: [], silent: ['tfjobs'] },
    { args: ['get', 'tfjobs'], code: 0, says: [/^NAME\s+STATE\s+AGE$/m, ...both] },
    { args: ['get', 'tfjob', 'tfjob-test'], code: 0, says: [/^tfjob-test\s+Running/m], silent: ['other'] },
    { args: ['get', 'TFJob/tfjob-test'], code: 0, says: [/^tfjob-test\s+Running/m] },
    { args: ['get', 'tfjobs.v1.kubeflow.org'], code: 0, says: both },
    { args: ['get', 'tfjobs', '-o', 'wide'], code: 0, says: [/^NAME\s+STATE\s+AGE$/m, ...both] },
    { args: ['get', 'tfjobs', '-o', 'name'], code: 0, says: [/^tfjob\.kubeflow\.org\/other\ntfjob\.kubeflow\.org\/tfjob-test$/m] },
    { args: ['get', 'tfjob', 'tfjob-test', '-o', 'yaml'], code: 0, says: ['apiVersion: kubeflow.org/v1', 'ttlSecondsAfterFinished: 600'] },
    { args: ['get', 'tfjob', 'tfjob-test', '-o', 'json'], code: 0, says: ['"kind": "TFJob"', '"cleanPodPolicy": "Running"'] },
    { args: ['get', 'tfjobs', '-o', 'yaml'], code: 0, says: ['kind: List', 'name: other', 'name: tfjob-test'] },
    { args: ['get', 'tfjobs', '-o', 'jsonpath={.items[*].metadata.name}'], code: 0, says: [/^other tfjob-test$/] },
    { args: ['get', 'tfjobs', '-o', 'custom-columns=N:.metadata.name'], code: 0, says: [/^N\nother\ntfjob-test$/m] },
    { args: ['get', 'tfjobs', '--show-labels'], code: 0, says: [/tfjob-test\s.*app=mnist,team=vision/] },
    { args: ['get', 'tfjobs', '-L', 'app'], code: 0, says: [/APP$/m, /tfjob-test\s.*mnist$/m] },
    { args: ['get', 'tfjobs', '--sort-by=.metadata.name'], code: 0, says: [/other[^]*tfjob-test/] },
    { args: ['get', 'tfjobs', '-l', 'app=mnist,team in (vision)'], code: 0, says: both },
    { args: ['get', 'tfjobs', '-l', '!app'], code: 0, says: ['No resources found'] },
    { args: ['get', 'tfjobs', '-l', 'a b'], code: 1, says: [/unable to parse requirement|found 'b'/] },
    { args: ['get', 'tfjobs', '--field-selector', 'metadata.name=other'], code: 0, says: [/^other\s/m], silent: ['tfjob-test'] },
    { args: ['get', 'tfjobs', '--field-selector', 'spec.x=1'], code: 1, says: ['BadRequest', 'field label not supported: spec.x'] },
    { args: ['get', 'tfjobs', '--chunk-size=1'], code: 0, says: both },
    { args: ['get', 'tfjobs', '-A'], code: 0, says: [/^NAMESPACE\s+NAME\s+STATE\s+AGE$/m, /^kube-test\s+tfjob-test\s/m] },
    { args: ['get', 'tfjobs,mxjobs'], code: 0, says: ['tfjob.kubeflow.org/tfjob-test'] },
    { args: ['get', 'pytorchjobs'], code: 0, says: ['No resources found in kube-test namespace.'] },
    { args: ['get', 'tfjob', 'nope'], code: 1, says: ['Error from server (NotFound): tfjobs.kubeflow.org "nope" not found'] },
    { args: ['get', 'pods'], code: 1, says: ['the server doesn\'t have a resource type "pods"'] },
    { args: ['get', '--raw', '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/other'], code: 0, says: ['"name":"other"'] },
    { args: ['describe', 'tfjob', 'tfjob-test'], code: 0, says: [/^Name:\s+tfjob-test$/m, /Ttl Seconds After Finished:\s+600/] },
    { args: ['describe', 'tfjobs'], code: 0, says: [/^Name:\s+other$/m, /^Name:\s+tfjob-test$/m] },
    { args: ['describe', 'tfjob', 'nope'], code: 1, says: ['(NotFound)', 'tfjobs.kubeflow.org "nope" not found'] },
    { args: ['explain', 'tfjob'], code: 0, says: [/^KIND:\s+TFJob$/m, /^VERSION:\s+v1$/m, 'metadata'] },
    { args: ['explain', `tfjob.${policyPath(layout)}.cleanPodPolicy`], code: 0, says: ['cleanPodPolicy <string>', 'All', 'Running', 'None'] },
    { args: ['explain', 'mxjobs', '--recursive'], code: 0, says: ['mxReplicaSpecs', 'ttlSecondsAfterFinished'] },
    { args: ['explain', 'tfjob.spec.nope'], code: 1, says: ['field "nope" does not exist'] },
    { args: label('stage=test'), code: 0, says: ['tfjob-test labeled'], changes: set('labels', 'stage', 'test') },
    { args: label('app=other'), code: 1, says: ["'app' already has a value (mnist), and --overwrite is false"] },
    { args: label('app=other', '--overwrite'), code: 0, says: ['tfjob-test labeled'], changes: set('labels', 'app', 'other') },
    { args: label('app-'), code: 0, says: ['tfjob-test unlabeled'], changes: set('labels', 'app', undefined) },
    { args: label('nope-'), code: 0, says: ['label "nope" not found.', 'not labeled'] },
    { args: label('--list'), code: 0, says: ['app=mnist', 'team=vision'] },
    { args: label('stage=test', '--resource-version=1'), code: 1, says: ['Error from server (Conflict)', 'the object has been modified'] },
    { args: label('stage=test', '--dry-run=server'), code: 0, says: ['tfjob-test labeled (server dry run)'] },
    { args: label('stage=test', '--dry-run=client'), code: 0, says: ['tfjob-test labeled (dry run)'] },
    { args: label('team=mine', '--overwrite'), code: 1, says: ['Error from server (Forbidden)', 'metadata.labels[team] is protected'] },
    { args: label('team-'), code: 1, says: ['Error from server (Forbidden)', 'metadata.labels[team] is protected'] },
    { args: ['label', 'tfjobs', '--all', 'q=1'], code: 0, says: ['/other labeled', '/tfjob-test labeled'], changes: set('labels', 'q', '1') },
    { args: ['label', 'tfjobs', '-l', 'app', 'q=1'], code: 0, says: ['/tfjob-test labeled'], changes: set('labels', 'q', '1') },
    { args: ['label', 'tfjob', 'nope', 'q=1'], code: 1, says: ['(NotFound)', 'tfjobs.kubeflow.org "nope" not found'] },
    { args: annotate('why=a b ü "c"'), code: 0, says: ['annotated'], changes: set('annotations', 'why', 'a b ü "c"') },
    { args: annotate('note=2', '--overwrite'), code: 0, says: ['annotated'], changes: set('annotations', 'note', '2') },
    { args: annotate('note-'), code: 0, says: ['tfjob-test annotated'], changes: set('annotations', 'note', undefined) },
    { args: ['annotate', 'tfjobs', '--all', 'q=1'], code: 0, says: ['/tfjob-test annotated'], changes: set('annotations', 'q', '1') },
    { args: annotate('protected.example.com/owner=me', '--overwrite'), code: 1, says: ['(Forbidden)', 'is protected and may not be changed'] },
  ];
}

/** Patches, files and the editor. */
export function changeCases(layout: Layout): KubectlCase[] {
  const inSpec = (policy: object) => JSON.stringify({ spec: layout === 'cci' ? policy : { runPolicy: policy } });
  const path = `/${policyPath(layout).replace('.', '/')}`;
  const patch = (type: string, text: string, ...more: string[]) => ['patch', 'tfjob', 'tfjob-test', `--type=${type}`, '-p', text, ...more];
  const json = (...operations: object[]) => patch('json', JSON.stringify(operations));
  const ttl = (value: number | undefined) => (job: Loose) => {
    policyOf(layout, job).ttlSecondsAfterFinished = value;
  };
  const replica = (job: Loose): Loose => job.spec.tfReplicaSpecs.Worker;
  const imagePath = '/spec/tfReplicaSpecs/Worker/template/spec/containers/0/image';
  const withImage = (job: Loose): void => {
    manifest(job);
    changeImage(job);
  };
  const withTtl = (value: number) => (job: Loose) => {
    manifest(job);
    ttl(value)(job);
  };
  const applied = (job: Loose): void => {
    const text = structuredClone(job);
    manifest(text);
    job.metadata.annotations[lastApplied] = `${JSON.stringify(sorted(text))}\n`;
  };
  return [
    { args: patch('merge', inSpec({ ttlSecondsAfterFinished: 5 })), code: 0, says: ['tfjob-test patched'], changes: ttl(5) },
    { args: patch('merge', inSpec({ ttlSecondsAfterFinished: null })), code: 0, says: ['patched'], changes: ttl(undefined) },
    { args: patch('merge', inSpec({ ttlSecondsAfterFinished: 600 })), code: 0, says: ['patched (no change)'] },
    { args: patch('merge', inSpec({ ttlSecondsAfterFinished: 5 }), '--dry-run=server'), code: 0, says: ['tfjob-test patched'] },
    { args: patch('merge', inSpec({ ttlSecondsAfterFinished: -1 })), code: 1, says: ['is invalid', 'should be greater than or equal to 0'] },
    { args: patch('merge', inSpec({ cleanPodPolicy: 'Some' })), code: 1, says: ['is invalid', 'supported values: "All", "Running", "None"'] },
    { args: patch('merge', '{"spec":null}'), code: 1, says: ['Error from server (Forbidden)', 'spec'] },
    { args: patch('merge', '{"metadata":{"finalizers":["a.example.com/b"]}}'), code: 1, says: ['(Forbidden)', 'metadata.finalizers'] },
    { args: json({ op: 'replace', path: `${path}/ttlSecondsAfterFinished`, value: 7 }), code: 0, says: ['patched'], changes: ttl(7) },
    { args: json({ op: 'remove', path: `${path}/ttlSecondsAfterFinished` }), code: 0, says: ['patched'], changes: ttl(undefined) },
    { args: json({ op: 'replace', path: imagePath, value: 'x' }), code: 1, says: ['(Forbidden)', ...forbidden] },
    { args: json({ op: 'test', path: '/metadata/name', value: 'x' }), code: 1, says: ['due to an error in our request'] },
    { args: json({ op: 'remove', path: '/metadata/labels/nope' }), code: 1, says: ['due to an error in our request'] },
    { args: ['patch', 'tfjob', 'tfjob-test', '-p', inSpec({})], code: 1, says: ['strategic-merge-patch+json is not supported by kubeflow.org/v1'] },
    { args: patch('merge', '{"status":{}}', '--subresource=status'), code: 1, says: [/NotFound|MethodNotAllowed/] },
    { args: patch('merge', '{bad'), code: 1, says: ['Error from server (BadRequest)', 'json parse error'] },
    { args: ['edit', 'tfjob', 'tfjob-test'], editor: 's/(ttlSeconds.*): .*/\\1: 9/', code: 0, says: ['tfjob-test edited'], changes: ttl(9) },
    { args: ['edit', 'tfjob', 'tfjob-test'], editor: 's/x/x/', code: 0, says: ['Edit cancelled, no changes made.'] },
    { args: ['edit', 'tfjob', 'tfjob-test'], editor: 's/( image): .*/\\1: miner/', code: 1, says: ['could not be patched', ...forbidden] },
    { args: ['edit', 'tfjob', 'tfjob-test'], editor: 's/(ttlSeconds.*): .*/\\1: -9/', code: 1, says: ['is invalid', 'no valid changes were saved'] },
    { args: ['replace', '-f', 'FILE'], file: ttl(5), code: 0, says: ['tfjob-test replaced'], changes: ttl(5) },
    { args: ['replace', '-f', 'FILE'], file: withTtl(5), code: 0, says: ['tfjob-test replaced'], changes: ttl(5) },
    { args: ['replace', '-f', 'FILE', '--dry-run=server'], file: ttl(5), code: 0, says: ['replaced (server dry run)'] },
    {
      args: ['replace', '-f', 'FILE'],
      file: (job) => {
        job.metadata.resourceVersion = '1';
      },
      code: 1,
      says: ['(Conflict)', 'the object has been modified'],
    },
    { args: ['replace', '-f', 'FILE'], file: withImage, code: 1, says: ['Error from server (Forbidden)', ...forbidden] },
    {
      args: ['replace', '-f', 'FILE'],
      file: (job) => {
        manifest(job);
        replica(job).replicas = 9;
      },
      code: 1,
      says: ['spec.tfReplicaSpecs.Worker.replicas may not be changed: 1 → 9'],
    },
    {
      args: ['replace', '-f', 'FILE'],
      file: (job) => {
        policyOf(layout, job).ttlSecondsAfterFinish = 1;
      },
      code: 1,
      says: ['strict decoding error: unknown field', `${policyPath(layout)}.ttlSecondsAfterFinished`],
    },
    { args: ['replace', '--force', '-f', 'FILE'], file: withTtl(5), code: 1, says: [notServed] },
    {
      args: ['apply', '-f', 'FILE'],
      file: withTtl(5),
      code: 0,
      says: ['tfjob-test configured'],
      changes: (job) => {
        ttl(5)(job);
        applied(job);
      },
    },
    { args: ['apply', '-f', 'FILE'], before: applied, file: manifestWithoutLastApplied, code: 0, says: ['tfjob-test unchanged'] },
    {
      args: ['apply', '-f', 'FILE'],
      before: applied,
      file: (job) => {
        manifestWithoutLastApplied(job);
        changeImage(job);
      },
      code: 1,
      says: ['(Forbidden)', 'image may not be changed'],
    },
    { args: ['apply', '-f', 'FILE', '--dry-run=server'], file: withTtl(5), code: 0, says: ['configured (server dry run)'] },
    {
      args: ['apply', '-f', 'FILE'],
      file: (job) => {
        manifest(job);
        job.metadata.name = 'new-job';
      },
      code: 1,
      says: ['(MethodNotAllowed)', notServed],
    },
    { args: ['apply', '--server-side', '-f', 'FILE'], file: withTtl(5), code: 1, says: [/unknown format|UnsupportedMediaType/] },
    { args: ['diff', '-f', 'FILE'], file: manifest, before: applied, code: 0, says: [] },
    { args: ['diff', '-f', 'FILE'], file: withTtl(5), code: 1, says: [/^-\s+ttlSecondsAfterFinished: 600$/m, /^\+\s+ttlSecondsAfterFinished: 5$/m] },
    { args: ['diff', '-f', 'FILE'], file: withImage, code: 2, says: [/may not be changed|Forbidden/] },
    { args: ['create', '-f', 'FILE'], file: manifest, code: 1, says: ['(MethodNotAllowed)', notServed] },
    { args: ['create', '-f', 'FILE', '--dry-run=server'], file: manifest, code: 1, says: [notServed] },
    { args: ['delete', 'tfjob', 'tfjob-test'], code: 1, says: ['Error from server (MethodNotAllowed)', notServed] },
    { args: ['delete', 'tfjobs', '--all'], code: 1, says: ['Error from server (MethodNotAllowed)', notServed] },
    { args: ['scale', 'tfjob', 'tfjob-test', '--replicas=3'], code: 1, says: [/NotFound|MethodNotAllowed/] },
    { args: ['get', 'tfjobs', '-w', '--request-timeout=20s'], code: 1, says: [/^tfjob-test\s+Running/m, '(MethodNotAllowed)', 'list again instead'] },
    { args: ['get', 'tfjobs', '--watch-only'], code: 1, says: ['(MethodNotAllowed)', 'watch is not served by this gateway'] },
    { args: ['wait', 'tfjob/tfjob-test', '--for=condition=Done', '--timeout=2s'], code: 1, says: ['timed out waiting for the condition'] },
    { args: ['wait', 'tfjob/tfjob-test', '--for=condition=Running', '--timeout=2s'], code: 0, says: ['condition met'] },
    { args: ['set', 'image', 'tfjob/tfjob-test', 'tensorflow=x'], code: 1, says: [/no kind "TFJob" is registered|not supported/] },
  ];
}

/** An object with its members in the order in which kubectl writes them. */
function sorted(value: Loose): Loose {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.keys(value).toSorted().map((key) => [key, sorted(value[key])]));
}

function manifestWithoutLastApplied(job: Loose): void {
  manifest(job);
  delete job.metadata.annotations[lastApplied];
}

/** What is asked of every kind: a read, an allowed change and a forbidden one. `replicas` is the path of one replica's count. */
export function kindCases(layout: Layout, plural: string, replicas: string[]): KubectlCase[] {
  const policy = { activeDeadlineSeconds: 77 };
  const allowed = JSON.stringify({ spec: layout === 'cci' ? policy : { runPolicy: policy } });
  const scaled = JSON.stringify(replicas.toReversed().reduce<unknown>((value, key) => ({ [key]: value }), 9));
  const patch = (text: string) => ['patch', plural, 'tfjob-test', '--type=merge', '-p', text];
  return [
    { args: ['get', plural], code: 0, says: [/^NAME\s+STATE\s+AGE$/m, /^tfjob-test\s+Running/m] },
    {
      args: patch(allowed),
      code: 0,
      says: ['tfjob-test patched'],
      changes: (job) => {
        policyOf(layout, job).activeDeadlineSeconds = 77;
      },
    },
    { args: patch(scaled), code: 1, says: ['(Forbidden)', `${replicas.join('.')} may not be changed: 1 → 9`] },
    { args: ['explain', plural, '--recursive'], code: 0, says: ['ReplicaSpecs', 'activeDeadlineSeconds'] },
  ];
}
