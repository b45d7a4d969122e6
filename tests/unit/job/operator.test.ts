import { describe, expect, it } from 'vitest';
import { compare } from '../../../lib/job/compare.ts';
import type { Layout } from '../../../lib/job/fields.ts';
import { type JobKind, jobKind } from '../../../lib/job/kinds.ts';
import type { Json, JsonObject } from '../../../lib/json/json.ts';
import { frozen } from './jobs.ts';

const kindOf = (layout: Layout, plural: string): JobKind => jobKind(layout, plural) as JobKind;
const spec = (of: unknown): JsonObject => ({ spec: of as Json });
/** The paths at which a request differs from the live job. */
function paths(kind: JobKind, live: JsonObject, requested: JsonObject): string[] {
  return compare(frozen(live), frozen(requested), kind.semantics).found.map(({ path }) => path);
}

const operators: [layout: Layout, plural: string, type: string, container: string, port: string, number: number][] = [
  ['cci', 'tfjobs', 'Worker', 'tensorflow', 'tfjob-port', 2222],
  ['cci', 'pytorchjobs', 'Master', 'pytorch', 'pytorchjob-port', 23456],
  ['cci', 'mxjobs', 'Server', 'mxnet', 'mxjob-port', 9091],
  ['kubeflow', 'tfjobs', 'Chief', 'tensorflow', 'tfjob-port', 2222],
  ['kubeflow', 'pytorchjobs', 'Worker', 'pytorch', 'pytorchjob-port', 23456],
  ['kubeflow', 'mxjobs', 'Scheduler', 'mxnet', 'mxjob-port', 9091],
  ['kubeflow', 'xgboostjobs', 'Master', 'xgboost', 'xgboostjob-port', 9999],
  ['kubeflow', 'paddlejobs', 'Worker', 'paddle', 'master', 36543],
];

describe.each(operators)('the port that the operator of %s %s adds', (layout, plural, type, main, name, containerPort) => {
  const kind = kindOf(layout, plural);
  const port = { name, containerPort };
  const own = { name: 'own', containerPort: 8080 };
  const containersOf = (...containers: object[]): JsonObject =>
    spec({ [kind.replicaSpecs]: { [type]: { template: { spec: { containers } } } } });
  const at = `spec.${kind.replicaSpecs}.${type}.template.spec.containers`;
  const one = (ports: unknown): JsonObject => containersOf({ name: main, image: 'a:1', ports });

  it.each<[string, object[], unknown]>([
    ['alone, to one who has no ports', [port], undefined],
    ['to one who has null', [port], null],
    ['to one who has an empty list', [port], []],
    ['with the protocol that the server fills in', [{ ...port, protocol: 'TCP' }], undefined],
    ['after a port of the author’s', [own, port], [own]],
    [
      'after one whose protocol is filled in',
      [
        { ...own, protocol: 'TCP' },
        { ...port, protocol: 'TCP' },
      ],
      [own],
    ],
    ['after the same port under no name', [{ containerPort }, port], [{ containerPort }]],
  ])('is no difference %s', (_title, live, requested) => {
    expect(paths(kind, one(live), one(requested))).toEqual([]);
  });

  it('is no difference in the container of the kind’s name, wherever that stands, and else in the first', () => {
    const sidecar = { name: 'sidecar', image: 'b:1' };
    const mine = { name: main, image: 'a:1' };
    const other = { name: 'other', image: 'c:1' };
    expect(paths(kind, containersOf(sidecar, { ...mine, ports: [port] }), containersOf(sidecar, mine))).toEqual([]);
    expect(paths(kind, containersOf({ ...other, ports: [port] }, sidecar), containersOf(other, sidecar))).toEqual([]);
    expect(paths(kind, containersOf({ ...sidecar, ports: [port] }, mine), containersOf(sidecar, mine))).toEqual([`${at}[0].ports`]);
    expect(paths(kind, containersOf(other, { ...sidecar, ports: [port] }), containersOf(other, sidecar))).toEqual([`${at}[1].ports`]);
    expect(paths(kind, containersOf(mine, { ...mine, ports: [port] }), containersOf(mine, mine))).toEqual([`${at}[1].ports`]);
  });

  it.each<[string, Json[], Json | undefined, string]>([
    ['it has another number', [{ name, containerPort: containerPort + 1 }], undefined, ''],
    ['its number is a text', [{ name, containerPort: String(containerPort) }], undefined, ''],
    ['it has another name', [{ name: `${name}2`, containerPort }], undefined, ''],
    ['it has no name', [{ containerPort }], undefined, ''],
    ['it has a hostPort', [{ ...port, hostPort: containerPort }], undefined, ''],
    ['it has a hostIP', [{ ...port, hostIP: '127.0.0.1' }], undefined, ''],
    ['it has another protocol', [{ ...port, protocol: 'UDP' }], undefined, ''],
    ['it has an unknown member', [{ ...port, x: 1 }], undefined, ''],
    ['it is not the last', [port, own], [own], '[0].name'],
    ['it is added twice', [port, port], undefined, ''],
    ['the author has a port of that name', [{ name, containerPort: 1 }, port], [{ name, containerPort: 1 }], '[1]'],
    ['another port is gone as well', [own, port], undefined, ''],
    ['another port is another one', [own, port], [{ ...own, containerPort: 8081 }], '[0].containerPort'],
    ['it stands in the request alone', [], [port], ''],
    ['it is asked for with another number', [port], [{ name, containerPort: 1 }], '[0].containerPort'],
    ['it is asked for with a hostPort', [port], [{ ...port, hostPort: 80 }], '[0].hostPort'],
    ['another is asked for in its place', [port], [own], '[0].name'],
  ])('is a difference where %s', (_title, live, requested, where) => {
    const found = paths(kind, one(live), one(requested));
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatch(new RegExp(`^${`${at}[0].ports${where}`.replace(/[[\].]/g, '\\$&')}`));
  });

  it('does not hide what else is asked of that container', () => {
    const live = containersOf({ name: main, image: 'a:1', ports: [port] });
    const evil = containersOf({ name: main, image: 'evil:1' });
    expect(paths(kind, live, evil)).toEqual([`${at}[0].image`]);
    const moved = containersOf({ name: 'new', image: 'evil:1' }, { name: main, image: 'a:1' });
    expect(paths(kind, live, moved).length).toBeGreaterThan(1);
  });
});

