/** What strict-kill.test.ts starts, and kills: built functions that are invoked with whatever arrives, all at once. */
import { countdown, lambdaContext } from '../fakes/context.ts';

type Handler = (event: unknown, context: ReturnType<typeof lambdaContext>) => Promise<unknown>;
/** One invocation: which bundle, and with which event. */
export interface Invocation {
  bundle: string;
  event: unknown;
}

const handlers = new Map<string, Handler>();
for (const bundle of process.argv.slice(2)) {
  const file = new URL(`../../dist/${bundle}/index.mjs`, import.meta.url);
  handlers.set(bundle, ((await import(file.href)) as { handler: Handler }).handler);
}

process.on('message', async (invocations: Invocation[]) => {
  await Promise.all(invocations.map(({ bundle, event }) => handlers.get(bundle)?.(event, lambdaContext(countdown(25_000)))));
  process.send?.('done');
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
