// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bearer } from '../../lib/auth/token.ts';
import { discoveryDocuments } from '../../lib/discovery/documents.ts';
import { detailType } from '../../lib/events/schema.ts';
import { pathNotFound, type StatusError, tooLarge, tooManyRequests, unauthorized } from '../../lib/job/status.ts';

interface Route {
  method: string;
  path: string;
  authorizer: string;
}
interface Lambda {
  handler: string;
  role: { 'Fn::Sub': string };
  timeout?: number;
  package: { patterns: string[] };
  environment: Record<string, string>;
  events: { http?: Route; sqs?: Record<string, unknown> }[];
}
interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties, one shape per resource type
  Properties: Record<string, any>;
}

const text = readFileSync(new URL('../../serverless.yml', import.meta.url), 'utf8');
const config = parse(text, { merge: true });
const authText = (auth: string) => readFileSync(new URL(`../../deploy/auth/${auth}.yml`, import.meta.url), 'utf8');
const [iam, jwt] = [parse(authText('aws_iam')), parse(authText('jwt'))];
const rotationText = (rotation: string) => readFileSync(new URL(`../../deploy/rotation/${rotation}.yml`, import.meta.url), 'utf8');
const [rotationOff, rotationOn] = [parse(rotationText('off')), parse(rotationText('on'))];
const eventsText = readFileSync(new URL('../../deploy/events.yml', import.meta.url), 'utf8');
const events = parse(eventsText, { merge: true });
const { provider } = config;
// As deployed with auth=jwt and rotation=on, which have all that the defaults have, and a function each besides.
const functions: Record<string, Lambda> = {
  ...config.functions,
  jobEvent: events.function,
  authorizer: { events: [], ...jwt.function },
  rotateCredentials: { events: [], ...rotationOn.function },
};
const resources: Record<string, Resource> = {
  ...config.resources[0].Resources,
  ...events.resources.Resources,
  ...jwt.resources.Resources,
  ...rotationOn.resources.Resources,
};

const ofType = (type: string): Resource[] => Object.values(resources).filter((resource) => resource.Type === type);
const routes = Object.values(functions).flatMap((lambda) => lambda.events.flatMap((event) => event.http ?? []));
const roleOf = (name: string): string | undefined => functions[name]?.role['Fn::Sub'].match(/^\$\{(\w+)\.Arn\}$/)?.[1];

