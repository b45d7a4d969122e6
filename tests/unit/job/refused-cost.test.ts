import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';

/**
 * Megabytes that 3 MiB of members, once as text and twice as objects, take with room to spare; an object for each of their mistakes
 * takes 80 to 170 and more.
 */
const heap = { maxOldGenerationSizeMb: 72, maxYoungGenerationSizeMb: 8 };

/** What a hostile request is answered in a heap of that size; an error where it has no room in it. */
function judged(title: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('refused-cost-worker.ts', import.meta.url), { workerData: { title }, resourceLimits: heap });
    worker.once('message', resolve).once('error', reject);
  });
}

describe('a refusal of 3 MiB does not make what it does not tell', () => {
  it.each([
    ['labels with bad names', 422, 101, 'and 399901 more values are invalid'],
    ['annotations with bad names', 422, 101, 'and 399901 more values are invalid'],
    ['protected labels', 403, 101, 'and 199900 more fields may not be changed'],
    ['unknown fields', 403, 101, 'and 249900 more fields may not be changed'],
    ['unknown fields under Strict', 400, undefined, undefined],
  ])('of %s', async (title, code, listed, last) => {
    expect(await judged(title)).toEqual({ code, oneTrip: undefined, listed, last });
  });
});
