import type { Layout } from '../crds.ts';
import type { Loose } from '../http.ts';
import { policyOf } from '../jobs.ts';
import type { KubectlCase } from './case.ts';
import { changeImage, manifest } from './changes.ts';

/** Annotations that a shell or a terminal could misread. */
const annotations = {
  quotes: `it's "quoted" and \`ticked\``,
  expansions: '$(touch pasted) $HOME !! * ~',
  'end.example.com/of-it': "'; exit 3; #\\ \\\\ \\n",
  lines: 'one\ntwo\r\n\tthree',
  scripts: '训练 — é 😀',
  hidden: '\u001b[2J\u202e\u2028\u0085\u007f\u{e0041}',
};

/** A stale manifest, or a patch of more than may be had: refused, and made a change by pasting what the refusal ends with. */
export function wayOutCases(layout: Layout): KubectlCase[] {
  const stale = (job: Loose): void => {
    manifest(job);
    changeImage(job);
    Object.assign(job.metadata.annotations, annotations, { 'protected.example.com/owner': 'me', 'tfjob-gateway/x': 'y' });
    policyOf(layout, job).ttlSecondsAfterFinished = 5;
    delete policyOf(layout, job).activeDeadlineSeconds;
  };
  const withoutLabel = (job: Loose): void => {
    stale(job);
    delete job.metadata.labels.app;
  };
  const changes = (job: Loose): void => {
    Object.assign(job.metadata.annotations, annotations);
    policyOf(layout, job).ttlSecondsAfterFinished = 5;
  };
  const replaced = (job: Loose): void => {
    changes(job);
    delete job.metadata.labels.app;
    delete policyOf(layout, job).activeDeadlineSeconds;
  };
  const policy = { ttlSecondsAfterFinished: 5, backoffLimit: 9 };
  const patch = JSON.stringify({ metadata: { annotations }, spec: layout === 'cci' ? policy : { runPolicy: policy } });
  // Of a list kubectl thinks that it is YAML, where what is hidden would be no text.
  const { hidden: _, ...shown } = annotations;
  const operations = JSON.stringify([
    { op: 'replace', path: `/spec/${layout === 'cci' ? '' : 'runPolicy/'}ttlSecondsAfterFinished`, value: 5 },
    ...Object.entries(shown).map(([key, value]) => ({ op: 'add', path: `/metadata/annotations/${key.replace('/', '~1')}`, value })),
    { op: 'remove', path: '/spec/tfReplicaSpecs/Evaluator' },
  ]);
  const refused = { code: 1, says: ['(Forbidden)', 'may not be changed', 'you may change: kubectl patch tfjob tfjob-test -n kube-test'] };
  const expression = 's/( image): .*/\\1: miner/; s/(ttlSeconds.*): .*/\\1: 5/';
  return [
    { args: ['replace', '-f', 'FILE'], file: withoutLabel, ...refused, pastes: true, changes: replaced },
    { args: ['apply', '-f', 'FILE'], file: stale, ...refused, pastes: true, changes },
    { args: ['patch', 'tfjob', 'tfjob-test', '--type=merge', '-p', patch], ...refused, pastes: true, changes },
    {
      args: ['patch', 'tfjob', 'tfjob-test', '--type=json', '-p', operations],
      ...refused,
      pastes: true,
      changes: (job) => {
        changes(job);
        delete job.metadata.annotations.hidden;
      },
    },
    {
      args: ['edit', 'tfjob', 'tfjob-test'],
      editor: expression,
      ...refused,
      says: ['could not be patched', 'you may change: kubectl patch tfjob tfjob-test -n kube-test'],
      pastes: true,
      changes: (job) => {
        policyOf(layout, job).ttlSecondsAfterFinished = 5;
      },
    },
    // What the refusal leaves out is nothing that may be had.
    { args: ['label', 'tfjob', 'tfjob-test', 'team=mine', '--overwrite'], code: 1, says: ['is protected'], silent: ['you may change'] },
    {
      args: ['label', 'tfjob', 'tfjob-test', 'team=mine', 'stage=test', '--overwrite'],
      ...refused,
      says: ['is protected', `-p '{"metadata":{"labels":{"stage":"test"}}}'`],
      pastes: true,
      changes: (job) => {
        job.metadata.labels.stage = 'test';
      },
    },
  ];
}

/** The gateway's own annotations stay as they are, and kubectl tells so. */
export function ownAnnotationCases(): KubectlCase[] {
  const own = 'tfjob-gateway/x';
  const warning = `Warning: annotations under tfjob-gateway/ are the gateway's own and stay as they are: ${own}`;
  const before = (job: Loose): void => {
    job.metadata.annotations[own] = 'live';
  };
  const set = (key: string, value: string) => (job: Loose) => {
    job.metadata.annotations[key] = value;
  };
  return [
    { args: ['annotate', 'tfjob', 'tfjob-test', `${own}=y`], code: 0, says: [warning] },
    { args: ['annotate', 'tfjob', 'tfjob-test', `${own}-`], before, code: 0, says: [warning] },
    {
      args: ['annotate', 'tfjob', 'tfjob-test', `${own}=y`, 'note=second', '--overwrite'],
      before,
      code: 0,
      says: [warning],
      changes: set('note', 'second'),
    },
    {
      args: ['annotate', 'tfjob', 'tfjob-test', 'note=second', '--overwrite'],
      before,
      code: 0,
      says: [],
      silent: ['Warning'],
      changes: set('note', 'second'),
    },
    { args: ['replace', '-f', 'FILE'], before, file: set(own, 'other'), code: 0, says: [warning, 'tfjob-test replaced'] },
    {
      args: ['replace', '-f', 'FILE'],
      before,
      file: (job) => {
        delete job.metadata.annotations[own];
      },
      code: 0,
      says: ['tfjob-test replaced'],
      silent: ['Warning'],
    },
  ];
}
