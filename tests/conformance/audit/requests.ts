import type { Kind } from '../crds.ts';
import { type Form, inForm } from '../differential/forms.ts';
import { Random } from '../differential/random.ts';
import type { Loose, Sending } from '../http.ts';
import { jobPath } from '../jobs.ts';
import { type Caller, callers } from './callers.ts';

/** The job that a request is about. */
export interface Place {
  kind: Kind;
  namespace: string;
  name: string;
}
/** One request, the same to both sides but for what of a live job is its own. */
export interface Drawn extends Place {
  title: string;
  caller: Caller;
  sending(live: Loose): Sending;
}
type Make = (place: Place, path: string, live: Loose, random: Random) => Sending;
type Case = readonly [title: string, make: Make, only?: Caller];

export const namespaces = ['kube-test', 'other'] as const;
export const names = ['job-1', 'job-2', 'job-3'] as const;

const get =
  (query = '', accept?: string): Make =>
  (_place, path) => ({ path: `${path}${query}`, ...(accept && { headers: { accept } }) });
const list =
  (query = '', accept?: string): Make =>
  ({ kind, namespace }) => ({ path: `${jobPath(kind, namespace)}${query}`, ...(accept && { headers: { accept } }) });
const everywhere =
  (query = ''): Make =>
  ({ kind }) => ({ path: `/apis/kubeflow.org/v1/${kind.plural}${query}` });
const at =
  (path: string, more: Omit<Sending, 'path'> = {}): Make =>
  () => ({ path, ...more });
const below =
  (rest: string, more: Omit<Sending, 'path'> = {}): Make =>
  (_place, path) => ({ path: `${path}${rest}`, ...more });
const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io';

/** A change of the job, in a form. */
const change =
  (form: Form, edit: (job: Loose, random: Random, place: Place) => void, query = ''): Make =>
  (place, path, live, random) => {
    const wanted = structuredClone(live);
    edit(wanted, random, place);
    return inForm(form, `${path}${query}`, live, wanted);
  };
const label = (job: Loose, random: Random) => void Object.assign(job.metadata.labels, { run: `r${random.integer(1, 1e6)}` });
const ttl = (job: Loose, random: Random) => void Object.assign(job.spec, { ttlSecondsAfterFinished: random.integer(1, 1e6) });
const image = (job: Loose, _random: Random, { kind }: Place) =>
  void Object.assign(job.spec[kind.replicaSpecs][kind.replicaType].template.spec.containers[0], { image: 'other', args: ['new'] });
const meta = (more: object) => (job: Loose) => void Object.assign(job.metadata, more);
const body =
  (method: string, type: string, text: string, query = ''): Make =>
  (_place, path) => ({ method, path: `${path}${query}`, headers: { 'content-type': type }, body: text });
const merge = (patch: object, query = '') => body('PATCH', 'application/merge-patch+json', JSON.stringify(patch), query);
const operations = (...list: object[]) => body('PATCH', 'application/json-patch+json', JSON.stringify(list));
const review = (kind: string, spec: object | undefined, query = ''): Make => {
  const group = kind === 'SelfSubjectReview' ? 'authentication.k8s.io' : 'authorization.k8s.io';
  const object = { apiVersion: `${group}/v1`, kind, ...(spec && { spec }) };
  return at(`/apis/${group}/v1/${kind.toLowerCase()}s${query}`, { method: 'POST', body: object });
};
const mayPatch = { resourceAttributes: { namespace: 'kube-test', verb: 'patch', group: 'kubeflow.org', resource: 'tfjobs' } };
/** What the one side does and the other refuses changes nothing on either. */
const dry = '?dryRun=All';

