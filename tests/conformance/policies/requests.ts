import type { UserInfo } from '../../../lib/callers/user-info.ts';
import type { Layout } from '../../../lib/job/fields.ts';
import { type JobKind, jobKind } from '../../../lib/job/kinds.ts';
import type { Random } from '../differential/random.ts';
import type { Loose } from '../http.ts';
import { annotationKeys, labelKeys, numbers, texts } from './expressions.ts';
import { drawMap } from './manifests.ts';

/** The ways into the gateway, by what comes through them. */
export const doors = [
  'PUT',
  'PUT of a version',
  'merge patch',
  'JSON patch',
  'event with patch',
  'event with object',
  'event by the queue',
] as const;
export type Door = (typeof doors)[number];

/** Who asks: what API Gateway's authorizer says of somebody, and whom an API server would call so. */
export interface Caller {
  context: object;
  user: UserInfo;
}
/** One request about a job: what it asks, who asks and how. */
export interface Request {
  door: Door;
  kind: JobKind;
  namespace: string;
  name: string;
  caller: Caller;
  dryRun: boolean;
  fieldManager: string | undefined;
  changes: Change[];
  /** Another writer changes this between the read and the write. */
  others: Change[] | undefined;
}
/** A field that is set, or with undefined taken away. */
export interface Change {
  where: 'labels' | 'annotations' | 'fields';
  key: string;
  value: unknown;
}

const everybody = 'system:authenticated';
const named = (username: string, uid: string, groups: string[]): Caller => ({
  context: { authorizer: { principalId: username, uid, groups: JSON.stringify(groups) } },
  user: { username, uid, groups: [...groups, everybody], extra: {} },
});
const role = 'arn:aws:iam::111122223333:role/trainer';
const session = 'arn:aws:sts::111122223333:assumed-role/trainer/alice';
const httpCallers: readonly Caller[] = [
  named('alice', '7', ['admins', 'team-a']),
  named('bob', '', ['team-b']),
  named('x', '1', []),
  {
    context: { identity: { userArn: session, user: 'AROAX:alice' } },
    user: {
      username: role,
      uid: 'AROAX',
      groups: ['arn:aws:iam::111122223333:root', everybody],
      extra: { arn: [session], canonicalArn: [role], principalId: ['AROAX'], sessionName: ['alice'] },
    },
  },
];
const events = ['tfjob-gateway:events', everybody];
const busCallers: readonly Caller[] = ['team-a.pipeline', 'x'].map((source) => ({
  context: { source },
  user: { username: `event:${source}`, uid: '', groups: events, extra: { account: ['111122223333'] } },
}));
const queueCallers: readonly Caller[] = [
  {
    context: { senderId: 'AROAPRODUCER:alice' },
    user: {
      username: 'event:AROAPRODUCER',
      uid: 'AROAPRODUCER',
      groups: events,
      extra: { principalId: ['AROAPRODUCER'], sessionName: ['alice'] },
    },
  },
];

/** Draws a request about a job of a namespace. */
export function drawRequest(random: Random, layout: Layout, namespace: string): Request {
  const door = random.pick(doors);
  const isEvent = door.startsWith('event');
  const callers = !isEvent ? httpCallers : door === 'event by the queue' ? queueCallers : busCallers;
  const [plural, name] = random.pick([
    ['tfjobs', 'job-a'],
    ['tfjobs', 'job-b'],
    ['pytorchjobs', 'job-a'],
  ] as const);
  return {
    door,
    kind: jobKind(layout, plural) as JobKind,
    namespace,
    name,
    caller: random.pick(callers),
    dryRun: !isEvent && random.chance(0.2),
    fieldManager: !isEvent && random.chance(0.2) ? random.pick(['x', 'kubectl']) : undefined,
    changes: drawChanges(random, 3),
    others: random.chance(0.25) ? drawChanges(random, 4) : undefined,
  };
}

function drawChanges(random: Random, most: number): Change[] {
  return Array.from({ length: random.integer(1, most) }, () => {
    const where = random.pick(['labels', 'labels', 'annotations', 'fields', 'fields'] as const);
    if (where === 'fields') return drawField(random);
    const key = random.pick<string>(where === 'labels' ? labelKeys : annotationKeys);
    return { where, key, value: random.chance(0.3) ? undefined : random.pick(texts) };
  });
}

function drawField(random: Random): Change {
  const key = random.pick(['ttlSecondsAfterFinished', 'activeDeadlineSeconds', 'cleanPodPolicy']);
  const value = key === 'cleanPodPolicy' ? random.pick(['All', 'Running', 'None']) : random.pick(numbers.slice(1));
  return { where: 'fields', key, value: random.chance(0.25) ? undefined : value };
}

/** Draws a job that is there already. */
export function drawJob(random: Random, { kind, namespace, name }: Pick<Request, 'kind' | 'namespace' | 'name'>): Loose {
  const [labels, annotations] = [drawMap(random, labelKeys), drawMap(random, annotationKeys)];
  const replicas = { Worker: { replicas: 1, template: { spec: { containers: [{ name: 'main', image: 'a' }] } } } };
  const job: Loose = {
    apiVersion: 'kubeflow.org/v1',
    kind: kind.kind,
    metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: { [kind.replicaSpecs]: replicas },
    ...(random.chance(0.3) && { status: { conditions: [] } }),
  };
  applyChanges(
    job,
    kind.layout,
    Array.from({ length: random.integer(0, 3) }, () => drawField(random)),
  );
  return job;
}

/** Changes a job as a caller does who edits it by hand: nothing empty is left or made. */
export function applyChanges(job: Loose, layout: Layout, changes: readonly Change[]): void {
  for (const { where, key, value } of changes) {
    const [parent, name] = holderOf(where, layout);
    const holder = name === '' ? job[parent] : { ...job[parent][name] };
    if (value === undefined) delete holder[key];
    else holder[key] = value;
    if (name !== '' && Object.keys(holder).length > 0) job[parent][name] = holder;
    else if (name !== '') delete job[parent][name];
  }
}

/** Where a layout has what is changed: a member of metadata or spec, or (an empty name) spec itself. */
export function holderOf(where: Change['where'], layout: Layout): ['metadata' | 'spec', string] {
  if (where !== 'fields') return ['metadata', where];
  return ['spec', layout === 'cci' ? '' : 'runPolicy'];
}
