/** The JavaScript client against the gateway: reads the environment, prints one line for each check (see ../clients.ts). */
import assert from 'node:assert/strict';
import { ApiException, CustomObjectsApi, KubeConfig, KubernetesObjectApi, PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';

// biome-ignore lint/suspicious/noExplicitAny: a job is what it is.
type Loose = any;
const variable = (key: string): string => process.env[key] ?? '';
const [namespace, plural, name, kind] = ['NAMESPACE', 'PLURAL', 'NAME', 'KIND'].map(variable) as [string, string, string, string];
const policy = variable('POLICY').split('.');
const replicas = variable('REPLICAS').split('.');

const config = new KubeConfig();
// It wants to be told that plain HTTP is meant.
config.loadFromClusterAndUser({ name: 'gateway', server: variable('GATEWAY'), skipTLSVerify: true }, { name: 'nobody' });
const api = config.makeApiClient(CustomObjectsApi);
const objects = KubernetesObjectApi.makeApiClient(config);
const where = { group: 'kubeflow.org', version: 'v1', namespace, plural };
const self = { ...where, name };
const reference = { apiVersion: 'kubeflow.org/v1', kind, metadata: { name, namespace } };
const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const json = setHeaderOptions('Content-Type', PatchStrategy.JsonPatch);

const get = (): Promise<Loose> => api.getNamespacedCustomObject(self);
const inside = (job: Loose, path: string[]): Loose => path.reduce((value, key) => value[key], job);
const nested = (path: string[], value: unknown): Loose => path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);

async function check(title: string, body: () => Promise<void>): Promise<void> {
  try {
    await body();
    process.stdout.write(`ok\t${title}\n`);
  } catch (error) {
    process.stdout.write(`not ok\t${title}\t${JSON.stringify((error as Error).message.slice(0, 1500))}\n`);
  }
}

/** The Status of a call that must be refused. */
async function refused(code: number, reason: string, call: () => Promise<unknown>): Promise<Loose> {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof ApiException, String(error));
    const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
    assert.deepEqual([error.code, body.kind, body.reason, body.code], [code, 'Status', reason, code]);
    return body;
  }
  throw new Error('it was let through');
}

await check('reads a job', async () => {
  const job = await get();
  assert.deepEqual([job.kind, job.metadata.name], [kind, name]);
});
await check('lists jobs', async () => {
  const list: Loose = await api.listNamespacedCustomObject({ ...where, labelSelector: 'app=mnist' });
  assert.ok(list.items.some((job: Loose) => job.metadata.name === name));
  const all: Loose = await api.listClusterCustomObject({
    group: 'kubeflow.org',
    version: 'v1',
    plural,
    fieldSelector: `metadata.name=${name}`,
  });
  assert.deepEqual(
    all.items.map((job: Loose) => job.metadata.namespace),
    [namespace],
  );
});
await check('replaces a job', async () => {
  const job = await get();
  inside(job, policy).ttlSecondsAfterFinished = 555;
  const answer = await api.replaceNamespacedCustomObject({ ...self, body: job });
  assert.equal(inside(answer, policy).ttlSecondsAfterFinished, 555);
  assert.equal(inside(await get(), policy).ttlSecondsAfterFinished, 555);
});
await check('patches a job, by merge and by JSON patch', async () => {
  const merged: Loose = await api.patchNamespacedCustomObject({ ...self, body: { metadata: { labels: { js: 'merge' } } } }, merge);
  assert.equal(merged.metadata.labels.js, 'merge');
  const body = [{ op: 'replace', path: '/metadata/labels/js', value: 'json' }];
  const patched: Loose = await api.patchNamespacedCustomObject({ ...self, body }, json);
  assert.equal(patched.metadata.labels.js, 'json');
});
await check('reads, replaces, patches and lists through KubernetesObjectApi, by discovery', async () => {
  const job: Loose = await objects.read(reference);
  job.metadata.annotations.note = 'by object';
  const replaced: Loose = await objects.replace(job);
  assert.equal(replaced.metadata.annotations.note, 'by object');
  const change: Loose = { ...reference, metadata: { ...reference.metadata, annotations: { note: 'patched' } } };
  const patched: Loose = await objects.patch(change, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
  assert.equal(patched.metadata.annotations.note, 'patched');
  const { items } = await objects.list('kubeflow.org/v1', kind, namespace);
  assert.ok(items.length >= 2);
});
await check('gets 409 Conflict for a stale resourceVersion', async () => {
  const job = await get();
  job.metadata.resourceVersion = '1';
  await refused(409, 'Conflict', () => api.replaceNamespacedCustomObject({ ...self, body: job }));
});
await check('gets 403 Forbidden, with its causes, for another number of replicas', async () => {
  const path = [...replicas, 'replicas'];
  const status = await refused(403, 'Forbidden', () => api.patchNamespacedCustomObject({ ...self, body: nested(path, 9) }, merge));
  assert.deepEqual(
    status.details.causes.map(({ field }: Loose) => field),
    [path.join('.')],
  );
});
await check('gets 422 Invalid, with its causes, for a negative TTL', async () => {
  const path = [...policy, 'ttlSecondsAfterFinished'];
  const status = await refused(422, 'Invalid', () => api.patchNamespacedCustomObject({ ...self, body: nested(path, -1) }, merge));
  assert.deepEqual(
    status.details.causes.map(({ field }: Loose) => field),
    [path.join('.')],
  );
});
await check('gets 404 NotFound for a job that is not there', async () => {
  await refused(404, 'NotFound', () => api.getNamespacedCustomObject({ ...self, name: 'nope' }));
});
await check('gets 405 MethodNotAllowed for create and delete', async () => {
  await refused(405, 'MethodNotAllowed', () => api.createNamespacedCustomObject({ ...where, body: { ...reference, spec: {} } }));
  await refused(405, 'MethodNotAllowed', () => api.deleteNamespacedCustomObject(self));
});
