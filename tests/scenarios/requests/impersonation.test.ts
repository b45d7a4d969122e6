import { describe, expect, it } from 'vitest';
import { handlerOf, invoke, jobPath, type Loose, liveText, now, status, useGateway } from '../gateway.ts';
import { mergePatch } from '../patch/request.ts';
import { read } from '../read/request.ts';

useGateway();

const local = 'arn:aws:iam::000000000000:user/local';
const list = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs';
const refusal = (kind: string, name: string | undefined, where = 'at the cluster scope', caller = local) =>
  status(
    403,
    'Forbidden',
    `${kind}${name === undefined ? '' : ` "${name}"`} is forbidden: User "${caller}" cannot impersonate resource "${kind}" in API group "" ${where}`,
    name === undefined ? { kind } : { name, kind },
  );

describe('a request to act as another is 403 in the API server’s words', () => {
  it.each([
    ['GET', jobPath],
    ['GET', list],
    ['PUT', jobPath],
    ['PATCH', jobPath],
    ['DELETE', jobPath],
    ['GET', '/version'],
    ['GET', '/apis'],
    ['GET', '/nowhere'],
    ['GET', `${jobPath}/`],
  ])('%s %s', async (verb, path) => {
    const before = liveText();
    const headers = { 'Impersonate-User': 'nobody', 'content-type': mergePatch };
    const answer = await read(path, headers, verb, verb === 'GET' ? '' : '{"metadata":{"labels":{"a":"b"}}}');
    expect([answer.status, answer.body]).toEqual([403, refusal('users', 'nobody')]);
    expect([now.upstream.received, liveText()]).toEqual([[], before]);
  });

  it.each<[string, Record<string, string>, object]>([
    ['a user', { 'Impersonate-User': 'nobody' }, refusal('users', 'nobody')],
    ['a user in capitals', { 'IMPERSONATE-USER': 'nobody' }, refusal('users', 'nobody')],
    ['a user and a group', { 'Impersonate-User': 'nobody', 'Impersonate-Group': 'system:masters' }, refusal('users', 'nobody')],
    [
      'a service account',
      { 'Impersonate-User': 'system:serviceaccount:kube-test:default' },
      refusal('serviceaccounts', 'default', 'in the namespace "kube-test"'),
    ],
    ['a group alone', { 'Impersonate-Group': 'system:masters' }, refusal('users', undefined)],
    ['a uid alone', { 'Impersonate-Uid': '1' }, refusal('users', undefined)],
    ['something extra alone', { 'Impersonate-Extra-Scopes': 'all' }, refusal('users', undefined)],
    ['what there is not', { 'impersonate-': '' }, refusal('users', undefined)],
    ['a user without a name', { 'Impersonate-User': '' }, refusal('users', undefined)],
    ['a user whose name is long', { 'Impersonate-User': 'x'.repeat(5000) }, refusal('users', 'x'.repeat(253))],
  ])('as %s', async (_title, headers, body) => {
    expect((await read(jobPath, headers)).body).toEqual(body);
    expect(now.upstream.received).toEqual([]);
  });

  it('but headers that only look like it say nothing', async () => {
    expect((await read(jobPath, { 'x-impersonate-user': 'nobody', impersonate: 'nobody' })).status).toBe(200);
  });
});

describe('in an event', () => {
  const caller = { userArn: 'arn:aws:iam::123456789012:user/trainer' };
  const rest = (headers: object, multiValueHeaders: object | null, identity: object = caller): Loose => ({
    resource: '/apis/kubeflow.org/v1/{plural}',
    path: '/apis/kubeflow.org/v1/tfjobs',
    httpMethod: 'GET',
    headers,
    multiValueHeaders,
    pathParameters: { plural: 'tfjobs' },
    requestContext: { httpMethod: 'GET', identity },
  });
  const http = (headers: object): Loose => ({
    version: '2.0',
    routeKey: '$default',
    rawPath: jobPath,
    rawQueryString: '',
    headers,
    requestContext: { http: { method: 'GET' }, stage: '$default', authorizer: { iam: caller } },
  });
  const asNobody = { 'Impersonate-User': 'nobody' };

  it.each<[string, Loose]>([
    ['of a REST API', rest(asNobody, null)],
    ['of a REST API, among many values alone', rest({}, { 'impersonate-USER': ['nobody'] })],
    ['of a REST API, with no value', rest({}, { 'Impersonate-User': [] })],
    ['of an HTTP API', http({ 'impersonate-user': 'nobody' })],
  ])('%s it is 403', async (_title, event) => {
    const { body } = await invoke(await handlerOf('read-jobs'), event);
    expect(body).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: expect.stringContaining('User "arn:aws:iam::123456789012:user/trainer" cannot impersonate'),
    });
    expect(now.upstream.received).toEqual([]);
  });

  it('without a caller it is 401', async () => {
    const { body } = await invoke(await handlerOf('read-jobs'), rest(asNobody, null, {}));
    expect(body).toEqual(status(401, 'Unauthorized', 'Unauthorized'));
  });
});
