import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

/** What a hostile request is answered in a heap of so many megabytes; an error where it has no room in it. */
function judged(title: string, megabytes: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const resourceLimits = { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: 8 };
    const worker = new Worker(new URL('refused-cost-worker.ts', import.meta.url), { workerData: { title }, resourceLimits });
    worker.once('message', resolve).once('error', reject);
  });
}

describe('a refusal of 3 MiB does not make what it does not tell', () => {
  // In what the members themselves take, as text and as objects, and a fifth more. An object for each mistake takes 64 to 170.
  it.each<[string, number, number, number, string]>([
    ['labels with bad names', 72, 422, 101, 'and 399902 more values are invalid'],
    ['annotations with bad names', 72, 422, 101, 'and 399902 more values are invalid'],
    ['protected labels', 72, 403, 101, 'and 199900 more fields may not be changed'],
    ['unknown fields', 48, 403, 101, 'and 249900 more fields may not be changed'],
    ['unknown fields under Strict', 48, 400, 100, 'unknown field "spec.a99"'],
  ])('of %s', async (title, megabytes, code, listed, last) => {
    expect(await judged(title, megabytes)).toEqual({ code, oneTrip: undefined, listed, last });
  });
});
