/** A function of memorySize 512 in a process of its own: answers the event that it is sent some times, and says how much memory that took. */
import { Writable } from 'node:stream';
import type { LambdaHandler } from '../../local/api-gateway/api-gateway.ts';
import { defineAwsLambda, isStreaming } from '../../local/api-gateway/stream.ts';
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

/** What Lambda hands to a function that streams: it counts what is written. */
class Counted extends Writable {
  length = 0;
  metadata = {} as { statusCode: number; headers: Record<string, string> };
  prelude(metadata: object): void {
    this.metadata = metadata as Counted['metadata'];
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.length += chunk.length;
    done();
  }
}

process.once('message', async ({ bundle, event, times }: Asked) => {
  defineAwsLambda();
  const { handler } = (await import(new URL(`../../dist/${bundle}/index.mjs`, import.meta.url).href)) as { handler: LambdaHandler };
  let result = {} as { statusCode: number; headers: Record<string, string> };
  let length = 0;
  for (let time = 0; time < times; time += 1) {
    if (isStreaming(handler)) {
      const stream = new Counted();
      await handler(structuredClone(event) as never, stream, lambdaContext());
      [result, length] = [stream.metadata, stream.length];
      continue;
    }
    result = (await handler(structuredClone(event) as never, lambdaContext())) as typeof result;
    length = JSON.stringify(result).length;
  }
  const measured = { status: result.statusCode, headers: result.headers, length, peak: process.resourceUsage().maxRSS / 1024 };
  process.send?.(measured satisfies Measured, () => process.disconnect());
});
