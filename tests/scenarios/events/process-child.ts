/** What event-process.ts starts. */
import type { SQSEvent } from 'aws-lambda';
import { countdown, lambdaContext } from '../../fakes/context.ts';
import type { EventHandler } from './harness.ts';

const file = new URL('../../../dist/job-event/index.mjs', import.meta.url);
const { handler } = (await import(file.href)) as { handler: EventHandler };

process.on('message', async ({ event, left }: { event: SQSEvent; left: number }) => {
  process.send?.(await handler(event, lambdaContext(countdown(left))));
});
process.on('disconnect', () => process.exit(0));
