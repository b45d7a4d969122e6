import type { LambdaFunction } from '../tests/lambda/runtime.ts';
import type { Subject } from './alternate.ts';
import { cpuOf } from './cpu.ts';
import type { Event } from './event.ts';
import type { Round } from './worker.ts';

/** Answers one event; rejects where the answer is not 200. Microseconds since it was offered. */
export async function timed(lambda: LambdaFunction, event: object): Promise<number> {
  const began = performance.now();
  const { path, body } = await lambda.invoke(event);
  if (!path.endsWith('/response') || JSON.parse(body.toString()).statusCode !== 200)
    throw new Error(`the function answered ${body.subarray(0, 500)}`);
  return (performance.now() - began) * 1000;
}

/** A function under the runtime client as something to measure: its process's CPU, and the wall time as the Runtime API sees it. */
export function lambdaSubject(name: string, lambda: LambdaFunction, event: Event, bodies: string[]): Subject {
  let count = 0;
  return {
    name,
    stop: () => void lambda.stop(),
    async run(times): Promise<Round> {
      const walls: number[] = [];
      const before = await cpuOf(lambda.pid);
      for (let i = 0; i < times; i++) {
        const requestContext = { ...event.requestContext, requestTimeEpoch: Date.now() };
        walls.push(await timed(lambda, { ...event, requestContext, body: bodies[count++ % bodies.length] }));
      }
      const cpu = ((await cpuOf(lambda.pid)) - before) / times;
      const wall = walls.reduce((sum, one) => sum + one, 0) / times;
      return { cpu, wall, p50: walls.sort((a, b) => a - b)[times >> 1] ?? 0, peakMB: Number.NaN };
    },
  };
}
