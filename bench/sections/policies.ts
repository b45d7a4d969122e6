import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../scripts/build.ts';
import { checkManifests } from '../../scripts/manifests/check.ts';
import { PolicyError } from '../../scripts/manifests/mistakes.ts';
import { type Packed, pack } from '../../scripts/manifests/pack.ts';
import { generations, startWorker } from '../alternate.ts';
import { buildEvent } from '../event.ts';
import { bodiesOf, bodyOf, documentedJob } from '../job.ts';
import type { Section } from '../results.ts';
import type { Stage } from '../stage.ts';
import { figure, median, ratios } from '../stats.ts';
import { startCold } from './cold.ts';

const examples = ['deadline', 'debug', 'events-label', 'freeze', 'keep', 'label-prefix', 'only-ttl'];
const rbac = ['Role', 'ClusterRole']
  .flatMap((kind) => {
    const place = kind === 'Role' ? { namespace: 'kube-test' } : {};
    const metadata = { name: `bench-${kind.toLowerCase()}`, ...place };
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const verbs = kind === 'Role' ? ['get', 'update', 'patch'] : ['list'];
    return [
      { apiVersion, kind, metadata, rules: [{ apiGroups: ['kubeflow.org'], resources: ['tfjobs'], verbs }] },
      {
        apiVersion,
        kind: `${kind}Binding`,
        metadata,
        subjects: [{ kind: 'Group', name: 'system:authenticated', apiGroup: 'rbac.authorization.k8s.io' }],
        roleRef: { kind, name: metadata.name, apiGroup: 'rbac.authorization.k8s.io' },
      },
    ];
  })
  .map((manifest) => JSON.stringify(manifest))
  .join('\n---\n');

/** Seven of the documents' examples and four RBAC objects, which let the bench change a TTL. Throws with what is wrong with them. */
async function policies(): Promise<Packed> {
  const files = examples.map(async (name) => {
    const file = `docs/policies/${name}/policy.yaml`;
    return { file, text: (await readFile(file, 'utf8')).replace("frozen: 'true'", "frozen: 'false'") };
  });
  const { objects, mistakes } = checkManifests([...(await Promise.all(files)), { file: 'rbac', text: rbac }]);
  if (!objects) throw new PolicyError(mistakes);
  if (objects.validatingAdmissionPolicies.length !== 7) throw new Error('not seven policies');
  return pack(objects);
}

/** Builds an entry with policies beside it. */
async function buildWith({ bytes, digest }: Packed, stage: Stage, entry: string): Promise<string> {
  const folder = join(stage.folder, `policies-${entry.replace(/\W/g, '-')}`);
  await bundle({ entryPoints: [{ in: entry, out: 'index' }] }, folder, digest);
  await writeFile(join(folder, 'policies.json'), bytes);
  return join(folder, 'index.mjs');
}

/** CPU of a warm replace of a job, with and without policies. */
async function warm(stage: Stage, packed: Packed): Promise<{ without: number[]; with: number[] }> {
  const upstream = await stage.startUpstream();
  const worker = (await stage.build('bench/worker.ts')).file;
  const files = {
    without: (await stage.build('handlers/replace-job.ts')).file,
    with: await buildWith(packed, stage, 'handlers/replace-job.ts'),
  };
  const start = async () => {
    for (const name of Object.keys(files)) await upstream.store(name, documentedJob({ ttl: undefined, name }));
    return Object.entries(files).map(([name, file]) => {
      const bodies = bodiesOf((ttl) => documentedJob({ ttl, name }));
      const work = { what: 'handler', file, event: buildEvent('PUT', name), bodies } as const;
      return startWorker(worker, work, { name, env: stage.environment(upstream.url) });
    });
  };
  const of = await generations(3, start, { rounds: stage.rounds(25), times: 120, warmUp: 3000 });
  upstream.stop();
  return { without: of('without', 'cpu'), with: of('with', 'cpu') };
}

/** Milliseconds from the start of a process to its first answer, with and without policies. */
async function first(stage: Stage, packed: Packed): Promise<{ without: number[]; with: number[] }> {
  const upstream = await stage.startUpstream();
  const child = (await stage.build('bench/cold-child.ts')).file;
  const files = {
    without: (await stage.build('bench/cold-entry.ts')).file,
    with: await buildWith(packed, stage, 'bench/cold-entry.ts'),
  };
  const totals = { without: [] as number[], with: [] as number[] };
  const event = { ...buildEvent('PUT', 'cold'), body: bodyOf(documentedJob({ ttl: 1000, name: 'cold' })) };
  for (let i = -1; i < stage.rounds(15); i++) {
    for (const way of i % 2 ? (['without', 'with'] as const) : (['with', 'without'] as const)) {
      await upstream.store('cold', documentedJob({ ttl: undefined, name: 'cold' }));
      const { total } = await startCold(child, files[way], stage.environment(upstream.url), event);
      if (i >= 0) totals[way].push(total);
    }
  }
  upstream.stop();
  return totals;
}

/** What policies cost: a warm replace and a cold one, with seven policies and four RBAC objects and without any. */
export async function policyCost(stage: Stage): Promise<Section> {
  const packed = await policies();
  const [cpu, cold] = [await warm(stage, packed), await first(stage, packed)];
  const more = cold.with.map((one, i) => one - (cold.without[i] ?? Number.NaN));
  return {
    title: 'Policies',
    method:
      `A replace of the documented job’s TTL by the built handler, without policies and with seven of docs/policies (${examples.join(', ')}) ` +
      'and four RBAC objects, none of which has a regular expression. Rounds alternate, as above; cold is from the start of a process to its first answer, over HTTP.',
    tables: [
      {
        title: 'One replace',
        columns: ['', 'CPU µs, warm', 'ms, cold'],
        rows: [
          ['without policies', figure(cpu.without), figure(cold.without)],
          ['with seven and four', figure(cpu.with), figure(cold.with)],
        ],
      },
    ],
    bars: [
      { title: 'CPU per replace with policies', figure: median(ratios(cpu.with, cpu.without)), limit: 1.05, unit: '× without' },
      { title: 'cold start with policies, more than without', figure: median(more), limit: 15, unit: 'ms' },
    ],
  };
}
