import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { awsErrorNote } from '../runtime/aws-error.ts';
import { internalError, type Status } from '../status.ts';
import type { EventConfig } from './config.ts';
import { isFifo } from './parse.ts';
import type { EventOutcome } from './request.ts';

/** The detail of the event that answers an event. */
export interface Result {
  version: '1';
  /** The id of the event that is answered; like all that it claims of itself, undefined where it could not be read. */
  id: string | undefined;
  messageId: string;
  kind: string | undefined;
  namespace: string | undefined;
  name: string | undefined;
  sequence: number | undefined;
  /** The replaceable fields that were changed, by name; empty where the event had been applied before. */
  changed?: string[];
  /** What of the event was passed over. */
  warnings?: string[] | undefined;
  resourceVersion?: string;
  /** Why it was refused or failed. */
  status?: Status;
}
/** What is said of a dead letter. */
export interface Reason {
  reason: string;
  code: number;
  eventId: string;
  attempts: number;
  /** Who sent the event, so that it still counts for him when it is sent again; left out where nobody knows. */
  sender?: string;
}
/** The ways out of the event function. Each throws 500 with the AWS error's name in the note; its message would name resources. */
export interface EventPublisher {
  publish(outcome: EventOutcome, result: Result): Promise<void>;
  sendToDeadLetterQueue(record: SQSRecord, reason: Reason): Promise<void>;
}

/** For each sending, its repetitions included, so that a result and a dead letter fit in what is kept of Lambda's time. */
const sendTimeout = 2000;
const attemptTimeout = 900;
/** Bytes of a result: a bus takes 256 KB, in some regions 1 MB. */
const maxResult = 250_000;
// Longer than any refusal of ours, since half of the command at its end would be worse than none.
const maxMessage = 8192;
const maxAttribute = 256;
/** Half of a sender is another: a source of 256 characters, each with its escapes. */
const maxSender = 4096;

/** Ways out by EventBridge and SQS (region and endpoint by the SDK's own variables). */
export function createEventPublisher({ busName, deadLetterUrl, deadLetterFifoUrl }: Omit<EventConfig, 'roleId'>): EventPublisher {
  const requestHandler = { connectionTimeout: attemptTimeout, requestTimeout: attemptTimeout, throwOnRequestTimeout: true };
  const bus = new EventBridgeClient({ requestHandler });
  const queues = new SQSClient({ requestHandler });
  const inTime = () => ({ abortSignal: AbortSignal.timeout(sendTimeout) });
  return {
    async publish(outcome, result) {
      const entry = { EventBusName: busName, Source: 'tfjob-gateway', DetailType: `Job Update ${outcome}`, Detail: asText(result) };
      const answer = await bus.send(new PutEventsCommand({ Entries: [entry] }), inTime()).catch((error: unknown) => {
        throw internalError({ reason: 'the result event could not be sent', ...awsErrorNote(error) });
      });
      // EventBridge answers 200 and tells of each entry apart.
      const [sent] = answer.Entries ?? [];
      if (answer.FailedEntryCount || sent?.ErrorCode) {
        throw internalError({ reason: 'the result event was not accepted', error: sent?.ErrorCode });
      }
    },
    async sendToDeadLetterQueue(record, reason) {
      const fifo = isFifo(record.eventSourceARN);
      const attributes = Object.entries(reason).map(
        ([name, value]) => [name, attribute(value, name === 'sender' ? maxSender : maxAttribute)] as const,
      );
      const message = {
        QueueUrl: fifo ? deadLetterFifoUrl : deadLetterUrl,
        MessageBody: record.body,
        MessageAttributes: Object.fromEntries(attributes),
        ...(fifo && { MessageGroupId: record.attributes.MessageGroupId, MessageDeduplicationId: record.messageId }),
      };
      await queues.send(new SendMessageCommand(message), inTime()).catch((error: unknown) => {
        throw internalError({ reason: 'the dead letter could not be sent', ...awsErrorNote(error) });
      });
    },
  };
}

/** A result as JSON, with as many causes as the bus takes, and no half of a character. */
function asText(result: Result): string {
  for (let causes = 100; ; causes >>= 1) {
    const text = JSON.stringify(cut(result, causes), (_, member: unknown) => (typeof member === 'string' ? member.toWellFormed() : member));
    if (Buffer.byteLength(text) <= maxResult || causes === 0) return text;
  }
}

function cut({ status, ...result }: Result, most: number): Result {
  if (!status || most === 100) return { ...result, ...(status && { status }) };
  const { details, ...rest } = status;
  const message = status.message.slice(0, maxMessage);
  const causes = details?.causes?.slice(0, most);
  return { ...result, status: { ...rest, message, ...(most > 0 && { details: { ...details, ...(causes && { causes }) } }) } };
}

/** An attribute may not be empty, nor hold what XML cannot. */
function attribute(value: string | number, most: number) {
  if (typeof value === 'number') return { DataType: 'Number', StringValue: String(value) };
  return { DataType: 'String', StringValue: value.replace(/[^\x20-\x7e]/g, '?').slice(0, most) || 'unknown' };
}
