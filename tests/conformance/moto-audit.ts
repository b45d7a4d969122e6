/**
 * The archive of the audit trail in moto: bucket, streams and subscriptions of deploy/audit, and what built functions print. Runnable alone,
 * after a build. moto keeps a filter pattern and applies none of JSON, and runs no processor of a stream: both are done here in its place, by
 * the pattern and the processors that it tells.
 */
import { deepStrictEqual as expect } from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  GetBucketEncryptionCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { documentedJob, startSimulator } from '../../local/cci/simulator.ts';
import { credential, logging } from '../credentials.ts';
import { environmentOf } from '../load/instance.ts';
import { invoke } from '../load/invoke.ts';
import { takes } from '../log-filter.ts';
import type { Loose } from './http.ts';
import { anyKey, startMoto } from './moto.ts';
import { createArchive } from './moto-archive.ts';
import { killAll, whenStopped } from './processes.ts';
import { checked, say, summary } from './report.ts';

const key = { accessKey: credential('audit-ak'), secretKey: credential('audit-sk') };
const path = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs/tfjob-test';
const isAudit = (line: string) => line.startsWith('{"kind":"Event","apiVersion":"audit.k8s.io/v1",');

const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-moto-audit-'));
whenStopped(() => rm(folder, { recursive: true, force: true }));
const stops: (() => Promise<void>)[] = [];

/** The code of an answer that AWS's client throws. */
const statusOf = (error: { $metadata?: { httpStatusCode?: number } }) => error.$metadata?.httpStatusCode;

/** What is printed while something is done, line by line. */
async function printedBy(act: () => Promise<unknown>): Promise<string[]> {
  let text = '';
  const streams = [process.stdout, process.stderr];
  const before = streams.map((stream) => stream.write);
  const keep = (chunk: unknown): boolean => {
    text += String(chunk);
    return true;
  };
  for (const stream of streams) stream.write = keep as typeof stream.write;
  try {
    await act();
  } finally {
    for (const [index, stream] of streams.entries()) stream.write = before[index] as typeof stream.write;
  }
  return text.split('\n').filter((line) => line !== '');
}

