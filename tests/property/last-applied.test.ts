import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JobKind } from '../../lib/job/kinds.ts';
import type { JsonObject } from '../../lib/json/json.ts';
import { applyMergePatch } from '../../lib/json/merge-patch.ts';
import { runsOf } from '../exhaustive.ts';
import { applied, recordFor, recordOf, withRecord } from '../kubectl-apply.ts';
import { kinds } from './jobs.ts';
import { applying, callersFile, carrying, contents, fixedPart, forged, sentThrough, stored, takenOver } from './last-applied-world.ts';

// PROPERTY_RUNS=1000000 runs a million cases; a failure names the seed and the path that repeat it.
const runs = runsOf(1500);
const timeout = 60_000 + runs * 20;

const pick = fc.nat({ max: 1_000_000 });
const acts = [
  'callerApplies',
  'callerApplies',
  'callerForges',
  'callerForges',
  'callerRemoves',
  'administratorApplies',
  'administratorPatches',
] as const;
type Step = { act: (typeof acts)[number]; file: JsonObject; picks: [number, ...number[]] };

/** The job as it is, and the job as it would be had no caller's request touched the record. */
interface Worlds {
  real: JsonObject;
  untouched: JsonObject;
}
/** How often a caller's request was written, and how often it changed the record. */
const count = { written: 0, recorded: 0, deleted: 0 };

function step(kind: JobKind, worlds: Worlds, files: JsonObject[], { act, file, picks }: Step, version: number): Worlds {
  const { real, untouched } = worlds;
  const [first] = picks;
  const both = (change: (job: JsonObject) => JsonObject): Worlds => ({
    real: stored(change(real), version),
    untouched: stored(change(untouched), version),
  });
  if (act === 'administratorApplies') {
    const mine = first % 2 === 0 ? (files[first % files.length] as JsonObject) : file;
    files.push(mine);
    const done = both((job) => applied(mine, job) ?? job);
    if (fixedPart(kind, done.real) !== fixedPart(kind, real)) count.deleted += 1;
    return done;
  }
  if (act === 'administratorPatches') {
    const { annotations, ...metadata } = file.metadata as JsonObject;
    return both((job) => applyMergePatch(job, first % 2 === 0 ? { ...file, metadata } : file) as JsonObject);
  }
  const request =
    act === 'callerApplies'
      ? applying(real, callersFile(kind, real, file, first))
      : carrying(real, act === 'callerForges' ? forged(real, file, picks) : first % 2 === 0 ? null : '', picks[1] ?? 0);
  const written = request && sentThrough(kind, real, request);
  if (!written) return worlds;
  count.written += 1;
  if (recordOf(written) !== recordOf(real)) count.recorded += 1;
  return { real: stored(written, version), untouched: stored(withRecord(written, recordOf(untouched)), version) };
}

describe('the last-applied record', () => {
  it('never makes an administrator’s kubectl apply do anything else to what callers may not change', { timeout }, () => {
    const worlds = fc.constantFrom(...Object.keys(kinds)).chain((where) => {
      const kind = kinds[where] as JobKind;
      const steps = fc.array(fc.record({ act: fc.constantFrom(...acts), file: contents(kind), picks: fc.tuple(pick, pick, pick, pick) }), {
        minLength: 1,
        maxLength: 6,
      });
      return fc.record({ where: fc.constant(where), live: contents(kind), file: contents(kind), start: pick, steps });
    });
    Object.assign(count, { written: 0, recorded: 0, deleted: 0 });
    fc.assert(
      fc.property(worlds, ({ where, live, file, start, steps }) => {
        const kind = kinds[where] as JobKind;
        // Made by create, by apply, by apply over what another made, or with a record that tools wrote.
        const begun = [
          live,
          withRecord(file, recordFor(file)),
          applied(file, stored(live, 1)) ?? live,
          withRecord(live, forged(stored(live, 1), file, [start, start >> 3, start >> 5])),
        ][start % 4] as JsonObject;
        const files = [file];
        let now: Worlds = { real: stored(begun, 1), untouched: stored(begun, 1) };
        // At the end the administrator applies his file again.
        const last: Step = { act: 'administratorApplies', file, picks: [0] };
        for (const [index, one] of [...steps, last].entries()) {
          now = step(kind, now, files, one, index + 2);
          expect(fixedPart(kind, now.real)).toBe(fixedPart(kind, now.untouched));
          expect(takenOver(kind, now.real)).toEqual(takenOver(kind, now.untouched));
        }
      }),
      { numRuns: runs },
    );
    // The cases are worth something: requests were written, records changed, and the administrator's commands did things.
    expect(count.written).toBeGreaterThan(runs / 3);
    expect(count.recorded).toBeGreaterThan(runs / 20);
    expect(count.deleted).toBeGreaterThan(runs / 5);
  });
});
