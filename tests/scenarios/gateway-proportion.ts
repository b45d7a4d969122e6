import { expect } from 'vitest';
import { type Answer, put, type Sending } from './gateway.ts';

// A lone slow moment of the machine is no finding; the third one is.
const attempts = 3;
const factor = 50;
const floorMs = 200;
/** An answer well beyond what Kubernetes clients show, and far below Lambda's 6 MB. */
const longestAnswer = 1_000_000;

/** What ordinary bodies took, by what makes them and their length in steps of 256 KiB. */
const normal = new Map<string, number>();

/**
 * Sends a hostile body, and an ordinary one of the same length: the one may not take out of proportion to the other. What is not
 * linear in the size takes hundreds of times as long at a megabyte. Returns the answer to the hostile one.
 */
export async function expectInProportion(body: string, ordinary: (length: number) => string, sending: Sending = {}): Promise<Answer> {
  const timed = async (text: string) => {
    const began = performance.now();
    const answer = await put(text, sending);
    return { answer, ms: performance.now() - began };
  };
  const size = Math.ceil(body.length / 2 ** 18);
  const id = `${sending.query} ${size}`;
  for (let attempt = 1; ; attempt += 1) {
    if (attempt > 1 || !normal.has(id)) normal.set(id, (await timed(ordinary(size * 2 ** 18))).ms);
    const { answer, ms } = await timed(body);
    expect(answer.text.length).toBeLessThan(longestAnswer);
    const limit = Math.max(floorMs, factor * (normal.get(id) as number));
    if (ms <= limit) return answer;
    if (attempt === attempts) expect(ms).toBeLessThanOrEqual(limit);
  }
}
