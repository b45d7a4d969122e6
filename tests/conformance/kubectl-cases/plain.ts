import type { Layout } from '../crds.ts';
import type { Loose } from '../http.ts';
import { policyOf, policyPath } from '../jobs.ts';
import type { KubectlCase } from './case.ts';

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
    { args: ['get', 'tfjobs', '--sort-by=.metadata.name'], code: 0, says: [/other[\s\S]*tfjob-test/] },
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
    {
      args: ['explain', `tfjob.${policyPath(layout)}.cleanPodPolicy`],
      code: 0,
      says: ['cleanPodPolicy <string>', 'All', 'Running', 'None'],
    },
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
    {
      args: ['label', 'tfjobs', '--all', 'q=1'],
      code: 0,
      says: ['/other labeled', '/tfjob-test labeled'],
      changes: set('labels', 'q', '1'),
    },
    { args: ['label', 'tfjobs', '-l', 'app', 'q=1'], code: 0, says: ['/tfjob-test labeled'], changes: set('labels', 'q', '1') },
    { args: ['label', 'tfjob', 'nope', 'q=1'], code: 1, says: ['(NotFound)', 'tfjobs.kubeflow.org "nope" not found'] },
    { args: annotate('why=a b ü "c"'), code: 0, says: ['annotated'], changes: set('annotations', 'why', 'a b ü "c"') },
    { args: annotate('note=2', '--overwrite'), code: 0, says: ['annotated'], changes: set('annotations', 'note', '2') },
    { args: annotate('note-'), code: 0, says: ['tfjob-test annotated'], changes: set('annotations', 'note', undefined) },
    { args: ['annotate', 'tfjobs', '--all', 'q=1'], code: 0, says: ['/tfjob-test annotated'], changes: set('annotations', 'q', '1') },
    {
      args: annotate('protected.example.com/owner=me', '--overwrite'),
      code: 1,
      says: ['(Forbidden)', 'is protected and may not be changed'],
    },
  ];
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
