import { generations, type Subject, startWorker } from '../alternate.ts';
import { buildEvent } from '../event.ts';
import { bodiesOf, documentedJob } from '../job.ts';
import type { Section } from '../results.ts';
import { type Stage, uncached } from '../stage.ts';
import { figure, median, ratios } from '../stats.ts';

/** The handler as it is deployed, where a job that it has seen is in its cache, and without that cache. */
export const ways = { '': 'cached', ', LIVE_CACHE=off': 'uncached' };

type Plan = Parameters<typeof generations>[2] & { generations: number };

/** CPU and wall of a replace in the built handler, beside the floor, over HTTP to a bare upstream. */
export async function timeReplace(stage: Stage, plan: Plan) {
  const upstream = await stage.startUpstream();
  const { file } = await stage.build('handlers/replace-job.ts');
  const worker = (await stage.build('bench/worker.ts')).file;
  const body = JSON.stringify(documentedJob({ ttl: 1000 }));
  const start = async (): Promise<Subject[]> => {
    for (const name of ['cached', 'uncached', 'floor']) await upstream.store(name, documentedJob({ ttl: undefined, name }));
    const handler = (name: string, env: Record<string, string>) =>
      startWorker(
        worker,
        { what: 'handler', file, event: buildEvent('PUT', name), bodies: bodiesOf((ttl) => documentedJob({ ttl, name })) },
        { name, env: stage.environment(upstream.url, { env }) },
      );
    const floor = startWorker(worker, { what: 'floor', url: upstream.url, path: buildEvent('PUT', 'floor').path, body }, { name: 'floor' });
    return [handler('cached', {}), handler('uncached', uncached), floor];
  };
  const of = await generations(plan.generations, start, plan);
  upstream.stop();
  return of;
}

/** The figures of timeReplace beside its bar. */
export async function replace(stage: Stage): Promise<Section> {
  const of = await timeReplace(stage, { generations: 3, rounds: stage.rounds(25), times: 120, warmUp: 1500 });
  const row = (title: string, name: string) => [
    title,
    ...(['cpu', 'wall'] as const).flatMap((measure) => [
      figure(of(name, measure)),
      figure(ratios(of(name, measure), of('floor', measure))),
    ]),
  ];
  return {
    title: 'One replace over HTTP to a bare upstream',
    method:
      'The built handler is called with an API Gateway event that changes the TTL of the documented job (2 KB); requests upstream are ' +
      'signed, and it logs and counts as when deployed. The floor is what any gateway must do, by the same HTTP client: GET, three JSON parses, one stringify, PUT. Each runs ' +
      'in a process of its own; rounds alternate, and a ratio is that of one round to the same round of the floor. ' +
      'Each asks for one job over and over, which the handler has in its cache of live objects unless LIVE_CACHE=off.',
    tables: [
      {
        title: 'Microseconds per replace',
        columns: ['', 'CPU µs', '× floor', 'wall µs', '× floor'],
        rows: [row('handler', 'cached'), row('handler, LIVE_CACHE=off', 'uncached'), row('floor (GET + PUT)', 'floor')],
      },
    ],
    bars: Object.entries(ways).map(([way, name]) => ({
      title: `CPU per replace, bare upstream${way}`,
      figure: median(ratios(of(name, 'cpu'), of('floor', 'cpu'))),
      limit: 1.25,
      unit: '× floor',
    })),
  };
}
