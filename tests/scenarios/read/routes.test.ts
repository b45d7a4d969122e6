import { describe, expect, it } from 'vitest';
import { jobPath, liveText, status, useGateway } from '../gateway.ts';
import { asked, read } from './request.ts';

useGateway();

const root = '/apis/kubeflow.org/v1';
const list = `${root}/namespaces/kube-test/tfjobs`;
const notFound = status(404, 'NotFound', 'the server could not find the requested resource', {});
const notAllowed = status(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

describe('a path that is no resource is 404, and nothing reaches the upstream', () => {
  it.each([
    `${jobPath}/status`,
    `${jobPath}/scale`,
    `${jobPath}/log`,
    `${root}/namespaces/kube-test/pods`,
    `${root}/namespaces/kube-test/tfjob`,
    `${root}/namespaces/kube-test/TFJobs`,
    `${root}/namespaces/kube-test/constructor`,
    `${root}/namespaces/kube-test/__proto__/x`,
    `${root}/namespaces/kube-test/pods/x`,
    `${root}/namespaces/kube-test`,
    `${root}/namespaces`,
    `${root}/pods`,
    `${root}/watch/tfjobs`,
    `${root}/watch/namespaces/kube-test/tfjobs`,
    '/apis/kubeflow.org/v2/tfjobs',
    '/apis/batch/v1/jobs',
    '/api/v1/namespaces/kube-test/secrets',
    '/api/v1/namespaces/kube-test/events',
    `${list}/a%2F..%2F..%2Fsecrets`,
    `${list}/..%2Fpods`,
    `${list}/%2e%2e`,
    `${list}/Upper`,
    `${list}/-a`,
    `${list}/a%0A`,
    `${list}/${'a'.repeat(254)}`,
    `${list}/a%3Fdelete=true`,
    `${list}/a%252Fb`,
    `${root}/namespaces/Kube/tfjobs`,
    `${root}/namespaces/a%2Fb/tfjobs`,
    `${root}/namespaces/a.b/tfjobs/x`,
  ])('%s', async (path) => {
    for (const verb of ['GET', 'PATCH', 'PUT', 'DELETE', 'POST']) {
      const { body } = await read(
        path,
        { 'content-type': 'application/merge-patch+json' },
        verb,
        verb === 'GET' ? '' : '{"metadata":{"labels":{"a":"b"}}}',
      );
      expect([verb, body]).toEqual([verb, notFound]);
    }
    expect(asked()).toEqual([]);
  });
});

it('a name that the layout does not allow is 404 where it could be read or written', async () => {
  for (const path of [`${list}/a.b`, `${list}/${'a'.repeat(64)}`]) {
    for (const verb of ['GET', 'PATCH', 'PUT']) expect((await read(path, {}, verb)).body).toEqual(notFound);
  }
  expect(asked()).toEqual([]);
});

describe('another verb is 405, and nothing reaches the upstream', () => {
  it.each([
    ['POST', jobPath, 'GET, PATCH, PUT'],
    ['DELETE', jobPath, 'GET, PATCH, PUT'],
    ['OPTIONS', jobPath, 'GET, PATCH, PUT'],
    ['PROPFIND', jobPath, 'GET, PATCH, PUT'],
    ['POST', list, 'GET'],
    ['DELETE', list, 'GET'],
    ['PUT', list, 'GET'],
    ['PATCH', list, 'GET'],
    ['POST', `${root}/tfjobs`, 'GET'],
    ['DELETE', `${root}/tfjobs?labelSelector=app`, 'GET'],
  ])('%s %s', async (verb, path, allow) => {
    const before = liveText();
    const answer = await read(path, { 'content-type': 'application/json', 'x-http-method-override': 'GET' }, verb, '{}');
    expect([answer.status, answer.headers.allow, answer.body]).toEqual([405, allow, notAllowed]);
    expect([asked(), liveText()]).toEqual([[], before]);
  });

  it('HEAD is 405 without a body', async () => {
    const answer = await read(jobPath, {}, 'HEAD');
    expect([answer.status, answer.text, asked()]).toEqual([405, '', []]);
  });
});

it.each([
  ['a job', 'GET', jobPath, 200],
  ['a list', 'GET', list, 200],
  ['a document', 'GET', '/openapi/v3/apis/kubeflow.org/v1', 200],
  ['a refusal', 'GET', `${list}/nope`, 404],
  ['what is not served', 'DELETE', jobPath, 405],
  ['an unknown path', 'GET', '/nowhere', 404],
  ['a path that API Gateway does not take', 'GET', '/%zz', 400],
  ['a write', 'PATCH', jobPath, 200],
  ['YAML', 'GET', `${jobPath}?yaml`, 200],
])('%s is taken for nothing but what it says it is', async (_title, verb, path, code) => {
  const headers = { 'content-type': 'application/merge-patch+json', ...(path.endsWith('?yaml') && { accept: 'application/yaml' }) };
  const answer = await read(path, headers, verb, verb === 'PATCH' ? '{"metadata":{"labels":{"a":"b"}}}' : '');
  expect([answer.status, answer.headers['x-content-type-options'], answer.headers['cache-control']]).toEqual([
    code,
    'nosniff',
    'no-cache, private',
  ]);
});
