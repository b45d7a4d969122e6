import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Cci, Change } from '../cci/client.ts';
import { type Trace, timeLeft } from '../cci/trace.ts';
import { type Mark, seen, withMark } from '../job/applied-events.ts';
import { decide, type Rules } from '../job/decide.ts';
import { at, type JsonObject, own } from '../job/json.ts';
import { type JobKind, policyFields } from '../job/kinds.ts';
import { applyMergePatch } from '../job/merge-patch.ts';
import { type JobRef, StatusError, timeout } from '../job/status.ts';
import { createLiveCache, type LiveCache } from './live-cache.ts';

/** A request to update one job. `query` goes upstream with the write. */
export interface Update {
  kind: JobKind;
  ref: JobRef;
  /** The requested object, which has passed parseRequested or parsePatched; a patch makes it from the live job. May throw StatusError. */
  requested: (live: Answer) => JsonObject;
  /** The request insists on a resourceVersion, so that a conflict is its answer. */
  fenced: boolean;
  /** A merge patch that may go upstream without a read (directPatch). */
  direct?: JsonObject | undefined;
  rules: Rules;
  dryRun: boolean;
  query: Record<string, string>;
  /** The mark of an event, which is applied once: it is written together with what the event changes. */
  mark?: Mark | undefined;
}
/** What became of it. `answer` is the job as it is (or, on a dry run, would be); `text` only where the upstream sent it so. */
export interface Updated {
  outcome: 'changed' | 'unchanged' | 'dry-run' | 'applied' | 'superseded';
  answer: { status: number; job: JsonObject; text?: string };
  changed: string[];
  /** What of the request was passed over, for the caller. */
  warnings?: string[] | undefined;
}
/** The object to write, and the paths of the replaceable fields that it changes. */
interface Proposal {
  object: JsonObject;
  changed: string[];
  warnings: string[] | undefined;
}
const mostRounds = 5;
const firstPause = 50;
const noCache = createLiveCache(false);

/**
 * The one use case: read live, decide, write, settle conflicts (design 3.6–3.8). Without a resourceVersion in the request a conflict
 * is decided anew, at most five times; a write whose outcome is unknown is settled by reading. A job in the cache saves the read.
 * Throws StatusError for what the decision, the upstream or the deadline refuses.
 */
export async function update(cci: Cci, asked: Update, trace: Trace, cache: LiveCache = noCache): Promise<Updated> {
  const { ref, direct, fenced } = asked;
  const short = direct ? await patchDirectly(cci, asked, direct, trace) : await updateCached(cci, asked, trace, cache);
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
 * there is none, where nothing would be written, and on a refusal, its own or CCI's: the live job settles these, so that the cache
 * changes no answer.
 */
async function updateCached(cci: Cci, asked: Update, trace: Trace, cache: LiveCache): Promise<Updated | undefined> {
  const cached = cache.get(asked.ref);
  if (!cached) return undefined;
  try {
    const proposal = propose(asked, cached);
    return 'outcome' in proposal ? undefined : await put(cci, asked, proposal, trace);
  } catch (error) {
    cache.delete(asked.ref);
    if (error instanceof StatusError && error.status.code < 500 && error.status.code !== 429) return undefined;
    throw error;
  }
}

async function put(cci: Cci, asked: Update, { object, changed, warnings }: Proposal, trace: Trace): Promise<Updated> {
  const answer = await write(cci, asked, { method: 'PUT', object, fenced: true }, () => object, trace);
  return { outcome: changed.length > 0 ? 'changed' : 'unchanged', answer, changed, warnings };
}

/** What is to be written over the live job, or what is answered since nothing is. */
function propose({ kind, ref, requested, rules, dryRun, mark }: Update, live: Answer): Updated | Proposal {
  const known = mark && seen(live.job, mark);
  if (known) return { outcome: known, answer: live, changed: [] };
  const decision = decide(kind, ref, live.job, requested(live), rules);
  if (decision.outcome === 'refused') throw decision.error;
  // An event leaves its mark even where it changes nothing: when it comes again it may not undo what others wrote meanwhile.
  const { warnings } = decision;
  if (decision.outcome === 'unchanged' && !mark) return { outcome: 'unchanged', answer: live, changed: [], warnings };
  const { object: decided, changed } = decision.outcome === 'change' ? decision : { object: live.job, changed: [] };
  const object = mark ? withMark(decided, mark) : decided;
  return dryRun ? { outcome: 'dry-run', answer: { status: 200, job: object }, changed, warnings } : { object, changed, warnings };
}

/** One round trip. Undefined where another writer came between, so that the patch is decided on the live job instead. */
async function patchDirectly(cci: Cci, asked: Update, direct: JsonObject, trace: Trace): Promise<Updated | undefined> {
  const { resourceVersion: _, ...metadata } = (direct.metadata ?? {}) as JsonObject;
  const patchedLike = (now: JsonObject) => applyMergePatch(now, { ...direct, metadata }) as JsonObject;
  try {
    const answer = await write(cci, asked, { method: 'PATCH', object: direct, fenced: asked.fenced }, patchedLike, trace);
    const changed = replaceablePaths(asked.kind).filter((path) => at(direct, path) !== undefined);
    return { outcome: 'changed', answer, changed: changed.map((path) => path.join('.')) };
  } catch (error) {
    if (isConflict(error) && !asked.fenced) return undefined;
    throw error;
  }
}

/**
 * Writes. One that nobody answered is settled by reading: the job holds what was asked (`after` tells it), or is still at the version that
 * was to be replaced, so that the verdict stands. Throws 504 where the read tells neither.
 */
async function write(
  cci: Cci,
  { kind, ref, query, mark }: Update,
  change: Change,
  after: (now: JsonObject) => JsonObject,
  trace: Trace,
): Promise<Answer> {
  const written = await cci.write(ref, change, query, trace);
  if (written.known) return written;
  const verdict = written.error;
  const now = await cci.read(ref, trace).catch(() => undefined);
  const isDone = now && (mark ? seen(now.job, mark) === 'applied' : holds(kind, now.job, after(now.job)));
  if (isDone) return now;
  // Whoever changed the job meanwhile may have changed it after this write: then neither "not done" nor doing it again would be right. An
  // event is known by its mark, so it may be tried again.
  const unmoved = now && (!change.fenced || versionOf(now.job) === versionOf(change.object));
  if (unmoved || mark || verdict.status.code === 500 || verdict.status.code === 504) throw verdict;
  const because = now ? 'the job was changed meanwhile' : 'the job could not be read';
  throw timeout('CCI gave no answer, so the outcome is unknown', { ...verdict.note, because: `${verdict.status.code}, and ${because}` });
}

function replaceablePaths(kind: JobKind): string[][] {
  return [['metadata', 'labels'], ['metadata', 'annotations'], ...policyFields.map((name) => [...kind.policyIn, name])];
}

const versionOf = (job: JsonObject) => at(job, ['metadata', 'resourceVersion']);

/** Whether a job's replaceable fields are those of another. */
function holds(kind: JobKind, job: JsonObject, sent: JsonObject): boolean {
  return (
    own(own(job, 'metadata'), 'uid') === own(own(sent, 'metadata'), 'uid') &&
    replaceablePaths(kind).every((path) => canonical(at(job, path)) === canonical(at(sent, path)))
  );
}

/** A field's value as one text: members in order of their names, and no map the same as an empty one. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return members.length === 0 ? 'null' : JSON.stringify(members);
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && 'status' in error && (error as StatusError).status.code === 409;
}
