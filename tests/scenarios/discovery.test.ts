import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import type { LambdaHandler } from '../../local/api-gateway/api-gateway.ts';
import { environment, type Loose, now, useGateway } from './gateway.ts';

const ofKubectl = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const schemas = '/openapi/v3/apis/kubeflow.org/v1';

useGateway();

async function ask(path: string, accept = 'application/json, */*', method = 'GET') {
  const response = await fetch(`${now.gateway.url}${path}`, { method, headers: { accept } });
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, text, body: (text === '' ? undefined : JSON.parse(text)) as Loose, type: headers.get('content-type') };
}

describe('discovery', () => {
  it.each(['/api', '/apis'])('is aggregated on %s where the client asks for that, as kubectl does', async (path) => {
    const { status, type, headers, body } = await ask(`${path}?timeout=32s`, ofKubectl);
    expect([status, type, headers.get('vary')]).toEqual([200, aggregated, 'Accept']);
    expect(body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' });
  });

  it.each([
    ['/api', 'APIVersions'],
    ['/apis', 'APIGroupList'],
    ['/apis/kubeflow.org', 'APIGroup'],
    ['/apis/kubeflow.org/v1', 'APIResourceList'],
  ])('is plain on %s for a client that asks for JSON', async (path, kind) => {
    const { status, type, body } = await ask(path);
    expect([status, type, body.kind]).toEqual([200, 'application/json', kind]);
  });

  it.each([
    'application/json',
    '*/*',
    'application/*',
    'application/json, application/yaml',
    'application/json;g=other;as=Other, application/json',
  ])('is plain for Accept: %s, and the answer depends on it', async (accept) => {
    const { type, headers, body } = await ask('/apis', accept);
    expect([type, headers.get('vary'), body.kind]).toEqual(['application/json', 'Accept', 'APIGroupList']);
  });

  it.each([aggregated, `${aggregated};profile=nopeer`])('is aggregated for a client that takes nothing but %s', async (accept) => {
    expect(await ask('/apis', accept)).toMatchObject({ status: 200, type: aggregated });
  });

  it.each([
    ['/apis', 'application/xml'],
    ['/apis', 'application/vnd.kubernetes.protobuf'],
    ['/apis', 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'],
    ['/version', aggregated],
    [schemas, 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf'],
  ])('answers 406 on %s for Accept: %s', async (path, accept) => {
    const { status, body } = await ask(path, accept);
    expect([status, body.reason]).toEqual([406, 'NotAcceptable']);
  });

  it('tells the version', async () => {
    expect((await ask('/version')).body).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\./) });
  });

  it('lists the kinds of the configured layout with what can be done', async () => {
    const { body } = await ask('/apis/kubeflow.org/v1');
    expect(body.resources.map(({ name }: Loose) => name)).toEqual(['tfjobs', 'pytorchjobs', 'mxjobs']);
  });

  it('is indented on request', async () => {
    expect((await ask('/version?pretty=true')).text).toContain('\n  "major"');
    expect((await ask('/version')).text).not.toContain('\n ');
  });

  it('takes a slash at the end as an API server does', async () => {
    expect((await ask('/apis/')).body.kind).toBe('APIGroupList');
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('is not served to %s', async (method) => {
    const { status, headers, body } = await ask('/apis/kubeflow.org/v1', '*/*', method);
    expect([status, headers.get('allow')]).toEqual([405, 'GET']);
    if (method !== 'HEAD') expect(body).toMatchObject({ kind: 'Status', reason: 'MethodNotAllowed' });
  });

  it.each([
    '/',
    '/api/v1',
    '/apis/apps',
    '/apis/apps/v1',
    '/apis/kubeflow.org/v2',
    '/openapi',
    '/openapi/v2',
    '/openapi/v3/api/v1',
    '/healthz',
    '/metrics',
  ])('knows nothing of %s', async (path) => {
    const { status, body } = await ask(path);
    expect([status, body.kind, body.reason]).toEqual([404, 'Status', 'NotFound']);
  });

  it('never asks the upstream', async () => {
    for (const path of ['/version', '/api', '/apis', '/apis/kubeflow.org/v1', '/openapi/v3', schemas]) await ask(path);
    expect(now.upstream.received).toEqual([]);
  });
});

describe('the OpenAPI document', () => {
  it('is where the index says, and may be kept by who asks for it by its hash', async () => {
    const { serverRelativeURL } = (await ask('/openapi/v3')).body.paths['apis/kubeflow.org/v1'];
    expect(serverRelativeURL).toMatch(/^\/openapi\/v3\/apis\/kubeflow\.org\/v1\?hash=/);
    const { status, type, headers, body } = await ask(serverRelativeURL);
    expect([status, type, body.openapi]).toEqual([200, 'application/json', '3.0.0']);
    expect(headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
  });

  it.each([schemas, `${schemas}?hash=`, `${schemas}?hash=0123`])('is answered under %s too, but not to be kept', async (path) => {
    const { status, headers, body } = await ask(path);
    expect([status, headers.get('cache-control'), body.openapi]).toEqual([200, 'no-cache, private', '3.0.0']);
  });
});

describe('the function that answers discovery', () => {
  const event = (path: string, identity: object) => ({
    resource: path,
    path,
    httpMethod: 'GET',
    headers: {},
    requestContext: { httpMethod: 'GET', identity, requestId: 'id' },
  });
  const load = async (layout: string): Promise<LambdaHandler> => {
    process.env.LAYOUT = layout;
    try {
      const file = new URL(`../../dist/discovery/index.mjs?${layout}`, import.meta.url);
      return ((await import(file.href)) as { handler: LambdaHandler }).handler;
    } finally {
      delete process.env.LAYOUT;
    }
  };
  const invoke = async (handler: LambdaHandler, path: string, identity: object = { userArn: 'arn:aws:iam::000000000000:user/test' }) => {
    const result = (await handler(event(path, identity) as never, {} as Context)) as { statusCode: number; body: string };
    return { status: result.statusCode, body: JSON.parse(result.body) as Loose };
  };

  it('serves the kinds and the fields of the kubeflow layout where that is configured', async () => {
    const handler = await load('kubeflow');
    const { body } = await invoke(handler, '/apis/kubeflow.org/v1');
    expect(body.resources.map(({ name }: Loose) => name)).toEqual([
      'tfjobs',
      'pytorchjobs',
      'mxjobs',
      'xgboostjobs',
      'paddlejobs',
      'mpijobs',
    ]);
    const openApi = (await invoke(handler, schemas)).body;
    expect(openApi.components.schemas['org.kubeflow.v1.MPIJobSpec'].properties).toHaveProperty('runPolicy');
  });

  it('answers nobody who is not authenticated', async () => {
    const handler = await load('cci');
    for (const path of ['/version', '/apis', schemas, '/nowhere']) {
      expect(await invoke(handler, path, {})).toMatchObject({ status: 401, body: { kind: 'Status', reason: 'Unauthorized' } });
    }
  });

  it('needs neither a secret nor the address of CCI', async () => {
    const names = Object.keys(environment('', '')).filter((name) => /^(CCI|AWS)_/.test(name));
    const kept = Object.fromEntries(names.map((name) => [name, process.env[name]]));
    for (const name of names) delete process.env[name];
    try {
      expect(await invoke(await load(''), '/version')).toMatchObject({ status: 200 });
    } finally {
      Object.assign(process.env, kept);
    }
  });

  it('does not start with a layout that there is not', async () => {
    await expect(load('other')).rejects.toThrow('LAYOUT must be cci or kubeflow');
  });
});
