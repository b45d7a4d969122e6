/** What instance.ts starts: the built handlers in a process of their own, which get their events from its parent. */
import { putForward } from './clock.ts';
import { invokeAll, type Order } from './invoke.ts';

process.on('message', async ({ id, forward = 0, invocations = [], inFlight = 1 }: Order) => {
  putForward(forward);
  const results = await invokeAll(invocations, inFlight).catch((error: Error) => error.message);
  process.send?.({ id, results });
});
process.on('disconnect', () => process.exit(0));
