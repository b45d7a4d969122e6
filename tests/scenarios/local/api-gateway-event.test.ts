import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { calls, eventOf, now, restart, useGateway } from './gateway-harness.ts';

useGateway();

describe('an event', () => {
  it('has the shape that API Gateway REST gives it', async () => {
    const before = Date.now();
    const event = await eventOf(
      'PUT',
      '/things/ns/job?pretty=true',
      ['User-Agent', 'test/1', 'content-type', 'application/json'],
      Buffer.from('{}'),
    );
    const host = new URL(now.gateway.url).host;
    const headers = { Host: host, 'User-Agent': 'test/1', 'content-type': 'application/json', 'Content-Length': '2' };
    expect(event).toEqual({
      resource: '/things/{namespace}/{name}',
      path: '/things/ns/job',
      httpMethod: 'PUT',
      headers,
      multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
      queryStringParameters: { pretty: 'true' },
      multiValueQueryStringParameters: { pretty: ['true'] },
      pathParameters: { namespace: 'ns', name: 'job' },
      stageVariables: null,
      requestContext: {
        accountId: '000000000000',
        apiId: 'local',
        domainName: '127.0.0.1',
        extendedRequestId: expect.any(String),
        httpMethod: 'PUT',
        identity: {
          accessKey: null,
          accountId: null,
          apiKey: null,
          apiKeyId: null,
          caller: null,
          clientCert: null,
          cognitoAuthenticationProvider: null,
          cognitoAuthenticationType: null,
          cognitoIdentityId: null,
          cognitoIdentityPoolId: null,
          principalOrgId: null,
          sourceIp: '127.0.0.1',
          user: null,
          userAgent: 'test/1',
          userArn: null,
        },
        path: '/things/ns/job',
        protocol: 'HTTP/1.1',
        requestId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
        requestTime: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
        requestTimeEpoch: expect.any(Number),
        resourceId: 'local',
        resourcePath: '/things/{namespace}/{name}',
        stage: 'local',
      },
      body: 'e30=',
      isBase64Encoded: true,
    });
    expect(event.requestContext.requestTimeEpoch).toBeGreaterThanOrEqual(before);
    expect(event.requestContext.requestTimeEpoch).toBeLessThanOrEqual(Date.now());
  });

  it('has null for a query, path parameters and a body that are not there', async () => {
    expect(await eventOf('GET', '/')).toMatchObject({
      resource: '/',
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      body: null,
      isBase64Encoded: false,
    });
  });

  it.each<[string, Buffer]>([
    ['invalid UTF-8', Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x80])],
    ['gzip', gzipSync('{"kind":"TFJob"}')],
    ['every byte', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
  ])('carries a body of %s untouched', async (_title, body) => {
    const event = await eventOf('PUT', '/things/ns/job', ['Content-Type', 'application/json', 'Content-Encoding', 'gzip'], body);
    expect(event.isBase64Encoded).toBe(true);
    expect(Buffer.from(event.body as string, 'base64').equals(body)).toBe(true);
  });

  it('keeps the case of header names, every value of a header, and the last one alone', async () => {
    const event = await eventOf('GET', '/x', ['X-Many', 'a', 'x-One', '1', 'x-many', 'b, c', 'X-MANY', 'd', 'Connection', 'close']);
    expect(event.multiValueHeaders).toEqual({ Host: [new URL(now.gateway.url).host], 'X-Many': ['a', 'b, c', 'd'], 'x-One': ['1'] });
    expect(event.headers).toMatchObject({ 'X-Many': 'd', 'x-One': '1' });
  });

  it('decodes the query, keeps every value and the last one alone', async () => {
    const event = await eventOf('GET', '/x?a=1&b=%E4%BD%A0%26&a=2+3&empty=&bare&a%20b=%2525&__proto__=p');
    expect(Object.entries(event.multiValueQueryStringParameters ?? {})).toEqual([
      ['a', ['1', '2 3']],
      ['b', ['你&']],
      ['empty', ['']],
      ['bare', ['']],
      ['a b', ['%25']],
      ['__proto__', ['p']],
    ]);
    expect(event.queryStringParameters).toMatchObject({ a: '2 3', b: '你&' });
  });

  it('decodes path parameters once, an escaped slash included, and leaves the path as it came', async () => {
    const event = await eventOf('PUT', '/things/a%2Fb/%252F%E4%BD%A0?x=1');
    expect(event.pathParameters).toEqual({ namespace: 'a/b', name: '%2F你' });
    expect(event.path).toBe('/things/a%2Fb/%252F%E4%BD%A0');
  });

  it('comes with a context whose time counts down from the function’s timeout', async () => {
    let remaining = 0;
    now.behave = async (_event, context) => {
      remaining = context.getRemainingTimeInMillis();
      return { statusCode: 200 };
    };
    await eventOf('PUT', '/things/ns/job');
    const { event, context } = calls.at(-1) as (typeof calls)[0];
    expect(remaining).toBeGreaterThan(9000);
    expect(context.getRemainingTimeInMillis()).toBeLessThanOrEqual(10_000);
    expect(context).toMatchObject({ functionName: 'job', memoryLimitInMB: '512', functionVersion: '$LATEST' });
    expect(context.awsRequestId).not.toBe(event.requestContext.requestId);
    await eventOf('GET', '/elsewhere');
    expect(calls.at(-1)?.context.getRemainingTimeInMillis()).toBeGreaterThan(24_000);
    expect(calls.at(-1)?.context.memoryLimitInMB).toBe('1024');
  });
});

describe('the caller', () => {
  const forged = [
    'userArn',
    'arn:aws:iam::1:user/x',
    'cognito-identity-id',
    'x',
    'X-Amz-User-Arn',
    'x',
    'sls-offline-authorizer-override',
    '{"principalId":"x"}',
    'Authorization',
    'Bearer x',
    'X-Forwarded-For',
    '6.6.6.6',
    'X-Apigateway-Event',
    '{"requestContext":{"identity":{"userArn":"x"}}}',
  ];

  it('is nobody, whatever the headers say', async () => {
    const { requestContext } = await eventOf('PUT', '/things/ns/job', forged);
    const { sourceIp, ...identity } = requestContext.identity;
    expect(sourceIp).toBe('127.0.0.1');
    expect(new Set(Object.values(identity))).toEqual(new Set([null]));
    expect(requestContext.authorizer).toBeUndefined();
  });

  it('is the local user with AUTH=none, whatever the headers say', async () => {
    await restart({ auth: 'none' });
    for (const headers of [[], forged]) {
      const { identity, authorizer } = (await eventOf('PUT', '/things/ns/job', headers)).requestContext;
      expect(identity).toMatchObject({ userArn: 'arn:aws:iam::000000000000:user/local', accountId: '000000000000', accessKey: null });
      expect([identity.caller, identity.user]).toEqual(['AIDALOCAL', 'AIDALOCAL']);
      expect(authorizer).toBeUndefined();
    }
  });
});
