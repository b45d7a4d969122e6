/** One call to the upstream, as the log tells it: what was answered (or the error's code), and milliseconds. */
export interface Call {
  method: string;
  answer: number | string;
  ms: number;
  requestId?: string | undefined;
}

/** What one request does upstream: its deadline (wall clock, milliseconds), its calls, and what must be awaited before its answer. */
export interface Trace {
  readonly deadline: number;
  readonly calls: Call[];
  readonly pending: Promise<unknown>[];
  readonly warn: (message: string, note: object) => void;
}

/** Milliseconds until a request's deadline. */
export function timeLeft(trace: Trace): number {
  return trace.deadline - Date.now();
}
