import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Layout } from '../../lib/job/fields.ts';
import { type JobKind, jobKind } from '../../lib/job/kinds.ts';
import { runsOf } from '../exhaustive.ts';
import { kinds, stored } from '../manifests/operator-model.ts';
import type { Loose } from '../scenarios/gateway.ts';
import { codeOf, judge } from './oracle.ts';

const runs = runsOf(10_000);
const timeout = 60_000 + runs * 20;

interface Served {
  layout: Layout;
  kind: JobKind;
  name: string;
  types: [string, string];
}
/** By name, so that a counterexample can be read. */
const served: Record<string, Served> = Object.fromEntries(
  (['cci', 'kubeflow'] as const).flatMap((layout) =>
    Object.entries(kinds).flatMap(([name, { plural }]) => {
      const kind = jobKind(layout, plural);
      const first = name === 'MPIJob' ? 'Launcher' : 'Master';
      return kind ? [[`${layout} ${name}`, { layout, kind, name, types: [first, 'Worker'] }] as [string, Served]] : [];
    }),
  ),
);

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const policy = optional(fc.constantFrom('None', 'All', 'Running'));
const count = optional(fc.constantFrom(0, 1, 2));

/** Ports like the operator's, by all that may be wrong with one. */
const portOf = (name: string): fc.Arbitrary<Loose> => {
  const [, portName, containerPort] = kinds[name]?.port ?? ['', 'mpi-port', 9999];
  const right = { name: portName, containerPort };
  const variants = [{ protocol: 'TCP' }, { protocol: 'UDP' }, { hostPort: 80 }, { containerPort: 1 }, { name: 'own' }, { name: undefined }];
  return fc.constantFrom<Loose>(right, right, ...variants.map((other) => ({ ...right, ...other })));
};
const podOf = (name: string): fc.Arbitrary<Loose> => {
  const container = fc.record({
    name: fc.constantFrom(kinds[name]?.port?.[0] ?? 'mpi', 'sidecar'),
    image: fc.constantFrom('a', 'a:1'),
    ports: optional(fc.array(portOf(name), { maxLength: 2 })),
  });
  return fc.record({ containers: fc.array(container, { minLength: 1, maxLength: 2 }) });
};
const replicaOf = (name: string): fc.Arbitrary<Loose> =>
  fc.record({
    replicas: count,
    restartPolicy: optional(fc.constantFrom('Never', 'OnFailure')),
    template: fc.record({ spec: podOf(name) }),
  });
const elasticPolicy = optional(
  fc.record({
    minReplicas: optional(fc.constantFrom(1, 2)),
    maxReplicas: optional(fc.constantFrom(1, 2)),
    nProcPerNode: optional(fc.constant(1)),
    rdzvBackend: optional(fc.constantFrom('c10d', 'etcd')),
  }),
);

/** A manifest of any kind, of few values, so that two often agree in all but one. */
function manifestOf({ name, kind, layout, types }: Served): fc.Arbitrary<Loose> {
  const own: Record<string, fc.Arbitrary<Loose>> = name === 'MPIJob'
    ? { cleanPodPolicy: policy, slotsPerWorker: optional(fc.constantFrom(1, 2)) }
    : { nprocPerNode: optional(fc.constantFrom('auto', 'gpu')), elasticPolicy };
  const fields: Record<string, fc.Arbitrary<Loose>> = {
    ...(name === 'TFJob' ? { successPolicy: optional(fc.constantFrom('', 'AllWorkers')) } : {}),
    ...(name === 'PyTorchJob' || name === 'PaddleJob' || name === 'MPIJob' ? own : {}),
    [kind.replicaSpecs]: fc.record({ [types[0]]: replicaOf(name), [types[1]]: replicaOf(name) }),
    ...(layout === 'cci' ? { cleanPodPolicy: policy } : { runPolicy: fc.record({ cleanPodPolicy: policy }) }),
  };
  return fc
    .record(fields)
    .map((of) => plain({ apiVersion: 'kubeflow.org/v1', kind: name, metadata: { name: 'tfjob-test', namespace: 'kube-test' }, spec: of }));
}
const plain = (value: Loose): Loose => JSON.parse(JSON.stringify(value));

