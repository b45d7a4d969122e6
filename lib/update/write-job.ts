import type { Cci, Change, Written } from '../cci/client.ts';
import type { Answer } from '../cci/read-answer.ts';
import { seen } from '../job/applied-events.ts';
import type { JsonObject } from '../json/json.ts';
import type { RequestContext, WriteRecord } from '../runtime/request-context.ts';
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
  const { update, change, live, after } = write;
  await context.mayWrite?.();
  const record: WriteRecord = { live, method: change.method, object: change.object, end: 'unknown' };
  const written = await carryOut(cci, write, record, context);
  if (written.known) {
    Object.assign(record, { end: 'answered', answer: written.job });
    return written;
  }
  const { kind, ref, marker } = update;
  const verdict = written.error;
  const now = await cci.read(ref, context).catch(() => undefined);
  const isDone = now && (marker ? seen(now.job, marker) === 'applied' : holdsSame(kind, now.job, after(now.job)));
  if (isDone) {
    record.end = marker ? 'found' : 'held';
    return now;
  }
  // Whoever changed the job meanwhile may have changed it after this write: then neither "not done" nor doing it again would be right. An
  // event is known by its marker, so it may be tried again.
  const isSame = versionOf(now?.job ?? {}) === versionOf(change.object);
  const unmoved = now && (!change.conditional || isSame);
  // The caller is told that nothing was written, and so is whoever reads the record. After a 504 it may still be under way.
  if (now && change.conditional && isSame && verdict.status.code === 503) context.record.write = undefined;
  if (unmoved || marker || verdict.status.code === 500 || verdict.status.code === 504) throw verdict;
  const because = now ? 'the job was changed meanwhile' : 'the job could not be read';
  throw timeout('CCI gave no answer, so the outcome is unknown', { ...verdict.note, reason: `${verdict.status.code}, and ${because}` });
}

/** Writes, and keeps on record what went upstream unless CCI has refused it. */
async function carryOut(cci: Cci, { update, change }: JobWrite, record: WriteRecord, context: RequestContext): Promise<Written> {
  const before = context.record.write;
  context.record.write = record;
  try {
    return await cci.write(update.ref, change, context);
  } catch (error) {
    context.record.write = before;
    throw error;
  }
}