describe('MPIJob', () => {
  const mpi = kindOf('kubeflow', 'mpijobs');
  const types = (of: unknown, policies: unknown = {}): JsonObject => spec({ mpiReplicaSpecs: of, ...(policies as object) });

  it('gets no port from its operator', () => {
    const live = (ports: unknown) => types({ Worker: { template: { spec: { containers: [{ name: 'mpi', ports }] } } } });
    expect(paths(mpi, live([{ name: 'mpi-port', containerPort: 9999 }]), live(undefined))).toHaveLength(1);
  });

  it.each([
    ['Launcher', 1, 0],
    ['Worker', 0, 1],
  ])('has as many of %s as its operator says: %i, not %i', (type, count, other) => {
    const one = (replicas: unknown) => types({ [type]: { restartPolicy: 'Never', replicas } });
    expect(paths(mpi, one(count), one(undefined))).toEqual([]);
    expect(paths(mpi, one(undefined), one(count))).toEqual([]);
    expect(paths(mpi, one(undefined), one(other))).toEqual([`spec.mpiReplicaSpecs.${type}.replicas`]);
    expect(paths(mpi, one(other), one(undefined))).toEqual([`spec.mpiReplicaSpecs.${type}.replicas`]);
  });

  it('has no default for a replica type that its operator does not know', () => {
    const other = (of: object) => types({ Other: { template: {}, ...of } });
    expect(paths(mpi, other({ replicas: 1 }), other({}))).toEqual(['spec.mpiReplicaSpecs.Other.replicas']);
    expect(paths(mpi, other({ restartPolicy: 'Never' }), other({}))).toEqual(['spec.mpiReplicaSpecs.Other.restartPolicy']);
  });

  it('has one slot per worker where nobody says, and no main container where that is empty', () => {
    expect(paths(mpi, types({}, { slotsPerWorker: 1, mainContainer: '' }), types({}))).toEqual([]);
    expect(paths(mpi, types({}, { slotsPerWorker: 2 }), types({}))).toEqual(['spec.slotsPerWorker']);
    expect(paths(mpi, types({}), types({}, { mainContainer: 'm' }))).toEqual(['spec.mainContainer']);
  });

  // [spec's, runPolicy's] of live, and of the request; whether the request may be taken.
  it.each<[live: (string | undefined)[], requested: (string | undefined)[], isTaken: boolean]>([
    [['None', 'None'], [], true],
    [['None', 'None'], [undefined, 'None'], true],
    [['None', 'None'], [undefined, 'All'], true],
    [['None', 'None'], ['None'], true],
    [['None'], [], true],
    [[], ['None'], true],
    [['All', 'All'], [undefined, 'All'], true],
    [['All', 'All'], [undefined, 'None'], true],
    [['All', 'All'], ['All', 'Running'], true],
    [['All'], [undefined, 'All'], true],
    [['All', 'All'], [], false],
    [['All'], [], false],
    [['All', 'Running'], [undefined, 'None'], false],
    [['Running', 'Running'], ['All', 'All'], false],
    [['None', 'None'], ['All', 'All'], false],
    [['None', 'None'], ['All'], false],
    [[], ['All'], false],
    [[undefined, 'All'], ['All'], false],
    [[undefined, 'All'], ['All', 'All'], true],
    [[undefined, 'All'], ['Running', 'All'], false],
  ])('with cleanPodPolicy in two places, %j: a request for %j is taken: %j', ([a, b], [c, d], isTaken) => {
    const of = (cleanPodPolicy?: string, inRunPolicy?: string) =>
      types({}, { ...(cleanPodPolicy && { cleanPodPolicy }), ...(inRunPolicy && { runPolicy: { cleanPodPolicy: inRunPolicy } }) });
    expect(paths(mpi, of(a, b), of(c, d))).toEqual(isTaken ? [] : ['spec.cleanPodPolicy']);
  });
});

