/** decide and JSON.parse side by side on a job of some size: microseconds of each, in alternating rounds. */
import { decide } from '../lib/job/decide.ts';
import type { JsonObject } from '../lib/job/json.ts';
import { jobKind } from '../lib/job/kinds.ts';

/** Times `decide` against `JSON.parse` of the same live job; both figures in microseconds per call, one pair a round. */
export function timeDecide(
  live: JsonObject,
  requested: JsonObject,
  calls: number,
  rounds = 11,
): { decide: number[]; parse: number[]; bytes: number } {
  const kind = jobKind('cci', 'tfjobs');
  if (!kind) throw new Error('no kind');
  const ref = { kind, namespace: 'kube-test', name: 'tfjob-test' };
  const text = JSON.stringify(live);
  if (decide(kind, ref, live, requested).outcome !== 'change') throw new Error('the request should change the job');
  const figures: { decide: number[]; parse: number[] } = { decide: [], parse: [] };
  const time = (call: () => unknown): number => {
    const started = performance.now();
    for (let i = 0; i < calls; i++) call();
    return ((performance.now() - started) * 1000) / calls;
  };
  for (let i = -3; i < rounds; i++) {
    const pair = { decide: time(() => decide(kind, ref, live, requested)), parse: time(() => JSON.parse(text)) };
    if (i < 0) continue;
    figures.decide.push(pair.decide);
    figures.parse.push(pair.parse);
  }
  return { ...figures, bytes: text.length };
}
