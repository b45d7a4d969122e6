import { beforeEach, describe, expect, it, vi } from 'vitest';
import { takeAuditEvents, takeAuditLines } from '../../audit-lines.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { handlerOf, invoke, jobEvent, jobPath, type Loose, liveJob, now, put, requested, useGateway } from '../gateway.ts';
import { told } from './events-of.ts';

useGateway({ auth: 'none', env: { POWERTOOLS_LOG_LEVEL: 'SILENT' } });
beforeEach(() => void takeAuditLines());

const ttl = 'spec.ttlSecondsAfterFinished';
const both = ['Metadata RequestReceived', 'Metadata ResponseComplete'];
const merge = (patch: object, query = '') =>
  put(patch, { method: 'PATCH', query, headers: { 'content-type': 'application/merge-patch+json' } });
const withTtl = (seconds: number, more: (job: Loose) => void = () => undefined) =>
  requested((job) => {
    job.spec.ttlSecondsAfterFinished = seconds;
    more(job);
  });
const version = (): string => liveJob().metadata.resourceVersion;

describe('a write', () => {
  it('is told when it is received and when it is answered: who, what, from what to what, and at which versions', async () => {
    const before = version();
    const answer = await put(
      withTtl(600, (job) => void Object.assign(job.metadata, { labels: { team: 'red' } })),
      {
        query: '?fieldManager=kubectl-replace&X-Amz-Signature=abc&pretty=true',
        headers: { 'user-agent': 'kubectl/v1.37.2' },
      },
    );
    const [received, complete, ...others] = takeAuditEvents();
    expect(others).toEqual([]);
    expect(received).toMatchObject({
      stage: 'RequestReceived',
      level: 'Metadata',
      auditID: answer.headers.get('x-request-id'),
      requestURI: `${jobPath}?fieldManager=kubectl-replace&X-Amz-Signature=not-shown&pretty=true`,
      verb: 'update',
      user: { username: 'arn:aws:iam::000000000000:user/local', groups: ['arn:aws:iam::000000000000:root', 'system:authenticated'] },
      sourceIPs: ['127.0.0.1'],
      userAgent: 'kubectl/v1.37.2',
      objectRef: { resource: 'tfjobs', namespace: 'kube-test', name: 'tfjob-test', apiGroup: 'kubeflow.org', apiVersion: 'v1' },
    });
    expect(received).not.toHaveProperty('responseStatus');
    expect(received.stageTimestamp).toBe(received.requestReceivedTimestamp);
    expect(complete).toMatchObject({
      ...received,
      stage: 'ResponseComplete',
      stageTimestamp: expect.any(String),
      objectRef: { ...received.objectRef, uid: liveJob().metadata.uid, resourceVersion: before },
      responseStatus: { metadata: {}, code: 200 },
      annotations: {
        'authorization.k8s.io/decision': 'allow',
        'authorization.k8s.io/reason': '',
        'tfjob-gateway/outcome': 'changed',
        'tfjob-gateway/changed': JSON.stringify(['metadata.labels', ttl]),
        'tfjob-gateway/values': JSON.stringify({ [ttl]: { old: null, new: 600 } }),
        'tfjob-gateway/keys': JSON.stringify({ 'metadata.labels': { set: ['team'], removed: ['app'] } }),
        'tfjob-gateway/resource-version-before': before,
        'tfjob-gateway/resource-version-after': version(),
        'tfjob-gateway/build': received.annotations['tfjob-gateway/build'],
      },
    });
    expect(JSON.parse(complete.annotations['tfjob-gateway/cci-request-ids'])).toHaveLength(2);
    expect(complete.annotations).not.toHaveProperty('tfjob-gateway/rule');
  });

  it('is told as received before anything is asked of CCI', async () => {
    const seen: number[] = [];
    now.upstream.answer = () => {
      seen.push(takeAuditLines().length);
      return 'hand on';
    };
    await put(withTtl(600));
    expect(seen).toEqual([1, 0]);
    expect(told().stages).toEqual(['Metadata ResponseComplete']);
  });

  it('in one trip is told by what it sent, since nobody knows what was there before', async () => {
    await merge({ metadata: { labels: { team: 'red', app: null } }, spec: { ttlSecondsAfterFinished: 60 } });
    const { stages, notes } = told();
    expect(stages).toEqual(both);
    expect(notes).toMatchObject({
      outcome: 'written',
      sent: ['metadata.labels', ttl],
      values: { [ttl]: { new: 60 } },
      keys: { 'metadata.labels': { set: ['team'], removed: ['app'] } },
      'resource-version-after': version(),
    });
    expect(notes).not.toHaveProperty('changed');
    expect(notes).not.toHaveProperty('resource-version-before');
  });

  it('in one trip that insists on a version tells that', async () => {
    const before = version();
    await merge({ metadata: { resourceVersion: before }, spec: { ttlSecondsAfterFinished: 61 } });
    expect(told().notes).toMatchObject({
      outcome: 'changed',
      sent: [ttl],
      'resource-version-before': before,
      'resource-version-after': version(),
    });
    await merge({ metadata: { resourceVersion: version() }, spec: { ttlSecondsAfterFinished: 61 } });
    const { notes } = told();
    expect(notes).toMatchObject({ outcome: 'unchanged', 'resource-version-before': version(), 'resource-version-after': version() });
    for (const name of ['sent', 'changed', 'values', 'keys']) expect(notes).not.toHaveProperty(name);
  });

  it('that changes nothing, and a dry run, are told as no change', async () => {
    await put(requested());
    expect(told()).toMatchObject({ stages: both, notes: { outcome: 'unchanged' }, last: { responseStatus: { code: 200 } } });
    for (const send of [
      () => put(withTtl(5), { query: '?dryRun=All' }),
      () => merge({ spec: { ttlSecondsAfterFinished: 5 } }, '?dryRun=All'),
    ]) {
      await send();
      const { stages, notes, last } = told();
      expect([stages, notes.outcome, last.requestURI]).toEqual([both, 'dry-run', `${jobPath}?dryRun=All`]);
      for (const name of ['sent', 'changed', 'values', 'keys', 'resource-version-after']) expect(notes).not.toHaveProperty(name);
    }
  });

  it('that met conflicts tells only what it changed at last, and its last refusal nothing', async () => {
    let conflicts = 2;
    now.upstream.answer = ({ method }) => {
      if (method === 'PUT' && conflicts-- > 0)
        now.simulator.put(
          requested((job) => {
            job.spec.activeDeadlineSeconds = 100 + conflicts;
          }),
        );
      return 'hand on';
    };
    await put(withTtl(7));
    const { notes } = told();
    expect(notes).toMatchObject({ outcome: 'changed', 'resource-version-after': version() });
    expect(notes.values[ttl]).toEqual({ old: null, new: 7 });
    expect(notes['cci-request-ids']).toHaveLength(6);

    const stale = version();
    now.simulator.put(
      requested((job) => {
        job.spec.activeDeadlineSeconds = 1;
      }),
    );
    await put(
      withTtl(8, (job) => {
        job.metadata.resourceVersion = stale;
      }),
    );
    const refused = told();
    expect(refused.last).toMatchObject({ responseStatus: { code: 409, reason: 'Conflict' }, objectRef: { resourceVersion: stale } });
    expect(refused.notes).toMatchObject({ outcome: 'refused', rule: 'resource-version' });
    for (const name of ['sent', 'changed', 'values', 'keys']) expect(refused.notes).not.toHaveProperty(name);
  });

  it('of which CCI does not tell what became is told as unknown, with what was sent', async () => {
    let reads = 0;
    now.upstream.answer = ({ method }, response) => (method === 'GET' && reads++ === 0 ? 'hand on' : response.destroy());
    const before = version();
    const answer = await put(withTtl(9));
    expect(answer.status).toBe(504);
    const { stages, last, notes } = told();
    expect(stages).toEqual(both);
    expect(last.responseStatus).toMatchObject({ status: 'Failure', reason: 'Timeout', code: 504 });
    expect(notes).toMatchObject({
      outcome: 'unknown',
      unanswered: 'true',
      sent: [ttl],
      values: { [ttl]: { old: null, new: 9 } },
      'resource-version-before': before,
    });
    expect(notes).not.toHaveProperty('changed');
    expect(notes).not.toHaveProperty('resource-version-after');
  });

  it('that was found done where CCI gave no answer is told as written by whoever it was, at no version', async () => {
    now.upstream.answer = ({ method, body }, response) => {
      if (method !== 'PUT') return 'hand on';
      const { metadata, ...job } = JSON.parse(body.toString());
      now.simulator.put({ ...job, metadata: { ...metadata, resourceVersion: '90000001' } });
      return response.destroy();
    };
    const { status } = await put(withTtl(9));
    expect(status).toBe(200);
    const { notes } = told();
    expect(notes).toMatchObject({ outcome: 'written', unanswered: 'true', sent: [ttl], values: { [ttl]: { old: null, new: 9 } } });
    expect(notes).not.toHaveProperty('resource-version-after');
  });
});

