import { describe, expect, it } from 'vitest';
import { type LambdaHandler, startApiGateway } from '../../../local/api-gateway/api-gateway.ts';
import { credential } from '../../credentials.ts';
import { calls, handlerOf, invoke, jobPath, type Loose, liveJob, now, requested, status, useGateway } from '../gateway.ts';

useGateway();

const resource = '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}';
const pathParameters = { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' };
const arn = 'arn:aws:iam::123456789012:user/trainer';
/** A body that sets a TTL, with the resourceVersion checked. */
const body = () => JSON.stringify({ ...requested(({ spec }) => Object.assign(spec, { ttlSecondsAfterFinished: 42 })) });

/** Each form of an event without anybody in it, as AWS documents it. `at` is where its authorizers put who was authenticated. */
const forms: Record<string, () => Loose> = {
  'API Gateway REST': () => ({
    resource,
    path: jobPath,
    httpMethod: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    multiValueHeaders: { 'Content-Type': ['application/json'] },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters,
    stageVariables: null,
    requestContext: {
      httpMethod: 'PUT',
      resourcePath: resource,
      stage: 'prod',
      requestId: 'rest-id',
      identity: { sourceIp: '192.0.2.1', userArn: null },
    },
    body: Buffer.from(body()).toString('base64'),
    isBase64Encoded: true,
  }),
  'HTTP API': () => ({
    version: '2.0',
    routeKey: `PUT ${resource}`,
    rawPath: `/prod${jobPath}`,
    rawQueryString: '',
    headers: { 'content-type': 'application/json' },
    pathParameters,
    requestContext: { http: { method: 'PUT', path: `/prod${jobPath}` }, routeKey: `PUT ${resource}`, stage: 'prod', requestId: 'http-id' },
    body: body(),
    isBase64Encoded: false,
  }),
  'an HTTP API with a greedy route and a stage': () => ({
    ...forms['HTTP API']?.(),
    routeKey: 'ANY /{proxy+}',
    pathParameters: { proxy: jobPath.slice(1) },
  }),
  'an HTTP API that sends payload 1.0': () => ({ ...forms['API Gateway REST']?.(), version: '1.0', path: `/prod${jobPath}` }),
  'a Function URL': () => ({
    version: '2.0',
    routeKey: '$default',
    rawPath: jobPath,
    rawQueryString: '',
    cookies: ['a=b'],
    headers: { 'content-type': 'application/json', host: 'id.lambda-url.us-east-1.on.aws' },
    requestContext: { http: { method: 'PUT', path: jobPath }, routeKey: '$default', stage: '$default', requestId: 'url-id' },
    body: Buffer.from(body()).toString('base64'),
    isBase64Encoded: true,
  }),
  'a load balancer': () => ({
    requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/t/1' } },
    httpMethod: 'PUT',
    path: jobPath,
    queryStringParameters: {},
    headers: { 'content-type': 'application/json' },
    body: body(),
    isBase64Encoded: false,
  }),
};

/** Who was authenticated, by each authorizer of each form. */
const callers: [form: string, authorizer: string, context: Loose][] = [
  ['API Gateway REST', 'IAM', { identity: { userArn: arn } }],
  ['API Gateway REST', 'a Lambda authorizer', { authorizer: { principalId: 'trainer' } }],
  ['API Gateway REST', 'a user pool', { authorizer: { claims: { iss: 'https://issuer.example.com', sub: 'trainer' } } }],
  ['HTTP API', 'IAM', { authorizer: { iam: { userArn: arn } } }],
  ['HTTP API', 'a JWT', { authorizer: { jwt: { claims: { iss: 'https://issuer.example.com', sub: 'trainer' }, scopes: null } } }],
  ['HTTP API', 'a Lambda authorizer', { authorizer: { lambda: { principalId: 'trainer' } } }],
  [
    'an HTTP API with a greedy route and a stage',
    'a JWT',
    { authorizer: { jwt: { claims: { iss: 'https://issuer.example.com', sub: 'trainer' } } } },
  ],
  ['an HTTP API that sends payload 1.0', 'IAM', { identity: { userArn: arn } }],
  ['a Function URL', 'IAM', { authorizer: { iam: { userArn: arn } } }],
];

/** What a caller may write into a request in the hope of being taken for somebody. */
const claims: Record<string, string> = {
  Authorization: `Bearer ${credential('admin')}`,
  Cookie: 'user=admin',
  'X-Amzn-Oidc-Identity': 'admin',
  'X-Amzn-Oidc-Data': 'e30.eyJzdWIiOiJhZG1pbiJ9.x',
  'X-Amzn-Oidc-Accesstoken': 'admin',
  'X-Amz-Security-Token': credential('admin'),
  'X-Forwarded-User': 'admin',
  'X-Forwarded-Client-Cert': 'By=admin',
  'X-Remote-User': 'admin',
  'Impersonate-User': 'admin',
  'X-Auth-Token': credential('admin'),
  'cognito-identity-id': 'admin',
  requestContext: '{"identity":{"userArn":"admin"}}',
  'x-apigateway-event': '{"requestContext":{"identity":{"userArn":"admin"}}}',
};

let handler: LambdaHandler;
const send = async (event: Loose) => {
  handler ??= await handlerOf('replace-job');
  return invoke(handler, event);
};
const unauthorized = status(401, 'Unauthorized', 'Unauthorized');

describe('a request with a principal', () => {
  it.each(callers)('through %s, authenticated by %s, is done', async (form, _authorizer, context) => {
    const event = forms[form]?.();
    Object.assign(event.requestContext, context);
    const answer = await send(event);
    expect([answer.status, answer.body.spec?.ttlSecondsAfterFinished]).toEqual([200, 42]);
    expect(liveJob().spec).toMatchObject({ ttlSecondsAfterFinished: 42 });
    expect(answer.headers.get('x-request-id')).toBe(event.requestContext.requestId);
  });
});

describe('a request without a principal', () => {
  it.each(Object.keys(forms))('through %s is 401, and no upstream is asked', async (form) => {
    const answer = await send(forms[form]?.());
    expect([answer.status, answer.body]).toEqual([401, unauthorized]);
    expect(now.upstream.received).toEqual([]);
  });

  it.each(Object.keys(forms))('through %s stays 401 whatever headers, query and body claim', async (form) => {
    const event = forms[form]?.();
    event.headers = { ...event.headers, ...claims };
    if (event.multiValueHeaders)
      Object.assign(event.multiValueHeaders, Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, [value]])));
    event.queryStringParameters = { principalId: 'admin', userArn: arn };
    event.rawQueryString = 'principalId=admin&userArn=admin';
    event.stageVariables = { principalId: 'admin' };
    // Members that belong to the gateway's own form of a request, not to AWS's.
    Object.assign(event, { caller: 'admin', identity: { userArn: arn }, authorizer: { principalId: 'admin' } });
    expect([(await send(event)).body, calls()]).toEqual([unauthorized, []]);
  });

  it.each<[string, string, Loose]>([
    ['API Gateway REST', 'an empty ARN', { identity: { userArn: '' } }],
    ['API Gateway REST', 'an ARN that is no string', { identity: { userArn: { a: 1 } } }],
    ['API Gateway REST', 'an API key', { identity: { apiKey: 'k', apiKeyId: 'k' } }],
    ['API Gateway REST', 'a source address', { identity: { sourceIp: '127.0.0.1', user: 'admin', caller: 'admin' } }],
    ['API Gateway REST', 'an authorizer that names nobody', { authorizer: { integrationLatency: 1 } }],
    ['HTTP API', 'REST’s identity', { identity: { userArn: arn } }],
    ['HTTP API', 'a JWT without a subject', { authorizer: { jwt: { claims: { iss: 'https://issuer.example.com' } } } }],
    ['a Function URL', 'IAM turned off', { authorizer: { iam: null } }],
    ['a load balancer', 'REST’s identity', { identity: { userArn: arn }, authorizer: { principalId: 'admin' } }],
  ])('through %s is 401 with %s', async (form, _title, context) => {
    const event = forms[form]?.();
    Object.assign(event.requestContext, context);
    expect([(await send(event)).body, calls()]).toEqual([unauthorized, []]);
  });

  it('is 401 on every path and verb, so that nobody learns what is served', async () => {
    const notFound = await handlerOf('not-found');
    for (const [method, path] of [
      ['GET', '/'],
      ['DELETE', jobPath],
      ['PUT', '/apis/nothing'],
    ]) {
      const event = { ...forms['API Gateway REST']?.(), resource: '/{proxy+}', path, httpMethod: method, pathParameters: null };
      expect((await invoke(notFound, event)).body).toEqual(unauthorized);
    }
  });

  it('is 401 through a local gateway that is not told to let everybody in', async () => {
    const gateway = await startApiGateway({ port: 0 });
    const answer = await fetch(`${gateway.url}${jobPath}`, {
      method: 'PUT',
      body: body(),
      headers: { ...claims, 'content-type': 'application/json' },
    });
    expect([answer.status, await answer.json(), now.upstream.received]).toEqual([401, unauthorized, []]);
    await gateway.close();
  });

  it('is told how to authenticate', async () => {
    const event = { ...forms['API Gateway REST']?.() };
    handler ??= await handlerOf('replace-job');
    const result = (await handler(event, {} as never)) as Loose;
    expect(result.headers['WWW-Authenticate']).toBe('AWS4-HMAC-SHA256');
  });
});
