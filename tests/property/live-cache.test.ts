import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Cci } from '../../lib/cci/client.ts';
import type { Answer } from '../../lib/cci/read-answer.ts';
import { requestedVersion } from '../../lib/job/rules/resource-version.ts';
import { getPath, type Json, type JsonObject, parseExactJson } from '../../lib/json/json.ts';
import { applyMergePatch } from '../../lib/json/merge-patch.ts';
import { createRequestContext } from '../../lib/runtime/request-context.ts';
import { conflict, StatusError } from '../../lib/status.ts';
import type { JobUpdate, UpdateResult } from '../../lib/update/job-update.ts';
import { createLiveCache } from '../../lib/update/live-cache.ts';
import { type PatchRequest, patchUpdate } from '../../lib/update/patch.ts';
import { updateJob } from '../../lib/update/update-job.ts';
import { runsOf } from '../exhaustive.ts';
import { somebody } from '../fakes/user.ts';
import { copyOf, goodMap, goodPolicy, kinds, liveJob, refOf } from './jobs.ts';

const runs = runsOf(1000);
const timeout = 60_000 + runs * 20;

/** What happens to a job: others write to it or make it anew, or a request comes through the gateway. */
type Step =
  | { who: 'other'; patch: JsonObject }
  | { who: 'other'; anew: true }
  | { who: 'caller'; how: 'put' | 'merge' | 'dry-run'; patch: JsonObject; version: 'none' | 'live' | 'stale' };

const replaceable = fc
  .record({ labels: goodMap, annotations: goodMap, policy: goodPolicy }, { requiredKeys: [] })
  .map(({ policy, ...metadata }): JsonObject => ({ metadata: metadata as JsonObject, ...(policy && { spec: policy as Json }) }));
const refusable = fc.constantFrom<JsonObject[]>({ spec: { backoffLimit: 77 } }, { metadata: { labels: { 'a b': 'x' } } }, { metadata: {} });
const otherwise = fc.constantFrom<JsonObject[]>(
  { spec: { backoffLimit: 3 } },
  { status: { active: 1 } },
  { metadata: { finalizers: ['x/y'] } },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.oneof(replaceable, otherwise).map((patch): Step => ({ who: 'other', patch })) },
  { weight: 1, arbitrary: fc.constant<Step>({ who: 'other', anew: true }) },
  {
    weight: 8,
    arbitrary: fc.record({
      who: fc.constant('caller' as const),
      how: fc.constantFrom('put' as const, 'put' as const, 'merge' as const, 'dry-run' as const),
      patch: fc.oneof({ weight: 5, arbitrary: replaceable }, refusable),
      version: fc.constantFrom('none' as const, 'none' as const, 'live' as const, 'stale' as const),
    }),
  },
);

/** An API server that holds one job. */
function createUpstream(first: JsonObject) {
  const kind = kinds.cci as NonNullable<typeof kinds.cci>;
  const ref = refOf(kind);
  let version = 100;
  let uid = 1;
  let text = '';
  const calls = { read: 0, write: 0 };
  const store = (job: JsonObject): void => {
    version += 1;
    text = JSON.stringify({ ...job, metadata: { ...(job.metadata as JsonObject), uid: `uid-${uid}`, resourceVersion: String(version) } });
  };
  const answer = (): Answer => ({ status: 200, job: parseExactJson(text) as JsonObject, text });
  store(first);
  const cci: Pick<Cci, 'read' | 'write'> = {
    read: async () => {
      calls.read += 1;
      return answer();
    },
    write: async (_, { method, object }) => {
      calls.write += 1;
      const given = getPath(object, ['metadata', 'resourceVersion']);
      if (given !== undefined && given !== String(version)) throw conflict(ref, 'the object has been modified');
      const next = (method === 'PUT' ? object : applyMergePatch(answer().job, object)) as JsonObject;
      // What is the same already gets no new version.
      if (!isDeepStrictEqual(withoutVersion(next), withoutVersion(answer().job))) store(next);
      return { known: true, ...answer() };
    },
  };
  return {
    cci: cci as Cci,
    calls,
    text: () => text,
    live: () => answer().job,
    other(done: Step & { who: 'other' }): void {
      if ('anew' in done) uid += 1;
      store('patch' in done ? (applyMergePatch(answer().job, done.patch) as JsonObject) : answer().job);
    },
  };
}

