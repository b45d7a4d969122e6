import type { Layout } from '../crds.ts';
import type { Loose } from '../http.ts';
import { policyOf } from '../jobs.ts';
import { type ApplyFlow, flowParts, lastApplied, manifest } from './apply-flow.ts';

/** What people do with `kubectl apply` all day: none of it is refused, and the administrator's own apply works as if callers had none. */
export function ordinaryFlows(layout: Layout): ApplyFlow[] {
  const { edited, admin, caller, policy, labels, merge, full, bare, partial, inSpec, create, createBare, apply } = flowParts(layout);
  const made = apply(admin, full);
  const madeBare = apply(admin, bare);
  const ttl = (value: number) => edited(policy({ ttlSecondsAfterFinished: value }));
  const staged = edited(labels({ stage: 'test' }));
  const ttlOf = (job: Loose) => policyOf(layout, job).ttlSecondsAfterFinished;
  const stageOf = (job: Loose) => job.metadata.labels?.stage;
  const label = (by: typeof admin, ...args: string[]) => by(['label', 'tfjob', 'tfjob-test', ...args]);
  const annotate = (by: typeof admin, ...args: string[]) => by(['annotate', 'tfjob', 'tfjob-test', ...args]);
  const edit = (by: typeof admin, editor: string, ...args: string[]) => by(['edit', 'tfjob', 'tfjob-test', ...args], { editor });
  const liveFile = (change: (job: Loose) => void = () => {}) => ({
    file: (live: Loose) => {
      const job = structuredClone(live);
      change(job);
      return job;
    },
  });
  const liveManifest = (change: (job: Loose) => void) => ({
    file: (live: Loose) => {
      const job = manifest(live);
      change(job);
      return job;
    },
  });
  const yes = () => true;
  const one = (title: string, ends: (job: Loose) => unknown, ...steps: ApplyFlow['steps']): ApplyFlow => ({ title, steps, ends });
  return [
    one('complete, of a job made by create', (job) => ttlOf(job) === 7, create, apply(caller, ttl(7))),
    one('complete, of a job made by apply', (job) => ttlOf(job) === 7, made, apply(caller, ttl(7))),
    one('the same file again, of a job made by apply', yes, made, apply(caller, full)),
    one('twice, of a job made by create', (job) => stageOf(job) === 'test', create, apply(caller, staged), apply(caller, staged)),
    one('partial, of a job made by create', (job) => ttlOf(job) === 5 && stageOf(job) === 'test', create, apply(caller, partial)),
    one('partial, of a bare job made by create', (job) => ttlOf(job) === 5, createBare, apply(caller, partial)),
    one('partial, twice', (job) => stageOf(job) === 'test', create, apply(caller, partial), apply(caller, partial)),
    one(
      'complete, of a bare job made by apply',
      (job) => stageOf(job) === 'test',
      madeBare,
      apply(
        caller,
        edited(() => structuredClone(bare), labels({ stage: 'test' })),
      ),
    ),
    one('a label added, and removed from the file', (job) => stageOf(job) === undefined, made, apply(caller, staged), apply(caller, full)),
    one(
      'a deadline left out of the file',
      (job) => policyOf(layout, job).activeDeadlineSeconds === undefined,
      made,
      apply(
        caller,
        edited((job) => void delete policyOf(layout, job).activeDeadlineSeconds),
      ),
    ),
    one(
      'a label of the administrator left out of the file',
      (job) => job.metadata.labels.app === undefined,
      made,
      apply(
        caller,
        edited((job) => void delete job.metadata.labels.app),
      ),
    ),
    one('after a label', (job) => ttlOf(job) === 7 && stageOf(job) === 'x', made, label(caller, 'stage=x'), apply(caller, ttl(7))),
    one('after an annotation', (job) => job.metadata.annotations.why === 'x', made, annotate(caller, 'why=x'), apply(caller, ttl(7))),
    one('after edit', (job) => ttlOf(job) === 7, made, edit(caller, 's/(ttlSeconds.*): .*/\\1: 9/'), apply(caller, ttl(7))),
    one('edit after apply', (job) => ttlOf(job) === 9, made, apply(caller, ttl(7)), edit(caller, 's/(ttlSeconds.*): .*/\\1: 9/')),
    one('after replace', (job) => ttlOf(job) === 7, made, caller(['replace', '-f', 'FILE'], { file: ttl(8) }), apply(caller, ttl(7))),
    one('replace after apply', (job) => ttlOf(job) === 8, made, apply(caller, ttl(7)), caller(['replace', '-f', 'FILE'], { file: ttl(8) })),
    one('replace --save-config', (job) => ttlOf(job) === 8, made, caller(['replace', '--save-config', '-f', 'FILE'], { file: ttl(8) })),
    one('after a patch', (job) => ttlOf(job) === 7, made, caller(merge(inSpec({ ttlSecondsAfterFinished: 8 }))), apply(caller, ttl(7))),
    one('get -o yaml | apply', yes, made, caller(['apply', '-f', 'FILE'], liveFile())),
    one(
      'get -o yaml | apply, with a label',
      (job) => stageOf(job) === 'x',
      made,
      caller(['apply', '-f', 'FILE'], liveFile(labels({ stage: 'x' }))),
    ),
    one(
      'get -o yaml | apply, of a job made by create',
      (job) => stageOf(job) === 'x',
      create,
      caller(['apply', '-f', 'FILE'], liveFile(labels({ stage: 'x' }))),
    ),
    one('edit --save-config', (job) => ttlOf(job) === 9, made, edit(caller, 's/(ttlSeconds.*): .*/\\1: 9/', '--save-config')),
    one(
      'edit --save-config, of a job made by create',
      (job) => ttlOf(job) === 9,
      create,
      edit(caller, 's/(ttlSeconds.*): .*/\\1: 9/', '--save-config'),
    ),
    one('apply set-last-applied', yes, made, caller(['apply', 'set-last-applied', '-f', 'FILE'], { file: ttl(7) })),
    one(
      'apply edit-last-applied',
      yes,
      made,
      caller(['apply', 'edit-last-applied', 'tfjob', 'tfjob-test'], { editor: 's/(ttlSeconds.*): .*/\\1: 9/' }),
    ),
    one(
      'apply view-last-applied after apply',
      yes,
      made,
      apply(caller, ttl(7)),
      caller(['apply', 'view-last-applied', 'tfjob', 'tfjob-test']),
    ),
    one('--dry-run=server', (job) => ttlOf(job) === 600, made, apply(caller, ttl(7), '--dry-run=server')),
    one(
      'diff after apply',
      (job) => ttlOf(job) === 7,
      made,
      apply(caller, ttl(7)),
      caller(['diff', '-f', 'FILE'], { file: ttl(7), code: 0 }),
    ),
    one(
      'after the administrator applies another image',
      (job) => ttlOf(job) === 7,
      made,
      apply(caller, staged),
      apply(admin, edited(image)),
      apply(caller, edited(image, policy({ ttlSecondsAfterFinished: 7 }))),
    ),
    one(
      'after the administrator’s patch, with what it changed in the file',
      (job) => ttlOf(job) === 7,
      made,
      admin(merge({ spec: { tfReplicaSpecs: { Evaluator: { replicas: 4 } } } })),
      caller(['apply', '-f', 'FILE'], liveManifest(policy({ ttlSecondsAfterFinished: 7 }))),
    ),
    one(
      'after the administrator’s protected label',
      (job) => ttlOf(job) === 7,
      madeBare,
      label(admin, 'team=sound'),
      caller(['apply', '-f', 'FILE'], liveManifest(policy({ ttlSecondsAfterFinished: 7 }))),
    ),
    one(
      'the administrator applies his file again, and again with less',
      (job) => job.metadata.labels?.team === undefined,
      made,
      apply(caller, staged),
      apply(admin, full),
      apply(admin, bare),
    ),
    one(
      'the administrator takes over a job made by create',
      (job) => job.metadata.annotations[lastApplied] !== undefined,
      create,
      apply(caller, staged),
      apply(admin, full),
    ),
    one(
      'the administrator prunes what is not in his files',
      yes,
      made,
      apply(caller, staged),
      admin(prune('app=other'), { file: edited(labels({ app: 'other' }), (job) => void Object.assign(job.metadata, { name: 'other' })) }),
    ),
    one(
      'the administrator prunes by a label that the job has, with its file',
      yes,
      made,
      apply(caller, staged),
      admin(prune('app=mnist'), { file: full }),
    ),
    one(
      'the administrator goes over to --server-side',
      yes,
      made,
      admin(['apply', '--server-side', '-f', 'FILE'], { file: full }),
      apply(caller, ttl(7)),
    ),
    one(
      'and drops a field there after callers have applied',
      (job) => policyOf(layout, job).backoffLimit === undefined,
      made,
      apply(caller, full),
      label(caller, 'stage=x'),
      admin(['apply', '--server-side', '-f', 'FILE'], { file: edited((job) => void delete policyOf(layout, job).backoffLimit) }),
    ),
    one(
      'and drops a field there after callers have edited',
      (job) => policyOf(layout, job).backoffLimit === undefined,
      made,
      edit(caller, 's/(ttlSeconds.*): .*/\\1: 9/', '--save-config'),
      admin(['apply', '--server-side', '--force-conflicts', '-f', 'FILE'], {
        file: edited((job) => void delete policyOf(layout, job).backoffLimit),
      }),
    ),
  ];
}

const prune = (selector: string) => ['apply', '-f', 'FILE', '--prune', '-l', selector, '--prune-allowlist=kubeflow.org/v1/TFJob'];

function image(job: Loose): void {
  job.spec.tfReplicaSpecs.Worker.template.spec.containers[0].image = 'registry.example.com/training/mnist:2.0';
}
