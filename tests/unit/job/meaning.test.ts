import { describe, expect, it } from 'vitest';
import { compare } from '../../../lib/job/compare.ts';
import { type JsonObject, parseExactJson } from '../../../lib/json/json.ts';
import { differing } from './differing.ts';
import { cci, changed, container, job, kubeflow, kubeflowJob, pod, raw, worker } from './jobs.ts';

const volume = `${pod}.volumes`;

describe('of two spellings of one quantity there is no difference', () => {
  it.each([
    ['a limit', `${container}.resources.limits.cpu`],
    ['a request', `${container}.resources.requests.memory`],
    ['an extended resource', `${container}.resources.limits.nvidia/gpu`],
    ['an init container’s limit', `${pod}.initContainers`, (value: unknown) => [{ resources: { limits: { cpu: value } } }]],
    ['the overhead', `${pod}.overhead.cpu`],
    ['a size limit', volume, (value: unknown) => [{ name: 'v', emptyDir: { sizeLimit: value } }]],
    ['a divisor in env', `${container}.env`, (value: unknown) => [{ valueFrom: { resourceFieldRef: { divisor: value } } }]],
    ['a divisor in a volume', volume, (value: unknown) => [{ downwardAPI: { items: [{ resourceFieldRef: { divisor: value } }] } }]],
    [
      'a divisor in a projected volume',
      volume,
      (value: unknown) => [{ projected: { sources: [{ downwardAPI: { items: [{ resourceFieldRef: { divisor: value } }] } }] } }],
    ],
    [
      'a volume claim’s request',
      volume,
      (value: unknown) => [{ ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: value } } } } } }],
    ],
  ])('in %s', (_title, path, holding: (value: unknown) => unknown = (value) => value) => {
    const with_ = (value: unknown) => job({ [path]: holding(value) });
    for (const same of ['2000m', 2, '2.0', '2e0', raw('2.0')]) expect(differing(with_('2'), with_(same))).toEqual([]);
    expect(differing(with_('4Gi'), with_(4294967296))).toEqual([]);
    for (const other of ['3', '2k', '2Ki', '-2', 'two', '', null, {}, ['2'], true])
      expect(differing(with_('2'), with_(other))).toHaveLength(1);
  });

  it.each([
    ['an environment variable', `${container}.env`, [{ name: 'A', value: '1000m' }], [{ name: 'A', value: '1' }]],
    ['a label of the template', `${worker}.template.metadata.labels`, { a: '2' }, { a: '2.0' }],
    ['an argument', `${container}.args`, ['2'], ['2.0']],
    ['a number and its text', `${worker}.replicas`, 2, '2'],
    ['a port', `${container}.ports.0.containerPort`, 2222, '2222'],
    ['a node selector', `${pod}.nodeSelector`, { a: '1k' }, { a: '1000' }],
    ['an unknown field', 'spec.unknown', '1k', '1000'],
    ['a tag', `${container}.image`, 'a:1', 'a:1.0'],
  ])('but in %s there is one', (_title, path, a, b) => {
    expect(differing(job({ [path]: a }), job({ [path]: b }))).toHaveLength(1);
  });
});

describe('of two spellings of one number there is no difference', () => {
  it.each([
    ['1', '1.0'],
    ['1', '1e0'],
    ['100', '1E2'],
    ['0', '-0'],
    ['0', '0.0e5'],
    ['9007199254740993', '9007199254740993.0'],
    ['1e400', '10e399'],
    ['1.5', '1.50'],
  ])('%s and %s', (a, b) => {
    expect(differing(job({ 'spec.x': raw(a), 'spec.y': [raw(a)] }), job({ 'spec.x': raw(b), 'spec.y': [raw(b)] }))).toEqual([]);
  });

  it.each([
    ['9007199254740992', '9007199254740993'],
    ['1e400', '1e401'],
    ['1', '-1'],
    ['0.1', '0.10000000000000000001'],
    ['0', '1e-400'],
    ['1', '"1"'],
    ['1', 'true'],
    ['0', 'false'],
    ['0', '""'],
    ['0', 'null'],
    ['0', '[]'],
    ['1000', '"1k"'],
  ])('but between %s and %s there is one', (a, b) => {
    const [left, right] = [parseExactJson(`{"x":${a},"y":[${a}]}`), parseExactJson(`{"x":${b},"y":[${b}]}`)];
    expect(differing(job({ 'spec.new': left }), job({ 'spec.new': right }))).toEqual(['spec.new.x', 'spec.new.y[0]']);
  });
});

