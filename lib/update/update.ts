import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Cci } from '../cci/client.ts';
import { type Trace, timeLeft } from '../cci/trace.ts';
import { decide, type Rules, requestedVersion } from '../job/decide.ts';
import { at, type JsonObject, own } from '../job/json.ts';
import { type JobKind, policyFields } from '../job/kinds.ts';
import type { JobRef, StatusError } from '../job/status.ts';

/** A request to update one job. `requested` has passed parseRequested; `query` goes upstream with the write. */
export interface Update {
  kind: JobKind;
  ref: JobRef;
  requested: JsonObject;
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
export async function update(cci: Cci, { kind, ref, requested, rules, dryRun, query }: Update, trace: Trace): Promise<Updated> {
  for (let round = 1; ; round++) {
    const live = await cci.read(ref, trace);
    const decision = decide(kind, ref, live.job, requested, rules);
    if (decision.outcome === 'refused') throw decision.error;
    if (decision.outcome === 'unchanged') return { outcome: 'unchanged', answer: live, changed: [] };
    const { object, changed } = decision;
    if (dryRun) return { outcome: 'dry-run', answer: { status: 200, job: object }, changed };

    try {
      const written = await cci.write(ref, object, query, trace);
      const answer = written.known ? written : await settle(cci, kind, ref, object, written.error, trace);
      return { outcome: 'changed', answer, changed };
    } catch (error) {
      const again = isConflict(error) && requestedVersion(requested) === undefined && round < mostRounds;
      const pause = Math.random() * firstPause * 2 ** round;
      if (!again || timeLeft(trace) < pause) throw error;
      await sleep(pause);
    }
  }
}

/** Reads the job after a write that nobody answered: it holds what was asked, or the verdict stands. */
async function settle(cci: Cci, kind: JobKind, ref: JobRef, sent: JsonObject, verdict: StatusError, trace: Trace): Promise<Answer> {
  const now = await cci.read(ref, trace).catch(() => undefined);
  if (now && holds(kind, now.job, sent)) return now;
  throw verdict;
}

/** Whether a job's replaceable fields are those of another. */
function holds(kind: JobKind, job: JsonObject, sent: JsonObject): boolean {
  const paths = [['metadata', 'labels'], ['metadata', 'annotations'], ...policyFields.map((name) => [...kind.policyIn, name])];
  return (
    own(own(job, 'metadata'), 'uid') === own(own(sent, 'metadata'), 'uid') &&
    paths.every((path) => canonical(at(job, path)) === canonical(at(sent, path)))
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
