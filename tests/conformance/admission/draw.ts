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
  check: ['fail', 'ignore', 'warn', 'condition', 'cost', 'audit', 'params', 'unbound', 'other'],
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
/** The changes of the first requests: what is seldom drawn together, or is seldom the one denial that the API server tells. */
const written: readonly (readonly [Where, string, unknown])[][] = [
  [
    ['labels', 'check', 'condition'],
    ['annotations', 'one', '1'],
  ],
  [
    ['labels', 'check', 'condition'],
    ['annotations', 'one', '1'],
    ['annotations', 'two', '2'],
  ],
  [['spec', 'activeDeadlineSeconds', 2 ** 40]],
  [['spec', 'activeDeadlineSeconds', Number.MAX_SAFE_INTEGER]],
  [['spec', 'activeDeadlineSeconds', Number.MAX_SAFE_INTEGER - 1]],
  [['labels', 'check', 'cost']],
  [
    ['labels', 'check', 'ignore'],
    ['labels', 'stage', 'second'],
  ],
  [['labels', 'check', 'params']],
  [['annotations', 'may', 'errors']],
];

/** Draws a job and a request about it, whose number names it. */
export function draw(random: Random, kinds: readonly Kind[], number: number): Drawn {
  const kind = number % 3 === 0 ? (kinds[0] as Kind) : random.pick(kinds);
  const job = newJob('cci', kind, random.pick(['kube-test', 'kube-test', 'other']), `job-${number}`);
  for (const [key, value] of written[number]
    ? []
    : ([
        ['owner', random.pick(['bob', 'eve', undefined, undefined])],
        ['keep', random.pick(['yes', undefined, undefined])],
        ['debug', random.pick(['true', undefined, undefined])],
        ['check', random.pick(['fail', 'params', undefined, undefined, undefined])],
      ] as const))
    if (value !== undefined) job.metadata.labels[key] = value;
  const changes = written[number]?.map(([where, key, value]) => set(where, key, value)) ?? drawnChanges(random);
  // One that is refused by the API's own rules, or by the gateway's, whatever the policies say.
  if (!written[number] && random.chance(0.03)) changes.push(wrong(random, kind));
  const [form, query] = [random.pick(forms), random.pick(queries)];
  const caller = written[number]
    ? 'ada'
    : random.pick(['ada', 'bob', 'bob', 'bob', 'eve', 'eve', 'dan', ...(random.chance(0.3) ? ['mia' as const] : [])] as const);
  const title = `#${number} ${caller} ${form}${query} ${job.metadata.namespace} ${kind.plural}: ${changes.map(([what]) => what).join(', ')}`;
  const sending = (path: string, live: Loose) => {
    const wanted = structuredClone(live);
    for (const [, apply] of changes) apply(wanted);
    return inForm(form, `${path}${query}`, live, wanted);
  };
  return { title, caller, kind, job, sending };
}

function drawnChanges(random: Random): Change[] {
  return Array.from({ length: random.integer(1, 3) }, () => change(random));
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