describe('a refusal', () => {
  it.each<[string, number, string, () => Promise<unknown>]>([
    [
      'immutable-field',
      403,
      'update',
      () =>
        put(
          requested((job) => {
            job.spec.backoffLimit = 9;
          }),
        ),
    ],
    ['field-value', 422, 'patch', () => merge({ spec: { ttlSecondsAfterFinished: -1 } })],
    ['syntax', 400, 'update', () => put('{')],
    ['media-type', 415, 'update', () => put('x', { headers: { 'content-type': 'text/plain' } })],
    ['query', 422, 'patch', () => merge({}, '?dryRun=some')],
    ['accept', 406, 'update', () => put(requested(), { headers: { accept: 'text/html' } })],
    [
      'identity',
      400,
      'update',
      () =>
        put(
          requested((job) => {
            job.metadata.name = 'other';
          }),
        ),
    ],
    ['impersonation', 403, 'update', () => put(requested(), { headers: { 'impersonate-user': 'admin' } })],
    ['method', 405, 'delete', () => put('', { method: 'DELETE' })],
    ['path', 404, 'update', () => put('', { path: '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test/status' })],
  ])('by the rule %s is told with its rule, %i', async (rule, code, verb, send) => {
    await send();
    const { stages, last, notes } = told();
    expect(stages).toEqual(both);
    expect(last).toMatchObject({
      verb,
      responseStatus: { status: 'Failure', code },
      objectRef: { namespace: 'kube-test', resource: 'tfjobs' },
    });
    expect(notes).toMatchObject({ outcome: 'refused', rule });
  });

  it('of a caller whom nobody knows has no user', async () => {
    const asked = { requestId: 'r-1', identity: { userArn: null, sourceIp: '192.0.2.7' } };
    const event = jobEvent('PUT', asked, { headers: { 'x-forwarded-for': '198.51.100.9' }, body: '{}' });
    await invoke(await handlerOf('replace-job'), event);
    const { stages, last } = told();
    expect(stages).toEqual(both);
    expect(last).toMatchObject({
      auditID: 'r-1',
      user: {},
      verb: 'update',
      sourceIPs: ['192.0.2.7'],
      responseStatus: { code: 401, reason: 'Unauthorized' },
    });
    expect(last.annotations).not.toHaveProperty('authorization.k8s.io/decision');
  });

  it('has an id that no caller chose: of API Gateway REST its own, else that of the invocation', async () => {
    const requestContext = { httpMethod: 'PUT', requestId: 'chosen', identity: { userArn: null } };
    const event = { httpMethod: 'PUT', path: jobPath, headers: { 'x-amzn-requestid': 'chosen' }, body: '{}' };
    await invoke(await handlerOf('replace-job'), { ...event, requestContext: { ...requestContext, extendedRequestId: 'e-1' } });
    await invoke(await handlerOf('replace-job'), { ...event, requestContext });
    const ids = takeAuditEvents().map(({ auditID, annotations }) => [auditID, annotations['tfjob-gateway/unique-id']]);
    expect(ids).toEqual([...Array(2).fill(['chosen', 'e-1']), ...Array(2).fill(['chosen', 'function-request-id'])]);
  });

  it('of a job that CCI does not have is CCI’s, without a rule', async () => {
    await put(
      requested((job) => {
        job.metadata.name = 'gone';
      }),
      { path: jobPath.replace('tfjob-test', 'gone') },
    );
    const { last, notes } = told();
    expect(last).toMatchObject({ responseStatus: { code: 404, reason: 'NotFound' }, objectRef: { name: 'gone' } });
    expect(notes).not.toHaveProperty('rule');
  });
});