it('an MPIJob whose cleanPodPolicy may be taken is written as its operator reads the request, whatever the two places hold', () => {
  const mpi = kindOf('kubeflow', 'mpijobs');
  const values = [undefined, 'None', 'All', 'Running'];
  const of = (cleanPodPolicy?: string, inRunPolicy?: string) =>
    spec({ ...(cleanPodPolicy && { cleanPodPolicy }), ...(inRunPolicy && { runPolicy: { cleanPodPolicy: inRunPolicy } }) });
  // Reconcile in mpijob_controller.go: runPolicy's holds, then the spec's, then None.
  const effective = (first?: string, second?: string) => second ?? first ?? 'None';
  let taken = 0;
  for (const a of values)
    for (const b of values)
      for (const c of values)
        for (const d of values) {
          if (paths(mpi, of(a, b), of(c, d)).length > 0) continue;
          taken += 1;
          // What is written has the live spec's policy and the requested runPolicy's.
          expect([a, b, c, d, effective(a, d)]).toEqual([a, b, c, d, effective(c, d)]);
        }
  expect(taken).toBeGreaterThan(64);
});

describe('PyTorchJob on Kubeflow', () => {
  const kind = kindOf('kubeflow', 'pytorchjobs');
  const job = (of: object, workers: object | undefined = { replicas: 3 }): JsonObject =>
    spec({ ...of, pytorchReplicaSpecs: { Worker: workers } });
  const elastic = (elasticPolicy: unknown, workers?: object): JsonObject => job({ elasticPolicy }, workers);

  it('has nprocPerNode auto where neither it nor its elasticPolicy says how many', () => {
    expect(paths(kind, job({ nprocPerNode: 'auto' }), job({}))).toEqual([]);
    expect(paths(kind, job({ nprocPerNode: 'gpu' }), job({}))).toEqual(['spec.nprocPerNode']);
    const policy = { minReplicas: 1, maxReplicas: 2, nProcPerNode: 2 };
    expect(paths(kind, job({ nprocPerNode: 'auto', elasticPolicy: policy }), job({ elasticPolicy: policy }))).toEqual([
      'spec.nprocPerNode',
    ]);
    const none = { ...policy, nProcPerNode: null };
    expect(paths(kind, job({ nprocPerNode: 'auto', elasticPolicy: none }), job({ elasticPolicy: none }))).toEqual([]);
  });

  it.each<[string, object, object, object?]>([
    ['the other', { minReplicas: 2, maxReplicas: 2 }, { minReplicas: 2 }],
    ['the other, the other way round', { minReplicas: 2, maxReplicas: 2 }, { maxReplicas: 2 }],
    ['the workers, for both', { minReplicas: 3, maxReplicas: 3 }, {}],
    ['one worker, where their number is left out', { minReplicas: 1, maxReplicas: 1 }, {}, { template: {} }],
    ['c10d for the backend', { minReplicas: 3, maxReplicas: 3, rdzvBackend: 'c10d', standalone: false }, {}],
  ])('has the limits of its elasticPolicy by %s', (_title, live, requested, workers) => {
    expect(paths(kind, elastic(live, workers), elastic(requested, workers))).toEqual([]);
    expect(paths(kind, elastic(requested, workers), elastic(live, workers))).toEqual([]);
  });

  it.each<[string, object, object, string]>([
    ['a limit that is not the default', { minReplicas: 1, maxReplicas: 2 }, { maxReplicas: 2 }, 'minReplicas'],
    ['a limit that is not the workers’', { minReplicas: 3, maxReplicas: 4 }, {}, 'maxReplicas'],
    ['a limit of which neither says the other', { minReplicas: 1 }, { minReplicas: 2 }, 'minReplicas'],
    ['another backend', { rdzvBackend: 'etcd' }, {}, 'rdzvBackend'],
    ['a number of processes', { nProcPerNode: 1 }, {}, 'nProcPerNode'],
    ['a number of restarts', { maxRestarts: 3 }, {}, 'maxRestarts'],
    ['a rendezvous host', { rdzvHost: 'h' }, {}, 'rdzvHost'],
  ])('differs by %s', (_title, live, requested, field) => {
    expect(paths(kind, elastic(live), elastic(requested))).toEqual([`spec.elasticPolicy.${field}`]);
  });

  it('differs where one has an elasticPolicy and the other none, whatever is in it', () => {
    for (const policy of [{}, { rdzvBackend: 'c10d' }, { minReplicas: 3, maxReplicas: 3 }]) {
      expect(paths(kind, elastic(policy), job({}))).toEqual(['spec.elasticPolicy']);
      expect(paths(kind, job({}), elastic(policy))).toEqual(['spec.elasticPolicy']);
    }
    expect(paths(kind, elastic(null), job({}))).toEqual([]);
  });

  it('has no such default on CCI', () => {
    const cci = kindOf('cci', 'pytorchjobs');
    expect(paths(cci, job({ nprocPerNode: 'auto' }), job({}))).toEqual(['spec.nprocPerNode']);
  });
});

