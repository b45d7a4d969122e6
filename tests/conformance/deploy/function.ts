/** `node function.ts FILE`: a function of Lambda in a process of its own: gets one event after the other from its parent, and sends each answer. */
import { pathToFileURL } from 'node:url';
import { buildContext } from '../../../local/api-gateway/event.ts';

const { handler } = await import(pathToFileURL(process.argv[2] ?? '').href);
const name = process.env.AWS_LAMBDA_FUNCTION_NAME ?? '';

process.on('message', async (event) => {
  process.send?.(await handler(event, buildContext({ name, bundle: name, timeoutSeconds: 25, memoryMB: 512 })));
});
process.on('disconnect', () => process.exit(0));
