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
/**
 * Milliseconds for which nobody asks then. They begin when somebody comes, and not with the silence: Lambda takes the process that was used
 * last, so that of a fleet one process after another asks, and not all at once while none is left to answer.
 */
const pause = 2000;
/** Where nobody came for so long after a pause, it begins anew in every other case: those that lay idle do not ask all at once either. */
const idle = 5000;
/** Longer than this, a failure is not brief. */
const briefly = 30_000;

/** What one process knows of an upstream's health. By wall clock: a Lambda is frozen between two requests. */
export interface Breaker {
  /** The last try failed for want of CCI (503, no answer): now a read that fails costs less, and is clearer, than a write of which nobody knows. */
  readonly isUnwell: boolean;
  /** CCI gave no answer several times in a row. */
  readonly isOpen: boolean;
  /** CCI has failed for so long that whoever comes again in a few seconds will hardly be served. */
  readonly isLong: boolean;
  /**
   * Undefined where a request may ask: while the breaker is open one of them may, after each pause. `brief`: it may come again soon, since
   * CCI has not failed for long, or since it is the first to come and the next will ask.
   */
  refuses(): { brief: boolean } | undefined;
  /** Milliseconds that a read may take. */
  timeout(): number;
  /** CCI answered after so many milliseconds. */
  answered(ms: number): void;
  /** CCI gave no answer of its own for so many milliseconds; `timedOut` where nothing at all was heard in the time that there was. */
  failed(ms: number, timedOut: boolean): void;
}

/**
 * A circuit breaker: where CCI hangs, each request would hold its Lambda until its deadline, and the fleet would grow to the account's
 * whole concurrency. By hand: the libraries of the field (opossum, cockatiel) go by timers, which stand still in a frozen process.
 */
export function createBreaker(): Breaker {
  let slowest: number | undefined;
  let silences = 0;
  let askAt: number | undefined;
  let unwellSince: number | undefined;

  const isLong = (): boolean => unwellSince !== undefined && Date.now() - unwellSince > briefly;
  return {
    get isUnwell() {
      return unwellSince !== undefined;
    },
    get isOpen() {
      return silences >= mostSilences;
    },
    get isLong() {
      return isLong();
    },
    refuses() {
      if (silences < mostSilences) return undefined;
      const now = Date.now();
      if (askAt !== undefined && now - askAt > idle && Math.random() < 0.5) askAt = undefined;
      const isFirst = askAt === undefined;
      askAt ??= now + pause;
      // More than any time that is set here is one of a clock that was set back.
      if (now < askAt && askAt - now <= timeouts.most) return { brief: isFirst || !isLong() };
      askAt = now + timeouts.most;
      return undefined;
    },
    timeout() {
      const usual = slowest === undefined ? timeouts.unknown : Math.max(timeouts.quick, patience * slowest);
      return Math.min(timeouts.most, usual * 2 ** silences);
    },
    answered(ms) {
      slowest = Math.max(ms, (slowest ?? 0) * forgets);
      silences = 0;
      unwellSince = undefined;
    },
    failed(ms, timedOut) {
      unwellSince ??= Date.now();
      if (ms >= silence) silences += 1;
      // What refuses at once holds nobody.
      else if (!timedOut) silences = 0;
      askAt = undefined;
    },
  };
}
