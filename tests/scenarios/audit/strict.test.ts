import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LambdaHandler } from '../../../local/api-gateway/api-gateway.ts';
import { type Aws, type AwsFault, startAws } from '../../../local/aws/aws.ts';
import { isAuditLine, isOfSecret, takeAuditLines } from '../../audit-lines.ts';
import { someOf } from '../../exhaustive.ts';
import { somebodysArn } from '../../fakes/user.ts';
import { buildWith } from '../../policies.ts';
import { capturePrinted } from '../../unit/callers/authorizer.ts';
import { calls, handlerOf, invoke, jobEvent, type Loose, liveText, now, requested, useGateway } from '../gateway.ts';

const printed = capturePrinted();
useGateway({ auth: 'none', env: { POWERTOOLS_LOG_LEVEL: 'ERROR', POWERTOOLS_METRICS_DISABLED: 'false' } });
let aws: Aws;
let replace: LambdaHandler;
let patch: LambdaHandler;
let read: LambdaHandler;
const strict = () => ({ AUDIT: 'strict', AUDIT_STREAM: 'the-audit-stream', AWS_ENDPOINT_URL_FIREHOSE: aws.url });

beforeAll(async () => {
  aws = await startAws();
  Object.assign(process.env, strict());
  replace = await handlerOf('replace-job', 'new');
  patch = await handlerOf('patch-job', 'new');
  read = await handlerOf('read-jobs', 'new');
});
afterAll(() => aws.close());
beforeEach(() => {
  aws.clear();
  takeAuditLines();
});

const send = (
  handler: LambdaHandler,
  method: string,
  body: object | undefined,
  query: Record<string, string> = {},
  type = 'application/json',
) =>
  invoke(
    handler,
    jobEvent(
      method,
      { requestId: `r-${method}`, identity: { userArn: somebodysArn }, requestTimeEpoch: Date.now() },
      {
        headers: { 'content-type': type },
        queryStringParameters: query,
        body: body === undefined ? null : JSON.stringify(body),
      },
    ),
  );
let seconds = 100;
const toTtl = () => {
  seconds += 1;
  return requested((job) => Object.assign(job.spec, { ttlSecondsAfterFinished: seconds }));
};
const merge = 'application/merge-patch+json';
const writes: [string, (query?: Record<string, string>) => ReturnType<typeof send>][] = [
  ['a replace', (query) => send(replace, 'PUT', toTtl(), query)],
  ['a patch in one trip', (query) => send(patch, 'PATCH', { spec: { ttlSecondsAfterFinished: ++seconds } }, query, merge)],
];
const stages = (): string[] => aws.records.map(({ text }) => JSON.parse(text).stage);

