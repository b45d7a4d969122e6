import { createHash, randomUUID } from 'node:crypto';
import type { SQSRecord } from 'aws-lambda';
import type { Queue, Sent } from './queue.ts';

/** How a queue in memory is set up, and what befalls it. */
export interface MemoryQueueOptions {
  /** One that ends in `.fifo` keeps the order of each group. */
  arn: string;
  maxReceiveCount?: number;
  deadLetters?: Queue;
  /** Numbers from 0 to 1. */
  random?: () => number;
  /** How probable it is that an acknowledgement does not arrive, so that its message comes again. */
  lost?: number;
}
interface Waiting extends Sent {
  messageId: string;
  received: number;
  /** By the queue's own clock; visible from then on. */
  visibleAt: number;
}

const visibilityTimeout = 360_000;
const deduplicationInterval = 300_000;

/**
 * SQS in memory, on a clock of its own that moves only while nobody works: a message that was received and not deleted is visible again
 * after its visibility timeout, which is longer than any function runs. A standard queue hands out in any order; a FIFO queue in the order of
 * each group, and nothing of a group of which some are in flight. What was received too often goes to the dead letters.
 */
export class MemoryQueue implements Queue {
  readonly arn: string;
  readonly #options: MemoryQueueOptions;
  readonly #random: () => number;
  readonly #isFifo: boolean;
  readonly #sentAt = new Map<string, number>();
  #waiting: Waiting[] = [];
  #now = 0;

  constructor(options: MemoryQueueOptions) {
    this.arn = options.arn;
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#isFifo = options.arn.endsWith('.fifo');
  }

  /** Everything in the queue, in flight or not. */
  get waiting(): readonly Waiting[] {
    return this.#waiting;
  }

  async send(message: Sent): Promise<void> {
    if (this.#isFifo) {
      const { groupId, deduplicationId } = message;
      if (!groupId || !deduplicationId) throw new Error('a FIFO queue wants a group and a deduplication id');
      if (this.#now - (this.#sentAt.get(deduplicationId) ?? -Infinity) < deduplicationInterval) return;
      this.#sentAt.set(deduplicationId, this.#now);
    }
    this.#waiting.push({ ...message, messageId: randomUUID(), received: 0, visibleAt: this.#now });
  }

  async receive(most: number): Promise<SQSRecord[]> {
    const { maxReceiveCount = Infinity, deadLetters } = this.#options;
    const records: SQSRecord[] = [];
    for (const message of this.#candidates()) {
      if (records.length === most) break;
      message.received += 1;
      if (message.received > maxReceiveCount) {
        this.#remove(message);
        await deadLetters?.send({ ...message, deduplicationId: message.messageId });
      } else {
        message.visibleAt = this.#now + visibilityTimeout;
        records.push(this.#recordOf(message));
      }
    }
    return records;
  }

  async delete(records: readonly SQSRecord[]): Promise<void> {
    for (const { receiptHandle, messageId } of records) {
      const message = this.#waiting.find((one) => one.messageId === messageId);
      const isLatest = message && handleOf(message) === receiptHandle;
      if (isLatest && this.#random() >= (this.#options.lost ?? 0)) this.#remove(message);
    }
  }

  async wait(): Promise<boolean> {
    if (this.#waiting.length === 0) return false;
    const later = this.#waiting.map(({ visibleAt }) => visibleAt).filter((visibleAt) => visibleAt > this.#now);
    // What is visible now may wait for what is in flight before it.
    if (later.length > 0) this.#now = Math.min(...later);
    return true;
  }

  #candidates(): Waiting[] {
    const visible = this.#waiting.filter(({ visibleAt }) => visibleAt <= this.#now);
    if (!this.#isFifo)
      return visible
        .map((message) => [this.#random(), message] as const)
        .sort(([a], [b]) => a - b)
        .map(([, message]) => message);
    const locked = new Set(this.#waiting.filter((message) => !visible.includes(message)).map(({ groupId }) => groupId));
    return visible.filter(({ groupId }) => !locked.has(groupId));
  }

  #remove(message: Waiting): void {
    this.#waiting = this.#waiting.filter((one) => one !== message);
  }

  #recordOf(message: Waiting): SQSRecord {
    const { messageId, body, groupId, deduplicationId, received, attributes = {} } = message;
    return {
      messageId,
      receiptHandle: handleOf(message),
      body,
      attributes: {
        ApproximateReceiveCount: String(received),
        SentTimestamp: '1795478400000',
        SenderId: 'AROAPRODUCER:tests',
        ApproximateFirstReceiveTimestamp: '1795478400001',
        ...(this.#isFifo && { MessageGroupId: groupId ?? '', MessageDeduplicationId: deduplicationId ?? '', SequenceNumber: '1' }),
      },
      messageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, stringValue]) => [name, { dataType: 'String', stringValue }]),
      ),
      md5OfBody: createHash('md5').update(body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: this.arn,
      awsRegion: 'us-east-1',
    };
  }
}

const handleOf = ({ messageId, received }: Waiting): string => `${messageId}#${received}`;
