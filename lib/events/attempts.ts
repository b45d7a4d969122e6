import type { SQSRecord } from 'aws-lambda';
import { isFifo } from './parse.ts';

/** After so many failures of its own a message is given up. */
const maxAttempts = 5;
/**
 * After so many deliveries the queue itself moves a message (maxReceiveCount in deploy/events.yml), so this is the last chance to say
 * why. Where no count was lost a message comes so far only while CCI throttles for hours.
 */
export const maxDeliveries = 10 * maxAttempts;
/** A message that failed twice in a process, so long apart (milliseconds), is given up as well: a CCI that is away for ten minutes loses none. */
const longEnough = 12 * 60_000;
const maxRemembered = 10_000;

/** A message, and whether it came as a batch of its own: then it waited for none before it, also in a FIFO queue. */
export type Delivered = Pick<SQSRecord, 'messageId' | 'attributes' | 'eventSourceARN'> & { alone: boolean };

/** Counts how often messages failed themselves: not where one only waited, which raises the queue's own count as well. */
export interface Attempts {
  /** A message failed. Returns how often by now, and whether it is given up. */
  failed(message: Delivered): { attempts: number; last: boolean };
  /**
   * A message goes back untried; `throttled` where CCI has no time, for this process or any other. Returns whether it is the last
   * delivery, after which the queue would move it without a reason.
   */
  untried(message: Delivered, throttled: boolean): boolean;
}

/**
 * The counts of one process. A FIFO queue's own count, less the times that this process gave the message back, knows what other processes
 * did: an event that fails for ever holds up its job no longer than five deliveries. It counts too much where others gave the message
 * back, behind another of its group or while CCI throttled; and a standard queue's does where Lambda had nobody to take it. Then a process
 * goes by what it saw itself.
 */
export function createAttempts(): Attempts {
  const counts = new Map<string, { failed: number; untried: number; failedAt: number }>();
  /** When a message was last known to wait, so that processes may have given back others too. */
  let waitedAt = 0;
  const count = ({ messageId }: Delivered, what: 'failed' | 'untried') => {
    const counted = counts.get(messageId) ?? { failed: 0, untried: 0, failedAt: 0 };
    counted[what] += 1;
    if (what === 'failed') counted.failedAt ||= Date.now();
    // The newest is the last, so that the oldest is forgotten first.
    counts.delete(messageId);
    counts.set(messageId, counted);
    for (const oldest of counts.keys()) {
      if (counts.size <= maxRemembered) break;
      counts.delete(oldest);
    }
    return counted;
  };
  return {
    failed(message) {
      const { failed, untried, failedAt } = count(message, 'failed');
      const { attributes, eventSourceARN, alone } = message;
      const ordered = isFifo(eventSourceARN);
      if (ordered && !alone) waitedAt = Date.now();
      const received = Number(attributes.ApproximateReceiveCount) || 0;
      const allTried = ordered && waitedAt < Number(attributes.ApproximateFirstReceiveTimestamp);
      const attempts = allTried ? Math.max(failed, received - untried) : failed;
      const longFailed = failed > 1 && Date.now() - failedAt >= longEnough;
      return { attempts, last: attempts >= maxAttempts || longFailed || received >= maxDeliveries };
    },
    untried(message, throttled) {
      count(message, 'untried');
      if (throttled) waitedAt = Date.now();
      return Number(message.attributes.ApproximateReceiveCount) >= maxDeliveries;
    },
  };
}
