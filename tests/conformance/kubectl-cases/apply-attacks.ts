import { createHash } from 'node:crypto';
import type { Layout } from '../crds.ts';
import type { Loose } from '../http.ts';
import { policyOf, policyPath } from '../jobs.ts';
import { type ApplyFlow, flowParts, lastApplied, setting } from './apply-flow.ts';

/** What a caller may try so that a later command of the administrator deletes, keeps or overwrites what no caller may change. */
export function attacks(layout: Layout): ApplyFlow[] {
  const { edited, admin, tries, attacker, policy, labels, merge, forge, full, bare, inSpec, create, apply } = flowParts(layout);
  const other = edited((job) => void Object.assign(job.metadata, { name: 'other' }));
  const withoutLimit = edited((job) => void delete policyOf(layout, job).backoffLimit);
  const made = apply(admin, full);
  // A job whose file says little, with what the administrator and others have written beside it.
  const grown = [
    apply(admin, bare),
    admin(['label', 'tfjob', 'tfjob-test', 'team=sound']),
    admin(['annotate', 'tfjob', 'tfjob-test', 'protected.example.com/owner=me']),
    admin(merge(inSpec({ backoffLimit: 3, ...(layout === 'kubeflow' && { suspend: true }) }))),
  ];
  const again = apply(tries, bare);
  const forged = (change: (record: Loose, live: Loose) => Loose, ...more: string[]) =>
    attacker((live) => [...forge(change)(live), ...more]);
  const policyAt = policyPath(layout).split('.');
  const plant = (record: Loose): Loose => {
    const labelled = setting(['metadata', 'labels'], {})(record);
    return layout === 'cci' ? setting(['spec', 'backoffLimit'], 3)(labelled) : setting(['spec', 'runPolicy'], {})(labelled);
  };
  const text = (value: string | null) => attacker(merge({ metadata: { annotations: { [lastApplied]: value } } }));
  const serverSide = (file: Loose, ...more: string[]) => tries(['apply', '--server-side', '-f', 'FILE', ...more], { file });
  const prune = (selector: string) =>
    tries(['apply', '-f', 'FILE', '--prune', '-l', selector, '--prune-allowlist=kubeflow.org/v1/TFJob'], { file: other });
  const imageBy = (manager: string, image: string) =>
    admin((live) => {
      const worker = structuredClone(live.spec.tfReplicaSpecs.Worker);
      worker.template.spec.containers[0].image = image;
      return [...merge({ spec: { tfReplicaSpecs: { Worker: worker } } }), `--field-manager=${manager}`];
    });
  const one = (title: string, ...steps: ApplyFlow['steps']): ApplyFlow => ({ title, steps });
  const applySet = tries(['apply', '-f', 'FILE', '--prune', '--applyset=attacked'], { file: other });
  const applySetId = `applyset-${createHash('sha256').update('attacked.kube-test.Secret.').digest('base64url')}-v1`;
  // The API server notes who wrote to the second, and merges the oldest of more than ten.
  const later = (step: ApplyFlow['steps'][number]): ApplyFlow['steps'][number] => ({ ...step, waits: 1100 });
  const names = Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`k${n}`, '']));
  return [
    one(
      'more managers than the server keeps apart',
      made,
      later(imageBy('kueue', 'by-kueue')),
      ...Array.from({ length: 10 }, (_, n) => {
        const label = attacker(['label', 'tfjob', 'tfjob-test', `s${n}=x`, `--field-manager=m${n}`]);
        return n === 0 ? later(label) : label;
      }),
      serverSide(full),
    ),
    one(
      'one more manager than the server keeps apart, the gateway',
      made,
      later(imageBy('kueue', 'by-kueue')),
      ...Array.from({ length: 8 }, (_, n) => admin(['label', 'tfjob', 'tfjob-test', `s${n}=x`, `--field-manager=m${n}`])),
      later(
        attacker((live) => [
          'annotate',
          'tfjob',
          'tfjob-test',
          `x=${'y'.repeat(1100)}`,
          `--resource-version=${live.metadata.resourceVersion}`,
        ]),
      ),
      serverSide(full),
    ),
    one(
      'more names than the server has room for, and away again',
      made,
      later(imageBy('kueue', 'by-kueue')),
      ...['a', 'b', 'c'].map((letter) =>
        attacker(merge({ metadata: { labels: Object.fromEntries(Object.keys(names).map((key) => [`${letter}${key}`, ''])) } })),
      ),
      serverSide(full),
    ),
    one('labels: {} is planted', ...grown, forged(setting(['metadata', 'labels'], {})), again),
    one('labels: null is planted', ...grown, forged(setting(['metadata', 'labels'], null)), again),
    one('a protected label is planted', ...grown, forged(setting(['metadata', 'labels'], { team: 'sound' })), again),
    one('annotations are planted', ...grown, forged(setting(['metadata', 'annotations'], { 'protected.example.com/owner': 'x' })), again),
    one('an empty policy is planted', ...grown, forged(plant), again),
    one('a null of the policy is planted', ...grown, forged(setting([...policyAt, 'backoffLimit'], null)), again),
    one(
      'the whole job is planted',
      ...grown,
      forged((_record, live) => live),
      again,
    ),
    one('the record is removed, then planted', ...grown, text(null), forged(plant), again),
    one('the record is emptied, then planted', ...grown, text(''), forged(plant), again),
    one('all annotations are removed, then planted', ...grown, attacker(merge({ metadata: { annotations: null } })), forged(plant), again),
    one(
      'planted by a JSON patch',
      ...grown,
      attacker((live) => jsonPatch(live, plant)),
      again,
    ),
    one(
      'planted by a PUT',
      ...grown,
      attacker(['replace', '--raw', '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test', '-f', 'FILE'], {
        file: (live: Loose) => planted(live, plant),
      }),
      again,
    ),
    one('planted by set-last-applied', ...grown, attacker(['apply', 'set-last-applied', '-f', 'FILE'], { file: full }), again),
    one(
      'planted by an apply of a file with labels',
      ...grown,
      apply(
        attacker,
        edited(() => structuredClone(bare), labels({ stage: 'x' })),
      ),
      again,
    ),
    one(
      'planted before there is anything to lose',
      apply(admin, bare),
      attacker(merge({ metadata: { labels: { stage: 'x' } }, ...inSpec({ ttlSecondsAfterFinished: 5 }) })),
      forged((record) => setting([...policyAt, 'ttlSecondsAfterFinished'], 5)(setting(['metadata', 'labels'], { stage: 'x' })(record))),
      ...grown.slice(1),
      again,
    ),
    one(
      'the record twice says two things',
      ...grown,
      attacker((live) => merge({ metadata: { annotations: { [lastApplied]: doubled(live) } } })),
      again,
    ),
    one('a record on a job that had none', create, forged(plant), apply(tries, bare)),
    one('the record is reduced, so that what the administrator deletes stays', made, forged(reduce), apply(tries, withoutLimit)),
    one(
      'the record is reduced by PUT',
      made,
      attacker(['replace', '--raw', '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test', '-f', 'FILE'], {
        file: (live: Loose) => planted(live, reduce),
      }),
      apply(tries, withoutLimit),
    ),
    one('the record is unreadable', made, text('{bad'), apply(tries, withoutLimit)),
    one('the record is of another job', made, forged(setting(['metadata', 'name'], 'other')), apply(tries, withoutLimit)),
    one(
      'the record loses its maps',
      made,
      forged((record) => setting(['metadata', 'annotations'])(setting(['metadata', 'labels'])(record))),
      apply(tries, bare),
    ),
    one(
      'the record holds a protected label as null',
      made,
      forged(setting(['metadata', 'labels', 'team'], null)),
      apply(tries, edited(setting(['metadata', 'labels', 'team'], null))),
    ),
    one(
      'apply --force with another image',
      made,
      apply(
        attacker,
        edited(setting(['spec', 'tfReplicaSpecs', 'Worker', 'template', 'spec', 'containers', '0', 'image'], 'x')),
        '--force',
      ),
      apply(tries, full),
    ),
    one(
      'live values, so that --server-side overwrites what another wrote',
      made,
      imageBy('other', 'x:1'),
      forged((record, live) => ({ ...record, spec: live.spec })),
      serverSide(full),
    ),
    one(
      'a record that --server-side cannot read, so that it is a conflict',
      made,
      forged(setting(['metadata', 'labels', 'app'], 5)),
      serverSide(withImage()),
    ),
    one(
      'a policy in the record that --server-side cannot read',
      made,
      forged(setting([...policyAt, 'ttlSecondsAfterFinished'], 'x')),
      serverSide(withImage()),
    ),
    one('a reduced record, so that --server-side is a conflict', made, forged(reduce), serverSide(withImage())),
    one(
      'the record written in the name of another manager, whose fields --server-side then drops',
      made,
      admin([...merge({ spec: { tfReplicaSpecs: { Worker: { template: { spec: { hostNetwork: true } } } } } }), '--field-manager=kueue']),
      forged(setting(['metadata', 'labels', 'stage'], 'x'), '--field-manager=kueue'),
      serverSide(full),
    ),
    one(
      'the record written in the caller’s own name, so that --server-side drops nothing any more',
      made,
      forged(setting(['metadata', 'labels', 'stage'], 'x'), '--field-manager=mine'),
      serverSide(withoutLimit),
    ),
    one(
      'a protected label that the administrator prunes by',
      made,
      attacker(['label', 'tfjob', 'tfjob-test', 'team=old', '--overwrite']),
      prune('team=old'),
    ),
    one(
      'a record, so that a job made by create is pruned',
      create,
      forged((record) => record),
      prune('app=mnist'),
    ),
    one('an apply, so that a job made by create is pruned', create, apply(attacker, full), prune('app=mnist')),
    one(
      'the label of an ApplySet',
      made,
      applySet,
      attacker(['label', 'tfjob', 'tfjob-test', `applyset.kubernetes.io/part-of=${applySetId}`]),
      applySet,
    ),
    one(
      'the label of an ApplySet in the record',
      made,
      applySet,
      forged(setting(['metadata', 'labels', 'applyset.kubernetes.io/part-of'], applySetId)),
      apply(tries, full),
      applySet,
    ),
  ];

  function withImage(): Loose {
    return edited(
      policy({}),
      setting(['spec', 'tfReplicaSpecs', 'Worker', 'template', 'spec', 'containers', '0', 'image'], 'registry.example.com/new:2'),
    );
  }
}

const recordOf = (live: Loose): Loose => JSON.parse(live.metadata.annotations[lastApplied]);

function reduce(record: Loose): Loose {
  const { name, namespace } = record.metadata;
  return { apiVersion: record.apiVersion, kind: record.kind, metadata: { name, namespace } };
}

function planted(live: Loose, change: (record: Loose) => Loose): Loose {
  const job = structuredClone(live);
  const record = recordOf(live);
  job.metadata.annotations[lastApplied] = JSON.stringify(change(record));
  return job;
}

function jsonPatch(live: Loose, change: (record: Loose) => Loose): string[] {
  const value = planted(live, change).metadata.annotations[lastApplied];
  const path = `/metadata/annotations/${lastApplied.replace('/', '~1')}`;
  return ['patch', 'tfjob', 'tfjob-test', '--type=json', '-p', JSON.stringify([{ op: 'replace', path, value }])];
}

/** A record with its metadata twice: one reading may see the first, another the second. */
function doubled(live: Loose): string {
  const text = JSON.stringify(recordOf(live));
  const metadata = JSON.stringify({ name: 'tfjob-test', namespace: 'kube-test', labels: {}, annotations: {} });
  return `${text.slice(0, -1)},"metadata":${metadata}}`;
}
