import { randomUUID } from 'node:crypto';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { countdown, lambdaContext } from '../fakes/context.ts';
import type { Queue } from './queue.ts';

/** How an event source mapping invokes its function. */
export interface Mapping {
  handler: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
  /** Messages of the next batch at most. */
  batchSize: () => number;
  /** Invocations at once. */
  concurrency: number;
  /** The function's timeout in milliseconds. */
  timeout: number;
}
/** What a poller did. */
export interface Polled {
  invocations: number;
  deliveries: number;
  /** Messages that the function gave back, and batches that failed as a whole. */
  returned: number;
  failed: number;
}

/**
 * Does what Lambda's event source mapping does, until the queue is empty: gives batches to the function, and deletes what it does not
 * give back (ReportBatchItemFailures). Of a batch whose function throws, nothing is deleted.
 */
export async function poll(queue: Queue, { handler, batchSize, concurrency, timeout }: Mapping): Promise<Polled> {
  const polled = { invocations: 0, deliveries: 0, returned: 0, failed: 0 };
  let busy = 0;
  let idle = Promise.withResolvers<void>();

  const invoke = async (records: SQSEvent['Records']): Promise<void> => {
    polled.invocations += 1;
    polled.deliveries += records.length;
    const context = lambdaContext(countdown(timeout), randomUUID());
    // Through JSON, as Lambda gets it.
    const event = JSON.parse(JSON.stringify({ Records: records })) as SQSEvent;
    const response = await handler(event, context).catch(() => undefined);
    if (!response) polled.failed += 1;
    const back = new Set(
      response ? response.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier) : records.map(({ messageId }) => messageId),
    );
    polled.returned += back.size;
    await queue.delete(records.filter(({ messageId }) => !back.has(messageId)));
  };
  const work = async (): Promise<void> => {
    for (;;) {
      // Only who finds nobody at work may say that nothing comes any more.
      const records = await queue.receive(batchSize());
      if (records.length > 0) {
        busy += 1;
        await invoke(records);
        busy -= 1;
        idle.resolve();
        idle = Promise.withResolvers<void>();
      } else if (busy > 0) await idle.promise;
      else if (!(await queue.wait())) return;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return polled;
}
