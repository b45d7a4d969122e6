import type { SQSRecord } from 'aws-lambda';
import { isFifo } from './parse.ts';

/** After so many failures of its own a message is given up. */
const mostAttempts = 5;
/**
 * After so many deliveries the queue itself moves a message (maxReceiveCount in deploy/events.yml), so this is the last chance to say
 * why. Where no count was lost no message comes so far: at most nine stand before it in a batch, and each has five attempts.
 */
export const mostDeliveries = 10 * mostAttempts;
const mostRemembered = 10_000;

/** Counts how often messages failed themselves: not where one only waited, which raises the queue's own count as well. */
export interface Attempts {
  /** A message failed. Returns how often by now, and whether it is given up. */
  failed(record: SQSRecord): { attempts: number; last: boolean };
  /** A message goes back untried. */
  untried(record: SQSRecord): void;
}

/**
 * The counts of one process. A message of a standard queue waits for none but a full batch, so the queue's own count less those times is
 * right, and knows what other processes did. In a FIFO queue a message waits for those before it, and each process counts for itself.
 */
export function createAttempts(): Attempts {
  const counts = new Map<string, { failed: number; untried: number }>();
  const count = ({ messageId }: SQSRecord, what: 'failed' | 'untried') => {
    const counted = counts.get(messageId) ?? { failed: 0, untried: 0 };
    counted[what] += 1;
    // The newest is the last, so that the oldest is forgotten first.
    counts.delete(messageId);
    counts.set(messageId, counted);
    for (const oldest of counts.keys()) {
      if (counts.size <= mostRemembered) break;
      counts.delete(oldest);
    }
    return counted;
  };
  return {
    failed(record) {
      const { failed, untried } = count(record, 'failed');
      const received = Number(record.attributes.ApproximateReceiveCount) || 0;
      const attempts = isFifo(record.eventSourceARN) ? failed : Math.max(failed, received - untried);
      return { attempts, last: attempts >= mostAttempts || received >= mostDeliveries };
    },
    untried(record) {
      count(record, 'untried');
    },
  };
}
