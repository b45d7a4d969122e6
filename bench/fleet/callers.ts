import type { Answer } from './api-gateway.ts';
import type { Simulation } from './simulation.ts';

/** Who calls, which is how often and when a failed request is sent again. */
export type CallerKind = 'kubectl' | 'api' | 'sdk' | 'once';
export const everyKind: CallerKind[] = ['kubectl', 'api', 'sdk'];

/** What a caller came to in the end. */
export interface Ended {
  first: Answer;
  last: Answer;
  tries: number;
  /** Milliseconds. */
  took: number;
}

/** client-go follows a Retry-After so often. */
const mostFollowed = 10;

/**
 * One caller until it gives up or has what it asked for. kubectl sends again what says Retry-After, up to ten times; an API client three
 * times whatever failed, half a second and doubled; an SDK twice, at random within a second and doubled.
 */
export async function call({ clock, random }: Simulation, kind: CallerKind, send: () => Promise<Answer>): Promise<Ended> {
  const began = clock.now;
  let first: Answer | undefined;
  for (let tries = 1; ; tries++) {
    const last = await send();
    first ??= last;
    const pause = last.status < 400 ? undefined : pauses[kind](tries, last.retryAfter, random.next());
    if (pause === undefined) return { first, last, tries, took: clock.now - began };
    await clock.wait(pause);
  }
}

const pauses: Record<CallerKind, (failed: number, retryAfter: number | undefined, chance: number) => number | undefined> = {
  kubectl: (failed, retryAfter) => (retryAfter !== undefined && failed <= mostFollowed ? retryAfter * 1000 : undefined),
  api: (failed, _, chance) => (failed <= 3 ? 500 * 2 ** (failed - 1) * (0.5 + chance) : undefined),
  sdk: (failed, _, chance) => (failed <= 2 ? chance * 1000 * 2 ** (failed - 1) : undefined),
  once: () => undefined,
};

/** Does something at random times, so many a second on average, until a time of the run (milliseconds); what it does goes on beside. */
export async function arrive({ clock, random }: Simulation, perSecond: number, until: number, act: () => Promise<unknown>): Promise<void> {
  const under: Promise<unknown>[] = [];
  for (;;) {
    await clock.wait(random.exponential(1000 / perSecond));
    if (clock.elapsed > until) break;
    under.push(act());
  }
  await Promise.all(under);
}
