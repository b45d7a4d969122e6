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
  const inner = middy({ timeoutEarlyInMillis: 0 });
  return chainWith<Raw, Event, unknown>(inner, (run) => (raw: Raw, context: Context) => run(read(raw, context), context));
}

/** A chain of what Middy was made to run: `asLambda` makes what Lambda calls of what Middy has made of the last handler. */
export function chainWith<Raw, Event extends object, Answer>(
  inner: ReturnType<typeof middy>,
  // biome-ignore lint/suspicious/noExplicitAny: Middy's own types know one way of being called.
  asLambda: (run: (...given: any[]) => Promise<unknown>) => unknown,
): Chain<Raw, Event, Answer> {
  const started = {
    use(step: AnyStep) {
      inner.use(middlewareOf(step));
      return started;
    },
    // biome-ignore lint/suspicious/noExplicitAny: as above
    handler(handle: (event: any) => unknown) {
      return asLambda(inner.handler(handle));
    },
  };
  return started as Chain<Raw, Event, Answer>;
}

/** What all steps are once their types have been checked. */
// biome-ignore lint/suspicious/noExplicitAny: each step was checked against the one before it.
type AnyStep = Partial<Around<any, object, any>>;

let steps = 0;

function middlewareOf({ before, after, onError }: AnyStep): MiddlewareObj {
  // Middy tells each step of every error, also one that was not reached and has not what it needs.
  const reached = `reached${++steps}`;
  return {
    ...((before || onError) && {
      before: (request: Request) => {
        if (onError) (request.internal as Record<string, unknown>)[reached] = true;
        const added = before?.(request.event, request.context);
        // Most steps are synchronous, and each wait costs every request.
        if (added instanceof Promise) return added.then((late) => void add(request, late));
        return add(request, added);
      },
    }),
    ...(after && {
      after: (request: Request) => {
        const answer = after(request.event, request.response, request.context);
        if (answer instanceof Promise) return answer.then((late) => void answerWith(request, late));
        return answerWith(request, answer);
      },
    }),
    ...(onError && {
      onError: async (request: Request) => {
        if (!(reached in request.internal)) return;
        const ended = await onError(request.event, request.error, request.context);
        if (ended?.answer !== undefined) request.response = ended.answer;
        if (ended?.error !== undefined) request.error = ended.error as Error;
      },
    }),
  };
}

function add(request: Request, added: object | undefined): void {
  if (added !== undefined) Object.assign(request.event as object, added);
}

function answerWith(request: Request, answer: unknown): void {
  request.response = answer;
}
