import * as v from 'valibot';
import type { Middleware } from '../runtime/chain.ts';
import type { RequestContext } from '../runtime/request-context.ts';
import { type LogNote, StatusError } from '../status.ts';

const Event = v.object({
  Step: v.picklist(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  SecretId: v.pipe(v.string(), v.minLength(1)),
  ClientRequestToken: v.pipe(v.string(), v.minLength(32), v.maxLength(64)),
  RotationToken: v.optional(v.pipe(v.string(), v.minLength(36), v.maxLength(256))),
});

/** What Secrets Manager asks of a rotation function. ClientRequestToken is the id of the version that is to become current. */
export type RotationEvent = v.InferOutput<typeof Event>;
/** How an event came, which anyone who may invoke the function can write. */
export interface Given {
  given: unknown;
}
/** Its deadline, and what it does upstream. */
export interface InContext {
  context: RequestContext;
}
/** An event once it is checked. */
export type StepEvent = RotationEvent & InContext;
/** What a step did. */
export type Outcome = 'Accepted' | 'Copied' | 'NothingToDo' | 'Proven' | 'MadeCurrent';

/** A step that failed: `message` is for the operator and reaches Secrets Manager; `note` is for the log alone. */
export function stepFailed(message: string, note: LogNote = {}): StatusError {
  return new StatusError({ code: 500, reason: 'RotationFailed', message }, note);
}

/** Checks the event's form. Throws stepFailed, which names what is wrong by its key and shows no value. */
export function readStep(): Middleware<Given, RotationEvent> {
  return {
    before: ({ given }) => {
      const { success, output, issues } = v.safeParse(Event, given);
      if (!success) {
        const wrong = new Set(issues.map((issue) => String(issue.path?.[0]?.key ?? 'the event')));
        throw stepFailed(`this is no event of a rotation: ${[...wrong].join(', ')}`);
      }
      return output;
    },
  };
}
