import type { Layout } from '../crds.ts';
import type { Loose, Sending } from '../http.ts';
import { policyOf, policyPath } from '../jobs.ts';
import { yamlOf } from './forms.ts';
import type { Expected, Generated } from './requests.ts';

type Make = (path: string, live: Loose) => Sending;
const json = 'application/json';
const merge = 'application/merge-patch+json';
const jsonPatch = 'application/json-patch+json';

const one = (title: string, sending: Make, expected: Expected = 'alike', fields: string[] = []): Generated => ({
  title,
  expected,
  fields,
  sending,
});
const put = (title: string, body: (live: Loose) => string | Buffer, query = '', type: string | undefined = json) =>
  one(`PUT${query} ${title}`, (path, live) => ({
    method: 'PUT',
    path: `${path}${query}`,
    headers: type === undefined ? {} : { 'content-type': type },
    body: body(live),
  }));
const patch = (type: string | undefined, text: string | ((live: Loose) => string), query = '') => {
  const shown = typeof text === 'string' ? text.slice(0, 90) : text.toString().slice(0, 90);
  return one(`PATCH${query} ${type ?? 'without a type'} ${shown}`, (path, live) => ({
    method: 'PATCH',
    path: `${path}${query}`,
    headers: type === undefined ? {} : { 'content-type': type },
    body: typeof text === 'string' ? text : text(live),
  }));
};
const edited = (edit: (job: Loose) => void) => (live: Loose) => {
  const job = structuredClone(live);
  edit(job);
  return JSON.stringify(job);
};
const same = (live: Loose) => JSON.stringify(live);
const version = (value: unknown) =>
  edited((job) => {
    job.metadata.resourceVersion = value;
  });

/** PUT: bodies, content types and options, good and bad. */
function puts(layout: Layout): Generated[] {
  const text = (find: string, replacement: string) => (live: Loose) => same(live).replace(find, replacement);
  const strict = '?fieldValidation=Strict';
  return [
    ...['', ' ', '{}', '{bad', 'null', '[]', '"text"', '5', '{"kind":"TFJob"}', '{"a":1}{"b":2}'].map((body) => put(body, () => body)),
    put('a job and more', (live) => `${same(live)} x`),
    ...['text/plain', merge, jsonPatch, 'application/apply-patch+yaml', 'application/x+json', 'application/xml', 'text/yaml'].map((type) =>
      put(`as ${type}`, same, '', type),
    ),
    put('without a content type', same, '', undefined),
    put('with parameters', same, '', 'application/json; charset=utf-8'),
    put('as YAML', yamlOf, '', 'application/yaml; charset=utf-8'),
    put('broken YAML', () => 'a: [', '', 'application/yaml'),
    put(
      'beyond 3 MiB',
      edited((job) => Object.assign(job.metadata.annotations, { long: 'x'.repeat(3 * 1024 * 1024) })),
    ),
    put('without resourceVersion', version(undefined)),
    put('an empty resourceVersion', version('')),
    put('resourceVersion "0"', version('0')),
    put('resourceVersion "abc"', version('abc')),
    put(
      'without uid',
      edited((job) => delete job.metadata.uid),
    ),
    put(
      'without namespace',
      edited((job) => delete job.metadata.namespace),
    ),
    put(
      'without name',
      edited((job) => delete job.metadata.name),
    ),
    put(
      'without metadata',
      edited((job) => delete job.metadata),
    ),
    put(
      'a null label',
      edited((job) => Object.assign(job.metadata.labels, { app: null })),
    ),
    put(
      'a null annotation',
      edited((job) => Object.assign(job.metadata.annotations, { note: null })),
    ),
    put(
      'null maps',
      edited((job) => Object.assign(job.metadata, { annotations: { 'protected.example.com/owner': 'platform' } })),
    ),
    put('5.0 as an integer', text('"ttlSecondsAfterFinished":600', '"ttlSecondsAfterFinished":5.0')),
    put('5e2 as an integer', text('"ttlSecondsAfterFinished":600', '"ttlSecondsAfterFinished":5e2')),
    put('beyond int64', text('"activeDeadlineSeconds":86400', '"activeDeadlineSeconds":9223372036854775808')),
    put('an escaped key', text('"labels"', '"l\\u0061bels"')),
    put('a lone surrogate', text('"note":"first"', '"note":"\\ud800"')),
    put(
      'managedFields of another',
      edited((job) => Object.assign(job.metadata, { managedFields: [] })),
    ),
    ...['', strict].map((query) => put('a duplicate key', text('"kind":', '"kind":"TFJob","kind":'), query)),
    put(
      'an unknown field of the spec',
      edited((job) => Object.assign(job.spec, { nope: 1 })),
      strict,
    ),
    put(
      'an unknown field of the metadata',
      edited((job) => Object.assign(job.metadata, { nope: 1 })),
      strict,
    ),
    put(
      'an unknown field of the root',
      edited((job) => Object.assign(job, { nope: 1 })),
      strict,
    ),
    put(
      'an object in the place of a text',
      edited((job) => Object.assign(policyOf(layout, job), { cleanPodPolicy: { a: 'All' } })),
      strict,
    ),
    put(
      'an unknown field without Strict',
      edited((job) => Object.assign(job.spec, { nope: 1 })),
    ),
    put(
      'a field of the root with null',
      edited((job) => Object.assign(job, { nope: null })),
    ),
    put(
      `a misspelt ${policyPath(layout)} field`,
      edited((job) => Object.assign(policyOf(layout, job), { activeDeadlineSecond: 5 })),
      strict,
    ),
    ...[
      ...['?dryRun=Some', '?dryRun=', '?dryRun=All&dryRun=Some', '?dryRun=All&dryRun=All', '?fieldValidation=Nope', '?fieldValidation='],
      ...[`?fieldManager=${'m'.repeat(129)}`, '?fieldManager=a%07b', '?fieldManager=%C3%BC', '?dryRun=x&fieldValidation=y', '?pretty=2'],
    ].map((query) => put('the job as it is', same, query)),
  ];
}

