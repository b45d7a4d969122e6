import middy, { type MiddlewareObj, type Request } from '@middy/core';
import type { Context } from 'aws-lambda';

type MaybePromise<T> = T | Promise<T>;

/** A step of a chain: it needs of an event what `In` says, and adds what it returns. */
export interface Middleware<In extends object, Added extends object = object> {
  before: (event: In, context: Context) => MaybePromise<Added | undefined>;
}
/** How a step ends an error: with an answer, or with another error for the steps before it, or with both. */
export interface Ended<Outer> {
  answer?: Outer;
  error?: unknown;
}
/**
 * A step around those that follow it: it makes its answer (`Outer`) of theirs (`Inner`), or of an error. `Later` is what they may have
 * added to the event by then. An error may be that of its own `before`, and is none of an earlier step.
 */
export interface Around<In extends object, Added extends object, Outer, Inner = Outer, Later extends object = object> {
  before?: (event: In, context: Context) => MaybePromise<Added | undefined>;
  after: (event: In & Added & Partial<Later>, answer: Inner, context: Context) => MaybePromise<Outer>;
  onError?: (event: In & Partial<Added & Later>, error: unknown, context: Context) => MaybePromise<Ended<Outer> | undefined>;
}
/**
 * A chain that has got so far with an event, and whose rest must end with this answer. A step that is deleted, or stands before one whose
 * additions it needs, does not compile.
 */
export interface Chain<Raw, Event extends object, Answer> {
  use<Added extends object, Inner, Later extends object>(
    around: Around<Event, Added, Answer, Inner, Later>,
  ): Chain<Raw, Event & Added, Inner>;
  use<Added extends object>(middleware: Middleware<Event, Added>): Chain<Raw, Event & Added, Answer>;
  /** Ends the chain. The Lambda handler answers what the first step makes of it, and rejects with an error that no step has answered. */
  handler(handle: (event: Event) => MaybePromise<Answer>): (raw: Raw, context: Context) => Promise<unknown>;
}

/**
 * Begins a Middy chain whose types hold: Middy's own `use` intersects what all steps want, and takes them in any order. `read` makes the
 * first event of what Lambda hands over, and throws nothing.
 */
export function chain<Raw, Event extends object>(read: (raw: Raw, context: Context) => Event): Chain<Raw, Event, unknown> {
  const steps = middy({ timeoutEarlyInMillis: 0 });
  const started = {
    use(step: AnyStep) {
      steps.use(middlewareOf(step));
      return started;
    },
    // biome-ignore lint/suspicious/noExplicitAny: as above
    handler(handle: (event: any) => unknown) {
      const run = steps.handler(handle);
      return (raw: Raw, context: Context) => run(read(raw, context), context);
    },
  };
  return started as Chain<Raw, Event, unknown>;
}

/** What all steps are once their types have been checked. */
// biome-ignore lint/suspicious/noExplicitAny: each step was checked against the one before it.
type AnyStep = Partial<Around<any, object, any>>;

function middlewareOf({ before, after, onError }: AnyStep): MiddlewareObj {
  // Middy tells each step of every error, also one that was not reached and has not what it needs.
  const reached = new WeakSet<Request>();
  return {
    before: (request: Request) => {
      if (onError) reached.add(request);
      return then(before?.(request.event, request.context), (added) => {
        Object.assign(request.event as object, added);
      });
    },
    ...(after && {
      after: (request: Request) =>
        then(after(request.event, request.response, request.context), (answer) => {
          request.response = answer;
        }),
    }),
    ...(onError && {
      onError: (request: Request) => {
        if (!reached.has(request)) return undefined;
        return then(onError(request.event, request.error, request.context), (ended) => {
          if (ended?.answer !== undefined) request.response = ended.answer;
          if (ended?.error !== undefined) request.error = ended.error as Error;
        });
      },
    }),
  };
}

/** Does the next thing at once where there is nothing to wait for: most steps are synchronous, and each wait costs every request. */
function then<T>(value: MaybePromise<T>, next: (value: T) => void): void | Promise<void> {
  return value instanceof Promise ? value.then(next) : next(value);
}
