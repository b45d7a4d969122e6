import type { Cci, Change } from '../cci/client.ts';
import type { Answer } from '../cci/read-answer.ts';
import { seen } from '../job/applied-events.ts';
import type { JsonObject } from '../json/json.ts';
import type { RequestContext } from '../runtime/request-context.ts';
import { timeout } from '../status.ts';
import { holdsSame, versionOf } from './changed-fields.ts';
import type { JobUpdate } from './job-update.ts';

/** A write that has been decided, or that may go without a decision: what goes upstream for an update. */
export interface JobWrite {
  update: JobUpdate;
  change: Change;
  /** The live job over which it was decided; undefined for a patch that goes in one trip. */
  live: JsonObject | undefined;
  /** What the job holds where this was carried out, given what it holds now. */
  after: (now: JsonObject) => JsonObject;
}

/**
 * The one place through which every write goes, decided or in one trip: what is to stand between a decision and its write, or to be
 * told of every write, stands here. A write that nobody answered is settled by reading (docs/upstream.md, unknown-outcome): the job holds
 * what was asked, or is still at the version that was to be replaced, so that the verdict stands. Throws 504 where the read tells neither.
 */
export async function writeJob(cci: Cci, write: JobWrite, context: RequestContext): Promise<Answer> {
  const written = await cci.write(write.update.ref, write.change, context);
  if (written.known) return written;
  const { update, change, after } = write;
  const { kind, ref, marker } = update;
  const verdict = written.error;
  const now = await cci.read(ref, context).catch(() => undefined);
  const isDone = now && (marker ? seen(now.job, marker) === 'applied' : holdsSame(kind, now.job, after(now.job)));
  if (isDone) return now;
  // Whoever changed the job meanwhile may have changed it after this write: then neither "not done" nor doing it again would be right. An
  // event is known by its marker, so it may be tried again.
  const unmoved = now && (!change.conditional || versionOf(now.job) === versionOf(change.object));
  if (unmoved || marker || verdict.status.code === 500 || verdict.status.code === 504) throw verdict;
  const because = now ? 'the job was changed meanwhile' : 'the job could not be read';
  throw timeout('CCI gave no answer, so the outcome is unknown', { ...verdict.note, reason: `${verdict.status.code}, and ${because}` });
}
