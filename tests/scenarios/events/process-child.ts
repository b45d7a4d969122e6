/** What event-process.ts starts. */
import type { Context, SQSEvent } from 'aws-lambda';
import type { EventHandler } from './harness.ts';

const file = new URL('../../../dist/job-event/index.mjs', import.meta.url);
const { handler } = (await import(file.href)) as { handler: EventHandler };

process.on('message', async ({ event, left }: { event: SQSEvent; left: number }) => {
  const until = Date.now() + left;
  const context = { awsRequestId: 'child', getRemainingTimeInMillis: () => until - Date.now() } as Context;
  process.send?.(await handler(event, context));
});
process.on('disconnect', () => process.exit(0));
