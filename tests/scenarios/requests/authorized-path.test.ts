import { beforeAll, describe, expect, it } from 'vitest';
import type { LambdaHandler } from '../../../local/api-gateway/api-gateway.ts';
import { handlerOf, invoke, jobPath, type Loose, liveText, now, status, useGateway } from '../gateway.ts';
import { mergePatch } from '../patch/request.ts';
import { read } from '../read/request.ts';

useGateway();

const root = '/apis/kubeflow.org/v1';
const list = `${root}/namespaces/kube-test/tfjobs`;
const template = `${root}/namespaces/{namespace}/{plural}/{name}`;
const pathParameters = { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' };
const notFound = status(404, 'NotFound', 'the server could not find the requested resource', {});
const notAllowed = status(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
const caller = { userArn: 'arn:aws:iam::123456789012:user/trainer' };
const change = '{"metadata":{"labels":{"a":"b"}}}';

/** A PATCH as a REST API hands it on. `path` is what was sent behind the domain, `inContext` the same with what stands before it. */
const rest = (path: string | undefined, { inContext = path, ...more }: Loose = {}) => ({
  resource: template,
  path,
  httpMethod: 'PATCH',
  headers: { 'Content-Type': mergePatch },
  pathParameters,
  requestContext: { httpMethod: 'PATCH', resourcePath: template, stage: 'prod', path: inContext, identity: caller },
  body: change,
  isBase64Encoded: false,
  ...more,
});
/** The same as an HTTP API or a Function URL hands it on. */
const http = (rawPath: string, { stage = '$default', routeKey = `PATCH ${template}`, parameters = pathParameters as object } = {}) => ({
  version: '2.0',
  routeKey,
  rawPath,
  rawQueryString: '',
  headers: { 'content-type': mergePatch },
  pathParameters: parameters,
  requestContext: { http: { method: 'PATCH', path: rawPath }, routeKey, stage, authorizer: { iam: caller } },
  body: change,
  isBase64Encoded: false,
});

describe('a path that is not written as it is acted on is 404, and nothing reaches the upstream', () => {
  it.each([
    ['a percent-encoded namespace', `${root}/namespaces/kube%2Dtest/tfjobs/tfjob-test`],
    ['a percent-encoded letter', `${root}/namespaces/kube-tes%74/tfjobs/tfjob-test`],
    ['a percent-encoded kind', `${root}/namespaces/kube-test/%74fjobs/tfjob-test`],
    ['a percent-encoded name', `${list}/tfjob%2dtest`],
    ['a percent-encoded static part', `/%61pis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test`],
    ['a slash at the end', `${jobPath}/`],
    ['a doubled slash at the end', `${jobPath}//`],
    ['a doubled slash within', `${list}//tfjob-test`],
    ['a list with a percent-encoded namespace', `${root}/namespaces/kube%2dtest/tfjobs`],
    ['a list with a slash at the end', `${list}/`],
    ['a list of all namespaces with a percent-encoded kind', `${root}/%74fjobs`],
    ['a list of all namespaces with a slash at the end', `${root}/tfjobs/`],
  ])('%s: %s', async (_title, path) => {
    const before = liveText();
    for (const verb of ['GET', 'PUT', 'PATCH', 'DELETE']) {
      const answer = await read(path, { 'content-type': mergePatch }, verb, verb === 'GET' ? '' : change);
      expect([verb, answer.body]).toEqual([verb, notFound]);
    }
    expect([now.upstream.received, liveText()]).toEqual([[], before]);
  });

  it.each(['/%61pis', '/apis/kubeflow%2Eorg', '/apis//', '/version%20'])('in discovery too: %s', async (path) => {
    expect((await read(path)).body).toEqual(notFound);
  });
});

describe('an event', () => {
  let patchJob: LambdaHandler;
  beforeAll(async () => {
    patchJob = await handlerOf('patch-job');
  });
  const proxied = { routeKey: 'ANY /{proxy+}', parameters: { proxy: jobPath.slice(1) } };

  it.each<[string, Loose]>([
    ['of a REST API', rest(jobPath)],
    ['of a REST API with the stage in its context', rest(jobPath, { inContext: `/prod${jobPath}` })],
    ['of a custom domain with a base path', rest(`/jobs${jobPath}`)],
    ['of a custom domain with a base path of two parts', rest(`/train/jobs${jobPath}`)],
    ['of a REST API that says no path', rest(undefined)],
    [
      'of a REST API with a greedy resource and a base path',
      rest(`/jobs${jobPath}`, { resource: '/{proxy+}', pathParameters: proxied.parameters }),
    ],
    ['of an HTTP API', http(jobPath)],
    ['of an HTTP API with a stage', http(`/prod${jobPath}`, { stage: 'prod' })],
    ['of an HTTP API with a base path', http(`/jobs${jobPath}`)],
    ['of an HTTP API with a greedy route', http(jobPath, proxied)],
    ['of an HTTP API with a greedy route and a base path', http(`/jobs${jobPath}`, proxied)],
    ['of an HTTP API whose route is $default', http(jobPath, { routeKey: '$default', parameters: {} })],
    [
      'of an HTTP API whose route is $default, with a stage',
      http(`/prod${jobPath}`, { routeKey: '$default', stage: 'prod', parameters: {} }),
    ],
    [
      'of an HTTP API whose route is $default, with payload 1.0',
      rest(`/prod${jobPath}`, { resource: '$default', pathParameters: null, version: '1.0' }),
    ],
  ])('%s is carried out', async (_title, event) => {
    expect((await invoke(patchJob, event)).body.metadata?.labels?.a).toBe('b');
  });

  const encoded = jobPath.replace('kube-test', 'kube%2dtest');
  it.each<[string, Loose]>([
    ['of a REST API whose path is encoded', rest(encoded)],
    ['of a REST API whose path is encoded in its context alone', rest(jobPath, { inContext: `/prod${encoded}` })],
    ['of a REST API whose path is another', rest(jobPath.replace('kube-test', 'other'))],
    ['of a REST API with a slash at the end', rest(`${jobPath}/`)],
    ['of a base path with a doubled slash', rest(`/jobs/${jobPath}`)],
    ['of a base path that runs into the path', rest(`/jobs${jobPath.slice(1)}`)],
    [
      'of a REST API with a greedy resource and an encoded path',
      rest(encoded, { resource: '/{proxy+}', pathParameters: proxied.parameters }),
    ],
    [
      'of a REST API with a slash in a parameter',
      rest(jobPath, {
        resource: `${root}/namespaces/{namespace}/{name}`,
        pathParameters: { namespace: 'kube-test/tfjobs', name: 'tfjob-test' },
      }),
    ],
    ['of a REST API without parameters', rest(jobPath, { pathParameters: null })],
    ['of an HTTP API whose path is encoded', http(encoded)],
    ['of an HTTP API with a slash at the end', http(`${jobPath}/`)],
    [
      'of an HTTP API whose route is $default, under a path of that name',
      http(`/$default${jobPath}`, { routeKey: '$default', parameters: {} }),
    ],
    ['of a Function URL whose path is encoded', http(encoded, { routeKey: '$default', parameters: {} })],
    ['of a Function URL with a slash at the end', http(`${jobPath}/`, { routeKey: '$default', parameters: {} })],
  ])('%s is 404', async (_title, event) => {
    const before = liveText();
    expect((await invoke(patchJob, event)).body).toEqual(notFound);
    expect([now.upstream.received, liveText()]).toEqual([[], before]);
  });
});

describe('behind a custom domain with a base path', () => {
  const greedy = (path: string, httpMethod: string) =>
    rest(`/jobs${path}`, {
      resource: '/{proxy+}',
      httpMethod,
      pathParameters: { proxy: path.slice(1) },
      requestContext: { httpMethod, stage: 'prod', path: `/jobs${path}`, identity: caller },
    });

  it('a namespace is 405, by which kubectl knows that it is the job that is not there', async () => {
    expect((await invoke(await handlerOf('not-found'), greedy('/api/v1/namespaces/kube-test', 'GET'))).body).toEqual(notAllowed);
  });

  it('another verb on a job or a list is 405, and says which there are', async () => {
    const answered = await Promise.all([jobPath, list].map(async (path) => invoke(await handlerOf('not-found'), greedy(path, 'DELETE'))));
    expect(answered.map(({ body, headers }) => [body, headers.get('allow')])).toEqual([
      [notAllowed, 'GET, PATCH, PUT'],
      [notAllowed, 'GET'],
    ]);
  });

  it('what is not there is 404', async () => {
    expect((await invoke(await handlerOf('not-found'), greedy('/nowhere', 'GET'))).body).toEqual(notFound);
  });

  it('discovery is answered, by its own routes and by a greedy one', async () => {
    const discovery = await handlerOf('discovery');
    for (const event of [greedy('/version', 'GET'), { ...greedy('/version', 'GET'), resource: '/version', pathParameters: null }]) {
      const result = (await discovery(event as never, {} as never)) as { statusCode: number; body: string };
      expect([result.statusCode, JSON.parse(result.body).major]).toEqual([200, '1']);
    }
  });
});