/** PATCH: types, broken patches, identity, and everything that RFC 6902 has. */
function patches(layout: Layout): Generated[] {
  const pointer = `/${policyPath(layout).replace('.', '/')}`;
  const ops = (...operations: unknown[]) => patch(jsonPatch, JSON.stringify(operations));
  const meta = (metadata: object, query = '') => patch(merge, JSON.stringify({ metadata }), query);
  const label = { op: 'add', path: '/metadata/labels/a', value: 'b' };
  return [
    ...[
      'application/strategic-merge-patch+json',
      json,
      undefined,
      'text/plain',
      'application/apply-patch+yaml',
      'application/apply-patch+cbor',
    ].map((type) => patch(type, '{"metadata":{"labels":{"a":"b"}}}')),
    patch(`${merge}; charset=utf-8`, '{"metadata":{"labels":{"a":"b"}}}'),
    ...['', '{bad', '[]', '"a"', 'null', '5', '{}', '{"a":1}{}'].map((text) => patch(merge, text)),
    ...['', '{bad', '{}', '"a"', 'null', '5', '[]', '[5]', '["a"]', '[[]]', '[null]', '[{}]'].map((text) => patch(jsonPatch, text)),
    ...['"1"', '""', '"0"', 'null', '5', 'true', '"abc"'].map((value) =>
      patch(merge, `{"metadata":{"resourceVersion":${value},"labels":{"a":"b"}}}`),
    ),
    patch(merge, (live) => JSON.stringify({ metadata: { resourceVersion: live.metadata.resourceVersion, labels: { a: 'b' } } })),
    patch(merge, (live) => JSON.stringify({ metadata: { uid: live.metadata.uid, labels: { a: 'b' } } })),
    meta({ uid: '11111111-2222-3333-4444-555555555555' }),
    meta({ name: null }),
    meta({ name: 'other' }),
    meta({ namespace: 'other' }),
    meta({ labels: { a: 1 } }),
    meta({ labels: 'a' }),
    meta({ labels: { app: null, team: 'vision' } }),
    meta({ annotations: { note: null } }),
    meta({ labels: { nope: null } }),
    meta({ labels: { 'a b': 'c' } }, '?fieldValidation=Strict'),
    meta({ nope: 1 }, '?fieldValidation=Strict'),
    meta({ managedFields: null }),
    patch(merge, '{"spec":{"nope":1}}', '?fieldValidation=Strict'),
    patch(merge, '{"spec":{"nope":1}}'),
    patch(merge, '{"metadata":{"labels":{"a":"b","a":"c"}}}', '?fieldValidation=Strict'),
    patch(merge, '{"kind":"Pod"}'),
    patch(merge, '{"kind":null}'),
    patch(merge, '{"apiVersion":"v1"}'),
    patch(merge, '{"status":{"a":1}}'),
    patch(merge, '{"metadata":{"labels":{"a":"b"}}}', '?dryRun=All'),
    patch(merge, '{"metadata":{"labels":{"a":"b"}}}', '?dryRun=Some'),
    patch(merge, '{"metadata":{"labels":{"a":"b"}}}', '?force=true'),
    patch(merge, '{"metadata":{"labels":{"a":"b"}}}', '?fieldValidation=Nope'),
    ops(label),
    ops({ op: 'test', path: '/metadata/labels/app', value: 'mnist' }, label),
    ops({ op: 'test', path: '/metadata/labels/app', value: 'nope' }, label),
    ops({ op: 'test', path: '/metadata/labels/none', value: null }, label),
    ops({ op: 'test', path: '/nope/none', value: null }, label),
    ops({ op: 'remove', path: '/metadata/labels/none' }),
    ops({ op: 'replace', path: '/metadata/labels/none', value: 'a' }),
    ops({ op: 'add', path: '/metadata/labels/none' }),
    ops({ op: 'add', path: '/metadata/none/deep', value: 'a' }),
    ops({ op: 'copy', from: '/metadata/labels/app', path: '/metadata/labels/copied' }),
    ops({ op: 'copy', from: '/metadata/labels/none', path: '/metadata/labels/copied' }),
    ops({ op: 'move', from: '/metadata/labels/app', path: '/metadata/labels/moved' }),
    ops({ op: 'move', from: '/metadata/annotations/note', path: '/metadata/annotations/example.com~1note' }),
    ops({ op: 'nope', path: '/metadata' }),
    ops({ op: 'add', path: 'metadata/labels/a', value: 'b' }),
    ops({ op: 'add', value: 'b' }),
    ops({ op: 'add', path: '/metadata/labels/~2', value: 'b' }),
    ops({ op: 'add', path: '/metadata/labels/__proto__', value: 'b' }),
    ops({ op: 'add', path: '/metadata/labels/constructor', value: 'b' }),
    ops({ op: 'replace', path: '', value: {} }),
    ops({ op: 'remove', path: '' }),
    ops({ op: 'remove', path: `${pointer}/cleanPodPolicy` }, { op: 'add', path: `${pointer}/cleanPodPolicy`, value: 'All' }),
    ops({ op: 'replace', path: `${pointer}/ttlSecondsAfterFinished`, value: -1 }),
    ops({ op: 'replace', path: '/metadata/resourceVersion', value: '1' }),
    ops({ op: 'test', path: '/metadata/resourceVersion', value: '1' }),
    ops(...Array.from({ length: 10_001 }, () => label)),
    ops(...Array.from({ length: 100 }, () => label)),
  ];
}

