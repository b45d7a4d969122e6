import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Cci, Change } from '../cci/client.ts';
import { type Mark, seen, withMark } from '../job/applied-events.ts';
import { decide, type Rules } from '../job/decide.ts';
import type { JobKind } from '../job/kinds.ts';
import { managerOf } from '../job/rules/last-applied.ts';
import { isCrowded } from '../job/rules/map-size.ts';
import type { JsonObject } from '../json/json.ts';
import { applyMergePatch } from '../json/merge-patch.ts';
import { type Trace, timeLeft } from '../runtime/request-context.ts';
import { conflict, type JobRef, StatusError, timeout } from '../status.ts';
import { differingFields, fieldsIn, holdsSame, versionOf } from './changed-fields.ts';
import { createLiveCache, type LiveCache } from './live-cache.ts';

/** A request to update one job. */
export interface Update {
  kind: JobKind;
  ref: JobRef;
  /** The requested object, which has passed parseRequested or parsePatched; a patch makes it from the live job. May throw StatusError. */
  requested: (live: Answer) => JsonObject;
  /** The request insists on a resourceVersion, so that a conflict is its answer. */
  fenced: boolean;
  /** A merge patch that may go upstream without a read (passThroughPatch). */
  direct?: JsonObject | undefined;
  rules: Rules;
  dryRun: boolean;
  /** The mark of an event, which is applied once: it is written together with what the event changes. */
  mark?: Mark | undefined;
}
/** What became of it. */
export interface Updated {
  /** `written`: the job holds what was asked, and whether that was a change is not known, since the version before it is not. */
  outcome: 'changed' | 'written' | 'unchanged' | 'dry-run' | 'applied' | 'superseded';
  /** The job as it is (or, on a dry run, would be); `text` only where the upstream sent it so. */
  answer: { status: number; job: JsonObject; text?: string };
  /** The replaceable fields that are not as before. Left out where that is not known: then `sent` names those that were sent. */
  changed?: string[];
  sent?: string[];
  /** What of the request was passed over, for the caller. */
  warnings?: string[] | undefined;
}
/** The object to write over a live one, and the replaceable fields that it changes. */
interface Proposal {
  live: JsonObject;
  object: JsonObject;
  changed: string[];
  warnings: string[] | undefined;
}
const mostRounds = 5;
const firstPause = 50;
const idReused =
  'the id of the event is that of another one, which asked something else and was applied; each event needs an id of its own';
const noCache = createLiveCache(false);

/**
 * The one use case: read live, decide, write, settle conflicts (docs/decision.md, whatever-the-version and no-change-no-write). Without a resourceVersion in the request a conflict
 * is decided anew, at most five times; a write whose outcome is unknown is settled by reading. A job in the cache saves the read.
 * Throws StatusError for what the decision, the upstream or the deadline refuses.
 */
export async function update(cci: Cci, asked: Update, trace: Trace, cache: LiveCache = noCache): Promise<Updated> {
  const { ref, fenced } = asked;
  // Where CCI may be away the first call is a read: of a write that fails nobody would know what became of it.
  const known = cci.isUnwell ? undefined : cache.get(ref);
  const direct = cci.isUnwell || (known && isCrowded(known.job)) ? undefined : asked.direct;
  const short = direct
    ? await patchDirectly(cci, asked, direct, known?.job, trace)
    : known && (await updateKnown(cci, asked, known, trace, cache));
  if (short) return keep(short);
  for (let round = 1; ; round++) {
    const live = await cci.read(ref, trace);
    cache.set(ref, live);
    const proposal = propose(asked, live);
    if ('outcome' in proposal) return proposal;
    try {
      return keep(await put(cci, asked, proposal, trace));
    } catch (error) {
      cache.delete(ref);
      const again = isConflict(error) && !fenced && round < mostRounds;
      const pause = Math.random() * firstPause * 2 ** round;
      if (!again || timeLeft(trace) < pause) throw error;
      await sleep(pause);
    }
  }

  function keep(updated: Updated): Updated {
    cache.set(ref, updated.answer as Answer);
    return updated;
  }
}

/**
 * Decides against the cached job and writes with its resourceVersion, so that one that is out of date makes a conflict. Undefined where
 * nothing would be written, and on a refusal, its own or CCI's: the live job settles these, so that the cache changes no answer.
 */
async function updateKnown(cci: Cci, asked: Update, known: Answer, trace: Trace, cache: LiveCache): Promise<Updated | undefined> {
  try {
    const proposal = propose(asked, known);
    return 'outcome' in proposal ? undefined : await put(cci, asked, proposal, trace);
  } catch (error) {
    if (isConflict(error)) cache.avoid(asked.ref);
    else cache.delete(asked.ref);
    if (error instanceof StatusError && error.status.code < 500 && error.status.code !== 429) return undefined;
    throw error;
  }
}

