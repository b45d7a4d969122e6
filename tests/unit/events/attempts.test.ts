import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAttempts, type Delivered, maxDeliveries } from '../../../lib/events/attempts.ts';

const firstReceived = Date.parse('2026-03-01T12:00:00Z');
const recordOf = (messageId: string, received: number, { queue = 'events.fifo', alone = false, firstAt = firstReceived } = {}) => {
  const attributes = { ApproximateReceiveCount: String(received), ApproximateFirstReceiveTimestamp: String(firstAt) };
  return { messageId, attributes, eventSourceARN: `arn:${queue}`, alone } as Delivered;
};

describe('the attempts of a message', () => {
  it('of a FIFO queue that came in a batch are what this process saw fail, and the fifth is the last', () => {
    const attempts = createAttempts();
    const results = [9, 10, 20, 21, 30].map((received) => attempts.failed(recordOf('a', received)));
    expect(results.map(({ last }) => last)).toEqual([false, false, false, false, true]);
    expect(results.map((result) => result.attempts)).toEqual([1, 2, 3, 4, 5]);
  });

  it('of a FIFO queue end at the delivery after which the queue would move it without a reason', () => {
    expect(createAttempts().failed(recordOf('a', 49))).toEqual({ attempts: 1, last: false });
    expect(createAttempts().failed(recordOf('a', 50))).toEqual({ attempts: 1, last: true });
  });

  it('end before the queues that are deployed move a message', () => {
    const text = readFileSync(new URL('../../../deploy/events.yml', import.meta.url), 'utf8');
    const counts = [...text.matchAll(/maxReceiveCount: (\d+)/g)].map(([, count]) => Number(count));
    expect(counts).toEqual([maxDeliveries, maxDeliveries]);
  });

  it('of a standard queue are those that this process saw: the queue counts also where Lambda had nobody to take it', () => {
    const attempts = createAttempts();
    const standard = (received: number) => recordOf('a', received, { queue: 'events' });
    expect([6, 7, 8, 9, 20].map((received) => attempts.failed(standard(received)).last)).toEqual([false, false, false, false, true]);
    expect(createAttempts().failed(standard(49))).toEqual({ attempts: 1, last: false });
    expect(createAttempts().failed(standard(50))).toEqual({ attempts: 1, last: true });
  });

  it.each(['events', 'events.fifo'])('of %s end with the second that a process saw, twelve minutes after the first', (queue) => {
    vi.useFakeTimers({ toFake: ['Date'], now: firstReceived });
    onTestFinished(() => void vi.useRealTimers());
    const attempts = createAttempts();
    const last = (minutes: number) => {
      vi.setSystemTime(firstReceived + minutes * 60_000);
      return attempts.failed(recordOf('a', 9, { queue })).last;
    };
    expect([0, 11.9].map(last)).toEqual([false, false]);
    expect(last(12)).toBe(true);
  });

  it('that only waited end at the delivery after which the queue would move it without a reason', () => {
    const attempts = createAttempts();
    expect([1, 49, 50].map((received) => attempts.untried(recordOf('a', received), true))).toEqual([false, false, true]);
  });

  it('are those that were seen, where the queue says less or nothing', () => {
    const attempts = createAttempts();
    for (let times = 1; times < 5; times++)
      expect(attempts.failed(recordOf('a', 1, { queue: 'events' }))).toEqual({ attempts: times, last: false });
    expect(attempts.failed(recordOf('a', Number.NaN, { queue: 'events' }))).toEqual({ attempts: 5, last: true });
  });

  it('are forgotten where too many others failed since', () => {
    const attempts = createAttempts();
    attempts.failed(recordOf('a', 1));
    for (let other = 0; other < 9_999; other++) attempts.failed(recordOf(`other-${other}`, 1));
    expect(attempts.failed(recordOf('a', 2))).toMatchObject({ attempts: 2 });
    for (let other = 0; other < 10_000; other++) attempts.failed(recordOf(`more-${other}`, 1));
    expect(attempts.failed(recordOf('a', 3))).toMatchObject({ attempts: 1 });
  });
});