describe('PaddleJob', () => {
  it('has the limits of its elasticPolicy by each other and by its workers', () => {
    const kind = kindOf('kubeflow', 'paddlejobs');
    const elastic = (elasticPolicy: unknown): JsonObject => spec({ elasticPolicy, paddleReplicaSpecs: { Worker: { replicas: 2 } } });
    expect(paths(kind, elastic({ minReplicas: 2, maxReplicas: 2 }), elastic({}))).toEqual([]);
    expect(paths(kind, elastic({ minReplicas: 1, maxReplicas: 2 }), elastic({ maxReplicas: 2 }))).toEqual([
      'spec.elasticPolicy.minReplicas',
    ]);
    expect(paths(kind, elastic({}), elastic(undefined))).toEqual(['spec.elasticPolicy']);
  });
});

describe.each<[Layout, string, string, string]>([
  ['cci', 'tfjobs', 'Never', 'OnFailure'],
  ['cci', 'pytorchjobs', 'Never', 'OnFailure'],
  ['cci', 'mxjobs', 'Never', 'OnFailure'],
  ['kubeflow', 'tfjobs', 'Never', 'OnFailure'],
  ['kubeflow', 'pytorchjobs', 'OnFailure', 'Never'],
  ['kubeflow', 'mxjobs', 'Never', 'OnFailure'],
  ['kubeflow', 'xgboostjobs', 'Never', 'OnFailure'],
  ['kubeflow', 'paddlejobs', 'OnFailure', 'Never'],
  ['kubeflow', 'mpijobs', 'Never', 'OnFailure'],
])('a replica of %s %s', (layout, plural, policy, other) => {
  const kind = kindOf(layout, plural);
  const types = (Worker: unknown, more: object = {}): JsonObject => spec({ [kind.replicaSpecs]: { Worker, ...more } });

  it('has the restartPolicy of its operator', () => {
    const one = (restartPolicy: unknown) => types({ restartPolicy });
    expect(paths(kind, one(policy), one(undefined))).toEqual([]);
    expect(paths(kind, one(other), one(undefined))).toEqual([`spec.${kind.replicaSpecs}.Worker.restartPolicy`]);
  });

  it('is a difference where the other side has no such type, though it says nothing but defaults', () => {
    const port = { containers: [{ name: 'c' }] };
    for (const empty of [{}, { replicas: 1 }, { restartPolicy: policy, template: {} }, { template: { spec: port } }, []]) {
      expect(paths(kind, types({}), types({}, { Extra: empty }))).toEqual([`spec.${kind.replicaSpecs}.Extra`]);
      expect(paths(kind, types({}, { Extra: empty }), types({}))).toEqual([`spec.${kind.replicaSpecs}.Extra`]);
    }
    expect(paths(kind, types({}), types({}, { Extra: null }))).toEqual([]);
  });
});

it('successPolicy and enableDynamicWorker are TFJob’s own', () => {
  const none = { successPolicy: '', enableDynamicWorker: false };
  for (const layout of ['cci', 'kubeflow'] as const) expect(paths(kindOf(layout, 'tfjobs'), spec(none), spec({}))).toEqual([]);
  expect(paths(kindOf('kubeflow', 'tfjobs'), spec({ successPolicy: 'AllWorkers' }), spec({}))).toEqual(['spec.successPolicy']);
  expect(paths(kindOf('kubeflow', 'paddlejobs'), spec(none), spec({}))).toHaveLength(2);
});
