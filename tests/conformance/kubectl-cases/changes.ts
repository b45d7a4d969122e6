import type { Layout } from '../crds.ts';
import type { Loose } from '../http.ts';
import { policyOf, policyPath } from '../jobs.ts';
import type { KubectlCase } from './case.ts';

const firstContainer = (job: Loose): Loose =>
  (Object.values(job.spec[Object.keys(job.spec).find((key) => key.endsWith('ReplicaSpecs')) ?? '']) as Loose)[0].template.spec
    .containers[0];
export const changeImage = (job: Loose): void => {
  firstContainer(job).image = 'registry.example.com/miner:latest';
};
const forbidden = [/"tfjob-test" is forbidden: spec\.tfReplicaSpecs\./, 'image may not be changed'];
const notServed = 'the server does not allow this method on the requested resource';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** A manifest as people keep it: nothing that the server wrote. */
export function manifest(job: Loose): void {
  delete job.status;
  for (const name of ['uid', 'resourceVersion', 'creationTimestamp', 'generation', 'managedFields']) delete job.metadata[name];
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
    {
      args: patch('merge', inSpec({ ttlSecondsAfterFinished: -1 })),
      code: 1,
      says: ['is invalid', 'should be greater than or equal to 0'],
    },
    {
      args: patch('merge', inSpec({ cleanPodPolicy: 'Some' })),
      code: 1,
      says: ['is invalid', 'supported values: "All", "Running", "None"'],
    },
    { args: patch('merge', '{"spec":null}'), code: 1, says: ['Error from server (Forbidden)', 'spec'] },
    { args: patch('merge', '{"metadata":{"finalizers":["a.example.com/b"]}}'), code: 1, says: ['(Forbidden)', 'metadata.finalizers'] },
    { args: json({ op: 'replace', path: `${path}/ttlSecondsAfterFinished`, value: 7 }), code: 0, says: ['patched'], changes: ttl(7) },
    { args: json({ op: 'remove', path: `${path}/ttlSecondsAfterFinished` }), code: 0, says: ['patched'], changes: ttl(undefined) },
    { args: json({ op: 'replace', path: imagePath, value: 'x' }), code: 1, says: ['(Forbidden)', ...forbidden] },
    { args: json({ op: 'test', path: '/metadata/name', value: 'x' }), code: 1, says: ['due to an error in our request'] },
    { args: json({ op: 'remove', path: '/metadata/labels/nope' }), code: 1, says: ['due to an error in our request'] },
    {
      args: ['patch', 'tfjob', 'tfjob-test', '-p', inSpec({})],
      code: 1,
      says: ['strategic-merge-patch+json is not supported by kubeflow.org/v1'],
    },
    { args: patch('merge', '{"status":{}}', '--subresource=status'), code: 1, says: [/NotFound|MethodNotAllowed/] },
    { args: patch('merge', '{bad'), code: 1, says: ['Error from server (BadRequest)', 'json parse error'] },
    {
      args: ['edit', 'tfjob', 'tfjob-test'],
      editor: 's/(ttlSeconds.*): .*/\\1: 9/',
      code: 0,
      says: ['tfjob-test edited'],
      changes: ttl(9),
    },
    { args: ['edit', 'tfjob', 'tfjob-test'], editor: 's/x/x/', code: 0, says: ['Edit cancelled, no changes made.'] },
    { args: ['edit', 'tfjob', 'tfjob-test'], editor: 's/( image): .*/\\1: miner/', code: 1, says: ['could not be patched', ...forbidden] },
    {
      args: ['edit', 'tfjob', 'tfjob-test'],
      editor: 's/(ttlSeconds.*): .*/\\1: -9/',
      code: 1,
      says: ['is invalid', 'no valid changes were saved'],
    },
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
      // A job without a record gets none: apply --prune deletes what has one.
      changes: ttl(5),
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
    {
      args: ['diff', '-f', 'FILE'],
      file: withTtl(5),
      code: 1,
      says: [/^-\s+ttlSecondsAfterFinished: 600$/m, /^\+\s+ttlSecondsAfterFinished: 5$/m],
    },
    { args: ['diff', '-f', 'FILE'], file: withImage, code: 2, says: [/may not be changed|Forbidden/] },
    { args: ['create', '-f', 'FILE'], file: manifest, code: 1, says: ['(MethodNotAllowed)', notServed] },
    { args: ['create', '-f', 'FILE', '--dry-run=server'], file: manifest, code: 1, says: [notServed] },
    { args: ['delete', 'tfjob', 'tfjob-test'], code: 1, says: ['Error from server (MethodNotAllowed)', notServed] },
    { args: ['delete', 'tfjobs', '--all'], code: 1, says: ['Error from server (MethodNotAllowed)', notServed] },
    { args: ['scale', 'tfjob', 'tfjob-test', '--replicas=3'], code: 1, says: [/NotFound|MethodNotAllowed/] },
    {
      args: ['get', 'tfjobs', '-w', '--request-timeout=20s'],
      code: 1,
      says: [/^tfjob-test\s+Running/m, '(MethodNotAllowed)', 'list again instead'],
    },
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
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sorted(value[key])]),
  );
}

function manifestWithoutLastApplied(job: Loose): void {
  manifest(job);
  delete job.metadata.annotations[lastApplied];
}
