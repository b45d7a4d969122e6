import { setTimeout as sleep } from 'node:timers/promises';
import type { Cci } from '../cci/client.ts';
import type { Answer } from '../cci/read-answer.ts';
import { seen, withMarker } from '../job/applied-events.ts';
import { decide } from '../job/decide.ts';
import { managerOf } from '../job/rules/last-applied.ts';
import { isCrowded } from '../job/rules/map-size.ts';
import type { JsonObject } from '../json/json.ts';
import { applyMergePatch } from '../json/merge-patch.ts';
import { type RequestContext, timeLeft } from '../runtime/request-context.ts';
import { conflict, StatusError } from '../status.ts';
import { type AdmittingPolicies, admit, mayJudge } from './admit.ts';
import { changedPaths, differingFields, fieldsIn, versionOf } from './changed-fields.ts';
import { identityAlone, pathsAlone } from './confidential.ts';
import type { JobUpdate, UpdateResult } from './job-update.ts';
import { createLiveCache, type LiveCache } from './live-cache.ts';
import { writeJob } from './write-job.ts';

/** What an update is carried out on: the upstream, and the live jobs that this process knows. */
export interface Upstream {
  cci: Cci;
  cache?: LiveCache;
  /** Where there are any: what they deny is not written. */
  policies?: AdmittingPolicies | undefined;
}
/** The object to write over a live one, and the replaceable fields that it changes. */
interface Proposal {
  live: JsonObject;
  object: JsonObject;
  changed: string[];
  warnings: string[] | undefined;
  policyWarnings: string[];
}
const maxRounds = 5;
const firstPause = 50;
const idReused =
  'the id of the event is that of another one, which asked something else and was applied; each event needs an id of its own';
const noCache = createLiveCache(false);

/**
 * The one use case: read live, decide, write, settle conflicts (docs/decision.md, whatever-the-version and no-change-no-write). Without a
 * resourceVersion in the request a conflict is decided anew, at most five times. A job in the cache saves the read.
 * Throws StatusError for what the decision, the upstream or the deadline refuses. Whoever may not `get` the job is told no value of it.
 */
export async function updateJob(upstream: Upstream, update: JobUpdate, context: RequestContext): Promise<UpdateResult> {
  try {
    const result = await carryOut(upstream, update, context);
    context.record.outcome = result.outcome;
    return update.mayRead ? result : identityAlone(result);
  } catch (error) {
    throw update.mayRead ? error : pathsAlone(error, update);
  }
}

async function carryOut({ cci, cache = noCache, policies }: Upstream, update: JobUpdate, context: RequestContext): Promise<UpdateResult> {
  const { ref, conditional } = update;
  // Where CCI may be away the first call is a read: of a write that fails nobody would know what became of it.
  const known = cci.isUnwell ? undefined : cache.get(ref);
  const isUnread = !cci.isUnwell && !(known && isCrowded(known.job)) && !mayJudge(policies, update);
  const passThrough = isUnread ? update.passThrough : undefined;
  const short = passThrough
    ? await patchInOneTrip(cci, update, passThrough, known?.job, context)
    : known && (await updateKnown({ cci, cache, policies }, update, known, context));
  if (short) return keep(short);
  for (let round = 1; ; round++) {
    const live = await cci.read(ref, context);
    cache.set(ref, live);
    const proposal = propose(update, live, policies, context);
    if ('outcome' in proposal) return proposal;
    try {
      return keep(await put(cci, update, proposal, context));
    } catch (error) {
      cache.delete(ref);
      const again = isConflict(error) && !conditional && round < maxRounds;
      const pause = Math.random() * firstPause * 2 ** round;
      if (!again || timeLeft(context) < pause) throw error;
      await sleep(pause);
    }
  }

  function keep(result: UpdateResult): UpdateResult {
    cache.set(ref, result.answer as Answer);
    return result;
  }
}

/**
 * Decides against the cached job and writes with its resourceVersion, so that one that is out of date makes a conflict. Undefined where
 * nothing would be written, and on a refusal, its own or CCI's: the live job settles these, so that the cache changes no answer.
 */
async function updateKnown(
  { cci, cache, policies }: Upstream & { cache: LiveCache },
  update: JobUpdate,
  known: Answer,
  context: RequestContext,
): Promise<UpdateResult | undefined> {
  try {
    const proposal = propose(update, known, policies, context);
    return 'outcome' in proposal ? undefined : await put(cci, update, proposal, context);
  } catch (error) {
    if (isConflict(error)) cache.avoid(update.ref);
    else cache.delete(update.ref);
    if (error instanceof StatusError && error.status.code < 500 && error.status.code !== 429) return undefined;
    throw error;
  }
}

