import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { lambdaContext } from '../fakes/context.ts';
import {
  type Answer,
  handlerOf,
  invoke,
  jobPath,
  type Loose,
  liveJob,
  liveText,
  now,
  requested,
  reset,
  status,
  useGateway,
} from './gateway.ts';
import { jsonPatch, mergePatch } from './patch/request.ts';

const account = '123456789012';
const arnOf = (name: string) => `arn:aws:iam::${account}:user/${name}`;
const role = (name: string, verbs: string[], more: object = {}) => ({
  kind: 'Role',
  metadata: { name, namespace: 'kube-test' },
  rules: [{ verbs, apiGroups: ['kubeflow.org'], resources: ['tfjobs'], ...more }],
});
const bound = (name: string, to = name) => ({
  kind: 'RoleBinding',
  metadata: { name: to, namespace: 'kube-test' },
  subjects: [{ kind: 'User', name: arnOf(to) }],
  roleRef: { kind: 'Role', name },
});

// `writer` may write and not read; `reader` reads one job; `all` may do all, and nobody else anything.
useGateway({
  env: { PROTECTED_KEYS: 'example.com/guarded' },
  policies: [
    role('writer', ['update', 'patch']),
    role('reader', ['get', 'list'], { resourceNames: ['tfjob-test'] }),
    role('all', ['*']),
    ...['writer', 'reader', 'all'].map((name) => bound(name)),
  ],
});

const bundles: Record<string, string> = { PUT: 'replace-job', PATCH: 'patch-job', GET: 'read-jobs' };
interface Request {
  method?: string;
  path?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: object | string | Buffer;
}

/** A request of somebody, as API Gateway hands it to a function. */
function eventOf(name: string, { method = 'PUT', path = jobPath, query = {}, headers = {}, body = '' }: Request): Loose {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return {
    resource: '/{proxy+}',
    path,
    httpMethod: method,
    headers: { 'content-type': method === 'PATCH' ? mergePatch : 'application/json', ...headers },
    multiValueQueryStringParameters: Object.fromEntries(Object.entries(query).map(([key, value]) => [key, [value]])),
    pathParameters: { proxy: path.slice(1) },
    requestContext: { httpMethod: method, identity: { userArn: arnOf(name), user: 'AIDAX' }, requestTimeEpoch: Date.now() },
    body: bytes.toString('base64'),
    isBase64Encoded: true,
  };
}

/** Sends a request as somebody to the handler of its verb, as API Gateway would. */
const as = async (name: string, request: Request): Promise<Answer> =>
  invoke(await handlerOf(bundles[request.method ?? 'PUT']), eventOf(name, request));

const patch = (body: object, more: Request = {}) => ({ method: 'PATCH', body, ...more });
const jsonPatched = (body: object[], more: Request = {}) => patch(body, { headers: { 'content-type': jsonPatch }, ...more });
const ttl = { spec: { ttlSecondsAfterFinished: 600 } };
const namespacePath = jobPath.replace('/tfjob-test', '');
const refusal = (who: string, verb: string, about: string, where: string, details: object) =>
  status(
    403,
    'Forbidden',
    `${about} is forbidden: User "${arnOf(who)}" cannot ${verb} resource "tfjobs" in API group "kubeflow.org" ${where}`,
    details,
  );
const details = { group: 'kubeflow.org', kind: 'tfjobs' };
const ofJob = { name: 'tfjob-test', ...details };
const about = 'tfjobs.kubeflow.org "tfjob-test"';
const inNamespace = 'in the namespace "kube-test"';

