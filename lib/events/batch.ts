import { BatchProcessor, EventType, processPartialResponse, SqsFifoPartialProcessorAsync } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { isFifo } from './parse.ts';
import type { EventRecord } from './request.ts';

type RecordHandler = (record: EventRecord, context: Context) => Promise<unknown>;

/**
 * A handler of SQS batches that answers with the messages to be delivered again. Of a FIFO queue one after another, and of a group
 * nothing after a message that failed; of a standard queue all at once, but those of one job one after another. `alone` tells a message
 * that nothing stood before.
 */
export function handleBatch(handle: RecordHandler): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  return async (event, context) => {
    requireBatch(event);
    const ordered = isFifo(event.Records[0]?.eventSourceARN ?? '');
    const processor = ordered ? new SqsFifoPartialProcessorAsync() : new BatchProcessor(EventType.SQS);
    const one = ordered ? handle : oneAfterAnother(handle);
    const alone = event.Records.length === 1;
    // Where a whole batch failed each message is told apart as well: an error would count against the function, and hide which.
    const options = { context, throwOnFullBatchFailure: false, ...(ordered && { skipGroupOnError: true as const }) };
    return processPartialResponse(event, (record: SQSRecord) => one({ ...record, alone }, context), processor, options as never);
  };
}

/** Whoever may invoke the function can give it anything. Throws in our own words, since Lambda logs an error as it is. */
function requireBatch(event: { Records?: unknown } | null): void {
  if (!Array.isArray(event?.Records)) throw new Error('this is no batch of SQS: it has no Records');
  const isRecord = (record: Partial<SQSRecord> | null): boolean =>
    [record?.messageId, record?.body, record?.eventSourceARN].every((text) => typeof text === 'string');
  if (!event.Records.every(isRecord)) throw new Error('this is no batch of SQS: a record has no messageId, body or eventSourceARN');
}

/** Serializes the records of one job, as far as that can be told without judging them. */
function oneAfterAnother(handle: RecordHandler): RecordHandler {
  const last = new Map<string, Promise<unknown>>();
  return (record, context) => {
    const key = jobNamed(record.body);
    const next = (last.get(key) ?? Promise.resolve()).then(() => handle(record, context));
    last.set(
      key,
      next.catch(() => undefined),
    );
    return next;
  };
}

function jobNamed(body: string): string {
  try {
    const { kind, namespace, name } = JSON.parse(body).detail;
    return `${kind}/${namespace}/${name}`;
  } catch {
    return '';
  }
}