try {
  const moto = await startMoto(folder);
  stops.push(moto.stop);
  const archive = await createArchive(moto.url);
  const simulator = await startSimulator({ ...key, jobs: [await documentedJob()] });
  stops.push(simulator.close);
  const secrets = await startSecretsManager({ secrets: { 'team/cci': { versionId: 'v1', value: JSON.stringify(key) } } });
  stops.push(secrets.close);
  const environment: Record<string, string> = {
    ...environmentOf({ cci: simulator.url, secretId: 'team/cci', secretsManager: secrets.url, ...anyKey }),
    ...logging,
    AUDIT: 'strict',
    AUDIT_STREAM: archive.acknowledging,
    AWS_ENDPOINT_URL_FIREHOSE: moto.url,
    POWERTOOLS_METRICS_DISABLED: 'false',
  };
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
  const patch = (seconds: number) =>
    invoke({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: { spec: { ttlSecondsAfterFinished: seconds } } });

  say('the archive');
  await checked('moto-audit', 'the bucket is versioned, locked for the days of the parameter, private and encrypted', async () => {
    const { s3, bucket: Bucket } = archive;
    const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket }));
    const { ObjectLockConfiguration: lock } = await s3.send(new GetObjectLockConfigurationCommand({ Bucket }));
    const { PublicAccessBlockConfiguration: block } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
    const { ServerSideEncryptionConfiguration: encrypted } = await s3.send(new GetBucketEncryptionCommand({ Bucket }));
    expect([Status, lock?.ObjectLockEnabled], ['Enabled', 'Enabled']);
    expect([lock?.Rule?.DefaultRetention?.Mode, lock?.Rule?.DefaultRetention?.Days], ['GOVERNANCE', 365]);
    expect(Object.values(block ?? {}), [true, true, true, true]);
    expect(
      encrypted?.Rules?.map((rule) => rule.ApplyServerSideEncryptionByDefault?.SSEAlgorithm),
      ['AES256'],
    );
  });

  await checked('moto-audit', 'without TLS nobody reads or writes there', async () => {
    const { s3, bucket: Bucket } = archive;
    const refused = await s3.send(new PutObjectCommand({ Bucket, Key: 'by-http', Body: 'x' })).catch(statusOf);
    expect(refused, 403);
    // moto has no TLS here, and its Firehose is the service, which comes over TLS.
    await s3.send(new DeleteBucketPolicyCommand({ Bucket }));
  });

  await checked('moto-audit', 'nobody deletes a version of an object before its days are over', async () => {
    const { s3, bucket: Bucket } = archive;
    const Key = 'locked';
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'evidence' }));
    const refused = await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })).catch(statusOf);
    expect(refused, 403);
    const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
    expect(
      Versions.map((version) => version.VersionId),
      [VersionId],
    );
  });

  await checked('moto-audit', 'each stream has the destination that its template says, its processors among it', async () => {
    const said: Record<string, [string, string[]]> = {
      AuditEvents: ['events/', ['Decompression', 'CloudWatchLogProcessing', 'AppendDelimiterToRecord']],
      AuditAccess: ['access/', ['Decompression', 'CloudWatchLogProcessing', 'AppendDelimiterToRecord']],
      AuditAcknowledged: ['acknowledged/', []],
    };
    for (const [stream, [prefix, processors]] of Object.entries(said)) {
      const { Prefix, BucketARN, CompressionFormat, ProcessingConfiguration } = await archive.destination(stream);
      expect([Prefix, BucketARN, CompressionFormat], [`${prefix}!{timestamp:yyyy/MM/dd}/`, `arn:aws:s3:::${archive.bucket}`, 'GZIP']);
      expect(
        (ProcessingConfiguration?.Processors ?? []).map(({ Type }: Loose) => Type),
        processors,
        stream,
      );
    }
  });

  await checked('moto-audit', 'of what built functions print, just the audit events arrive in the bucket, whole and in order', async () => {
    const lines = await printedBy(async () => {
      for (const seconds of [1, 2]) await patch(seconds);
      await invoke({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body: { spec: { backoffLimit: 9 } } });
      await invoke({ method: 'GET', path });
    });
    const others = [
      'START RequestId: 1 Version: $LATEST',
      'REPORT RequestId: 1\tDuration: 5 ms',
      '{"level":"INFO","message":"apiVersion audit.k8s.io/v1"}',
    ];
    const told = lines.filter(isAudit);
    // Two of each write, and each of the two functions has read the secret.
    expect([told.length, lines.length > told.length], [8, true], `what was printed: ${lines.length} lines`);
    await archive.print('PatchJobLogGroup', [...others, ...lines]);
    const pattern = archive.groups.get('PatchJobLogGroup') ?? '';
    const envelopes = (await archive.read('events/')).map((text) => JSON.parse(text));
    expect(
      envelopes.map(({ logGroup, messageType }) => [logGroup, messageType]),
      [['PatchJobLogGroup', 'DATA_MESSAGE']],
    );
    const messages = envelopes.flatMap(({ logEvents }) => logEvents.map(({ message }: Loose) => message as string));
    expect(
      messages.filter((line) => takes(pattern, line)),
      told,
    );
  });

  await checked('moto-audit', 'with strict, each stage of a write is in the bucket as well, one event a line', async () => {
    const lines = await archive.read('acknowledged/');
    const events = lines.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line));
    const ids = new Set(events.map(({ auditID }) => auditID));
    expect([events.length, ids.size], [6, 3]);
    expect(
      lines.every((text) => text.endsWith('}\n')),
      true,
    );
    for (const id of ids)
      expect(
        new Set(events.filter(({ auditID }) => auditID === id).map(({ stage }) => stage)),
        new Set(['RequestReceived', 'ResponseComplete']),
      );
  });

  await checked('moto-audit', 'while the stream is not there nothing is written', async () => {
    const before = simulator.text('tfjobs', 'kube-test', 'tfjob-test');
    // Another process: the name of the stream is read once.
    process.env.AUDIT_STREAM = 'not-there';
    const file = new URL('../../dist/patch-job/index.mjs?another', import.meta.url);
    const { handler } = (await import(file.href)) as { handler: (event: object, context: object) => Promise<{ statusCode: number }> };
    const event = {
      path,
      httpMethod: 'PATCH',
      headers: { 'Content-Type': 'application/merge-patch+json' },
      pathParameters: { namespace: 'kube-test', plural: 'tfjobs', name: 'tfjob-test' },
      requestContext: { httpMethod: 'PATCH', requestId: 'r-1', identity: { userArn: 'arn:aws:iam::000000000000:user/load' } },
      body: '{"spec":{"ttlSecondsAfterFinished":9}}',
    };
    let status = 0;
    await printedBy(async () => {
      status = (await handler(event, { awsRequestId: 'r', getRemainingTimeInMillis: () => 25_000 })).statusCode;
    });
    expect([status, simulator.text('tfjobs', 'kube-test', 'tfjob-test') === before], [503, true]);
  });

  await checked('moto-audit', 'the access log arrives whole', async () => {
    await archive.print('AccessLogGroup', ['{"requestId":"r-1","status":"401"}']);
    const [envelope] = (await archive.read('access/')).map((text) => JSON.parse(text));
    const messages = envelope.logEvents.map(({ message }: Loose) => message);
    expect(
      messages.filter((line: string) => takes(archive.groups.get('AccessLogGroup') ?? '', line)),
      ['{"requestId":"r-1","status":"401"}'],
    );
  });
  process.exitCode = summary('moto-audit');
} finally {
  for (const stop of stops.reverse()) await stop();
  killAll();
  await rm(folder, { recursive: true, force: true });
}
