// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { describe, expect, it } from 'vitest';
import { bearer } from '../../../lib/callers/token.ts';
import { discoveryDocuments } from '../../../lib/discovery/documents.ts';
import { reviews } from '../../../lib/reviews/review.ts';
import { pathNotFound, type StatusError, tooLarge, tooManyRequests, unauthorized } from '../../../lib/status.ts';
import { config, functions, iam, jwt, ofType, provider, resources, routes, text } from './deployment.ts';

/** What API Gateway answers in the gateway's place, by the type of its refusal. */
const answers = new Map(
  ofType('AWS::ApiGateway::GatewayResponse').map(({ Properties: own }) => {
    const headers = (own.ResponseParameters ?? {}) as Record<string, string>;
    return [
      own.ResponseType as string,
      { code: own.StatusCode as string, headers, text: own.ResponseTemplates['application/json'] as string },
    ];
  }),
);
const bodyOf = (type: string) => JSON.parse(answers.get(type)?.text ?? 'null');

describe('the API', () => {
  it('lets nobody in without an IAM signature, or with auth=jwt without a bearer token, on any route', () => {
    expect(routes.length).toBeGreaterThan(0);
    for (const route of routes) expect(route, `${route.method} ${route.path}`).toMatchObject({ authorizer: '${self:custom.authorizer}' });
    expect(config.custom.authorizer).toBe('${file(deploy/auth/${param:auth}.yml):authorizer}');
    expect(config.params.default.auth).toBe('aws_iam');
    expect(iam.authorizer).toBe('aws_iam');
    expect(jwt.authorizer).toEqual({ type: 'token', authorizerId: { Ref: 'Authorizer' } });
  });

  it('counts each caller apart on every route where there is an authorizer to say who it is, by a key that no caller sends', () => {
    for (const route of routes) expect(route).toMatchObject({ private: '${self:custom.apiKeyRequired}' });
    expect(config.custom.apiKeyRequired).toBe('${file(deploy/auth/${param:auth}.yml):apiKeyRequired}');
    expect(provider.apiGateway.apiKeySourceType).toBe('${file(deploy/auth/${param:auth}.yml):apiKeySource}');
    expect(config.resources).toContain('${file(deploy/auth/${param:auth}.yml):callerLimits}');
    expect(iam).toMatchObject({ apiKeyRequired: false, callerLimits: {} });
    expect(jwt).toMatchObject({
      apiKeySource: 'AUTHORIZER',
      apiKeyRequired: true,
      callerLimits: '${file(deploy/auth/caller-limits.cjs):resources}',
      function: { environment: { CALLER_KEY_PREFIX: '${file(deploy/auth/caller-limits.cjs):prefix}' } },
    });
    // One caller leaves more than half of the stage to the others.
    const { callerRate, callerBurst, throttleRate, throttleBurst } = config.params.default;
    expect([callerRate / throttleRate, callerBurst / throttleBurst]).toEqual([0.4, 0.4]);
  });

  it('has an authorizer only where bearer tokens are asked for', () => {
    expect(config.functions.authorizer).toBe('${file(deploy/auth/${param:auth}.yml):function, null}');
    expect(config.resources).toContain('${file(deploy/auth/${param:auth}.yml):resources}');
    expect(iam).toMatchObject({ function: null, resources: {} });
  });

  it('asks the authorizer about every bearer token of the right form, each time unless a parameter says otherwise', () => {
    expect(resources.Authorizer?.Properties).toMatchObject({
      Type: 'TOKEN',
      IdentitySource: 'method.request.header.Authorization',
      IdentityValidationExpression: bearer.source.replace(/[()]/g, ''),
      AuthorizerResultTtlInSeconds: '${param:authCacheSeconds}',
    });
    expect(config.params.default.authCacheSeconds).toBe(0);
  });

  it('is the only one that may call the authorizer', () => {
    const permissions = ofType('AWS::Lambda::Permission').filter(
      ({ Properties: own }) => own.FunctionName['Fn::GetAtt'][0] === 'AuthorizerLambdaFunction',
    );
    expect(permissions.map(({ Properties: own }) => own)).toEqual([
      expect.objectContaining({
        Principal: 'apigateway.amazonaws.com',
        SourceArn: {
          'Fn::Sub': 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${ApiGatewayRestApi}/authorizers/${Authorizer}',
        },
      }),
    ]);
  });

  it.each([
    ['replaceJob', 'put', '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}'],
    ['patchJob', 'patch', '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}'],
    ['readJobs', 'get', '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}/{name}'],
    ['readJobs', 'get', '/apis/kubeflow.org/v1/namespaces/{namespace}/{plural}'],
    ['readJobs', 'get', '/apis/kubeflow.org/v1/{plural}'],
  ])('%s serves %s %s', (name, method, path) => {
    expect(functions[name]?.events).toContainEqual({
      http: expect.objectContaining({ method, path, authorizer: '${self:custom.authorizer}' }),
    });
  });

  it('sends every other path to the function that answers 404', () => {
    const caught = functions.notFound?.events.map(({ http }) => `${http?.method} ${http?.path}`);
    expect(caught).toEqual(expect.arrayContaining(['any /', 'any /{proxy+}']));
  });

  it('sends every other verb on a known path to a function that answers 405', () => {
    const any = routes.filter(({ method }) => method === 'any').map(({ path }) => path);
    expect(any).toEqual(expect.arrayContaining(routes.map(({ path }) => path)));
  });

  it('routes every path of discovery and of reviews, and nothing else, to the function that answers it', () => {
    const routed = functions.discovery?.events.map(({ http }) => http?.path).sort();
    expect(routed).toEqual([...Object.keys(discoveryDocuments('cci')), ...Object.keys(reviews)].sort());
  });

  it('is regional and leaves the bytes of a body alone', () => {
    expect(provider.endpointType).toBe('REGIONAL');
    expect(provider.apiGateway.binaryMediaTypes).toEqual(['*/*']);
    expect(text).not.toContain('minimumCompressionSize');
  });

  it('throttles every method of its stage, by parameters', () => {
    expect(ofType('AWS::ApiGateway::Stage')[0]?.Properties.MethodSettings).toEqual([
      expect.objectContaining({
        HttpMethod: '*',
        ResourcePath: '/*',
        ThrottlingRateLimit: '${param:throttleRate}',
        ThrottlingBurstLimit: '${param:throttleBurst}',
        LoggingLevel: 'OFF',
        DataTraceEnabled: false,
      }),
    ]);
  });

  const formatOf = (auth: { accessLog: string }): string =>
    ofType('AWS::ApiGateway::Stage')[0]?.Properties.AccessLogSetting.Format.replace(
      '${file(deploy/auth/${param:auth}.yml):accessLog}',
      auth.accessLog,
    );

  it.each([
    ['aws_iam', iam, ['$context.authenticate.status', '$context.authorize.status']],
    ['jwt', jwt, ['$context.error.message', '$context.authorizer.error', '$context.authorizer.status']],
  ])('logs who called from where, for which path, and what came of it, but no header or query string (%s)', (_auth, own, more) => {
    const format = formatOf(own);
    const logged = Object.values(JSON.parse(format));
    const always = ['identity.userArn', 'identity.sourceIp', 'requestId', 'status', 'resourcePath', 'path', 'error.responseType'];
    expect(logged).toEqual(expect.arrayContaining([...always.map((name) => `$context.${name}`), ...more]));
    expect(format).not.toMatch(/header|query|userAgent/i);
  });

  it('logs no message of API Gateway where callers sign: it quotes what was signed, and whatever stands for a signature', () => {
    expect(formatOf(iam)).not.toMatch(/error\.message|authenticate\.error|authorize\.error|authorizer\.error/);
  });

  it('logs a path that ends its string, so that it forges nothing: what API Gateway knows comes after it', () => {
    for (const own of [iam, jwt]) {
      const path = '/x","status":"200","caller":"somebody else';
      const line = formatOf(own)
        .replace('$context.path', path)
        .replaceAll(/\$context\.[\w.]+/g, 'true');
      expect(JSON.parse(line)).toMatchObject({ status: 'true', caller: 'true' });
    }
  });

  it('takes no helper function of the framework along, which could create and pass any role', () => {
    expect(provider).not.toHaveProperty('logs');
    expect(provider).not.toHaveProperty('tracing');
  });
});

