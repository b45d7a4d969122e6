import type { Context } from 'aws-lambda';

/**
 * What Lambda tells a function of one invocation, as far as the handlers look at it: how many milliseconds are left, either a number that
 * stands still or what is asked each time, and the invocation's id.
 */
export function lambdaContext(left: number | (() => number) = 25_000, awsRequestId = 'function-request-id'): Context {
  return { awsRequestId, getRemainingTimeInMillis: typeof left === 'function' ? left : () => left } as Context;
}

/** A time that is up in so many milliseconds. */
export function countdown(ms: number): () => number {
  const until = Date.now() + ms;
  return () => until - Date.now();
}
