/** The two doors of the event function on this machine: one event is given to it as a batch of its own, as SQS and Lambda would. */
import { createHash, randomUUID } from 'node:crypto';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { claimsOf, messageGroup, readMessage } from '../../lib/events/parse.ts';
import { buildContext } from '../api-gateway/event.ts';
import type { Aws, SentEvent } from './aws.ts';

/** Where the local gateway takes events: no route leads there. `?door=fifo` is the queue that keeps an order. */
export const eventsPath = '/_local/events';

export type EventHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
/** What became of an event: how often it was delivered, and what was answered on the bus. */
export interface Delivered {
  deliveries: number;
  results: { 'detail-type': string; source: string; detail: unknown }[];
}

const queueName = 'tfjob-gateway-events';
// More often than the function tries; a real queue would wait for minutes in between.
const maxDeliveries = 6;

/** What the event function needs of the environment, beside what all have. */
export function eventEnvironment({ url }: Aws): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_EVENTBRIDGE: url,
    AWS_ENDPOINT_URL_SQS: url,
    EVENT_BUS_NAME: 'tfjob-gateway',
    JOB_EVENT_ROLE_ID: 'AROALOCALFUNCTION',
    DEAD_LETTER_QUEUE_URL: `${url}/000000000000/${queueName}-dead`,
    DEAD_LETTER_FIFO_QUEUE_URL: `${url}/000000000000/${queueName}-dead.fifo`,
  };
}

/** Delivers an event again and again until the function is done with it. */
export async function deliverEvent(handler: EventHandler, aws: Aws, body: string, fifo: boolean): Promise<Delivered> {
  const messageId = randomUUID();
  for (let deliveries = 1; ; deliveries++) {
    const context = buildContext({ name: 'jobEvent', bundle: 'job-event', timeoutSeconds: 30, memoryMB: 512 });
    const { batchItemFailures } = await handler({ Records: [recordOf(messageId, body, fifo, deliveries)] }, context);
    if (batchItemFailures.length > 0 && deliveries < maxDeliveries) continue;
    return { deliveries, results: aws.events.map(readSent).filter(({ detail }) => detail.messageId === messageId) };
  }
}

function readSent({ DetailType, Source, Detail }: SentEvent) {
  return { 'detail-type': DetailType, source: Source, detail: JSON.parse(Detail) as { messageId: string } };
}

function recordOf(messageId: string, body: string, fifo: boolean, received: number): SQSRecord {
  const group = { MessageGroupId: messageGroup(claimsOf(readMessage({ body }))), MessageDeduplicationId: messageId, SequenceNumber: '1' };
  const sent = String(Date.now());
  return {
    messageId,
    receiptHandle: messageId,
    body,
    attributes: {
      ApproximateReceiveCount: String(received),
      SentTimestamp: sent,
      SenderId: 'AIDALOCAL',
      ApproximateFirstReceiveTimestamp: sent,
      ...(fifo && group),
    },
    messageAttributes: {},
    md5OfBody: createHash('md5').update(body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queueName}${fifo ? '.fifo' : ''}`,
    awsRegion: 'us-east-1',
  };
}