const reads: Case[] = [
  ['GET', get()],
  ['GET, indented', get('?pretty=true')],
  ['GET as a table', get('', asTable)],
  ['GET as YAML', get('', 'application/yaml')],
  ['GET as what nobody serves', get('', 'text/html')],
  ['GET of a version', get('?resourceVersion=0')],
  ['GET with a parameter that nobody knows', get('?unknown=1')],
  ['GET with forwarding headers', below('', { headers: { 'x-forwarded-for': '10.1.2.3', 'x-real-ip': '10.1.2.4' } })],
  ['GET by a long user agent', below('', { headers: { 'user-agent': 'agent '.repeat(300) } })],
  ['GET as another', below('', { headers: { 'impersonate-user': 'ada' } }), 'dan'],
  ['GET of no job', ({ kind, namespace }) => ({ path: jobPath(kind, namespace, 'nope') })],
  ['GET by an escaped path', ({ kind, name }) => ({ path: jobPath(kind, 'kube%2Dtest', name) })],
  ['list', list()],
  ['list of a limit', list('?limit=2')],
  ['list of a selector, escaped', list('?labelSelector=app%3Dmnist')],
  ['list of a selector', list('?labelSelector=app=mnist')],
  ['list of a set', list('?labelSelector=app+in+(mnist,other)&limit=500')],
  ['list of one name', list('?fieldSelector=metadata.name%3Djob-1')],
  ['list of a wrong limit', list('?limit=x')],
  ['list as a table', list('', asTable)],
  ['list in all namespaces', everywhere('?limit=5')],
  // Whoever may watch would wait for its end.
  ['watch', list('?watch=1'), 'dan'],
  ['watch in all namespaces, by who may not', everywhere('?watch=true'), 'eve'],
];
const writes: Case[] = [
  ['PUT', change('PUT', label)],
  ['PUT of a ttl', change('PUT', ttl, '?fieldManager=kubectl-replace&fieldValidation=Strict')],
  ['PUT as YAML', change('PUT as YAML', ttl)],
  ['PUT of nothing new', change('PUT', () => undefined)],
  ['PUT without a version', change('PUT', (job, random) => [label(job, random), delete job.metadata.resourceVersion], dry)],
  ['PUT as a dry run', change('PUT', ttl, dry)],
  ['PUT of a stale version', change('PUT', meta({ resourceVersion: '1' }))],
  ['PUT of another uid', change('PUT', meta({ uid: '11111111-2222-3333-4444-555555555555' }))],
  ['PUT of another name', change('PUT', meta({ name: 'other' }))],
  ['PUT of another namespace', change('PUT', meta({ namespace: 'through' }))],
  ['PUT of a wrong ttl', change('PUT', (job) => void Object.assign(job.spec, { ttlSecondsAfterFinished: -1 }))],
  ['PUT of a wrong label', change('PUT', (job) => void Object.assign(job.metadata.labels, { 'a b': 'c' }))],
  ['PUT of a long wrong label', change('PUT', (job) => void Object.assign(job.metadata.labels, { long: 'x y'.repeat(30_000) }))],
  ['PUT of another image', change('PUT', image, dry)],
  ['PUT of a large annotation', change('PUT', (job) => void Object.assign(job.metadata.annotations, { large: 'x'.repeat(120_000) }), dry)],
  ['PUT of an unknown field', change('PUT', (job) => void Object.assign(job.spec, { nope: 1 }), '?fieldValidation=Strict')],
  ['PUT of no JSON', body('PUT', 'application/json', '{"a":')],
  ['PUT of nothing', body('PUT', 'application/json', '')],
  ['PUT as text', body('PUT', 'text/plain', '{}')],
  ['PUT with a wrong query', change('PUT', label, '?dryRun=Some')],
  [
    'PUT of no job',
    ({ kind, namespace }, _path, live) => {
      const wanted = { ...live, metadata: { ...live.metadata, name: 'nope' } };
      return { method: 'PUT', path: jobPath(kind, namespace, 'nope'), body: wanted };
    },
  ],
  ['merge patch', change('merge patch', label)],
  ['merge patch of two fields', change('merge patch', (job, random) => [label(job, random), ttl(job, random)], '?fieldManager=a+b')],
  ['merge patch as a dry run', change('merge patch', ttl, dry)],
  ['merge patch that takes away', merge({ metadata: { labels: { run: null } } })],
  ['merge patch of a stale version', merge({ metadata: { resourceVersion: '1', labels: { run: 'x' } } })],
  ['merge patch of a wrong ttl', merge({ spec: { ttlSecondsAfterFinished: 'x' } })],
  ['merge patch of another image', change('merge patch', image, dry)],
  ['merge patch of no object', body('PATCH', 'application/merge-patch+json', '[]')],
  ['merge patch of no JSON', body('PATCH', 'application/merge-patch+json', '{')],
  ['JSON patch', change('JSON patch', label)],
  ['JSON patch of a ttl', change('JSON patch', ttl, '?fieldManager=kubectl-patch&pretty=true')],
  ['JSON patch whose test fails', operations({ op: 'test', path: '/metadata/labels/app', value: 'x' })],
  ['JSON patch of no list', body('PATCH', 'application/json-patch+json', '{}')],
  ['strategic merge patch', body('PATCH', 'application/strategic-merge-patch+json', '{}')],
  ['patch as a dry run of a wrong kind', merge({}, '?dryRun=Some')],
  [
    'patch of no job',
    ({ kind, namespace }) => ({
      method: 'PATCH',
      path: jobPath(kind, namespace, 'nope'),
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{"metadata":{"labels":{"run":"x"}}}',
    }),
  ],
];
const elsewhere: Case[] = [
  ['POST', ({ kind, namespace }) => ({ method: 'POST', path: `${jobPath(kind, namespace)}${dry}`, body: {} })],
  ['POST to a job', below(dry, { method: 'POST', body: {} })],
  ['DELETE', below(dry, { method: 'DELETE' })],
  ['DELETE of all', ({ kind, namespace }) => ({ method: 'DELETE', path: `${jobPath(kind, namespace)}${dry}` })],
  ['HEAD', below('', { method: 'HEAD' })],
  ['GET of the status', below('/status')],
  ['GET of the scale', below('/scale')],
  ['PUT of the status', below(`/status${dry}`, { method: 'PUT', body: {} })],
  ['a path below', below('/a/b/c')],
  ['a slash at the end', below('/')],
  ['a watch by its path', at('/apis/kubeflow.org/v1/watch/namespaces/kube-test/tfjobs/job-1?timeoutSeconds=1')],
  ['a namespace of jobs', at('/apis/kubeflow.org/v1/namespaces/kube-test')],
  ['a namespace', at('/api/v1/namespaces/kube-test')],
  ['pods', at('/api/v1/namespaces/kube-test/pods?limit=1')],
  ['a pod', at('/api/v1/namespaces/kube-test/pods/job-2/scale')],
  ['another group', at('/apis/batch/v1/jobs')],
  ['a group that is nowhere', at('/apis/example.com/v1/namespaces/other/things/job-1')],
  ...['/', '/version', '/version/', '/api', '/apis', '/apis/', '/apis/kubeflow.org', '/apis/kubeflow.org/v1'].map(
    (path): Case => [path, at(path)],
  ),
  ...['/openapi/v3', '/healthz', '/metrics', '/nowhere?a=b', '/version?timeout=32s'].map((path): Case => [path, at(path)]),
  ['POST /version', at('/version', { method: 'POST', body: {} })],
  ['aggregated discovery', at('/apis', { headers: { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } })],
  ['may I', review('SelfSubjectAccessReview', mayPatch)],
  ['may I, with a field manager', review('SelfSubjectAccessReview', mayPatch, '?fieldManager=me')],
  ['what may I', review('SelfSubjectRulesReview', { namespace: 'kube-test' })],
  ['who am I', review('SelfSubjectReview', undefined)],
  ['may I what', review('SelfSubjectAccessReview', {})],
  [
    'a review of another kind',
    at('/apis/authentication.k8s.io/v1/selfsubjectreviews', { method: 'POST', body: { kind: 'Pod', apiVersion: 'v1' } }),
  ],
  [
    'a review as text',
    at('/apis/authentication.k8s.io/v1/selfsubjectreviews', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'a' }),
  ],
  ['GET of reviews', at('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews')],
];
const cases = [...reads, ...writes, ...elsewhere];

/** All requests once, each by somebody about some job, in an order that is drawn. */
export function drawRequests(random: Random, kinds: readonly Kind[]): Drawn[] {
  return random.some(cases, cases.length).map(([what, make, only]) => {
    const place = { kind: random.pick(kinds), namespace: random.pick([...namespaces, namespaces[0]]), name: random.pick(names) };
    const caller = only ?? drawnCaller(random);
    const seed = random.integer(0, 2 ** 31);
    const path = jobPath(place.kind, place.namespace, place.name);
    return {
      ...place,
      title: `${what}, ${caller}, ${path}`,
      caller,
      // The same to both sides, whose jobs are not.
      sending: (live: Loose) => make(place, path, live, new Random(seed)),
    };
  });
}

/** Ada may do everything, so most that is refused is refused for something else. */
function drawnCaller(random: Random): Caller {
  if (random.chance(0.04)) return 'nobody';
  return random.chance(0.4) ? 'ada' : random.pick(Object.keys(callers) as Caller[]);
}
