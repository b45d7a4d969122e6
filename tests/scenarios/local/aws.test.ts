import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Aws, startAws } from '../../../local/aws/aws.ts';
import { credential } from '../../credentials.ts';

let aws: Aws;
let bus: EventBridgeClient;
let sqs: SQSClient;
beforeAll(async () => {
  aws = await startAws();
  const credentials = { accessKeyId: credential('local-aws-ak'), secretAccessKey: credential('local-aws-sk') };
  const options = { endpoint: aws.url, region: 'us-east-1', credentials, maxAttempts: 1 };
  bus = new EventBridgeClient(options);
  sqs = new SQSClient(options);
  return () => aws.close();
});
beforeEach(() => aws.clear());

const good = { EventBusName: 'b', Source: 's', DetailType: 't', Detail: '{}' };
const put = (...entries: object[]) => bus.send(new PutEventsCommand({ Entries: entries }));
const send = (message: object, queue = 'queue') =>
  sqs.send(new SendMessageCommand({ QueueUrl: `${aws.url}/1/${queue}`, MessageBody: 'body', ...message }));
const text = (StringValue: string) => ({ DataType: 'String', StringValue });

describe('the local EventBridge', () => {
  it('keeps the entries that it accepts, and tells of each apart', async () => {
    const { FailedEntryCount, Entries = [] } = await put(good, { ...good, Detail: '[]' }, { ...good, Source: '' });
    expect(FailedEntryCount).toBe(2);
    expect(Entries.map(({ ErrorCode, EventId }) => ErrorCode ?? typeof EventId)).toEqual(['string', 'MalformedDetail', 'InvalidArgument']);
    expect(aws.events).toEqual([good]);
  });

  it.each(['no JSON', '"text"', 'null', '{"a":"\\ud800"}', '{"\\udc00":1}', ''])('refuses the detail %j', async (Detail) => {
    expect((await put({ ...good, Detail })).Entries).toMatchObject([{ ErrorCode: 'MalformedDetail' }]);
  });

  it('refuses what is over 256 KB', async () => {
    const entry = (bytes: number) => ({ ...good, Detail: `{"a":"${'x'.repeat(bytes - 10)}"}` });
    expect((await put(entry(256 * 1024))).FailedEntryCount).toBe(0);
    expect((await put(entry(256 * 1024 + 1))).Entries).toMatchObject([{ ErrorCode: 'InvalidArgument' }]);
  });

  it('fails on demand, so often, before or after it has kept what came', async () => {
    aws.fail({ operation: 'PutEvents', act: 'throttle' });
    await expect(put(good)).rejects.toMatchObject({ name: 'ThrottlingException' });
    aws.fail({ act: 'drop' });
    await expect(put(good)).rejects.toThrow();
    expect(aws.events).toEqual([]);
    aws.fail({ act: 'drop', when: 'after', times: 2 });
    for (let times = 0; times < 2; times++) await expect(put(good)).rejects.toThrow();
    aws.fail({ operation: 'SendMessage', act: 'throttle' });
    expect((await put(good)).FailedEntryCount).toBe(0);
    expect(aws.events).toHaveLength(3);
    expect(aws.asked).toEqual(Array(5).fill('PutEvents'));
  });
});

describe('the local SQS', () => {
  it('keeps messages with their attributes, and gives the checksum that the SDK compares', async () => {
    await send({ MessageBody: 'é', MessageAttributes: { reason: text('r') } });
    expect(aws.messages).toMatchObject([{ MessageBody: 'é', MessageAttributes: { reason: text('r') } }]);
  });

  it.each<[string, object, string, string?]>([
    ['an empty attribute', { MessageAttributes: { reason: text('') } }, 'InvalidParameterValue'],
    [
      'eleven attributes',
      { MessageAttributes: Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`a${index}`, text('x')])) },
      'InvalidParameterValue',
    ],
    ['more than 1 MiB', { MessageBody: 'x'.repeat(1024 * 1024 + 1) }, 'InvalidParameterValue'],
    ['a FIFO queue without a group', { MessageDeduplicationId: 'd' }, 'MissingParameter', 'queue.fifo'],
    ['a FIFO queue without a deduplication id', { MessageGroupId: 'g' }, 'InvalidParameterValue', 'queue.fifo'],
  ])('refuses %s', async (_, message, name, queue) => {
    await expect(send(message, queue)).rejects.toMatchObject({ name });
    expect(aws.messages).toEqual([]);
  });
});
