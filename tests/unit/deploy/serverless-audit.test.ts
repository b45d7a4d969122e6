// biome-ignore-all lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { config, events, functions, type Resource, rotationOff, rotationOn } from './deployment.ts';

const read = (mode: string) => parse(readFileSync(new URL(`../../../deploy/audit/${mode}.yml`, import.meta.url), 'utf8'), { merge: true });
const [log, archive, strict] = ['log', 'archive', 'strict'].map(read);
const archived: Record<string, Resource & Record<string, string>> = { ...archive.archive.Resources, ...archive.watched.Resources };
const acknowledged: Record<string, Resource & Record<string, string>> = strict.acknowledged.Resources;
const ofType = (type: string) => Object.values({ ...archived, ...acknowledged }).filter(({ Type }) => Type === type);

describe('audit', () => {
  it('is one of three modes, by the parameter', () => {
    expect(config.params.default).toMatchObject({ audit: 'log', auditRetentionDays: 365, auditLockMode: 'GOVERNANCE' });
    for (const part of ['archive', 'acknowledged'])
      expect(config.resources).toContain(`\${file(deploy/audit/\${param:audit}.yml):${part}}`);
    expect(log).toEqual({ mode: 'log', stream: '', archive: {}, acknowledged: {}, watched: {} });
    expect([archive.mode, archive.stream, archive.acknowledged]).toEqual(['log', '', {}]);
    const ofArchive = ['archive', 'watched'].map((part) => `\${file(deploy/audit/archive.yml):${part}}`);
    expect([strict.mode, strict.archive, strict.watched]).toEqual(['strict', ...ofArchive]);
  });

  it('is strict for the functions that write, and for no other', () => {
    const mode = '${file(deploy/audit/${param:audit}.yml):mode}';
    const modes = Object.entries(functions).map(([name, { environment }]) => [name, environment.AUDIT]);
    expect(Object.fromEntries(modes)).toMatchObject({ replaceJob: mode, patchJob: mode, jobEvent: mode, readJobs: 'log' });
    expect(modes.filter(([, its]) => its === mode)).toHaveLength(3);
    expect(events.function.environment.AUDIT_STREAM).toBe('${file(deploy/audit/${param:audit}.yml):stream}');
    const [policy, ...others] = ofType('AWS::IAM::Policy');
    expect(others).toEqual([]);
    expect(policy?.Properties.Roles).toEqual([{ Ref: 'JobsRole' }, { Ref: 'JobEventRole' }]);
    expect(policy?.Properties.PolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'firehose:PutRecord', Resource: { 'Fn::GetAtt': ['AuditAcknowledged', 'Arn'] } },
    ]);
  });

  it('takes the events of every function that tells any, and the whole access log', () => {
    const ofRotation = Object.values<Resource>(rotationOn.archived.archive.Resources);
    const all = [...ofType('AWS::Logs::SubscriptionFilter'), ...ofRotation];
    const filters = all.map(({ Properties: own }) => [own.LogGroupName.Ref, own.FilterPattern]);
    const pattern = '{ $.apiVersion = "audit.k8s.io/v1" }';
    const telling = Object.keys(functions).filter((name) => name !== 'authorizer');
    const groups = telling.map((name) => [`${name.charAt(0).toUpperCase()}${name.slice(1)}LogGroup`, pattern]);
    expect(filters.sort()).toEqual([...groups, ['AccessLogGroup', '']].sort());
    expect(config.resources).toContain('${file(deploy/rotation/${param:rotation}.yml):archived.${param:audit}}');
    expect(rotationOn.archived).toMatchObject({ log: {}, strict: rotationOn.archived.archive });
    expect(rotationOff.archived).toEqual({ log: {}, archive: {}, strict: {} });
  });

  it('keeps what it archived: locked for the days, private, encrypted, and there when the stack is gone', () => {
    const [bucket] = ofType('AWS::S3::Bucket');
    expect(bucket?.Properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: '${param:auditLockMode}', Days: '${param:auditRetentionDays}' } } },
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    for (const type of ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy', 'AWS::KinesisFirehose::DeliveryStream', 'AWS::Logs::LogGroup']) {
      const own = ofType(type);
      expect(own.length, type).toBeGreaterThan(0);
      for (const { DeletionPolicy, UpdateReplacePolicy } of own)
        expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
    }
  });

  it('lets its roles do what they are for, and nothing else', () => {
    const actions = ofType('AWS::IAM::Role').map(({ Properties: own }) => [
      own.AssumeRolePolicyDocument.Statement[0].Principal.Service,
      own.Policies.flatMap(({ PolicyDocument }: Resource['Properties']) =>
        PolicyDocument.Statement.flatMap(({ Action }: Resource['Properties']) => Action),
      ),
    ]);
    expect(actions).toEqual([
      [
        'firehose.amazonaws.com',
        [
          's3:GetBucketLocation',
          's3:ListBucket',
          's3:ListBucketMultipartUploads',
          's3:PutObject',
          's3:GetObject',
          's3:AbortMultipartUpload',
          'logs:PutLogEvents',
        ],
      ],
      ['logs.amazonaws.com', ['firehose:PutRecord', 'firehose:PutRecordBatch']],
    ]);
  });
});