/** Names and paths. */
function places(): Generated[] {
  const at = (title: string, method: string, edit: (path: string) => string, type = json, body: Make | undefined = undefined) =>
    one(`${method} ${title}`, (path, live) => ({
      method,
      path: edit(path),
      headers: { 'content-type': type },
      ...(method !== 'GET' && method !== 'DELETE' && { body: (body?.(path, live).body ?? same(live)) as string }),
    }));
  const encoded = (path: string) => path.replace(/(?<=namespaces\/)./, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  const renamed =
    (name: string): Make =>
    (_, live) => ({ path: '', body: edited((job) => Object.assign(job.metadata, { name }))(live) });
  const name = (to: string) => (path: string) => path.replace(/[^/]+$/, to);
  const labels: Make = () => ({ path: '', body: '{"metadata":{"labels":{"a":"b"}}}' });
  return [
    at('of a job that is not there', 'PUT', name('nope'), json, renamed('nope')),
    at('of a job that is not there', 'PATCH', name('nope'), merge, labels),
    at('of a job that is not there, in two steps', 'PATCH', name('nope'), jsonPatch, () => ({
      path: '',
      body: '[{"op":"add","path":"/metadata/labels/a","value":"b"}]',
    })),
    at('of a name that cannot be', 'PUT', name('A_b'), json, renamed('A_b')),
    at('of a name that cannot be', 'GET', name('A_b')),
    at('in a namespace that is not there', 'PATCH', (path) => path.replace(/namespaces\/[^/]+/, 'namespaces/nope'), merge, labels),
    at('of another version', 'GET', (path) => path.replace('/v1/', '/v2/')),
    at('of another group', 'PATCH', (path) => path.replace('kubeflow.org', 'batch'), merge, labels),
    at('of another plural', 'GET', (path) => path.replace(/[a-z]+jobs/, 'nopejobs')),
    at('of its status', 'PUT', (path) => `${path}/status`),
    at('of its scale', 'GET', (path) => `${path}/scale`),
    at('under another spelling: a slash at the end', 'GET', (path) => `${path}/`),
    at('under another spelling: a percent-encoded namespace', 'PATCH', encoded, merge, labels),
    at('a job', 'DELETE', (path) => path),
    at('all jobs', 'DELETE', (path) => `${path.replace(/\/[^/]+$/, '')}?labelSelector=none`),
    at('a job', 'POST', (path) => path.replace(/\/[^/]+$/, ''), json, renamed('posted')),
    at('to a job', 'POST', (path) => path),
  ];
}

/** All requests that are written down rather than drawn. */
export function fixedRequests(layout: Layout): Generated[] {
  return [...puts(layout), ...patches(layout), ...places()];
}