describe('null, [], {} and absent', () => {
  const nothing = [null, [], {}, undefined, { a: null }, { a: { b: [] } }];

  it.each([
    'spec.unknown',
    `${container}.securityContext`,
    `${pod}.tolerations`,
    `${pod}.nodeSelector`,
    `${container}.env`,
    'unknown',
    `${pod}.x.y`,
  ])('are the same at %s', (path) => {
    for (const a of nothing) for (const b of nothing) expect(differing(job({ [path]: a }), job({ [path]: b }))).toEqual([]);
    for (const a of nothing) {
      for (const b of [0, '', false, 'a', 1, [null], [{}], [[]], { a: 1 }, { a: [null] }, { a: { b: false } }]) {
        if (path.endsWith('.env') || path.endsWith('.tolerations') || path.endsWith('.securityContext')) continue;
        expect(differing(job({ [path]: a }), job({ [path]: b })), JSON.stringify([a, b])).toHaveLength(1);
      }
    }
  });

  it('differ as elements of an array', () => {
    const elements = [null, [], {}, 0, '', false, [null], [[]]];
    for (const [i, a] of elements.entries()) {
      for (const [j, b] of elements.entries()) {
        const expected = i === j ? [] : a !== null && Array.isArray(a) && Array.isArray(b) ? expect.any(Array) : ['spec.new[0]'];
        expect(differing(job({ 'spec.new': [a] }), job({ 'spec.new': [b] })), JSON.stringify([a, b])).toEqual(expected);
        if (i !== j) expect(differing(job({ 'spec.new': [a] }), job({ 'spec.new': [b] }))).toHaveLength(1);
      }
    }
    expect(differing(job({ 'spec.new': [] }), job({ 'spec.new': [null] }))).toEqual(['spec.new[0]']);
    expect(differing(job({ 'spec.new': [1, null] }), job({ 'spec.new': [1] }))).toEqual(['spec.new[1]']);
    expect(differing(job({ 'spec.new': [{ a: null }] }), job({ 'spec.new': [{}] }))).toEqual([]);
  });

  it.each(['selector', 'labelSelector', 'namespaceSelector', 'podSelector'])(
    'differ from {} as a %s, which then selects everything',
    (name) => {
      const term = (selector: unknown) => job({ [`${pod}.affinity.podAntiAffinity.terms`]: [{ topologyKey: 'k', [name]: selector }] });
      const path = [`${pod}.affinity.podAntiAffinity.terms[0].${name}`];
      expect(differing(term({}), term(undefined))).toEqual(path);
      expect(differing(term({}), term(null))).toEqual(path);
      expect(differing(term({ matchLabels: {} }), term(undefined))).toEqual(path);
      expect(differing(term(null), term(undefined))).toEqual([]);
      expect(differing(term({ matchLabels: null, matchExpressions: [] }), term({}))).toEqual([]);
    },
  );

  it('are the same as a nodeSelector, which is a plain map', () => {
    expect(differing(job({ [`${pod}.nodeSelector`]: {} }), job())).toEqual([]);
  });
});

describe('the order of members', () => {
  const reversed = (value: unknown): unknown =>
    Array.isArray(value) || typeof value !== 'object' || value === null
      ? Array.isArray(value)
        ? value.map(reversed)
        : value
      : Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, member]) => [key, reversed(member)]),
        );

  it('is no difference, that of elements is one', () => {
    expect(differing(job(), reversed(job()) as JsonObject)).toEqual([]);
    const args = (...list: string[]) => job({ [`${container}.args`]: list });
    expect(differing(args('a', 'b'), args('b', 'a'))).toEqual([`${pod}.containers[0].args[0]`, `${pod}.containers[0].args[1]`]);
  });
});

describe('replica types in another case', () => {
  const renamed = (name: string, rest = {}) => {
    const live = job();
    const { Ps, Worker } = (live.spec as JsonObject).tfReplicaSpecs as JsonObject;
    return changed(live, { 'spec.tfReplicaSpecs': { [name]: Ps, Worker, ...rest } });
  };

  it.each(['PS', 'ps', 'pS'])('are no difference: %s for Ps', (name) => {
    expect(differing(job(), renamed(name))).toEqual([]);
  });

  it('still show what differs inside, under the live name', () => {
    const requested = changed(renamed('PS'), { 'spec.tfReplicaSpecs.PS.replicas': 2 });
    const { found } = compare(job(), requested, cci.semantics);
    expect(found).toEqual([{ path: 'spec.tfReplicaSpecs.Ps.replicas', live: 1, requested: 2 }]);
  });

  it('differ where another replica type was added, dropped or renamed', () => {
    expect(differing(job(), renamed('Chief'))).toEqual(['spec.tfReplicaSpecs.Ps', 'spec.tfReplicaSpecs.Chief']);
    expect(differing(job(), renamed('Ps', { Evaluator: { replicas: 2 } }))).toEqual(['spec.tfReplicaSpecs.Evaluator']);
  });

  it('never hide one of two that fold together', () => {
    const evil = { replicas: 9 };
    expect(compare(job(), renamed('Ps', { PS: evil }), cci.semantics).total).toBe(1);
    expect(compare(renamed('Ps', { PS: evil }), job(), cci.semantics).total).toBe(1);
    expect(compare(job(), renamed('PS', { pS: evil }), cci.semantics).total).toBeGreaterThan(0);
    expect(compare(renamed('Ps', { PS: evil }), renamed('PS', { Ps: evil }), cci.semantics).total).toBeGreaterThan(0);
  });

  it('are ordinary names elsewhere', () => {
    expect(differing(job({ 'spec.m': { Ps: 1 } }), job({ 'spec.m': { PS: 1 } }))).toEqual(['spec.m.Ps', 'spec.m.PS']);
  });
});

