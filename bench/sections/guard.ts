import type { Section } from '../results.ts';
import { sizeOf } from '../size.ts';
import { type Stage, uncached } from '../stage.ts';
import { median, ratios } from '../stats.ts';
import { timeReplace } from './replace.ts';
import { countTrips } from './trips.ts';

/** What a change may not exceed without anybody's noticing; each with some room to what it is, the last with much, for it is noisy: of its 2.4, two audit events are 0.2. */
const limits = { wholeKB: 425, loadedKB: 335, cpuTimesFloor: 2.8 };
/** The calls of each kind of request; `cached` where the cache of live objects makes a difference. */
const calls: Record<string, { cached?: string; uncached: string }> = {
  'replace, a job not seen before': { uncached: 'GET + PUT' },
  'replace, the same job again': { cached: 'PUT', uncached: 'GET + PUT' },
  'replace that changes nothing': { uncached: 'GET' },
  'replace after somebody else’s change': { cached: 'PUT + GET + PUT', uncached: 'GET + PUT' },
  'replace that is refused (403)': { uncached: 'GET' },
  'merge patch of the five fields': { uncached: 'PATCH' },
  'merge patch, the same job again': { uncached: 'PATCH' },
  'JSON patch': { uncached: 'GET + PUT' },
};

/** The short bench of .ci/run: what holds on a noisy machine. A bar that is missed fails it. */
export async function guard(stage: Stage): Promise<Section> {
  const { whole, loaded } = sizeOf((await stage.build('handlers/replace-job.ts')).metafile);
  const counted = { cached: await countTrips(stage), uncached: await countTrips(stage, uncached) };
  const titles = [...new Set([...Object.keys(calls), ...Object.keys(counted.cached), ...Object.keys(counted.uncached)])];
  const rows = titles.flatMap((title) =>
    (['cached', 'uncached'] as const).map((way) => {
      const due = calls[title]?.[way] ?? calls[title]?.uncached ?? 'none';
      const were = counted[way][title] ?? 'none';
      return [title, way, due, were, due === were ? 'met' : 'MISSED'];
    }),
  );
  const cpu = await timesFloor(stage);
  return {
    title: 'Guard',
    method: 'Sizes, counts, and one ratio with a wide margin.',
    tables: [{ title: 'Calls to the upstream', columns: ['', 'cache', 'due', 'were', ''], rows }],
    bars: [
      { title: 'calls to the upstream that are not as due', figure: rows.filter((row) => row[4] !== 'met').length, limit: 0, unit: '' },
      { title: 'whole bundle of the replace handler', figure: whole / 1000, limit: limits.wholeKB, unit: 'KB' },
      { title: 'loaded by a first JSON request', figure: loaded / 1000, limit: limits.loadedKB, unit: 'KB' },
      {
        title: 'CPU per replace',
        figure: cpu,
        limit: limits.cpuTimesFloor,
        unit: '× floor',
      },
    ],
  };
}

/**
 * CPU of a replace beside the floor: the median of all rounds. What else runs on the machine has moved one measurement from 2.0 to 2.3, so
 * where the median is over the limit more rounds are taken, twice at most; those before count as well.
 */
async function timesFloor(stage: Stage): Promise<number> {
  const rounds: number[] = [];
  for (let attempt = 0; attempt < 3 && !(median(rounds) <= limits.cpuTimesFloor); attempt += 1) {
    const of = await timeReplace(stage, { generations: 1, rounds: 45, times: 100, warmUp: 1500 });
    rounds.push(...ratios(of('uncached', 'cpu'), of('floor', 'cpu')));
  }
  return median(rounds);
}
