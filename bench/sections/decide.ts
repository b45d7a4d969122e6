import { decide } from '../../lib/job/decide.ts';
import { jobKind } from '../../lib/job/kinds.ts';
import type { JsonObject } from '../../lib/json/json.ts';
import { documentedJob, largeJob } from '../job.ts';
import type { Section } from '../results.ts';
import type { Stage } from '../stage.ts';
import { figure, median, ratios } from '../stats.ts';

function time(call: () => unknown, calls: number): number {
  const started = performance.now();
  for (let i = 0; i < calls; i++) call();
  return ((performance.now() - started) * 1000) / calls;
}

function timeDecide(live: JsonObject, requested: JsonObject, calls: number, rounds: number) {
  const kind = jobKind('cci', 'tfjobs');
  if (!kind) throw new Error('no kind');
  const ref = { kind, namespace: 'kube-test', name: 'tfjob-test' };
  const text = JSON.stringify(live);
  if (decide(kind, ref, live, requested).outcome !== 'change') throw new Error('the request should change the job');
  const figures: { decide: number[]; parse: number[] } = { decide: [], parse: [] };
  for (let i = -3; i < rounds; i++) {
    const [decided, parsed] = [time(() => decide(kind, ref, live, requested), calls), time(() => JSON.parse(text), calls)];
    if (i < 0) continue;
    figures.decide.push(decided);
    figures.parse.push(parsed);
  }
  return { ...figures, bytes: text.length };
}

/** decide beside JSON.parse of the same live job. */
export async function decideAlone(stage: Stage): Promise<Section> {
  const cases = [
    { name: 'documented job', make: (ttl: number | undefined) => documentedJob({ ttl }), calls: 5000, limit: 2 },
    { name: '1 MB job', make: (ttl: number | undefined) => largeJob(1_000_000, ttl), calls: 20, limit: 1.5 },
  ];
  const timed = cases.map((one) => ({ ...one, ...timeDecide(one.make(undefined), one.make(1000), one.calls, stage.rounds(11)) }));
  return {
    title: 'The decision alone',
    method: 'decide(live, requested), in this process, beside JSON.parse of the text of the same live job; alternating rounds.',
    tables: [
      {
        title: 'Microseconds per call',
        columns: ['', 'bytes', 'decide µs', 'JSON.parse µs', 'ratio'],
        rows: timed.map(({ name, bytes, decide, parse }) => [name, bytes, figure(decide), figure(parse), figure(ratios(decide, parse))]),
      },
    ],
    bars: timed.map(({ name, decide, parse, limit }) => ({
      title: `decide on the ${name}`,
      figure: median(ratios(decide, parse)),
      limit,
      unit: '× JSON.parse',
    })),
  };
}