/** Puts parts of one job into another: whole members and elements, or takes them away. */
function mixed(job: Loose, other: Loose, picks: readonly number[]): Loose {
  const copy = plain(job);
  for (const pick of picks) {
    const places: [holder: Loose, key: string, from: Loose][] = [];
    const walk = (holder: Loose, from: Loose): void => {
      for (const key of Object.keys({ ...holder, ...from })) {
        places.push([holder, key, from?.[key]]);
        if (typeof holder[key] === 'object') walk(holder[key], from?.[key] ?? {});
      }
    };
    walk(copy.spec, other.spec);
    const [holder, key, value] = places[pick % places.length] as [Loose, string, Loose];
    if (value !== undefined && Array.isArray(holder) && Number(key) >= holder.length) holder.push(plain(value));
    else if (value !== undefined) holder[key] = plain(value);
    else if (Array.isArray(holder)) holder.splice(Number(key), 1);
    else delete holder[key];
  }
  return copy;
}

/** What a job means: what its operator makes of it, with what its controllers read where a field is left out. */
function meaning(job: Loose, layout: Layout): Loose {
  const { spec } = stored(job, layout);
  if (layout === 'kubeflow' && spec.elasticPolicy) spec.elasticPolicy.rdzvBackend ??= 'c10d';
  if (job.kind === 'MPIJob') spec.slotsPerWorker ??= 1;
  return said(spec);
}
/** A value without what says nothing: empty lists and maps. */
function said(value: Loose): Loose {
  if (Array.isArray(value)) return value.map(said);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, said(member)] as const);
  return Object.fromEntries(members.filter(([, member]) => typeof member !== 'object' || Object.keys(member).length > 0));
}

/** Whether the operator can make anything of a job: it has containers, and workers where its elasticPolicy needs their number. */
function isWhole(job: Loose, { kind, types }: Served): boolean {
  const replicas = Object.values<Loose>(job.spec?.[kind.replicaSpecs] ?? {});
  const isPod = (replica: Loose): boolean => replica?.template?.spec?.containers?.length > 0;
  const hasImages = (replica: Loose): boolean => replica.template.spec.containers.every(({ image }: Loose) => typeof image === 'string');
  const workers = job.spec?.[kind.replicaSpecs]?.[types[1]];
  return replicas.every((replica) => isPod(replica) && hasImages(replica)) && !(job.spec.elasticPolicy && !workers);
}

const pair = fc
  .constantFrom(...Object.keys(served))
  .chain((name) => fc.tuple(fc.constant(name), manifestOf(served[name] as Served), manifestOf(served[name] as Served)));
const picks = fc.array(fc.nat({ max: 10_000 }), { maxLength: 3 });

describe('what the operators write into a job', () => {
  it('is never a reason to refuse the manifest that it was made of, with any policy', { timeout }, () => {
    fc.assert(
      fc.property(pair, policy, ([name, manifest], cleanPodPolicy) => {
        const { kind, layout } = served[name] as Served;
        const requested = plain(manifest);
        const holder = layout === 'cci' ? requested.spec : requested.spec.runPolicy;
        if (cleanPodPolicy) holder.cleanPodPolicy = cleanPodPolicy;
        // In an MPIJob this is the policy's other place, and a policy by the author in both that differ has no one meaning.
        if (requested.kind === 'MPIJob') delete requested.spec.cleanPodPolicy;
        const live = stored(requested, layout);
        expect(codeOf(judge(kind, live, requested))).toBe(200);
        const other = plain(requested);
        (layout === 'cci' ? other.spec : other.spec.runPolicy).cleanPodPolicy = 'Running';
        expect(codeOf(judge(kind, live, other))).toBe(200);
      }),
      { numRuns: Math.ceil(runs * 0.1) },
    );
  });

  it('is never a way to be told 200 for what then is not so: what is written means what was asked', { timeout }, () => {
    let different = 0;
    fc.assert(
      fc.property(pair, picks, picks, fc.boolean(), ([name, first, second], ofLive, ofRequest, isStored) => {
        const one = served[name] as Served;
        const { kind, layout } = one;
        const live = mixed(stored(first, layout), second, ofLive);
        const requested = mixed(isStored ? live : first, second, ofRequest);
        if (!isWhole(live, one) || !isWhole(requested, one)) return;
        const decision = judge(kind, live, requested);
        if (decision.outcome === 'refused') return;
        const written = decision.outcome === 'change' ? plain(decision.object) : live;
        if (JSON.stringify(written.spec) !== JSON.stringify(requested.spec)) different += 1;
        expect(meaning(written, layout)).toEqual(meaning(requested, layout));
      }),
      { numRuns: Math.ceil(runs * 0.4) },
    );
    // That it is held of nothing proves nothing.
    expect(different).toBeGreaterThan(runs / 1000);
  });
});

it('every kind of every layout is among them', () => {
  expect(Object.keys(served)).toHaveLength(9);
});
