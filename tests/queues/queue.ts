import type { SQSRecord } from 'aws-lambda';

/** A message as a producer sends it; a FIFO queue wants a group and an id by which it knows a repetition. */
export interface Sent {
  body: string;
  groupId?: string | undefined;
  deduplicationId?: string | undefined;
  attributes?: Record<string, string>;
}

/** A queue of SQS, standard or FIFO, as a poller sees it. */
export interface Queue {
  readonly arn: string;
  send(message: Sent): Promise<void>;
  /** At most so many of the messages that are visible now; they are invisible then. */
  receive(most: number): Promise<SQSRecord[]>;
  /** Acknowledges messages that were received. */
  delete(records: readonly SQSRecord[]): Promise<void>;
  /** Waits until messages that were received and not deleted are visible again. False where the queue is empty. */
  wait(): Promise<boolean>;
}
