import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { Queue, Sent } from './queue.ts';

// SQS itself hands out no more, and takes no more of them in one call.
const mostAtOnce = 10;

/** A queue of SQS, over the wire, with one poller, whose messages are visible again as soon as it waits for them. */
export class SqsQueue implements Queue {
  readonly arn: string;
  readonly url: string;
  readonly #client: SQSClient;
  readonly #inFlight = new Map<string, string>();

  constructor(client: SQSClient, { url, arn }: { url: string; arn: string }) {
    this.#client = client;
    this.url = url;
    this.arn = arn;
  }

  async send({ body, groupId, deduplicationId, attributes = {} }: Sent): Promise<void> {
    const named = Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]);
    const input = { MessageBody: body, MessageGroupId: groupId, MessageDeduplicationId: deduplicationId };
    await this.#client.send(new SendMessageCommand({ QueueUrl: this.url, ...input, MessageAttributes: Object.fromEntries(named) }));
  }

  async receive(most: number): Promise<SQSRecord[]> {
    const all = { MessageSystemAttributeNames: ['All' as const], MessageAttributeNames: ['All'] };
    const input = { QueueUrl: this.url, MaxNumberOfMessages: Math.min(most, mostAtOnce), WaitTimeSeconds: 0, ...all };
    const { Messages = [] } = await this.#client.send(new ReceiveMessageCommand(input));
    const records = Messages.map((message) => recordOf(message, this.arn));
    for (const { messageId, receiptHandle } of records) this.#inFlight.set(messageId, receiptHandle);
    return records;
  }

  async delete(records: readonly SQSRecord[]): Promise<void> {
    if (records.length === 0) return;
    const Entries = records.map(({ messageId, receiptHandle }) => ({ Id: messageId, ReceiptHandle: receiptHandle }));
    const { Failed = [] } = await this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: this.url, Entries }));
    if (Failed.length > 0) throw new Error(`not deleted: ${JSON.stringify(Failed)}`);
    for (const { messageId } of records) this.#inFlight.delete(messageId);
  }

  /**
   * Ends the visibility timeout instead of waiting for it, of all that were not deleted. (Where it ends by itself, moto 5.2.5 hands out
   * the last message of a FIFO group first.) What the queue has moved to its dead letters meanwhile has no valid handle any more.
   */
  async wait(): Promise<boolean> {
    const handles = [...this.#inFlight];
    this.#inFlight.clear();
    let again = false;
    for (let start = 0; start < handles.length; start += mostAtOnce) {
      const entries = handles.slice(start, start + mostAtOnce).map(([Id, ReceiptHandle]) => ({ Id, ReceiptHandle, VisibilityTimeout: 0 }));
      const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries: entries });
      const { Successful = [], Failed = [] } = await this.#client.send(command);
      const failed = Failed.filter(({ Code }) => Code !== 'ReceiptHandleIsInvalid');
      if (failed.length > 0) throw new Error(`not made visible: ${JSON.stringify(failed)}`);
      again ||= Successful.length > 0;
    }
    return again;
  }
}

/** A message as Lambda hands it to a function. */
function recordOf(message: Message, eventSourceARN: string): SQSRecord {
  const { MessageId = '', ReceiptHandle = '', Body = '', MD5OfBody = '', Attributes = {}, MessageAttributes = {} } = message;
  const attributes = Object.entries(MessageAttributes).map(([name, { DataType = '', StringValue }]) => [
    name,
    { dataType: DataType, stringValue: StringValue },
  ]);
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: Object.fromEntries(attributes),
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN,
    awsRegion: eventSourceARN.split(':')[3] ?? '',
  };
}