describe.each(someOf(writes, 2))('where the audit trail is strict, %s', (title, write) => {
  it('goes upstream when the stream has acknowledged that it was received, and how it ended is there before its answer', async () => {
    const atWrite: string[][] = [];
    now.upstream.answer = ({ method }) => {
      if (method !== 'GET') atWrite.push(stages());
      return 'hand on';
    };
    expect((await write()).status).toBe(200);
    expect(atWrite).toEqual([['RequestReceived']]);
    expect(stages()).toEqual(['RequestReceived', 'ResponseComplete']);
    expect(aws.records.every(({ DeliveryStreamName, text }) => DeliveryStreamName === 'the-audit-stream' && /^\{.*\}\n$/.test(text))).toBe(
      true,
    );
    // The log has the same lines, and that the secret was read.
    const lines = printed.text.split('\n').filter((line) => isAuditLine(line) && !isOfSecret(line));
    expect(lines).toEqual(aws.records.map(({ text }) => text.trimEnd()));
  });

  it('costs one call to the stream before it goes upstream and one after, and none to CCI', async () => {
    const order: string[] = [];
    now.upstream.answer = ({ method }) => {
      order.push(...aws.asked.splice(0), method);
      return 'hand on';
    };
    await write();
    order.push(...aws.asked.splice(0));
    const writing = order.findIndex((call) => call !== 'GET' && call !== 'PutRecord');
    expect(order.slice(0, writing).filter((call) => call === 'PutRecord')).toEqual(['PutRecord']);
    expect(order.slice(writing + 1)).toEqual(['PutRecord']);
    expect(order.filter((call) => call !== 'PutRecord')).toEqual(title === 'a replace' ? ['GET', 'PUT'] : ['PATCH']);
  });

  it.each<[string, AwsFault]>([
    ['throttles', { act: 'throttle', times: 9 }],
    ['does not permit it', { act: 'deny', times: 9 }],
    ['fails', { act: 'fail', times: 9 }],
    ['hangs up', { act: 'drop', times: 9 }],
    ['hangs up though it has the event', { act: 'drop', when: 'after', times: 9 }],
    ['gives no answer', { act: 'hang', times: 9 }],
    ['answers too late', { act: 'late', ms: 3000, times: 9 }],
    ['answers too late though it has the event', { act: 'late', ms: 3000, when: 'after', times: 9 }],
    ['breaks off within its answer', { act: 'cut', times: 9 }],
    ['answers 200 with nothing in it', { act: 'empty', times: 9 }],
  ])('is refused with 503 and writes nothing while the stream %s', async (_fault, fault) => {
    aws.fail({ operation: 'PutRecord', ...fault });
    const before = liveText();
    const { status, body, headers } = await write();
    expect([status, body.reason, headers.get('x-refused-by'), headers.get('retry-after')]).toEqual([
      503,
      'ServiceUnavailable',
      'audit',
      '1',
    ]);
    expect(calls().filter((call) => !call.startsWith('GET'))).toEqual([]);
    expect(liveText()).toBe(before);
    expect(printed.lines().filter(({ level }) => level === 'ERROR')).toContainEqual(
      expect.objectContaining({
        rule: 'audit',
        code: 503,
        note: expect.objectContaining({ reason: 'the audit stream did not acknowledge' }),
      }),
    );
  });

  it('is tried again at the stream, within its deadline', async () => {
    aws.fail({ operation: 'PutRecord', act: 'throttle', times: 1 });
    expect((await write()).status).toBe(200);
    expect(stages()).toEqual(['RequestReceived', 'ResponseComplete']);
  });

  it('as a dry run needs no acknowledgement', async () => {
    aws.fail({ operation: 'PutRecord', act: 'throttle', times: 9 });
    expect((await write({ dryRun: 'All' })).status).toBe(200);
  });

  it('that was done is told so, though the stream does not take how it ended: that is an error in the log and a metric', async () => {
    now.upstream.answer = ({ method }) => {
      if (method !== 'GET') aws.fail({ operation: 'PutRecord', act: 'throttle', times: 9 });
      return 'hand on';
    };
    expect((await write()).status).toBe(200);
    expect(stages()).toEqual(['RequestReceived']);
    const lines = printed.lines() as Loose[];
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'ERROR',
        stage: 'ResponseComplete',
        note: expect.objectContaining({ error: expect.any(String) }),
      }),
    );
    expect(lines.filter((line) => line.AuditUntold === 1)).toHaveLength(1);
  });
});

describe('where the audit trail is strict', () => {
  it('reads and refusals are answered, whether the stream does or not', async () => {
    aws.fail({ operation: 'PutRecord', act: 'throttle', times: 9 });
    expect((await send(read, 'GET', undefined)).status).toBe(200);
    expect(aws.asked).toEqual([]);
    expect(
      (
        await send(
          replace,
          'PUT',
          requested((job) => Object.assign(job.spec, { backoffLimit: 9 })),
        )
      ).status,
    ).toBe(403);
  });

  it.each<[string, Loose, string]>([
    ['omits RequestReceived', { omitStages: ['RequestReceived'], rules: [{ level: 'Metadata' }] }, 'omits the stage RequestReceived'],
    ['omits some writes', { rules: [{ level: 'None', users: ['a'] }, { level: 'Metadata' }] }, 'omits writes by rules[0]'],
    ['does not end with all writes', { rules: [{ level: 'Metadata', namespaces: ['a'] }] }, 'has no rule for every update of tfjobs'],
  ])('no function starts with a policy that %s', async (_title, policy, mistake) => {
    const { distDir } = now;
    now.distDir = await buildWith([{ kind: 'Policy', ...policy }], ['replace-job']);
    await expect(handlerOf('replace-job', 'new')).rejects.toThrow(`AUDIT is strict, and the audit policy ${mistake}`);
    if (distDir) now.distDir = distDir;
    else delete now.distDir;
  });

  it('nor without a stream, nor with another word', async () => {
    delete process.env.AUDIT_STREAM;
    await expect(handlerOf('replace-job', 'new')).rejects.toThrow('AUDIT_STREAM is missing');
    process.env.AUDIT = 'on';
    await expect(handlerOf('replace-job', 'new')).rejects.toThrow('AUDIT must be log or strict');
    Object.assign(process.env, strict());
  });
});