async function put(
  cci: Cci,
  update: JobUpdate,
  { live, object, changed: proposed, warnings, policyWarnings }: Proposal,
  context: RequestContext,
): Promise<UpdateResult> {
  const change = { method: 'PUT', object, conditional: true, manager: managerOf(live, object) } as const;
  const answer = await writeJob(cci, { update, change, live, after: () => object }, context);
  // What the upstream takes for the same it does not store: then nothing changed, although it was written.
  const changed = versionOf(answer.job) === versionOf(live) ? [] : differingFields(proposed, live, answer.job);
  const paths = changedPaths(changed, live, answer.job);
  return { outcome: changed.length > 0 ? 'changed' : 'unchanged', answer, changed, changedPaths: paths, warnings, policyWarnings };
}

/** What is to be written over the live job, or what is answered since nothing is. */
function propose(
  update: JobUpdate,
  live: Answer,
  policies: AdmittingPolicies | undefined,
  context: RequestContext,
): UpdateResult | Proposal {
  const { kind, ref, requested, rules, dryRun, marker } = update;
  const { record } = context;
  record.live = live.job;
  const known = marker && seen(live.job, marker);
  // Nobody else writes this marker: so it was the write that nobody had answered.
  if (known === 'applied' && record.write) record.write.end = 'found';
  if (known === 'reused') throw conflict(ref, idReused);
  if (known) return { outcome: known, answer: live, changed: [] };
  const decision = decide(kind, ref, live.job, requested(live), rules);
  if (decision.outcome === 'refused') throw decision.error;
  // An event leaves its marker even where it changes nothing: when it comes again it may not undo what others wrote meanwhile.
  const { warnings } = decision;
  if (decision.outcome === 'unchanged' && !marker) return { outcome: 'unchanged', answer: live, changed: [], changedPaths: [], warnings };
  const { object: decided, changed } = decision.outcome === 'change' ? decision : { object: live.job, changed: [] };
  const { object, policyWarnings } = admit(policies, update, live.job, marker ? withMarker(decided, marker) : decided, context);
  if (dryRun) {
    const paths = changedPaths(changed, live.job, object);
    return { outcome: 'dry-run', answer: { status: 200, job: object }, changed, changedPaths: paths, warnings, policyWarnings };
  }
  return { live: live.job, object, changed, warnings, policyWarnings };
}

/** One round trip. Undefined where another writer came between, so that the patch is decided on the live job instead. */
async function patchInOneTrip(
  cci: Cci,
  update: JobUpdate,
  patch: JsonObject,
  known: JsonObject | undefined,
  context: RequestContext,
): Promise<UpdateResult | undefined> {
  const { resourceVersion: _, ...metadata } = (patch.metadata ?? {}) as JsonObject;
  const after = (now: JsonObject) => applyMergePatch(now, { ...patch, metadata }) as JsonObject;
  const change = { method: 'PATCH', object: patch, conditional: update.conditional } as const;
  const live = update.conditional && known && versionOf(known) === versionOf(patch) ? known : undefined;
  try {
    const answer = await writeJob(cci, { update, change, live, after }, context);
    // What has the same version as before was not changed, whoever wrote it.
    if (known && versionOf(known) === versionOf(answer.job) && context.record.write) context.record.write.live = known;
    const isHeard = context.record.write?.end === 'answered';
    return {
      answer,
      warnings: duplicatesIn(update),
      ...patched({ ...update, conditional: update.conditional && isHeard }, patch, known, answer.job),
    };
  } catch (error) {
    if (isConflict(error) && !update.conditional) return undefined;
    throw error;
  }
}

/** What is to be said of a patch whose fields stand twice; none is unknown. */
function duplicatesIn({ rules: { validation } }: JobUpdate): string[] | undefined {
  return validation && validation.duplicates.length > 0 ? validation.duplicates.map(({ message }) => message) : undefined;
}

/** What a patch that was accepted unread has changed, as far as it can be told: others may have written since the version that is known. */
function patched(
  { kind, conditional }: JobUpdate,
  patch: JsonObject,
  known: JsonObject | undefined,
  now: JsonObject,
): Omit<UpdateResult, 'answer'> {
  const before = conditional ? versionOf(patch) : known && versionOf(known);
  if (before === versionOf(now)) return { outcome: 'unchanged', changed: [], changedPaths: [] };
  const sent = fieldsIn(kind, patch);
  if (!conditional) return { outcome: 'written', sent };
  return known && versionOf(known) === before
    ? { outcome: 'changed', changed: differingFields(sent, known, now), changedPaths: changedPaths(sent, known, now) }
    : { outcome: 'changed', sent };
}

function isConflict(error: unknown): boolean {
  return error instanceof Error && 'status' in error && (error as StatusError).status.code === 409;
}