describe('who may not do it is refused in the words of an API server, and CCI is not asked:', () => {
  it.each<[string, string, Request, object]>([
    ['a PUT', 'eve', { body: '{}' }, refusal('eve', 'update', about, inNamespace, ofJob)],
    ['a PATCH', 'eve', patch(ttl), refusal('eve', 'patch', about, inNamespace, ofJob)],
    ['a JSON patch', 'reader', jsonPatched([]), refusal('reader', 'patch', about, inNamespace, ofJob)],
    ['a dry run', 'reader', patch(ttl, { query: { dryRun: 'All' } }), refusal('reader', 'patch', about, inNamespace, ofJob)],
    ['a GET', 'writer', { method: 'GET' }, refusal('writer', 'get', about, inNamespace, ofJob)],
    ['a list', 'eve', { method: 'GET', path: namespacePath }, refusal('eve', 'list', 'tfjobs.kubeflow.org', inNamespace, details)],
    [
      'a list of all namespaces',
      'all',
      { method: 'GET', path: '/apis/kubeflow.org/v1/tfjobs' },
      refusal('all', 'list', 'tfjobs.kubeflow.org', 'at the cluster scope', details),
    ],
    [
      'a watch, by whoever may list',
      'reader',
      { method: 'GET', path: namespacePath, query: { watch: '1', fieldSelector: 'metadata.name=tfjob-test' } },
      refusal('reader', 'watch', about, inNamespace, ofJob),
    ],
    [
      'another namespace',
      'all',
      { method: 'GET', path: jobPath.replace('kube-test', 'other') },
      refusal('all', 'get', about, 'in the namespace "other"', ofJob),
    ],
  ])('%s', async (_, who, request, body) => {
    const answer = await as(who, request);
    expect(answer.body).toEqual(body);
    expect(answer.headers.get('x-refused-by')).toBe('authorization');
    expect(now.upstream.received).toEqual([]);
  });

  it('a list of a job that he may not get, and one of all, but not one of the job that he may', async () => {
    const list = (fieldSelector?: string) =>
      as('reader', { method: 'GET', path: namespacePath, query: fieldSelector === undefined ? {} : { fieldSelector } }).catch(() => 'sent');
    const codes = [];
    for (const selector of [
      'metadata.name=tfjob-test',
      'metadata.name==tfjob-test',
      'metadata.namespace=kube-test,metadata.name=tfjob-test',
    ]) {
      await list(selector);
      codes.push(now.upstream.received.length);
    }
    expect(codes).toEqual([1, 2, 3]);
    for (const selector of [
      undefined,
      '',
      'metadata.name=other',
      'metadata.name!=tfjob-test',
      'metadata.namespace=tfjob-test',
      'metadata.name=a\\,b',
    ]) {
      expect(((await list(selector)) as Answer).status).toBe(403);
    }
    expect(now.upstream.received).toHaveLength(3);
  });
});

describe('nothing of a request is looked at before', () => {
  const mistakes: Request[] = [
    { headers: { accept: 'text/html' } },
    { query: { dryRun: 'Some' } },
    { headers: { 'content-type': 'text/plain' } },
    { headers: { 'content-encoding': 'br' } },
    { headers: { 'content-encoding': 'gzip' }, body: 'no gzip' },
    { body: '{bad' },
    { body: Buffer.alloc(3 * 1024 * 1024 + 1) },
    {},
  ];

  it('he is authorized: every mistake that he may make after it is answered alike, be there such a job or not', async () => {
    for (const method of ['PUT', 'PATCH']) {
      for (const mistake of mistakes) {
        const answers = [];
        for (const name of ['tfjob-test', 'no-such-job']) {
          const answer = await as('eve', { method, path: jobPath.replace('tfjob-test', name), ...mistake });
          answers.push([answer.status, answer.headers.get('x-refused-by'), answer.text.replaceAll(name, 'NAME')]);
        }
        expect(answers[0]).toEqual(answers[1]);
        expect(answers[0]?.slice(0, 2)).toEqual([403, 'authorization']);
      }
    }
    expect(now.upstream.received).toEqual([]);
  });

  it('an unauthorized 3 MiB of gzip costs what an empty body costs, whether it has them packed or unpacked', async () => {
    const size = 3 * 1024 * 1024;
    const bodies = { empty: Buffer.alloc(0), unpacked: gzipSync(Buffer.alloc(size, 0x20)), packed: gzipSync(randomBytes(size)) };
    // As base64 the larger is 4 MiB: a function is given 6 MB at most.
    expect(bodies.packed.length).toBeGreaterThan(size);
    const handler = await handlerOf('replace-job');
    /** The CPU of the function alone, in µs, without what else the process does at times: Lambda has read the event's JSON before. */
    const cost = async (body: Buffer, who: string): Promise<number> => {
      const event = eventOf(who, { headers: { 'content-encoding': 'gzip' }, body });
      let least = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 6; round++) {
        const begin = process.cpuUsage();
        for (let times = 0; times < 10; times++) await handler(event, lambdaContext());
        const { user, system } = process.cpuUsage(begin);
        least = Math.min(least, (user + system) / 10);
      }
      return least;
    };
    const most = (await cost(bodies.empty, 'eve')) * 2 + 200;
    for (const body of [bodies.unpacked, bodies.packed]) {
      const unauthorized = await cost(body, 'eve');
      expect(unauthorized).toBeLessThan(most);
      // To unpack it takes milliseconds, as whoever may write has it.
      expect(await cost(body, 'all')).toBeGreaterThan(unauthorized + 500);
    }
  }, 60_000);
});