describe('a read', () => {
  const get = (path: string, query = '') => fetch(`${now.gateway.url}${path}${query}`);

  it('that succeeds is not told, nor is discovery or a review of oneself', async () => {
    for (const path of [jobPath, '/apis/kubeflow.org/v1/tfjobs', '/version', '/apis', '/openapi/v3'])
      expect((await get(path)).status).toBe(200);
    const review = { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' };
    const asked = { method: 'POST', body: JSON.stringify(review), headers: { 'content-type': 'application/json' } };
    expect((await fetch(`${now.gateway.url}/apis/authentication.k8s.io/v1/selfsubjectreviews`, asked)).status).toBe(201);
    expect(takeAuditLines()).toEqual([]);
  });

  it.each<[string, string, string, number, object | undefined]>([
    [jobPath.replace('tfjob-test', 'gone'), '', 'get', 404, { resource: 'tfjobs', namespace: 'kube-test', name: 'gone' }],
    ['/apis/kubeflow.org/v1/tfjobs', '?limit=x', 'list', 400, { resource: 'tfjobs' }],
    ['/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs', '?watch=1', 'watch', 405, { resource: 'tfjobs', namespace: 'kube-test' }],
    ['/nowhere', '', 'get', 404, undefined],
    ['/api/v1/namespaces/kube-test', '', 'get', 405, { resource: 'namespaces', namespace: 'kube-test', name: 'kube-test' }],
  ])('that is refused is told when it is answered: %s%s', async (path, query, verb, code, objectRef) => {
    expect((await get(path, query)).status).toBe(code);
    const { stages, last } = told();
    expect(stages).toEqual(['Metadata ResponseComplete']);
    expect(last).toMatchObject({ verb, requestURI: `${path}${query}`, responseStatus: { code }, ...(objectRef && { objectRef }) });
    if (!objectRef) expect(last).not.toHaveProperty('objectRef');
  });

  it('by an escaped path is told as what it is about, as it was sent', async () => {
    const path = '/apis/kubeflow.org/v1/namespaces/kube%2Dtest/tfjobs/tfjob-test';
    expect((await get(path)).status).toBe(404);
    expect(told().last).toMatchObject({
      verb: 'get',
      requestURI: path,
      objectRef: { resource: 'tfjobs', namespace: 'kube-test', name: 'tfjob-test', apiGroup: 'kubeflow.org', apiVersion: 'v1' },
    });
  });

  it('is told with its query as Go writes one, of which API Gateway REST hands on no text', async () => {
    await get('/nowhere', "?labelSelector=app%20in%20(a,b)&fieldManager=a~b*'!&fieldManager=c&token=secret");
    expect(told().last.requestURI).toBe(
      '/nowhere?labelSelector=app+in+%28a%2Cb%29&fieldManager=a~b%2A%27%21&fieldManager=c&token=not-shown',
    );
  });

  it.each([
    [
      'an HTTP API',
      { version: '2.0', rawPath: '/nowhere', requestContext: { http: { method: 'GET', path: '/nowhere' } } },
      'rawQueryString',
    ],
    ['a load balancer', { httpMethod: 'GET', path: '/nowhere', requestContext: { elb: {} } }, 'queryStringParameters'],
  ])('is told with its query as it was sent where the event has it: of %s', async (_, event, member) => {
    const query = 'labelSelector=app=a,b%20c&pretty&t%6Fken=secret&limit=5';
    const list = { labelSelector: 'app=a,b%20c', 't%6Fken': 'secret', limit: '5' };
    await invoke(await handlerOf('not-found'), { ...event, [member]: member === 'rawQueryString' ? query : list });
    const shown = member === 'rawQueryString' ? query : query.replace('&pretty', '');
    expect(told().last.requestURI).toBe(`/nowhere?${shown.replace('secret', 'not-shown')}`);
  });
});

describe('an error of our own', () => {
  it('is told as a Panic, and says nothing of the inside', async () => {
    const asked = { requestId: 'r-2', identity: { userArn: somebodysArn } };
    const event = jobEvent('PUT', asked, { body: 'a body that cannot be read' });
    const { from } = Buffer;
    const failing = (first: never, ...more: never[]) => {
      if (first === event.body) throw new TypeError('a secret inside');
      return from(first, ...more);
    };
    vi.spyOn(Buffer, 'from').mockImplementation(failing as typeof from);
    const { status } = await invoke(await handlerOf('replace-job'), event);
    vi.restoreAllMocks();
    const { stages, last, notes } = told();
    expect([status, stages]).toEqual([500, ['Metadata RequestReceived', 'Metadata Panic']]);
    expect(last).toMatchObject({ responseStatus: { status: 'Failure', reason: 'InternalError', code: 500 } });
    expect(notes.outcome).toBe('failed');
    expect(JSON.stringify(last)).not.toContain('a secret inside');
  });
});
