/** Milliseconds before the first retry at most; it doubles with each. */
const firstPause = 200;
/** Retries that a process may do beyond what its answered calls earn, and how many calls earn one. */
const maxRetries = 10;
const callsPerRetry = 10;

/** How often one process repeats calls to an upstream: a brown-out is not multiplied by those who wait for its end. */
export interface RetryBudget {
  /** Takes one retry; false where none is left. */
  take(): boolean;
  /** A call was answered well. */
  earn(): void;
}

/**
 * A budget of 10 retries, of which ten good answers earn one back: in a long failure a process sends each call once. By hand: the
 * AWS SDK's strategy sleeps before a deadline can be looked at and cuts Retry-After short, and cockatiel knows no budget.
 */
export function createRetryBudget(): RetryBudget {
  // Counted in good answers: tenths of a retry would not add up.
  const most = maxRetries * callsPerRetry;
  let left = most;
  return {
    take() {
      if (left < callsPerRetry) return false;
      left -= callsPerRetry;
      return true;
    },
    earn() {
      left = Math.min(most, left + 1);
    },
  };
}

/** Milliseconds to wait before a try is repeated: exponential back-off with full jitter, beyond what the upstream asked for (seconds). */
export function pauseBefore(tries: number, retryAfter: number): number {
  return retryAfter * 1000 + Math.random() * firstPause * 2 ** (tries - 1);
}

/**
 * Milliseconds to wait where the upstream throttles and nobody waits for the answer: what it asks (seconds), one second at least, and up
 * to one more, so that those who wait do not come all at once.
 */
export function pauseBeforeTurn(retryAfter: number): number {
  return (Math.max(1, retryAfter) + Math.random()) * 1000;
}
