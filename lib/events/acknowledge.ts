import type { Layout } from '../job/fields.ts';
import { getPath } from '../json/json.ts';
import type { Around, Middleware } from '../runtime/chain.ts';
import { surpriseNote } from '../runtime/surprise.ts';
import { StatusError, surprised } from '../status.ts';
import type { UpdateResult } from '../update/job-update.ts';
import { createAttempts } from './attempts.ts';
import { parseEvent } from './parse.ts';
import type { EventPublisher, Result } from './publish.ts';
import type { Asked, EventOutcome, EventRecord, Followed, Read } from './request.ts';
import { senderNote, senderOf } from './sender.ts';

/** Answers that no repetition changes. */
const permanent = new Set([400, 401, 403, 404, 405, 410, 413, 415, 422]);

/** Reads the event out of what the message says, for what follows. Throws StatusError as parseEvent does. */
export function readEvent(layout: Layout): Middleware<EventRecord & Read, Asked> {
  return { before: (event) => ({ asked: parseEvent(event.message, layout, event) }) };
}

type Settling = EventRecord & Followed;

/**
 * Settles what became of an event. A success or a refusal is published, and the message is done. What waits for CCI, which throttles, goes
 * back to the queue as often as it takes. Any other failure goes back too; after five of its own the message is sent to the dead-letter
 * queue with the reason, and is done as well. A result that cannot be published is such a failure: by its marker the event changes nothing
 * when it comes again.
 */
export function acknowledgeEvent(
  { publish, sendToDeadLetterQueue }: EventPublisher,
  roleId: string,
): Around<Settling, object, true, UpdateResult> {
  const messages = createAttempts();
  const done = (event: Settling, outcome: EventOutcome, { changed, warnings }: Partial<Result> = {}): void => {
    event.settled = { outcome, ...(changed && { changed }), ...(warnings && { warnings }) };
  };
  /** Policies' warnings are for the sender alone: their authors may have made them of the job's values. */
  const settle = async (
    event: Settling,
    outcome: EventOutcome,
    result: Partial<Result>,
    policyWarnings: readonly string[],
  ): Promise<void> => {
    const { messageId, claims } = event;
    const { id, kind, namespace, name, sequence } = claims;
    const all = [...(result.warnings ?? []), ...policyWarnings];
    const warnings = all.length > 0 ? all : undefined;
    // What is undefined is left out as JSON.
    await publish(outcome, { version: '1', id, messageId, kind, namespace, name, sequence, ...result, warnings });
    done(event, outcome, result);
  };
  /** Counts a failure, and gives the message up after the last. */
  const fail = async (event: Settling, { status }: StatusError): Promise<void> => {
    const { attempts, last } = messages.failed(event);
    event.attempts = attempts;
    if (!last) return;
    await sendToDeadLetterQueue(event, {
      reason: status.reason,
      code: status.code,
      eventId: event.claims.id ?? '',
      attempts,
      // Where it never had its turn, nobody has asked yet.
      ...senderNote(senderOf(event, roleId)),
    });
    await settle(event, 'Failed', { status }, []).catch((error: unknown) => {
      // The dead letter is there to be seen, and to send it again would make two.
      event.context.warn('a dead letter without its result event', asStatus(error).note);
      done(event, 'Failed');
    });
  };

  return {
    after: async (event, { outcome, answer, changed = [], warnings, policyWarnings = [] }) => {
      const version = getPath(answer.job, ['metadata', 'resourceVersion']);
      const result = { changed, ...(warnings && { warnings }), ...(typeof version === 'string' && { resourceVersion: version }) };
      await settle(event, outcome === 'superseded' ? 'Superseded' : 'Succeeded', result, policyWarnings);
      return true as const;
    },
    onError: async (event, thrown) => {
      const error = asStatus(thrown);
      // It waits for its turn, or for CCI to have time for it, which is no failure of its own.
      const throttled = error.status.code === 429 || error.status.code === 503;
      const waited = error.note.notTaken || error.status.code === 429;
      if (waited && !messages.untried(event, throttled)) return undefined;
      const failure = isRefusal(error) ? await unsent(settle(event, 'Refused', { status: error.status }, error.warnings)) : error;
      // What could not be sent is what the log tells.
      const told = failure && ((await unsent(fail(event, failure))) ?? failure);
      return { ...(told && { error: told }), ...(event.settled && { answer: true as const }) };
    },
  };
}

/**
 * Whether no repetition helps. A conflict is settled only where the live job was read and does not meet the event's precondition; one that
 * CCI itself answered came of a crowd, or of the event's own write that nobody heard of.
 */
function isRefusal({ status: { code }, note }: StatusError): boolean {
  return permanent.has(code) || (code === 409 && note.reason === undefined);
}

function unsent(sending: Promise<void>): Promise<StatusError | undefined> {
  return sending.then(() => undefined, asStatus);
}

function asStatus(error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  return surprised(surpriseNote(error));
}