describe('what API Gateway answers in our place', () => {
  it.each([
    ['MISSING_AUTHENTICATION_TOKEN', '401'],
    ['INVALID_SIGNATURE', '401'],
    ['EXPIRED_TOKEN', '401'],
    ['UNAUTHORIZED', '401'],
    ['ACCESS_DENIED', '403'],
    ['WAF_FILTERED', '403'],
    ['RESOURCE_NOT_FOUND', '404'],
    ['REQUEST_TOO_LARGE', '413'],
    ['THROTTLED', '429'],
    ['QUOTA_EXCEEDED', '429'],
    ['INTEGRATION_FAILURE', '500'],
    ['INVALID_API_KEY', '500'],
    ['AUTHORIZER_FAILURE', '500'],
    ['AUTHORIZER_CONFIGURATION_ERROR', '500'],
    ['API_CONFIGURATION_ERROR', '500'],
    ['DEFAULT_5XX', '500'],
    ['INTEGRATION_TIMEOUT', '504'],
  ])('%s is a %s whose Status says the same', (type, code) => {
    expect(answers.get(type)?.code).toBe(code);
    expect(bodyOf(type)).toMatchObject({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code: Number(code) });
    expect(bodyOf(type)).toMatchObject({ message: expect.any(String), reason: expect.stringMatching(/^[A-Z]\w+$/) });
  });

  it('is known for every type that API Gateway lets us write while no request validators are used', () => {
    expect(answers.size).toBe(18); // those above and DEFAULT_4XX: a misspelt type would be one more
  });

  it('keeps the status code of any other refusal, and claims none in the body', () => {
    expect(answers.get('DEFAULT_4XX')?.code).toBeUndefined();
    expect(bodyOf('DEFAULT_4XX')).toMatchObject({ kind: 'Status', status: 'Failure' });
    expect(bodyOf('DEFAULT_4XX')).not.toHaveProperty('code');
  });

  it.each<[string, StatusError]>([
    ['UNAUTHORIZED', unauthorized()],
    ['RESOURCE_NOT_FOUND', pathNotFound()],
    ['REQUEST_TOO_LARGE', tooLarge('body-size', 3 * 1024 * 1024)],
    ['THROTTLED', tooManyRequests({}, 1)],
  ])('%s reads as the gateway itself would say it', (type, error) => {
    expect(bodyOf(type)).toEqual(error.status);
  });

  it('substitutes nothing, so that neither the request nor a message of AWS shows', () => {
    for (const [type, { text: body }] of answers) expect(body, type).not.toContain('$');
  });

  it('asks with every 401 for what is missing: a signature or a bearer token', () => {
    const challenge = '${file(deploy/auth/${param:auth}.yml):challenge}';
    for (const { code, headers } of answers.values()) {
      expect(headers['gatewayresponse.header.WWW-Authenticate']).toBe(code === '401' ? challenge : undefined);
    }
    expect(iam.challenge).toBe("'AWS4-HMAC-SHA256'");
    expect(jwt.challenge).toBe(`'Bearer realm="tfjob-gateway"'`);
  });

  it('is not to be kept, nor taken for anything but JSON', () => {
    for (const [type, { headers }] of answers) {
      expect(headers, type).toMatchObject({
        'gatewayresponse.header.Cache-Control': "'no-cache, private'",
        'gatewayresponse.header.X-Content-Type-Options': "'nosniff'",
      });
    }
  });

  it('invites to send again only what was throttled: nothing was written, and it is over in a second', () => {
    for (const [type, { headers }] of answers) {
      expect(headers['gatewayresponse.header.Retry-After'], type).toBe(type === 'THROTTLED' ? "'1'" : undefined);
    }
  });

  it('claims of no write that it was not carried out where a function may have ended after it', () => {
    for (const type of ['INTEGRATION_FAILURE', 'INTEGRATION_TIMEOUT', 'DEFAULT_5XX']) {
      const { code, details = {} } = bodyOf(type);
      expect([500, 504], type).toContain(code);
      expect(details, type).toEqual({});
    }
  });
});