/** Every statement of a role's policies. */
function statementsOf(role: Resource | undefined): { Action: string | string[]; Resource: unknown }[] {
  return role?.Properties.Policies.flatMap((policy: { PolicyDocument: { Statement: unknown[] } }) => policy.PolicyDocument.Statement) ?? [];
}

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
    expect(functions[name]?.events).toContainEqual({ http: { method, path, authorizer: '${self:custom.authorizer}' } });
  });

  it('sends every other path to the function that answers 404', () => {
    const caught = functions.notFound?.events.map(({ http }) => `${http?.method} ${http?.path}`);
    expect(caught).toEqual(expect.arrayContaining(['any /', 'any /{proxy+}']));
  });

  it('sends every other verb on a known path to a function that answers 405', () => {
    const any = routes.filter(({ method }) => method === 'any').map(({ path }) => path);
    expect(any).toEqual(expect.arrayContaining(routes.map(({ path }) => path)));
  });

  it('routes every path of discovery, and nothing else, to the function that answers it', () => {
    const routed = functions.discovery?.events.map(({ http }) => http?.path).sort();
    expect(routed).toEqual(Object.keys(discoveryDocuments('cci')).sort());
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

  it('logs who called and what came of it, but no header, query string or path that the caller wrote', () => {
    const format = ofType('AWS::ApiGateway::Stage')[0]?.Properties.AccessLogSetting.Format;
    const logged = Object.values(JSON.parse(format));
    expect(logged).toEqual(
      expect.arrayContaining(['$context.identity.userArn', '$context.requestId', '$context.status', '$context.resourcePath']),
    );
    expect(format).not.toMatch(/header|query|context\.path|context\.error|userAgent/i);
  });

  it('takes no helper function of the framework along, which could create and pass any role', () => {
    expect(provider).not.toHaveProperty('logs');
    expect(provider).not.toHaveProperty('tracing');
  });

  it('takes its snapshot only after the answers of API Gateway are written, and leaves the stage to the template', async () => {
    const describeDeployment = createRequire(import.meta.url)('../../scripts/api-deployment.cjs');
    const { extensions } = await describeDeployment({
      resolveVariable: async () => '42',
      resolveConfigurationProperty: async () => resources,
    });
    expect(Object.keys(extensions)).toEqual(['ApiGatewayDeployment42']);
    expect(extensions.ApiGatewayDeployment42.Properties).toEqual({ StageName: null });
    expect(extensions.ApiGatewayDeployment42.DependsOn).toHaveLength(answers.size);
    expect(ofType('AWS::ApiGateway::Stage')[0]?.Properties.DeploymentId).toEqual({ Ref: 'ApiGatewayDeployment${sls:instanceId}' });
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

  it('is known for every type that API Gateway lets us write while no API keys and no request validators are used', () => {
    expect(answers.size).toBe(17); // those above and DEFAULT_4XX: a misspelt type would be one more
  });

  it('keeps the status code of any other refusal, and claims none in the body', () => {
    expect(answers.get('DEFAULT_4XX')?.code).toBeUndefined();
    expect(bodyOf('DEFAULT_4XX')).toMatchObject({ kind: 'Status', status: 'Failure' });
    expect(bodyOf('DEFAULT_4XX')).not.toHaveProperty('code');
  });

  it.each<[string, StatusError]>([
    ['UNAUTHORIZED', unauthorized()],
    ['RESOURCE_NOT_FOUND', pathNotFound()],
    ['REQUEST_TOO_LARGE', tooLarge(3 * 1024 * 1024)],
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

  it('invites to send again only what was throttled: nothing was written, and it is over in a second', () => {
    for (const [type, { headers }] of answers) {
      expect(headers['gatewayresponse.header.Retry-After'], type).toBe(type === 'THROTTLED' ? "'1'" : undefined);
    }
  });
});

const secretArn = { 'Fn::Sub': 'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${param:secretName}-??????' };

describe('the rotation of the secret', () => {
  it('is there only where it is asked for', () => {
    expect(config.functions.rotateCredentials).toBe('${file(deploy/rotation/${param:rotation}.yml):function, null}');
    expect(config.resources).toContain('${file(deploy/rotation/${param:rotation}.yml):resources}');
    expect(config.params.default.rotation).toBe('off');
    expect(rotationOff).toEqual({ function: null, resources: {} });
  });

  it('may be asked for by Secrets Manager alone, for the one secret of this account', () => {
    const permissions = ofType('AWS::Lambda::Permission').filter(({ Properties: own }) => own.Principal !== 'apigateway.amazonaws.com');
    expect(permissions.map(({ Properties: own }) => own)).toEqual([
      {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': ['RotateCredentialsLambdaFunction', 'Arn'] },
        Principal: 'secretsmanager.amazonaws.com',
        SourceAccount: { Ref: 'AWS::AccountId' },
        SourceArn: secretArn,
      },
    ]);
  });

  it.each([
    ['by hand alone unless a schedule is given', '', undefined],
    ['by schedule where one is given', 'rate(30 days)', { ScheduleExpression: 'rate(30 days)' }],
  ])('begins %s, and never with a deployment', async (_, rotationSchedule, rules) => {
    expect(resources.RotationSchedule).toEqual({
      Type: 'AWS::SecretsManager::RotationSchedule',
      DependsOn: ['RotationPermission'],
      Properties: '${file(deploy/rotation/schedule.cjs)}',
    });
    const values: Record<string, string> = { 'param:rotationSchedule': rotationSchedule, 'param:secretName': 'team/cci' };
    const properties = await createRequire(import.meta.url)('../../deploy/rotation/schedule.cjs')({
      resolveVariable: async (name: string) => values[name],
    });
    expect(properties).toEqual({
      SecretId: 'team/cci',
      RotationLambdaARN: { 'Fn::GetAtt': ['RotateCredentialsLambdaFunction', 'Arn'] },
      RotateImmediatelyOnUpdate: false,
      ...(rules && { RotationRules: rules }),
    });
  });
});

const callers = ['replaceJob', 'patchJob', 'readJobs'];
const arn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] });
/** What the function of events may do beside what all may: take events, bury the dead, answer on the bus. */
const eventStatements: { Effect: string; Action: string | string[]; Resource: unknown }[] = [
  {
    Effect: 'Allow',
    Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    Resource: [arn('JobEventQueue'), arn('JobEventFifoQueue')],
  },
  { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: [arn('JobEventDeadLetters'), arn('JobEventFifoDeadLetters')] },
  { Effect: 'Allow', Action: 'events:PutEvents', Resource: arn('JobEventBus') },
];

describe('the functions', () => {
  it('run on Node 24 and end before API Gateway gives up', () => {
    expect(provider).toMatchObject({ runtime: 'nodejs24.x', architecture: 'arm64', timeout: 25 });
    for (const [name, lambda] of Object.entries(functions)) {
      if (name !== 'jobEvent') expect(lambda, name).not.toHaveProperty('timeout');
    }
  });

  it('are packaged each with its own bundle and nothing else', () => {
    expect(config.package).toMatchObject({ individually: true, patterns: ['!**'] });
    for (const { handler, package: own } of Object.values(functions)) {
      expect(own.patterns).toEqual([handler.replace(/index\.handler$/, '**')]);
    }
  });

  it('have a role each, but that those which call CCI share one', () => {
    const roles = Object.keys(functions).map(roleOf);
    expect(callers.map(roleOf)).toEqual(callers.map(() => 'JobsRole'));
    expect(new Set(roles).size).toBe(roles.length - callers.length + 1);
    for (const role of roles) expect(resources[role ?? '']).toMatchObject({ Type: 'AWS::IAM::Role' });
  });

  it('may write to their own log, and only those that call CCI may read a secret, one may rotate it, and only the one secret', () => {
    for (const name of Object.keys(functions)) {
      const logOf = (lambda: string) => ({ 'Fn::GetAtt': [`${lambda[0]?.toUpperCase()}${lambda.slice(1)}LogGroup`, 'Arn'] });
      const logGroup = callers.includes(name) ? callers.map(logOf) : logOf(name);
      const [own, ...others] = statementsOf(resources[roleOf(name) ?? '']);
      expect(own, name).toEqual({ Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: logGroup });
      const readSecret = { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secretArn as unknown };
      const rotating = ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'];
      const rotateSecret = { Effect: 'Allow', Action: rotating.map((action) => `secretsmanager:${action}`), Resource: secretArn };
      const theirs = callers.includes(name) ? [readSecret] : name === 'rotateCredentials' ? [rotateSecret] : [];
      expect(others, name).toEqual(name === 'jobEvent' ? eventStatements.concat(readSecret) : theirs);
    }
  });

  it('hold the configuration of CCI only where it is used', () => {
    for (const name of [...callers, 'rotateCredentials']) {
      expect(functions[name]?.environment).toMatchObject({ CCI_SECRET_ID: '${param:secretName}', CCI_ENDPOINT: '${param:cciEndpoint}' });
    }
    const powertools = ['POWERTOOLS_SERVICE_NAME', 'POWERTOOLS_METRICS_DISABLED', 'POWERTOOLS_LOG_LEVEL'];
    expect(Object.keys(functions.notFound?.environment ?? {})).toEqual(powertools);
    expect(Object.keys(functions.discovery?.environment ?? {})).toEqual(['LAYOUT', ...powertools]);
    expect(Object.keys(functions.authorizer?.environment ?? {}).join()).not.toContain('CCI');
  });
});

describe('the metrics', () => {
  it('have one dimension, which says which stage they are of', () => {
    const counting = Object.values(functions).filter(({ environment }) => environment && 'POWERTOOLS_METRICS_DISABLED' in environment);
    expect(counting.length).toBeGreaterThanOrEqual(5);
    for (const { environment } of counting) expect(environment.POWERTOOLS_SERVICE_NAME).toBe('${self:service}-${sls:stage}');
  });
});

describe('the parameters', () => {
  it('have a default each, but for the reserved concurrency, and for whose tokens are believed', () => {
    const asVariables = (file: string) =>
      readFileSync(new URL(`../../deploy/${file}`, import.meta.url), 'utf8').replaceAll(/'(param:\w+)'/g, '${$1}');
    const [schedule, alarmActions] = ['rotation/schedule.cjs', 'alarm-actions.cjs'].map(asVariables);
    const all = [
      text,
      authText('aws_iam'),
      authText('jwt'),
      rotationText('off'),
      rotationText('on'),
      schedule,
      eventsText,
      alarmActions,
    ].join();
    const used = new Set([...all.matchAll(/\$\{param:(\w+)(, null)?\}/g)].map(([, name, optional]) => (optional ? undefined : name)));
    for (const needed of ['oidcIssuer', 'oidcAudience']) expect(used.delete(needed)).toBe(true);
    used.delete(undefined);
    expect([...used].sort()).toEqual(Object.keys(config.params.default).sort());
  });
});

describe('the ways in for events', () => {
  const queues = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::SQS::Queue');
  const deadLetters = ['JobEventDeadLetters', 'JobEventFifoDeadLetters', 'JobEventUndelivered'];

  it('are part of every deployment', () => {
    expect(config.functions.jobEvent).toBe('${file(deploy/events.yml):function}');
    expect(config.resources).toContain('${file(deploy/events.yml):resources}');
  });

  it('are two queues that answer for each message, with a bounded concurrency', () => {
    expect(events.function.events.map(({ sqs }: { sqs: object }) => sqs)).toEqual(
      ['JobEventQueue', 'JobEventFifoQueue'].map((name) => ({
        arn: arn(name),
        batchSize: 10,
        maximumConcurrency: '${param:eventConcurrency}',
        functionResponseType: 'ReportBatchItemFailures',
      })),
    );
    expect(config.params.default.eventConcurrency).toBeGreaterThanOrEqual(2);
  });

  it('are encrypted and take 1 MiB, and keep what nobody fetched for 14 days', () => {
    expect(queues).toHaveLength(5);
    for (const [name, { Properties: own }] of queues) {
      expect(own, name).toMatchObject({ SqsManagedSseEnabled: true, MaximumMessageSize: 2 ** 20, MessageRetentionPeriod: 14 * 86_400 });
    }
  });

  it('hide a message for six times as long as the function may take, and bury it only after ten times its own five attempts', () => {
    for (const name of ['JobEventQueue', 'JobEventFifoQueue']) {
      const own = resources[name]?.Properties;
      expect(own?.VisibilityTimeout).toBeGreaterThanOrEqual(6 * (functions.jobEvent?.timeout ?? Number.NaN));
      expect(own?.RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(50);
      const letters = own?.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'][0];
      expect(resources[letters]?.Properties.FifoQueue).toBe(own?.FifoQueue);
    }
  });

  it('take from the bus what asks for an update and nothing else, so that results do not come back', () => {
    const { EventPattern, Targets } = resources.JobEventRule?.Properties ?? {};
    expect(EventPattern).toEqual({ 'detail-type': [detailType] });
    expect(Targets).toEqual([
      { Id: 'queue', Arn: arn('JobEventQueue'), RetryPolicy: expect.anything(), DeadLetterConfig: { Arn: arn('JobEventUndelivered') } },
    ]);
  });

  it('let EventBridge send for this one rule, and nobody else by policy', () => {
    const [policy, ...others] = ofType('AWS::SQS::QueuePolicy');
    expect(others).toEqual([]);
    expect(policy?.Properties.PolicyDocument.Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: [arn('JobEventQueue'), arn('JobEventUndelivered')],
        Condition: { ArnEquals: { 'aws:SourceArn': arn('JobEventRule') } },
      },
    ]);
  });

  it('tell a topic of their alarms where one is given', async () => {
    const actions = createRequire(import.meta.url)('../../deploy/alarm-actions.cjs');
    expect(await actions({ resolveVariable: async () => '' })).toEqual([]);
    expect(await actions({ resolveVariable: async (name: string) => name })).toEqual(['param:alarmTopicArn']);
    for (const { Properties: own } of ofType('AWS::CloudWatch::Alarm')) expect(own.AlarmActions).toBe('${file(deploy/alarm-actions.cjs)}');
  });

  it('tell of every dead letter and of events that wait', () => {
    const watched = ofType('AWS::CloudWatch::Alarm').map(({ Properties: own }) => [
      own.MetricName,
      own.Dimensions[0].Value['Fn::GetAtt'][0],
    ]);
    expect(watched).toEqual([
      ...deadLetters.map((name) => ['ApproximateNumberOfMessagesVisible', name]),
      ...['JobEventQueue', 'JobEventFifoQueue'].map((name) => ['ApproximateAgeOfOldestMessage', name]),
    ]);
  });
});
