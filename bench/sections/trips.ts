import { startWorker } from '../alternate.ts';
import { buildEvent } from '../event.ts';
import { bodyOf, documentedJob } from '../job.ts';
import type { Section } from '../results.ts';
import { type Stage, uncached } from '../stage.ts';

interface Step {
  title: string;
  body: string;
  status: number;
  /** The TTL that somebody else gives the job before the request. */
  meanwhile?: number;
}

const name = 'trips';
const job = (ttl: number, spec: object = {}) => {
  const made = documentedJob({ ttl, name });
  return bodyOf({ ...made, spec: { ...(made.spec as object), ...spec } });
};
const replaces: Step[] = [
  { title: 'replace, a job not seen before', body: job(1), status: 200 },
  { title: 'replace, the same job again', body: job(2), status: 200 },
  { title: 'replace that changes nothing', body: job(2), status: 200 },
  { title: 'replace after somebody else’s change', body: job(3), status: 200, meanwhile: 77 },
  { title: 'replace that is refused (403)', body: job(4, { backoffLimit: 99 }), status: 403 },
];
const mergePatches: Step[] = [
  { title: 'merge patch of the five fields', body: bodyOf({ spec: { ttlSecondsAfterFinished: 5 } }), status: 200 },
  { title: 'merge patch, the same job again', body: bodyOf({ spec: { ttlSecondsAfterFinished: 6 } }), status: 200 },
];
const jsonPatch = [{ op: 'replace', path: '/spec/ttlSecondsAfterFinished', value: 7 }];
const jsonPatches: Step[] = [{ title: 'JSON patch', body: bodyOf(jsonPatch), status: 200 }];

/** The calls that each request made upstream, in a fresh process per handler. `env` may switch the cache off. */
export async function countTrips(stage: Stage, env: Record<string, string> = {}): Promise<Record<string, string>> {
  const upstream = await stage.startUpstream();
  const worker = (await stage.build('bench/worker.ts')).file;
  const counted: Record<string, string> = {};
  const follow = async (handler: string, method: string, type: string, steps: Step[]) => {
    await upstream.store(name, documentedJob({ ttl: 0, name }));
    const { file } = await stage.build(`handlers/${handler}.ts`);
    const event = buildEvent(method, name, { 'Content-Type': type });
    const [bodies, statuses] = [steps.map(({ body }) => body), steps.map(({ status }) => status)];
    const environment = stage.environment(upstream.url, { env });
    const subject = startWorker(worker, { what: 'handler', file, event, bodies, statuses }, { name: handler, env: environment });
    try {
      for (const { title, meanwhile } of steps) {
        if (meanwhile !== undefined) await upstream.touch(name, meanwhile);
        await upstream.calls();
        await subject.run(1);
        counted[title] = (await upstream.calls()).join(' + ');
      }
    } finally {
      subject.stop();
    }
  };
  await follow('replace-job', 'PUT', 'application/json', replaces);
  await follow('patch-job', 'PATCH', 'application/merge-patch+json', mergePatches);
  await follow('patch-job', 'PATCH', 'application/json-patch+json', jsonPatches);
  upstream.stop();
  return counted;
}

/** Round trips to the upstream, by kind of request. */
export async function trips(stage: Stage): Promise<Section> {
  const [cached, off] = [await countTrips(stage), await countTrips(stage, uncached)];
  const rows = Object.entries(cached).map(([title, calls]) => [title, calls, off[title] ?? '']);
  return {
    title: 'Calls to the upstream',
    method: 'Counted at the bare upstream, one request after the other in one process; the secret has been read.',
    tables: [{ title: 'Calls', columns: ['', 'calls', 'LIVE_CACHE=off'], rows }],
    bars: [],
  };
}
