import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mergePatch } from '../../local/cci/merge-patch.ts';
import { type Loose, now, useGateway } from '../scenarios/gateway.ts';
import { hiddenChanges } from './hidden-changes.ts';
import { manifests } from './manifests.ts';
import { inCciLayout, kinds, stored } from './operator-model.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const pathOf = ({ kind, metadata }: Loose): string =>
  `/apis/kubeflow.org/v1/namespaces/${metadata.namespace}/${kinds[kind]?.plural}/${metadata.name}`;

/** Sends a request to the built handlers. */
async function send(method: string, job: Loose, body?: Loose): Promise<{ status: number; body: Loose }> {
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const sent = body === undefined ? {} : { headers: { 'content-type': type }, body: JSON.stringify(body) };
  const response = await fetch(`${now.gateway.url}${pathOf(job)}`, { method, ...sent });
  return { status: response.status, body: await response.json() };
}

/** Puts a job upstream, where it can be read and changed: the simulator has CCI's kinds alone. Returns how to read it there. */
function keep(job: Loose): () => Loose {
  let text = JSON.stringify(job);
  now.upstream.answer = ({ method, body }, response) => {
    if (method === 'PUT') text = body.toString();
    if (method === 'PATCH') text = JSON.stringify(mergePatch(JSON.parse(text), JSON.parse(body.toString())));
    response.writeHead(200, { 'content-type': 'application/json' }).end(text);
  };
  return () => JSON.parse(text);
}

const isMap = (value: Loose): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
/** The merge patch that makes of the file's record and of live what the file says: an array as a whole, null for what it no longer has. */
function threeWay(record: Loose, file: Loose, live: Loose): Loose {
  const gone = Object.keys(record ?? {}).filter((key) => !(key in file));
  const changed = Object.entries<Loose>(file).flatMap(([key, value]) => {
    if (isDeepStrictEqual(live?.[key], value) && isDeepStrictEqual(record?.[key], value)) return [];
    if (!isMap(live?.[key]) || !isMap(value)) return isDeepStrictEqual(live?.[key], value) ? [] : [[key, value]];
    const inside = threeWay(record?.[key], value, live[key]);
    return Object.keys(inside).length > 0 ? [[key, inside]] : [];
  });
  return Object.fromEntries([...gone.map((key) => [key, null]), ...changed]);
}

/** What kubectl sends on `kubectl apply`, with the file as its new record. */
function applied(file: Loose, live: Loose): Loose {
  const modified = { ...file, metadata: { ...file.metadata, annotations: {} as Loose } };
  const text = `${JSON.stringify(modified)}\n`;
  modified.metadata.annotations = { [lastApplied]: text };
  return threeWay(JSON.parse(live.metadata.annotations[lastApplied]), modified, live);
}

const policies = ['activeDeadlineSeconds', 'ttlSecondsAfterFinished', 'cleanPodPolicy'];
/** A job's spec without the three replaceable fields. */
function fixed({ spec }: Loose, layout: string): Loose {
  const copy = structuredClone(spec);
  const holder = layout === 'cci' ? copy : copy.runPolicy;
  for (const name of policies) delete holder?.[name];
  return copy;
}

/** A manifest, and what it is like. */
type Pair = readonly [like: string, manifest: Loose];

/** The tests of those manifests that are chosen, out of so many pairs, in front of an upstream of one layout. */
export function testManifests(layout: 'cci' | 'kubeflow', pairs: number, choose: (all: readonly Pair[]) => readonly Pair[]): void {
  useGateway({ auth: 'none', env: { LAYOUT: layout } });
  const served = manifests
    .filter(({ job }) => layout === 'kubeflow' || ['TFJob', 'PyTorchJob', 'MXJob'].includes(job.kind))
    .map(({ like, job }) => [like, layout === 'cci' ? inCciLayout(job) : job] as const);

  it('has so many manifests that it says something', () => {
    expect(served).toHaveLength(pairs);
  });

  describe.each(choose(served))(`like ${'%s'}`, (_like, manifest) => {
    const labelled = { ...manifest, metadata: { ...manifest.metadata, labels: { added: 'label' } } };
    const live = stored(manifest, layout);
    const record = { ...manifest, metadata: { ...manifest.metadata, annotations: {} } };
    const withRecord = { ...live, metadata: { ...live.metadata, annotations: { [lastApplied]: `${JSON.stringify(record)}\n` } } };

    it('what is read can be written with another TTL', async () => {
      const found = keep(live);
      const { body: job } = await send('GET', manifest);
      const holder = layout === 'cci' ? job.spec : job.spec.runPolicy;
      holder.ttlSecondsAfterFinished = 4321;
      expect((await send('PUT', manifest, job)).status).toBe(200);
      expect(found()).toEqual({ ...live, spec: job.spec });
    });

    it('the manifest as its author wrote it can be put with a label more', async () => {
      const found = keep(live);
      const answer = await send('PUT', manifest, labelled);
      expect(answer.body).toMatchObject({ metadata: { labels: { added: 'label' } } });
      expect([answer.status, fixed(found(), layout), found().metadata]).toEqual([
        200,
        fixed(live, layout),
        { ...live.metadata, labels: { added: 'label' } },
      ]);
    });

    it('and applied by kubectl', async () => {
      const found = keep(withRecord);
      const answer = await send('PATCH', manifest, applied(labelled, withRecord));
      expect(answer.body).toMatchObject({ metadata: { labels: { added: 'label' } } });
      expect([answer.status, found().spec, found().metadata.labels]).toEqual([200, live.spec, { added: 'label' }]);
    });

    it('but nothing can be hidden in it', async () => {
      const hidden = hiddenChanges(labelled, layout);
      expect(hidden.length).toBeGreaterThanOrEqual(30);
      for (const [i, [title, changed, path]] of hidden.entries()) {
        const found = keep(withRecord);
        // One way or the other: over all manifests every place is tried both ways.
        const isPut = (i + manifests.findIndex(({ job }) => job.metadata.name === manifest.metadata.name)) % 2 === 0;
        const answer = isPut ? await send('PUT', manifest, changed) : await send('PATCH', manifest, applied(changed, withRecord));
        expect([title, answer.status]).toEqual([title, 403]);
        const named = answer.body.details.causes.map(({ field }: Loose) => field);
        expect([title, named.filter((field: string) => field.startsWith(path))]).not.toEqual([title, []]);
        expect(found()).toEqual(withRecord);
      }
    });
  });
}