describe('a timestamp', () => {
  const at = (time: unknown) => job({ [`${worker}.template.metadata.creationTimestamp`]: time });

  it.each(['2019-07-24T07:17:01+00:00', '2019-07-24T09:17:01+02:00', '2019-07-24T07:17:01.000Z', '2019-07-24T07:17:01.000000000Z'])(
    'written %s is the same moment as 2019-07-24T07:17:01Z',
    (time) => {
      expect(differing(at('2019-07-24T07:17:01Z'), at(time))).toEqual([]);
    },
  );

  it.each([
    '2019-07-24T07:17:02Z',
    '2019-07-24T07:17:01.001Z',
    '2019-07-24T07:17:01.0001Z',
    '2019-07-24T07:17:01.000000001Z',
    'x',
    '',
    0,
    null,
  ])('written %s is another one', (time) => {
    expect(differing(at('2019-07-24T07:17:01Z'), at(time))).toHaveLength(1);
  });

  it('that is no RFC 3339 is compared as text', () => {
    expect(differing(at('2019-01-01T00:00:00Z'), at('2019'))).toHaveLength(1);
    expect(differing(at('2019-01-01T00:00:00Z'), at('2019-01-01'))).toHaveLength(1);
    expect(differing(at('2019-01-01T00:00:00Z'), at('Jan 1 2019 GMT'))).toHaveLength(1);
    expect(differing(at('x'), at('x'))).toEqual([]);
  });

  it('elsewhere is text', () => {
    expect(differing(job({ 'spec.t': '2019-07-24T07:17:01Z' }), job({ 'spec.t': '2019-07-24T07:17:01.0Z' }))).toEqual(['spec.t']);
  });
});

describe('what the server owns or other rules settle', () => {
  it('is no difference here', () => {
    const metadata = { name: 1, namespace: 1, uid: 1, resourceVersion: 1, labels: 1, annotations: 1, deletionTimestamp: 1 };
    const requested = job(
      { status: { a: 1 }, apiVersion: 1, kind: 1, metadata },
      { 'metadata.deletionGracePeriodSeconds': 1, 'metadata.creationTimestamp': 1, 'metadata.generation': 1, 'metadata.selfLink': 1 },
      { 'metadata.managedFields': 1, 'spec.activeDeadlineSeconds': 1, 'spec.ttlSecondsAfterFinished': 1, 'spec.cleanPodPolicy': 1 },
    );
    expect(differing(job(), requested)).toEqual([]);
  });

  it('is a difference at any other place', () => {
    const elsewhere = [
      'metadata.status',
      'spec.status',
      'spec.labels',
      'spec.runPolicy.cleanPodPolicy',
      `${worker}.generation`,
      'generation',
    ];
    for (const path of elsewhere) expect(differing(job(), job({ [path]: 1 }))).toEqual([path]);
    const live = kubeflowJob({ 'spec.runPolicy.cleanPodPolicy': 'All' });
    for (const path of ['spec.cleanPodPolicy', 'spec.runPolicy.labels']) {
      expect(differing(live, changed(live, { [path]: 1 }), kubeflow)).toEqual([path]);
    }
  });

  it('are generateName, ownerReferences and finalizers when omitted, and a difference when present and different', () => {
    const live = job({ 'metadata.generateName': 'a-', 'metadata.ownerReferences': [{ uid: 'u' }], 'metadata.finalizers': ['f'] });
    const paths = (requested: JsonObject) => compare(live, requested, cci.semantics).found.map(({ path }) => path);
    for (const nothing of [undefined, null, [], {}]) {
      const omitted = { 'metadata.generateName': undefined, 'metadata.ownerReferences': nothing, 'metadata.finalizers': nothing };
      expect(paths(changed(live, omitted))).toEqual([]);
    }
    expect(paths(changed(live, { 'metadata.generateName': '' }))).toEqual([]);
    const other = { 'metadata.generateName': 'b-', 'metadata.ownerReferences': [{ uid: 'v' }], 'metadata.finalizers': ['f', 'g'] };
    expect(paths(changed(live, other))).toEqual(['metadata.generateName', 'metadata.ownerReferences[0].uid', 'metadata.finalizers[1]']);
    const added = compare(job(), job(other), cci.semantics).found.map(({ path }) => path);
    expect(added).toEqual(['metadata.generateName', 'metadata.ownerReferences', 'metadata.finalizers']);
  });
});