describe('who may write and not get', () => {
  const identity = () => {
    const { name, namespace, uid, resourceVersion } = liveJob().metadata;
    return { apiVersion: 'kubeflow.org/v1', kind: 'TFJob', metadata: { name, namespace, uid, resourceVersion } };
  };

  it.each<[string, () => Request, string[]]>([
    ['a PUT', () => ({ body: requested((job) => Object.assign(job.spec, ttl.spec)) }), ['spec.ttlSecondsAfterFinished']],
    ['a patch in one trip', () => patch(ttl), ['spec.ttlSecondsAfterFinished']],
    ['a JSON patch', () => jsonPatched([{ op: 'add', path: '/metadata/annotations', value: { a: 'b' } }]), ['metadata.annotations']],
    ['a PUT that changes nothing', () => ({ body: requested() }), []],
    ['a dry run', () => patch(ttl, { query: { dryRun: 'All' } }), ['spec.ttlSecondsAfterFinished']],
  ])('is told by %s which job it is, its version and the names of what changed', async (_, request, changed) => {
    const answer = await as('writer', request());
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...identity(), changed });
  });

  const image = () => liveJob().spec.tfReplicaSpecs.Worker.template.spec.containers[0].image;
  const from = '/spec/tfReplicaSpecs/Worker/template/spec/containers/0/image';

  it.each<[string, () => Request, number, Record<string, string>]>([
    [
      'a difference',
      () => ({ body: requested((job) => Object.assign(job.spec, { backoffLimit: 7 })) }),
      403,
      { 'spec.backoffLimit': 'may not be changed' },
    ],
    [
      'a value that a JSON patch copied to where it is wrong',
      () =>
        jsonPatched([
          { op: 'add', path: '/metadata/labels/a', value: '' },
          { op: 'copy', from, path: '/metadata/labels/a' },
        ]),
      422,
      { 'metadata.labels[a]': 'Invalid value' },
    ],
    [
      'one in a number',
      () => jsonPatched([{ op: 'copy', from, path: '/spec/ttlSecondsAfterFinished' }]),
      422,
      { 'spec.ttlSecondsAfterFinished': 'Invalid value' },
    ],
    [
      'one as the policy',
      () => jsonPatched([{ op: 'copy', from, path: '/spec/cleanPodPolicy' }]),
      422,
      { 'spec.cleanPodPolicy': 'Unsupported value' },
    ],
    [
      'one in what would be permitted beside a difference',
      () =>
        jsonPatched([
          { op: 'add', path: '/metadata/annotations', value: {} },
          { op: 'copy', from, path: '/metadata/annotations/a' },
          { op: 'replace', path: '/spec/backoffLimit', value: 7 },
        ]),
      403,
      { 'spec.backoffLimit': 'may not be changed' },
    ],
    ['one as the name', () => jsonPatched([{ op: 'copy', from, path: '/metadata/name' }]), 400, {}],
    ['one as the uid', () => jsonPatched([{ op: 'copy', from, path: '/metadata/uid' }]), 422, { 'metadata.uid': 'Invalid value' }],
    ['one as the version', () => jsonPatched([{ op: 'copy', from, path: '/apiVersion' }]), 422, { apiVersion: 'Invalid value' }],
    ['one as the kind', () => jsonPatched([{ op: 'copy', from, path: '/kind' }]), 422, { kind: 'Invalid value' }],
  ])('is refused by paths, without a value of the job: %s', async (_, request, code, causes) => {
    const before = liveText();
    const [told, plain] = [await as('writer', request()), await as('all', request())];
    expect([told.status, plain.status]).toEqual([code, code]);
    expect(told.headers.get('x-refused-by')).toBe(plain.headers.get('x-refused-by'));
    expect(Object.fromEntries((told.body.details?.causes ?? []).map(({ field, message }: Loose) => [field, message]))).toEqual(causes);
    for (const value of [image(), String(liveJob().spec.backoffLimit), '→', 'kubectl patch']) expect(told.text).not.toContain(value);
    expect(liveText()).toBe(before);
  });

  it('is not told what CCI says of the job when it refuses, by which error code alone', async () => {
    const refuse = {
      kind: 'Status',
      code: 422,
      reason: 'Invalid',
      message: 'Invalid value: "live"',
      details: { causes: [{ message: '"live"' }] },
    };
    now.upstream.answer = (_, response) => response.writeHead(422, { 'content-type': 'application/json' }).end(JSON.stringify(refuse));
    const told = await as('writer', patch(ttl));
    expect(told.body).toMatchObject({ code: 422, reason: 'Invalid', message: 'the upstream refused the request' });
    expect(told.text).not.toContain('live');
    expect((await as('all', patch(ttl))).text).toContain('live');
  });

  it('is told that there is no such job, as by an API server', async () => {
    const answer = await as('writer', patch(ttl, { path: jobPath.replace('tfjob-test', 'no-such-job') }));
    expect([answer.status, answer.body.message]).toEqual([404, 'tfjobs.kubeflow.org "no-such-job" not found']);
  });
});

it('who may do all gets the whole job', async () => {
  await reset();
  const answer = await as('all', patch(ttl));
  expect([answer.status, answer.body.spec.ttlSecondsAfterFinished, answer.body.spec.backoffLimit]).toEqual([
    200,
    600,
    liveJob().spec.backoffLimit,
  ]);
});
