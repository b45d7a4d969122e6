import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { credential } from '../../credentials.ts';
import { send, simulator, useSimulator } from './signed.ts';

const inA = '/apis/kubeflow.org/v1/namespaces/a/tfjobs';
const everywhere = '/apis/kubeflow.org/v1/tfjobs';
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';

const job = (name: string, labels: Record<string, string> = {}, namespace = 'a') => ({
  kind: 'TFJob',
  metadata: { namespace, name, labels },
  spec: {},
});
useSimulator({ jobs: [job('one', { app: 'x' }), job('two'), job('one', {}, 'b')] });

type Loose = ReturnType<typeof JSON.parse>;

/** Watches for a second and returns the events of that time; `during` changes what is watched. */
async function watch(
  query: Record<string, string>,
  { path = inA, accept = 'application/json', during = () => undefined as unknown } = {},
): Promise<Loose[]> {
  const answered = send(simulator.url, { path, query: { watch: 'true', timeoutSeconds: '1', ...query }, headers: { accept } });
  await sleep(200);
  during();
  const { status, text } = await answered;
  expect(status).toBe(200);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
const told = (events: Loose[]) =>
  events.map(({ type, object: { metadata } }) => `${type} ${metadata.name ?? ''}@${metadata.resourceVersion}`);

describe('a watch', () => {
  it.each([{}, { resourceVersion: '0' }, { resourceVersion: '', sendInitialEvents: '1', resourceVersionMatch: 'NotOlderThan' }])(
    'begins with what there is, in a namespace or in all, with %o',
    async (query) => {
      expect(told(await watch(query))).toEqual(['ADDED one@1', 'ADDED two@2']);
      expect(told(await watch(query, { path: everywhere }))).toEqual(['ADDED one@1', 'ADDED two@2', 'ADDED one@3']);
    },
  );

  it('tells what has changed since a version, and then each change as it comes', async () => {
    simulator.put(job('three'));
    expect(
      told(
        await watch(
          { resourceVersion: '3' },
          {
            during: () => {
              simulator.put(job('three', { app: 'z' }));
              simulator.put(job('other', {}, 'b'));
              expect([simulator.delete('tfjobs', 'a', 'one'), simulator.delete('tfjobs', 'a', 'nothing')]).toEqual([true, false]);
            },
          },
        ),
      ),
    ).toEqual(['ADDED three@4', 'MODIFIED three@5', 'DELETED one@7']);
  });

  it('tells who selects of what comes in and what goes out', async () => {
    const events = await watch(
      { labelSelector: 'app=x' },
      {
        during: () => {
          simulator.put(job('two', { app: 'x' }));
          simulator.put(job('one', { app: 'y' }));
          simulator.put(job('two', { app: 'x', more: '1' }));
        },
      },
    );
    expect(told(events)).toEqual(['ADDED one@1', 'ADDED two@4', 'DELETED one@5', 'MODIFIED two@6']);
    expect(events[2].object.metadata.labels).toEqual({ app: 'x' });
    expect(told(await watch({ fieldSelector: 'metadata.name=two' }))).toEqual(['ADDED two@6']);
  });

  it('marks the end of what there was for who asks for bookmarks', async () => {
    const query = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' };
    const events = await watch(query);
    expect(told(events)).toEqual(['ADDED one@1', 'ADDED two@2', 'BOOKMARK @3']);
    expect(events[2].object).toEqual({
      apiVersion: 'kubeflow.org/v1',
      kind: 'TFJob',
      metadata: { resourceVersion: '3', annotations: { 'k8s.io/initial-events-end': 'true' } },
    });
    expect((await watch({ ...query, sendInitialEvents: 'false', resourceVersion: '3' })).length).toBe(0);
  });

  it('from a version whose changes are forgotten is a 410', async () => {
    simulator.put(job('three'));
    simulator.compact();
    const [{ type, object }, ...more] = await watch({ resourceVersion: '3' });
    expect([type, object.code, object.reason, object.message, more]).toEqual([
      'ERROR',
      410,
      'Expired',
      'too old resource version: 3 (4)',
      [],
    ]);
    expect(await watch({ resourceVersion: '4' })).toEqual([]);
  });

  it('is told as Tables, of which the first has the columns, and as metadata alone', async () => {
    const tables = await watch({}, { accept: table });
    expect(tables.map(({ object }) => [object.kind, object.columnDefinitions?.length, object.rows[0].cells[0]])).toEqual([
      ['Table', 3, 'one'],
      ['Table', undefined, 'two'],
    ]);
    const [first] = await watch({}, { accept: 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io' });
    expect(first.object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'one' } });
    expect(first.object).not.toHaveProperty('spec');
  });

  it.each([
    [{ resourceVersionMatch: 'Exact' }, 422, 'forbidden for watch unless sendInitialEvents'],
    [{ sendInitialEvents: 'true' }, 422, 'requires setting resourceVersionMatch to NotOlderThan'],
    [{ resourceVersion: 'abc' }, 400, 'invalid syntax'],
    [{ labelSelector: 'a=b=c' }, 400, ''],
  ])('with %o is %i', async (query, code, message) => {
    const answer = await send(simulator.url, { path: inA, query: { watch: '1', ...query } as Record<string, string> });
    expect(answer.status).toBe(code);
    expect(answer.json().message).toContain(message);
  });

  it('needs a signature, and is spoilt by a fault as any answer', async () => {
    const signWith = { accessKey: credential('nobody'), secretKey: credential('nothing') };
    expect((await send(simulator.url, { path: inA, query: { watch: '1' }, signWith })).status).toBe(401);
    simulator.inject({ act: 'cut-off' });
    await expect(send(simulator.url, { path: inA, query: { watch: '1' } })).rejects.toThrow();
  });
});
