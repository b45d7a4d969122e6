// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { Parameters } from '../../../deploy/parameters/schema.ts';
import {
  arn,
  config,
  functions,
  ofType,
  provider,
  resources,
  roleOf,
  rotationOff,
  secretOf,
  sourceArnOf,
  statementsOf,
} from './deployment.ts';

const secretArn = { 'Fn::Sub': 'arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:${param:secretName}-??????' };

describe('the rotation of the secret', () => {
  it('is there only where it is asked for', () => {
    expect(config.functions.rotateCredentials).toBe('${file(deploy/rotation/${param:rotation}.yml):function, null}');
    expect(config.resources).toContain('${file(deploy/rotation/${param:rotation}.yml):resources}');
    expect(config.params.default.rotation).toBe('off');
    expect(rotationOff).toEqual({ function: null, resources: {}, archived: { log: {}, archive: {}, strict: {} } });
  });

  it('may be asked for by Secrets Manager alone, for the one secret of this account', () => {
    const permissions = ofType('AWS::Lambda::Permission').filter(({ Properties: own }) => own.Principal !== 'apigateway.amazonaws.com');
    expect(permissions.map((permission) => ({ ...permission.Properties, SourceArn: sourceArnOf(permission) }))).toEqual([
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
    const properties = await createRequire(import.meta.url)('../../../deploy/rotation/schedule.cjs')({
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
      if (name !== 'jobEvent' && name !== 'listJobs') expect(lambda, name).not.toHaveProperty('timeout');
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
      const theirs = [...callers, 'listJobs'].includes(name) ? [readSecret] : name === 'rotateCredentials' ? [rotateSecret] : [];
      expect(others, name).toEqual(name === 'jobEvent' ? eventStatements.concat(readSecret) : theirs);
    }
  });

  it('may use a secret that is named by its ARN, and the key that encrypts it, through Secrets Manager alone', async () => {
    const [secret, key] = ['arn:aws:secretsmanager:eu-central-1:1:secret:a-AbCdEf', 'arn:aws:kms:eu-central-1:1:key/k'];
    const { arn: of, read, rotate } = await secretOf(secret, key);
    expect(of).toBe(secret);
    const Condition = { StringEquals: { 'kms:ViaService': { 'Fn::Sub': 'secretsmanager.${AWS::Region}.${AWS::URLSuffix}' } } };
    expect(read).toEqual([
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: secret },
      { Effect: 'Allow', Action: 'kms:Decrypt', Resource: key, Condition },
    ]);
    expect(rotate.map(({ Action, Resource: on }: { Action: unknown; Resource: unknown }) => [Action, on])).toEqual([
      [expect.arrayContaining(['secretsmanager:PutSecretValue']), secret],
      [['kms:Decrypt', 'kms:GenerateDataKey'], key],
    ]);
    expect((await secretOf('team/cci')).read).toHaveLength(1);
  });

  it('hold the configuration of CCI only where it is used', () => {
    for (const name of [...callers, 'listJobs', 'rotateCredentials']) {
      expect(functions[name]?.environment).toMatchObject({ CCI_SECRET_ID: '${param:secretName}', CCI_ENDPOINT: '${param:cciEndpoint}' });
    }
    const powertools = ['POWERTOOLS_SERVICE_NAME', 'POWERTOOLS_METRICS_DISABLED', 'POWERTOOLS_LOG_LEVEL'];
    expect(Object.keys(functions.notFound?.environment ?? {})).toEqual(['SSO_USERNAME', ...powertools]);
    expect(Object.keys(functions.discovery?.environment ?? {})).toEqual(['LAYOUT', 'WATCH', 'SSO_USERNAME', ...powertools]);
    expect(Object.keys(functions.authorizer?.environment ?? {}).join()).not.toContain('CCI');
  });
});

describe('the metrics', () => {
  it('have one dimension, which says which stage they are of', () => {
    for (const [name, { environment }] of Object.entries(functions))
      expect([name, environment.POWERTOOLS_SERVICE_NAME]).toEqual([name, '${self:service}-${sls:stage}']);
  });
});

describe('the concurrency', () => {
  it('is reserved to each function that calls CCI for a caller, unless none is to be', async () => {
    const reserved = '${file(deploy/reserved-concurrency.cjs), null}';
    const of = Object.entries(config.functions).filter(([, lambda]) => (lambda as { reservedConcurrency?: string }).reservedConcurrency);
    expect(of.map(([name, lambda]) => [name, (lambda as { reservedConcurrency: string }).reservedConcurrency])).toEqual(
      ['replaceJob', 'patchJob', 'readJobs'].map((name) => [name, reserved]),
    );
    const resolve = createRequire(import.meta.url)('../../../deploy/reserved-concurrency.cjs');
    const given = (value: unknown) => resolve({ resolveVariable: async () => value });
    expect(await Promise.all([given(15), given('20'), given('none')])).toEqual([15, 20, null]);
  });
});

describe('the parameters', () => {
  it('are all used, and no other', () => {
    const files = globSync(['serverless.yml', 'deploy/**/*.{yml,cjs}']).map((file) => readFileSync(file, 'utf8'));
    const inFiles = files.flatMap((file) => [...file.matchAll(/[{']param:(\w+)/g)].map(([, name]) => name));
    const inTemplate = globSync('deploy/template/*.ts').flatMap((file) => {
      const its = readFileSync(file, 'utf8');
      return Object.keys(Parameters.entries).filter((name) => new RegExp(`\\b${name}\\b`).test(its));
    });
    const used = new Set([...inFiles, ...inTemplate, 'tags']); // which are of the stack, not in its template
    // That one is read by the check alone.
    expect([...used, 'authorization'].sort()).toEqual(Object.keys(Parameters.entries).sort());
  });
});
