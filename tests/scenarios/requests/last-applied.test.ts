import { describe, expect, it } from 'vitest';
import { calls, type Loose, liveJob, liveText, now, put, requested, reset, useGateway } from '../gateway.ts';
import { jsonPatch, patch } from '../patch/request.ts';

useGateway({ auth: 'none', env: { PROTECTED_KEYS: 'recommended,team' } });

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const field = `metadata.annotations[${lastApplied}]`;
const identity = { apiVersion: 'kubeflow.org/v1', kind: 'TFJob', metadata: { name: 'tfjob-test', namespace: 'kube-test' } };
const old = { ...identity, metadata: { ...identity.metadata, annotations: {} }, spec: { backoffLimit: 6 } };
/** What makes the next apply delete every label and every replica, and keep or take over what it should not. */
const planted = {
  ...old,
  metadata: { ...old.metadata, labels: {}, finalizers: null },
  spec: { tfReplicaSpecs: {}, suspend: null, backoffLimit: 7 },
};
const allowed = {
  ...planted,
  metadata: { ...planted.metadata, annotations: { a: 'b' } },
  spec: { ...planted.spec, ttlSecondsAfterFinished: 5 },
};
const rebuilt = { ...old, metadata: { ...old.metadata, annotations: { a: 'b' } }, spec: { ...old.spec, ttlSecondsAfterFinished: 5 } };

const applied = (record: unknown) => ({ [lastApplied]: JSON.stringify(record) });
const withRecord = (metadata: Loose) => Object.assign(metadata, { annotations: applied(old) });
const record = (): unknown => JSON.parse(liveJob().metadata.annotations?.[lastApplied] ?? 'null');

/** Each door by which a record may reach the gateway. */
const doors: [string, (value: string) => Promise<{ status: number; body: Loose }>][] = [
  ['a replace', (value) => put(requested(({ metadata }) => Object.assign(metadata, { annotations: { [lastApplied]: value } })))],
  ['a merge patch', (value) => patch({ metadata: { annotations: { [lastApplied]: value } } })],
  [
    'a JSON patch of the record',
    (value) => patch([{ op: 'add', path: `/metadata/annotations/${lastApplied.replace('/', '~1')}`, value }], { type: jsonPatch }),
  ],
  [
    'a JSON patch of all annotations',
    (value) => patch([{ op: 'add', path: '/metadata/annotations', value: { [lastApplied]: value } }], { type: jsonPatch }),
  ],
  [
    'a merge patch with a field beside it',
    (value) => patch({ metadata: { annotations: { [lastApplied]: value } }, spec: { ttlSecondsAfterFinished: 5 } }),
  ],
];

describe.each(doors)('the configuration that kubectl applied last, by %s', (_title, send) => {
  it('is rebuilt from the live one: what a later apply would delete, keep or take over is not taken', async () => {
    await reset(({ metadata }) => withRecord(metadata));
    expect((await send(JSON.stringify(allowed))).status).toBe(200);
    expect(record()).toEqual(rebuilt);
  });

  it('stays letter for letter where nothing of it may change', async () => {
    await reset(({ metadata }) => withRecord(metadata));
    expect((await send(JSON.stringify(planted))).status).toBe(200);
    expect(liveJob().metadata.annotations).toEqual(applied(old));
  });

  it('is not there afterwards where it was not there before', async () => {
    await reset(({ metadata }) => Object.assign(metadata, { annotations: { a: 'b' } }));
    expect((await send(JSON.stringify(allowed))).status).toBe(200);
    expect(liveJob().metadata.annotations?.[lastApplied]).toBeUndefined();
  });

  it.each([
    ['no JSON', '{bad'],
    ['a list', '[]'],
    ['another job', JSON.stringify({ ...old, metadata: { name: 'other', namespace: 'kube-test' } })],
    ['another kind', JSON.stringify({ ...old, kind: 'Pod' })],
  ])('may not be %s', async (_what, value) => {
    await reset(({ metadata }) => withRecord(metadata));
    const before = liveText();
    const answer = await send(value);
    expect([answer.status, answer.body.details.causes[0].field, liveText()]).toEqual([422, field, before]);
  });
});

describe('the record of a job', () => {
  const cause = { reason: 'FieldValueForbidden', message: 'may not be removed', field };

  it.each<[string, object, string?]>([
    ['removes it', { metadata: { annotations: { [lastApplied]: null } } }],
    ['removes all annotations', { metadata: { annotations: null } }],
    ['empties it', { metadata: { annotations: { [lastApplied]: '' } } }],
    ['removes it by path', [{ op: 'remove', path: `/metadata/annotations/${lastApplied.replace('/', '~1')}` }], jsonPatch],
    ['replaces all annotations', [{ op: 'replace', path: '/metadata/annotations', value: { a: 'b' } }], jsonPatch],
  ])('may not go by a patch that %s', async (_title, body, type) => {
    await reset(({ metadata }) => withRecord(metadata));
    const before = liveText();
    const answer = await patch(body, type ? { type } : {});
    expect([answer.status, answer.body.details.causes, liveText()]).toEqual([403, [cause], before]);
  });

  it('stays where a replace leaves it out, and nothing is written for it', async () => {
    await reset(({ metadata }) => withRecord(metadata));
    for (const annotations of [undefined, {}]) {
      const answer = await put(requested(({ metadata }) => Object.assign(metadata, { annotations })));
      expect([answer.status, liveJob().metadata.annotations, calls().includes('PUT 200')]).toEqual([200, applied(old), false]);
    }
  });

  it('does not gain or lose protected labels, configured or recommended', async () => {
    const labels = { team: 'x', 'app.kubernetes.io/instance': 'mine', free: '1' };
    await reset(({ metadata }) => Object.assign(metadata, { annotations: applied({ ...old, metadata: { ...old.metadata, labels } }) }));
    const next = { ...old, metadata: { ...old.metadata, labels: { team: null, 'janitor/ttl': '1h', free: '2' } } };
    expect((await patch({ metadata: { annotations: applied(next) } })).status).toBe(200);
    expect(record()).toEqual({ ...old, metadata: { ...old.metadata, labels: { ...labels, free: '2' } } });
  });

  it('is written in the name of the manager that has it, whatever fieldManager says', async () => {
    const fieldsV1 = { 'f:metadata': { 'f:annotations': { [`f:${lastApplied}`]: {} } } };
    const owner = {
      manager: 'kubectl-client-side-apply',
      operation: 'Update',
      apiVersion: 'kubeflow.org/v1',
      fieldsType: 'FieldsV1',
      fieldsV1,
    };
    const query = '?fieldManager=kueue';
    const queries = () => now.upstream.received.filter(({ method }) => method !== 'GET').map(({ url }) => url?.split('?')[1]);
    await reset(({ metadata }) => Object.assign(withRecord(metadata), { managedFields: [owner] }));
    expect((await patch({ metadata: { annotations: applied(allowed) } }, { query })).status).toBe(200);
    expect([record(), queries()]).toEqual([rebuilt, ['fieldManager=kubectl-client-side-apply']]);

    await reset(({ metadata }) => Object.assign(withRecord(metadata), { managedFields: [{ ...owner, operation: 'Apply' }] }));
    expect((await patch({ metadata: { annotations: { ...applied(allowed), other: 'x' } } }, { query })).status).toBe(200);
    expect([record(), queries().at(-1)]).toEqual([old, undefined]);
  });
});