async function put(cci: Cci, asked: Update, { live, object, changed: proposed, warnings }: Proposal, trace: Trace): Promise<Updated> {
  const manager = managerOf(live, object);
  const answer = await write(cci, asked, { method: 'PUT', object, fenced: true, manager }, () => object, trace);
  // What the upstream takes for the same it does not store: then nothing changed, although it was written.
  const changed = versionOf(answer.job) === versionOf(live) ? [] : differingFields(proposed, live, answer.job);
  return { outcome: changed.length > 0 ? 'changed' : 'unchanged', answer, changed, warnings };
}

/** What is to be written over the live job, or what is answered since nothing is. */
function propose({ kind, ref, requested, rules, dryRun, mark }: Update, live: Answer): Updated | Proposal {
  const known = mark && seen(live.job, mark);
  if (known === 'reused') throw conflict(ref, idReused);
  if (known) return { outcome: known, answer: live, changed: [] };
  const decision = decide(kind, ref, live.job, requested(live), rules);
  if (decision.outcome === 'refused') throw decision.error;
  // An event leaves its mark even where it changes nothing: when it comes again it may not undo what others wrote meanwhile.
  const { warnings } = decision;
  if (decision.outcome === 'unchanged' && !mark) return { outcome: 'unchanged', answer: live, changed: [], warnings };
  const { object: decided, changed } = decision.outcome === 'change' ? decision : { object: live.job, changed: [] };
  const object = mark ? withMark(decided, mark) : decided;
  if (dryRun) return { outcome: 'dry-run', answer: { status: 200, job: object }, changed, warnings };
  return { live: live.job, object, changed, warnings };
}

/** One round trip. Undefined where another writer came between, so that the patch is decided on the live job instead. */
async function patchDirectly(
  cci: Cci,
  asked: Update,
  direct: JsonObject,
  known: JsonObject | undefined,
  trace: Trace,
): Promise<Updated | undefined> {
  const { resourceVersion: _, ...metadata } = (direct.metadata ?? {}) as JsonObject;
  const patchedLike = (now: JsonObject) => applyMergePatch(now, { ...direct, metadata }) as JsonObject;
  try {
    const answer = await write(cci, asked, { method: 'PATCH', object: direct, fenced: asked.fenced }, patchedLike, trace);
    return { answer, ...patched(asked, direct, known, answer.job) };
  } catch (error) {
    if (isConflict(error) && !asked.fenced) return undefined;
    throw error;
  }
}

/** What a patch that was accepted unread has changed, as far as it can be told: others may have written since the version that is known. */
function patched({ kind, fenced }: Update, patch: JsonObject, known: JsonObject | undefined, now: JsonObject): Omit<Updated, 'answer'> {
  const before = fenced ? versionOf(patch) : known && versionOf(known);
  if (before === versionOf(now)) return { outcome: 'unchanged', changed: [] };
  const sent = fieldsIn(kind, patch);
  if (!fenced) return { outcome: 'written', sent };
  return known && versionOf(known) === before
    ? { outcome: 'changed', changed: differingFields(sent, known, now) }
    : { outcome: 'changed', sent };
}

/**
 * Writes. One that nobody answered is settled by reading: the job holds what was asked (`after` tells it), or is still at the version that
 * was to be replaced, so that the verdict stands. Throws 504 where the read tells neither.
 */
async function write(
  cci: Cci,
  { kind, ref, mark }: Update,
  change: Change,
  after: (now: JsonObject) => JsonObject,
  trace: Trace,
): Promise<Answer> {
  const written = await cci.write(ref, change, trace);
  if (written.known) return written;
  const verdict = written.error;
  const now = await cci.read(ref, trace).catch(() => undefined);
  const isDone = now && (mark ? seen(now.job, mark) === 'applied' : holdsSame(kind, now.job, after(now.job)));
  if (isDone) return now;
  // Whoever changed the job meanwhile may have changed it after this write: then neither "not done" nor doing it again would be right. An
  // event is known by its mark, so it may be tried again.
  const unmoved = now && (!change.fenced || versionOf(now.job) === versionOf(change.object));
  if (unmoved || mark || verdict.status.code === 500 || verdict.status.code === 504) throw verdict;
  const because = now ? 'the job was changed meanwhile' : 'the job could not be read';
  throw timeout('CCI gave no answer, so the outcome is unknown', { ...verdict.note, because: `${verdict.status.code}, and ${because}` });
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && 'status' in error && (error as StatusError).status.code === 409;
}
