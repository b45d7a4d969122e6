/** What deploy/audit describes, made in an emulator of AWS with the files' own properties: the archive of the audit trail. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeSubscriptionFiltersCommand,
  PutLogEventsCommand,
  PutSubscriptionFilterCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateDeliveryStreamCommand, DescribeDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectLockConfigurationCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { parse } from 'yaml';
import type { Loose } from './http.ts';
import { anyKey, region } from './moto.ts';

/** The archive, made. */
export interface Archive {
  readonly bucket: string;
  readonly s3: S3Client;
  /** The stream that must acknowledge, with audit=strict. */
  readonly acknowledging: string;
  /** The functions' log groups that are subscribed, by their logical names, each with the pattern that AWS holds. */
  readonly groups: ReadonlyMap<string, string>;
  /** Writes lines into a function's log, as Lambda does. */
  print(group: string, lines: readonly string[]): Promise<void>;
  /** What lies under a prefix of the bucket: each object's bytes, unpacked where they are packed. */
  read(prefix: string): Promise<string[]>;
  /** What Firehose says that it was told about a stream. */
  destination(stream: string): Promise<Loose>;
}

const bucket = 'audit-archive-test';
const parameters: Record<string, string> = { auditLockMode: 'GOVERNANCE', auditRetentionDays: '365', logRetentionDays: '30' };
const account = '123456789012';

async function readResources(): Promise<Record<string, { Type: string; Properties: Loose }>> {
  const read = async (mode: string): Promise<Loose> => {
    const text = await readFile(new URL(`../../deploy/audit/${mode}.yml`, import.meta.url), 'utf8');
    return parse(
      text.replace(/\$\{param:(\w+)\}/g, (_, name: string) => parameters[name] ?? ''),
      { merge: true },
    );
  };
  const [{ archive }, { acknowledged }] = [await read('archive'), await read('strict')];
  return { ...archive.Resources, ...acknowledged.Resources };
}

/** What others of a stack name of a resource: its name, or an attribute. */
function named(name: string, attribute: string): string {
  const arns: Record<string, string> = {
    AuditBucket: `arn:aws:s3:::${bucket}`,
    AuditDeliveryRole: `arn:aws:iam::${account}:role/${name}`,
    AuditSubscriptionRole: `arn:aws:iam::${account}:role/${name}`,
  };
  if (attribute === 'Ref') return name === 'AuditBucket' ? bucket : name === 'AWS::AccountId' ? account : name;
  return arns[name] ?? `arn:aws:firehose:${region}:${account}:deliverystream/${name}`;
}

/** The properties of a resource, with what they name of others. */
function resolve(value: unknown): Loose {
  return JSON.parse(JSON.stringify(value), (_, member) => {
    if (member?.Ref) return named(member.Ref, 'Ref');
    if (member?.['Fn::GetAtt']) return named(member['Fn::GetAtt'][0], 'Arn');
    return member?.['Fn::Sub'] ? member['Fn::Sub'].replace(/\$\{(\w+)\.Arn\}/g, (__: string, name: string) => named(name, 'Arn')) : member;
  });
}

/** Makes bucket, delivery streams, log groups and subscriptions. Throws where AWS refuses one. */
export async function createArchive(endpoint: string): Promise<Archive> {
  const settings = { endpoint, region, credentials: anyKey };
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const [logs, firehose] = [new CloudWatchLogsClient(settings), new FirehoseClient(settings)];
  const resources = await readResources();
  const ofType = (type: string): [string, Loose][] =>
    Object.entries(resources).flatMap(([name, one]) => (one.Type === type ? [[name, resolve(one.Properties)]] : []));

  await createBucket(s3, ofType('AWS::S3::Bucket')[0]?.[1]);
  const [, policy] = ofType('AWS::S3::BucketPolicy')[0] ?? [];
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(policy.PolicyDocument) }));
  for (const [DeliveryStreamName, properties] of ofType('AWS::KinesisFirehose::DeliveryStream'))
    await firehose.send(new CreateDeliveryStreamCommand({ DeliveryStreamName, ...properties }));
  const groups = new Map<string, string>();
  for (const [, properties] of ofType('AWS::Logs::SubscriptionFilter')) {
    const { LogGroupName: logGroupName, FilterName, FilterPattern, DestinationArn, RoleArn } = properties;
    await logs.send(new CreateLogGroupCommand({ logGroupName }));
    await logs.send(new CreateLogStreamCommand({ logGroupName, logStreamName: 'instance' }));
    const said = { filterName: FilterName, filterPattern: FilterPattern, destinationArn: DestinationArn, roleArn: RoleArn };
    await logs.send(new PutSubscriptionFilterCommand({ logGroupName, ...said }));
    const { subscriptionFilters = [] } = await logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName }));
    groups.set(logGroupName, subscriptionFilters[0]?.filterPattern ?? '');
  }
  return {
    bucket,
    s3,
    acknowledging: 'AuditAcknowledged',
    groups,
    async print(logGroupName, lines) {
      const logEvents = lines.map((message) => ({ timestamp: Date.now(), message }));
      await logs.send(new PutLogEventsCommand({ logGroupName, logStreamName: 'instance', logEvents }));
    },
    async read(prefix) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      return Promise.all(Contents.map(({ Key }) => readObject(s3, Key)));
    },
    async destination(DeliveryStreamName) {
      const { DeliveryStreamDescription } = await firehose.send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }));
      return DeliveryStreamDescription?.Destinations?.[0]?.ExtendedS3DestinationDescription;
    },
  };
}

async function createBucket(s3: S3Client, properties: Loose): Promise<void> {
  const Bucket = bucket;
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: properties.ObjectLockEnabled }));
  const { VersioningConfiguration, PublicAccessBlockConfiguration, OwnershipControls, ObjectLockConfiguration } = properties;
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  const { DefaultRetention } = ObjectLockConfiguration.Rule;
  const Rule = { DefaultRetention: { ...DefaultRetention, Days: Number(DefaultRetention.Days) } };
  await s3.send(new PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration: { ...ObjectLockConfiguration, Rule } }));
  await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  // CloudFormation's names for the same.
  const Rules = properties.BucketEncryption.ServerSideEncryptionConfiguration.map(({ ServerSideEncryptionByDefault }: Loose) => ({
    ApplyServerSideEncryptionByDefault: ServerSideEncryptionByDefault,
  }));
  await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
}

async function readObject(s3: S3Client, Key: string | undefined): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
  return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString();
}
