/** Milliseconds that a try may take: at first, where CCI is known to be quick, and at most. */
const timeouts = { unknown: 5000, quick: 3000, most: 10_000 };
/** A try may take so many times what the slowest answers of late took: one that is merely slow is not given up. */
const patience = 4;
/** How fast a slow answer is forgotten, with each that follows. */
const forgets = 0.9;
/** After so many tries in a row without an answer CCI counts as away. */
const mostSilences = 2;
/** What took less is not known for silence: a request may have had no more time. */
const silence = timeouts.quick - 100;
/** Milliseconds for which nobody asks then, twice as long each time. */
const firstPause = 5000;
const longestPause = 30_000;

/** What one process knows of an upstream's health. By wall clock: a Lambda is frozen between two requests. */
export interface Breaker {
  /** The last try failed for want of CCI: now a read that fails costs less, and is clearer, than a write of which nobody knows. */
  readonly isUnwell: boolean;
  /** CCI gave no answer several times in a row. */
  readonly isOpen: boolean;
  /** Whether a request may ask: while the breaker is open one of them may, after each pause. */
  admits(): boolean;
  /** Milliseconds that a read may take. */
  timeout(): number;
  /** CCI answered after so many milliseconds; `well` where it was no 502, 503 or 504. */
  answered(ms: number, well: boolean): void;
  /** CCI gave no answer, and that was known after so many milliseconds: soon where it cannot be reached, late where it is silent. */
  failed(ms: number): void;
}

/**
 * A circuit breaker: where CCI hangs, each request would hold its Lambda until its deadline, and the fleet would grow to the account's
 * whole concurrency. By hand: the libraries of the field (opossum, cockatiel) go by timers, which stand still in a frozen process.
 */
export function createBreaker(): Breaker {
  let slowest: number | undefined;
  let silences = 0;
  let openUntil = 0;
  let isUnwell = false;

  const timeout = (): number => {
    const usual = slowest === undefined ? timeouts.unknown : Math.max(timeouts.quick, patience * slowest);
    return Math.min(timeouts.most, usual * 2 ** silences);
  };
  return {
    get isUnwell() {
      return isUnwell;
    },
    get isOpen() {
      return silences >= mostSilences;
    },
    admits() {
      if (silences < mostSilences) return true;
      const left = openUntil - Date.now();
      // A pause that is longer than any can be is one of a clock that was set back.
      if (left > 0 && left <= longestPause) return false;
      openUntil = Date.now() + timeouts.most;
      return true;
    },
    timeout,
    answered(ms, well) {
      slowest = Math.max(ms, (slowest ?? 0) * forgets);
      silences = 0;
      isUnwell = !well;
    },
    failed(ms) {
      isUnwell = true;
      if (ms < silence) return;
      silences += 1;
      openUntil = Date.now() + Math.min(longestPause, firstPause * 2 ** Math.max(0, silences - mostSilences));
    },
  };
}
