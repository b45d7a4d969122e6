/** A function of memorySize 512 in a process of its own: answers the event that it is sent some times, and says how much memory that took. */
import type { LambdaHandler } from '../../local/api-gateway/api-gateway.ts';
import { lambdaContext } from '../fakes/context.ts';

/** What a parent asks for. */
export interface Asked {
  bundle: string;
  event: object;
  times: number;
}
/** What came of it: the answer's status and headers, the length of the result, and the most memory in MB that was in use. */
export interface Measured {
  status: number;
  headers: Record<string, string>;
  length: number;
  peak: number;
}

process.once('message', async ({ bundle, event, times }: Asked) => {
  const { handler } = (await import(new URL(`../../dist/${bundle}/index.mjs`, import.meta.url).href)) as { handler: LambdaHandler };
  let result = {} as { statusCode: number; headers: Record<string, string> };
  let length = 0;
  for (let time = 0; time < times; time += 1) {
    result = (await handler(structuredClone(event) as never, lambdaContext())) as typeof result;
    length = JSON.stringify(result).length;
  }
  const measured = { status: result.statusCode, headers: result.headers, length, peak: process.resourceUsage().maxRSS / 1024 };
  process.send?.(measured satisfies Measured, () => process.disconnect());
});
