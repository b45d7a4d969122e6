import fc from 'fast-check';
import { expect, it } from 'vitest';
import { StatusError } from '../../../../lib/status.ts';
import { nameOf } from '../../../credentials.ts';
import { runsOf } from '../../../exhaustive.ts';
import { answers, at, minute, newContext, second, settled, setUp, useWallClock } from './credentials-harness.ts';

useWallClock();

const keys = ['a', 'b', 'c'] as const;
const steps = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('request' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('answer' as const), which: fc.nat() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 6 * second, 31 * second, minute, 6 * minute, 16 * minute),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('hold' as const, 'hold before' as const), key: fc.constantFrom(...keys) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      key: fc.constantFrom(...keys),
      says: fc.constantFrom(...(['accepted', 'accepted', 'refused', 'locked', 'unavailable'] as const)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
);

type Step = typeof steps extends fc.Arbitrary<infer T> ? T : never;

/** What is known of a key by the answers that were given to it. */
class Key {
  proven = false;
  pausedUntil = 0;
  underProof = 0;

  /** A key that was refused a moment ago is not sent, and one that is not proven is sent by one request at a time. */
  sent(now: number): { proof: boolean } {
    expect(now).toBeGreaterThanOrEqual(this.pausedUntil);
    if (!this.proven) expect(this.underProof++).toBe(0);
    return { proof: !this.proven };
  }

  answered(says: keyof typeof answers, { proof }: { proof: boolean }, now: number): void {
    if (proof) this.underProof -= 1;
    if (says === 'accepted' && now >= this.pausedUntil) this.proven = true;
    if (says !== 'refused' && says !== 'locked') return;
    this.proven = false;
    this.pausedUntil = Math.max(this.pausedUntil, now + (says === 'locked' ? 5 : 1) * minute);
  }
}

async function play(script: readonly Step[]): Promise<void> {
  const { manager, credentials } = setUp();
  manager.holds('a');
  const says: Record<string, keyof typeof answers> = { a: 'accepted', b: 'accepted', c: 'refused' };
  const known: Record<string, Key> = { a: new Key(), b: new Key(), c: new Key() };
  const waiting: (() => void)[] = [];
  const ended: Promise<unknown>[] = [];
  let now = 0;
  const wait = (ms: number) => {
    now += ms;
    at(now);
  };
  wait(0);

  const request = () => {
    let sent = 0;
    const outcome = credentials.use(newContext(100 * 60 * minute), async (credential) => {
      sent += 1;
      expect(sent).toBeLessThanOrEqual(2);
      const name = credential.form === 'bearer' ? nameOf(credential.token) : '';
      const key = known[name] as Key;
      const sending = key.sent(now);
      await new Promise<void>((resolve) => waiting.push(resolve));
      const answer = says[name] ?? 'refused';
      key.answered(answer, sending, now);
      return answers[answer]();
    });
    // Refusals are right, whatever they are; what these lines expect is not.
    ended.push(outcome.catch((error: unknown) => (error instanceof StatusError ? undefined : error)));
    return outcome;
  };
  const answerAll = async () => {
    while (waiting.length > 0) {
      waiting.shift()?.();
      await settled();
    }
    for (const error of await Promise.all(ended)) if (error instanceof Error) throw error;
  };
  const perform = (step: Step) => {
    if (step.do === 'request') request();
    else if (step.do === 'answer') waiting.splice(step.which % Math.max(1, waiting.length), 1)[0]?.();
    else if (step.do === 'wait') wait(step.ms);
    else if (step.do === 'hold') manager.holds(step.key);
    else if (step.do === 'hold before') manager.heldBefore(step.key);
    else if (step.do === 'say') says[step.key] = step.says;
    else manager.fails('InternalServiceError');
  };

  for (const step of script) {
    perform(step);
    await settled();
  }
  await answerAll();
  // And once there is a good key everybody is served, if not with it then with one that was good before.
  wait(20 * minute);
  manager.holds('b');
  says.b = 'accepted';
  // CCI is back, for whichever key.
  for (const key of keys) if (says[key] === 'unavailable') says[key] = 'refused';
  const last = request();
  await settled();
  await answerAll();
  expect((await last).accepted).toBe(true);
}

// PROPERTY_RUNS=100000 runs more; a failure names the seed and the path that repeat it.
it('whatever happens in whatever order, no refused key is sent in its pause, no key is proven by two at a time, and all come to an end', async () => {
  const numRuns = runsOf(2000);
  await fc.assert(fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 60 }), play), { numRuns });
}, 600_000);
