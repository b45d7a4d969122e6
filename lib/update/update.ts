import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Cci } from '../cci/client.ts';
import { type Trace, timeLeft } from '../cci/trace.ts';
import { decide, type Rules } from '../job/decide.ts';
import { at, type JsonObject, own } from '../job/json.ts';
import { type JobKind, policyFields } from '../job/kinds.ts';
import { applyMergePatch } from '../job/merge-patch.ts';
import { type JobRef, type StatusError, timeout } from '../job/status.ts';

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
}
/** What became of it. `answer` is the job as it is (or, on a dry run, would be); `text` only where the upstream sent it so. */
export interface Updated {
  outcome: 'changed' | 'unchanged' | 'dry-run';
  answer: { status: number; job: JsonObject; text?: string };
  changed: string[];
}
const mostRounds = 5;
const firstPause = 50;

/**
 * The one use case: read live, decide, write, settle conflicts (design 3.6–3.8). Without a resourceVersion in the request a conflict
 * is decided anew, at most five times; a write whose outcome is unknown is settled by reading. Throws StatusError for what the
 * decision, the upstream or the deadline refuses.
 */
export async function update(
  cci: Cci,
  { kind, ref, requested, fenced, direct, rules, dryRun, query }: Update,
  trace: Trace,
): Promise<Updated> {
  const patched = direct && (await patchDirectly(cci, kind, ref, direct, fenced, query, trace));
  if (patched) return patched;
  for (let round = 1; ; round++) {
    const live = await cci.read(ref, trace);
    const decision = decide(kind, ref, live.job, requested(live), rules);
    if (decision.outcome === 'refused') throw decision.error;
    if (decision.outcome === 'unchanged') return { outcome: 'unchanged', answer: live, changed: [] };
    const { object, changed } = decision;
    if (dryRun) return { outcome: 'dry-run', answer: { status: 200, job: object }, changed };

    try {
      const written = await cci.write(ref, { method: 'PUT', object, fenced: true }, query, trace);
      const answer = written.known ? written : await settle(cci, kind, ref, () => object, written.error, fenced, trace);
      return { outcome: 'changed', answer, changed };
    } catch (error) {
      const again = isConflict(error) && !fenced && round < mostRounds;
      const pause = Math.random() * firstPause * 2 ** round;
      if (!again || timeLeft(trace) < pause) throw error;
      await sleep(pause);
    }
  }
}

/** One round trip. Undefined where another writer came between, so that the patch is decided on the live job instead. */
async function patchDirectly(
  cci: Cci,
  kind: JobKind,
  ref: JobRef,
  direct: JsonObject,
  fenced: boolean,
  query: Record<string, string>,
  trace: Trace,
): Promise<Updated | undefined> {
  const { resourceVersion: _, ...metadata } = (direct.metadata ?? {}) as JsonObject;
  const asked = (now: JsonObject) => applyMergePatch(now, { ...direct, metadata }) as JsonObject;
  try {
    const written = await cci.write(ref, { method: 'PATCH', object: direct, fenced }, query, trace);
    const answer = written.known ? written : await settle(cci, kind, ref, asked, written.error, fenced, trace);
    return {
      outcome: 'changed',
      answer,
      changed: replaceablePaths(kind)
        .filter((path) => at(direct, path) !== undefined)
        .map((path) => path.join('.')),
    };
  } catch (error) {
    if (isConflict(error) && !fenced) return undefined;
    throw error;
  }
}

/** Reads the job after a write that nobody answered: it holds what was asked, or the verdict stands. */
async function settle(
  cci: Cci,
  kind: JobKind,
  ref: JobRef,
  asked: (now: JsonObject) => JsonObject,
  verdict: StatusError,
  fenced: boolean,
  trace: Trace,
): Promise<Answer> {
  const now = await cci.read(ref, trace).catch(() => undefined);
  if (now && holds(kind, now.job, asked(now.job))) return now;
  // A repeated write may have met itself: a conflict that nobody could look into is not told as one (and is decided anew if not fenced).
  if (!now && fenced && isConflict(verdict)) {
    throw timeout('CCI gave no answer, so the outcome is unknown', {
      ...verdict.note,
      because: 'a conflict, and the job could not be read',
    });
  }
  throw verdict;
}

function replaceablePaths(kind: JobKind): string[][] {
  return [['metadata', 'labels'], ['metadata', 'annotations'], ...policyFields.map((name) => [...kind.policyIn, name])];
}

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
