import type { Kind } from '../crds.ts';
import { type Form, inForm } from '../differential/forms.ts';
import type { Random } from '../differential/random.ts';
import type { Loose, Sending } from '../http.ts';
import { newJob } from '../jobs.ts';

/** Who asks, as a line of the file of tokens: user, uid, groups. */
export const callers = {
  ada: ['1', 'admins'],
  bob: ['2', 'team-a,team-b'],
  eve: ['3', ''],
  dan: ['', 'team-c'],
  mia: ['5', 'team-c'],
} as const;
export type Caller = keyof typeof callers;

/** One request about a job of its own. */
export interface Drawn {
  title: string;
  caller: Caller;
  kind: Kind;
  job: Loose;
  sending(path: string, live: Loose): Sending;
}
type Values = Readonly<Record<string, readonly unknown[]>>;

const stages = ['none', 'lines', 'errs', 'breaks', 'spaces', 'trims', 'long', 'unicode', 'warned', 'second', 'frozen', 'excluded'];
/** What labels, annotations and fields are set to; undefined takes them away. */
const labels: Values = {
  stage: [...stages, 'named', 'there', 'bound-a', 'bound-b', 'free', 'robot', undefined],
  owner: ['bob', 'eve', 'ada', undefined],
  debug: ['true', 'false', undefined],
  keep: ['no', undefined],
  code: ['A-1', 'B-22', 'b', 'A-x'],
  check: ['fail', 'ignore', 'warn', 'condition', 'cost', 'audit', 'params', 'binary', 'unbound', 'other'],
  number: ['1', '3', '7', 'x', '99999999999999999999', undefined],
  'much-too-long': ['a'],
  'also-without-one': ['b', ''],
  'example.com/a': ['c'],
  'x-any-other-one': ['d'],
};
const annotations: Values = {
  note: ['b', 'üñí ✓ 🙂', 'line\nline\t"quoted" \\', 'x'.repeat(200), 'y'.repeat(2600), undefined],
  codes: ['good bad', 'good fine bad', ''],
  tags: ['a', 'a,b', 'b,a', 'a,a,c', 'a,d', ''],
  size: [
    '1Gi',
    '2Gi',
    '5M',
    'http://example.com/x',
    'https://[::1]:80/',
    '10.1.2.3',
    '11.1.2.3',
    'fd00::1',
    '1.2.3',
    '1.10.0',
    'Not A Name',
  ],
  ticket: ['T-1', 'X-1', undefined],
  one: ['1', '2', undefined],
  two: ['2', '3'],
  generation: ['yes'],
  status: ['yes'],
  ask: ['who', 'what', 'how', 'extra'],
  may: ['delete', 'metrics', 'robot', 'robots', 'reason', 'errors'],
};
const fields: Values = {
  ttlSecondsAfterFinished: [0, 59, 60, 4999, 5001, 20001, 86400, 86401, 2 ** 31 - 1, undefined],
  activeDeadlineSeconds: [1, 86400, 86401, 2 ** 40, Number.MAX_SAFE_INTEGER, undefined],
  cleanPodPolicy: ['All', 'None', undefined],
};
const queries = ['', '', '', '?dryRun=All', '?fieldManager=suite', '?fieldValidation=Strict', '?fieldValidation=Ignore'];
const forms = ['PUT', 'merge patch', 'JSON patch'] as const satisfies readonly Form[];

type Where = 'labels' | 'annotations' | 'spec';
/** A request that is not drawn: who, where, and its changes. */
type Written = readonly [Caller, 'kube-test' | 'other', ...(readonly [Where, string, unknown])[]];
const stage = (value: string) => ['labels', 'stage', value] as const;
const checked = (value: string) => ['labels', 'check', value] as const;
const here = 'kube-test';
/**
 * The first requests: for each policy one that it alone denies or warns of. The API server tells one denial of several, and which is its own
 * affair.
 */
