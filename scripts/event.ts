/**
 * `npm run event -- events/job-update.json`: gives an event to the event function of a running `npm start` (PORT, default 3000), by the
 * door of the bus or with `--fifo` by the one that keeps an order, and prints the result event.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type Delivered, eventsPath } from '../local/aws/events.ts';
import { fail, readPort } from '../local/process.ts';

const mistakes: string[] = [];
const port = readPort(process.env, mistakes);
const { file, fifo } = readArguments();
const body = await readFile(file).catch((error: NodeJS.ErrnoException) => void mistakes.push(`${file} cannot be read: ${error.code}`));
if (mistakes.length > 0) fail(mistakes);

const url = `http://127.0.0.1:${port}`;
const response = await fetch(`${url}${eventsPath}${fifo ? '?door=fifo' : ''}`, {
  method: 'POST',
  body: new Uint8Array(body as Buffer),
}).catch(() => undefined);
if (!response?.ok)
  fail([
    response ? `${url} answered ${response.status}: it is no npm start of this version` : `nothing answers at ${url}: run npm start first`,
  ]);

const { deliveries, results } = (await response.json()) as Delivered;
for (const result of results) console.log(JSON.stringify(result, undefined, 2));
if (deliveries > 1) console.error(`it was delivered ${deliveries} times; a real queue would wait for minutes in between`);
if (results.length === 0) fail(['there is no result event yet: the message would stay in its queue']);

function readArguments(): { file: string; fifo: boolean } {
  try {
    const { values, positionals } = parseArgs({ options: { fifo: { type: 'boolean', default: false } }, allowPositionals: true });
    const [file, ...more] = positionals;
    if (file !== undefined && more.length === 0) return { file, fifo: values.fifo };
  } catch (error) {
    mistakes.push(`${(error as Error).message.split('. ')[0]}`);
  }
  fail([...mistakes, 'usage: npm run event -- [--fifo] events/job-update.json']);
}