/** What a request asks of the job as its caller has read it. */
function updateOf({ how, patch, version }: Step & { who: 'caller' }, live: JsonObject): JobUpdate {
  const kind = kinds.cci as NonNullable<typeof kinds.cci>;
  const resourceVersion = { none: undefined, live: getPath(live, ['metadata', 'resourceVersion']) as string, stale: '7' }[version];
  const common = { kind, ref: refOf(kind), user: somebody, mayRead: true, rules: {}, dryRun: how === 'dry-run' };
  const metadata = { ...(patch.metadata as JsonObject), ...(resourceVersion && { resourceVersion }) };
  if (how === 'merge') {
    return patchUpdate({ ...common, type: 'application/merge-patch+json', patch: { ...patch, metadata } } as PatchRequest);
  }
  const { resourceVersion: _, ...read } = live.metadata as JsonObject;
  const requested = applyMergePatch({ ...copyOf(live), metadata: read }, { ...patch, metadata }) as JsonObject;
  return { ...common, requested: () => requested, conditional: requestedVersion(requested) !== undefined };
}

const withoutVersion = (job: JsonObject) => applyMergePatch(job, { metadata: { resourceVersion: null } });

/** What the caller gets, and what the log is told of it. */
async function outcomeOf(promise: ReturnType<typeof updateJob>): Promise<{ got: unknown; told: Partial<UpdateResult> }> {
  try {
    const { answer, ...told } = await promise;
    return { got: JSON.stringify(answer.job), told };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { got: error.status, told: {} };
  }
}

/** Fails where what the log is told is not what happened between two versions of the job, in words of its own. */
function expectTrue(told: Partial<UpdateResult>, before: JsonObject, after: JsonObject, how: string): void {
  const fields = [
    'metadata.labels',
    'metadata.annotations',
    'spec.activeDeadlineSeconds',
    'spec.ttlSecondsAfterFinished',
    'spec.cleanPodPolicy',
  ];
  const value = (job: JsonObject, field: string) => getPath(job, field.split('.')) ?? undefined;
  const isEmpty = (map: Json | undefined) => map === undefined || isDeepStrictEqual(map, {});
  const truly = fields.filter((field) => {
    const [was, is] = [value(before, field), value(after, field)];
    return !isDeepStrictEqual(was, is) && !(field.startsWith('metadata') && isEmpty(was) && isEmpty(is));
  });
  if (told.outcome === 'written') expect([how, told.changed]).toEqual(['merge', undefined]);
  if (told.outcome === 'unchanged') expect(truly).toEqual([]);
  if (told.outcome === 'changed') expect(before).not.toEqual(after);
  if (told.changed && told.outcome !== 'dry-run') expect([...told.changed].sort()).toEqual(truly.sort());
  if (told.sent) expect(truly.filter((field) => !told.sent?.includes(field))).toEqual([]);
}

describe('the cache of live jobs', () => {
  it('changes no answer and no write, and what is logged has happened, whatever others do meanwhile, and costs at most the one call that it tries', {
    timeout,
  }, async () => {
    const figures = { requests: 0, cached: 0, uncached: 0 };
    await fc.assert(
      fc.asyncProperty(liveJob('cci'), fc.array(step, { minLength: 2, maxLength: 12 }), async (live, steps) => {
        const [plain, hot] = [createUpstream(copyOf(live)), createUpstream(copyOf(live))];
        const cache = createLiveCache(true);
        for (const one of steps) {
          if (one.who === 'other') {
            plain.other(one);
            hot.other(one);
            continue;
          }
          const before = { ...plain.calls };
          const beforeHot = { ...hot.calls };
          const asked = updateOf(one, plain.live());
          const stored = plain.live();
          const expected = await outcomeOf(
            updateJob(
              { cci: plain.cci },
              asked,
              createRequestContext(Date.now() + 25_000, () => undefined),
            ),
          );
          const cachedOutcome = await outcomeOf(
            updateJob(
              { cci: hot.cci, cache },
              asked,
              createRequestContext(Date.now() + 25_000, () => undefined),
            ),
          );
          expect(cachedOutcome.got).toEqual(expected.got);
          expect(hot.text()).toBe(plain.text());
          // With a cache more may be known of what happened, and nothing else is.
          for (const { told } of [expected, cachedOutcome]) expectTrue(told, stored, plain.live(), one.how);
          if (expected.told.changed) expect(cachedOutcome.told).toEqual(expected.told);
          const uncached = plain.calls.read - before.read + plain.calls.write - before.write;
          const cached = hot.calls.read - beforeHot.read + hot.calls.write - beforeHot.write;
          expect(cached).toBeLessThanOrEqual(uncached + 1);
          figures.requests += 1;
          figures.cached += cached;
          figures.uncached += uncached;
        }
      }),
      { numRuns: runs },
    );
    expect(figures.requests).toBeGreaterThan(runs);
    // With others writing between every few requests it still saves more than it costs.
    expect(figures.cached).toBeLessThan(figures.uncached);
  });
});