const written: readonly Written[] = [
  ['ada', here, ['spec', 'ttlSecondsAfterFinished', 0]],
  ['bob', here, ['spec', 'activeDeadlineSeconds', 86401]],
  ['ada', here, ['spec', 'activeDeadlineSeconds', 2 ** 40]],
  // This is the job of a name that a policy is about.
  ['ada', here, ['annotations', 'note', 'b']],
  ['ada', here, ['spec', 'activeDeadlineSeconds', Number.MAX_SAFE_INTEGER]],
  ['ada', here, ['spec', 'activeDeadlineSeconds', Number.MAX_SAFE_INTEGER - 1]],
  ['bob', here, ['labels', 'debug', 'true'], ['spec', 'cleanPodPolicy', 'All']],
  ['ada', here, ['annotations', 'generation', 'yes'], ['spec', 'activeDeadlineSeconds', 5]],
  ['ada', here, ['labels', 'much-too-long', 'a']],
  ['bob', here, ['labels', 'keep', undefined]],
  ['ada', here, ['labels', 'owner', 'bob']],
  ['ada', here, ['labels', 'code', 'b']],
  ['ada', here, ['annotations', 'tags', 'a,d']],
  ['ada', here, ['annotations', 'size', '2Gi']],
  ['ada', here, stage('none')],
  ['ada', here, stage('errs')],
  ['ada', here, stage('unicode')],
  ['ada', here, ['annotations', 'note', 'c']],
  ['ada', here, stage('warned')],
  ['ada', here, checked('fail')],
  ['ada', here, checked('ignore'), stage('second')],
  ['ada', here, checked('warn')],
  ['ada', here, checked('condition')],
  ['ada', here, checked('condition'), ['annotations', 'one', '1'], ['annotations', 'two', '3']],
  ['ada', here, checked('condition'), ['annotations', 'one', '1'], ['annotations', 'two', '2']],
  ['ada', here, ['labels', 'number', 'x']],
  ['ada', here, ['labels', 'number', '7']],
  ['ada', here, checked('cost')],
  ['ada', here, checked('audit')],
  ['bob', here, stage('frozen')],
  ['ada', here, ['spec', 'ttlSecondsAfterFinished', 5001]],
  ['ada', 'other', checked('params')],
  ['ada', here, checked('binary')],
  ['ada', here, checked('unbound')],
  ['ada', here, ['annotations', 'note', 'd']],
  ['ada', 'other', stage('there')],
  ['ada', here, stage('excluded')],
  ['ada', 'other', stage('bound-b')],
  ['ada', here, ['annotations', 'ask', 'who']],
  ['bob', here, ['annotations', 'may', 'metrics']],
  ['ada', here, ['annotations', 'may', 'errors']],
];

/** Draws a job and a request about it, whose number names it. */
export function draw(random: Random, kinds: readonly Kind[], number: number): Drawn {
  const [caller, namespace, ...sets] = written[number] ?? [drawnCaller(random), random.pick([here, here, 'other'])];
  const kind = number % 3 === 0 ? (kinds[0] as Kind) : random.pick(kinds);
  const job = newJob('cci', kind, namespace, `job-${number}`);
  Object.assign(job.metadata.labels, written[number] ? { keep: 'yes' } : drawnLabels(random));
  const changes = written[number] ? sets.map((one) => set(...one)) : drawnChanges(random, kind);
  const [form, query] = [random.pick(forms), random.pick(queries)];
  const title = `#${number} ${caller} ${form}${query} ${namespace} ${kind.plural}: ${changes.map(([what]) => what).join(', ')}`;
  const sending = (path: string, live: Loose) => {
    const wanted = structuredClone(live);
    for (const [, apply] of changes) apply(wanted);
    return inForm(form, `${path}${query}`, live, wanted);
  };
  return { title, caller, kind, job, sending };
}

function drawnCaller(random: Random): Caller {
  return random.chance(0.05) ? 'mia' : random.pick(['ada', 'bob', 'bob', 'bob', 'eve', 'eve', 'dan']);
}

/** The labels that a job has before. */
function drawnLabels(random: Random): Record<string, string> {
  return {
    ...(random.chance(0.5) && { owner: random.pick(['bob', 'eve']) }),
    ...(random.chance(0.3) && { keep: 'yes' }),
    ...(random.chance(0.3) && { debug: 'true' }),
    ...(random.chance(0.4) && { check: random.pick(['fail', 'params']) }),
  };
}

/** Some changes, at times with one that is refused by the API's own rules or by the gateway's, whatever the policies say. */
function drawnChanges(random: Random, kind: Kind): Change[] {
  const changes = Array.from({ length: random.integer(1, 3) }, () => change(random));
  return random.chance(0.03) ? [...changes, wrong(random, kind)] : changes;
}

type Change = readonly [title: string, apply: (job: Loose) => void];

function change(random: Random): Change {
  const where = random.pick(['labels', 'labels', 'annotations', 'annotations', 'spec'] as const);
  const values = { labels, annotations, spec: fields }[where];
  const key =
    where === 'labels' && random.chance(0.3)
      ? 'stage'
      : where === 'labels' && random.chance(0.3)
        ? 'check'
        : random.pick(Object.keys(values));
  const value = random.pick(values[key] as readonly unknown[]);
  return set(where, key, value);
}

function set(where: Where, key: string, value: unknown): Change {
  const within = (job: Loose) => (where === 'spec' ? job.spec : job.metadata[where]);
  return [
    `${where}[${key}] = ${JSON.stringify(value)?.slice(0, 40)}`,
    (job) => {
      if (value === undefined) delete within(job)[key];
      else within(job)[key] = value;
    },
  ];
}

function wrong(random: Random, { replicaSpecs, replicaType }: Kind): Change {
  return random.pick<Change>([
    ['ttl -1', (job) => void Object.assign(job.spec, { ttlSecondsAfterFinished: -1 })],
    ['an image', (job) => void Object.assign(job.spec[replicaSpecs][replicaType].template.spec.containers[0], { image: 'other' })],
    ['a status', (job) => void Object.assign(job, { status: { conditions: [{ type: 'Succeeded', status: 'True' }] } })],
  ]);
}
