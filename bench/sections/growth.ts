import type { JsonObject } from '../../lib/json/json.ts';
import { alternate, type Subject, startWorker } from '../alternate.ts';
import { buildEvent, pathOf } from '../event.ts';
import { bodiesOf, documentedJob, labelledJob, largeJob } from '../job.ts';
import type { Section, Table } from '../results.ts';
import { type Stage, type Upstream, uncached } from '../stage.ts';
import { figure, median, ratios } from '../stats.ts';

interface Size {
  title: string;
  bytes: number;
  times: number;
  job: (ttl: number | undefined, name: string) => JsonObject;
}
const size = (title: string, job: Size['job']): Size => {
  const bytes = JSON.stringify(job(1000, 'x')).length;
  return { title, bytes, job, times: Math.max(4, Math.min(60, Math.round(400_000 / bytes))) };
};
const objects = [
  size('2 KB', (ttl, name) => documentedJob({ ttl, name })),
  ...[20, 100, 400, 1500].map((kilobytes) => size(`${kilobytes} KB`, (ttl, name) => largeJob(kilobytes * 1000, ttl, name))),
];
const maps = [1, 10, 100, 1000].map((count) => size(`${count} + ${count}`, (ttl, name) => labelledJob(count, ttl, name)));
const lists = [10, 100, 1000, 5000];

/** Replaces of some sizes in the handler and in the floor; the CPU per byte of each. */
async function timeSizes(stage: Stage, upstream: Upstream, sizes: Size[]) {
  const { file } = await stage.build('handlers/replace-job.ts');
  const worker = (await stage.build('bench/worker.ts')).file;
  const subjects: Subject[] = [];
  for (const { title, bytes, times, job } of sizes) {
    // Enough for V8 to have optimised what the small ones run, and not so much that the large ones take for ever.
    const warmUp = Math.max(stage.rounds(20), Math.min(stage.rounds(1000), Math.round(4_000_000 / bytes)));
    for (const what of ['handler', 'floor'] as const) {
      const [name, own] = [`${what}-${bytes}`, `${title} ${what}`];
      await upstream.store(name, job(undefined, name));
      const env = stage.environment(upstream.url, { env: uncached });
      const path = pathOf(name);
      const work =
        what === 'handler'
          ? { what, file, event: buildEvent('PUT', name), bodies: bodiesOf((ttl) => job(ttl, name)) }
          : { what, url: upstream.url, path, body: JSON.stringify(job(1000, name)) };
      subjects.push(startWorker(worker, work, { name: own, env, times, warmUp }));
    }
  }
  const rounds = await alternate(subjects, { rounds: stage.rounds(9), times: 1, warmUp: 1 });
  const cpu = (title: string, what: string) => (rounds.get(`${title} ${what}`) ?? []).map((round) => round.cpu);
  const perByte = ({ title, bytes }: Size, what: string) => cpu(title, what).map((one) => (one * 1000) / bytes);
  const rows = sizes.map((one) => [
    one.title,
    one.bytes,
    figure(cpu(one.title, 'handler')),
    figure(perByte(one, 'handler')),
    figure(perByte(one, 'floor')),
    figure(ratios(cpu(one.title, 'handler'), cpu(one.title, 'floor'))),
  ]);
  return { rows, perByte: (index: number, what = 'handler') => perByte(sizes[index] as Size, what) };
}

async function timeLists(stage: Stage, upstream: Upstream): Promise<Table> {
  const { file } = await stage.build('handlers/read-jobs.ts');
  const worker = (await stage.build('bench/worker.ts')).file;
  const rows: Table['rows'] = [];
  for (const count of lists) {
    const items = Array.from({ length: count }, (_, i) => documentedJob({ ttl: 1000, name: `job-${i}` }));
    const list = { apiVersion: 'kubeflow.org/v1', kind: 'TFJobList', metadata: { resourceVersion: '1' }, items };
    const bytes = JSON.stringify(list).length;
    await upstream.store(undefined, list as unknown as JsonObject);
    const work = { what: 'handler' as const, file, event: buildEvent('GET', undefined), bodies: [] };
    const subject = startWorker(worker, work, { name: String(count), env: stage.environment(upstream.url) });
    const times = Math.max(3, Math.min(60, Math.round(1_000_000 / bytes)));
    const warmUp = Math.max(stage.rounds(15), Math.min(stage.rounds(800), Math.round(5_000_000 / bytes)));
    const rounds = (await alternate([subject], { rounds: stage.rounds(9), times, warmUp })).get(String(count)) ?? [];
    const cpu = rounds.map((round) => round.cpu);
    rows.push([`${count} jobs`, bytes, figure(cpu), figure(cpu.map((one) => (one * 1000) / bytes))]);
  }
  const note = 'An answer above 1 MB is packed by gzip where the caller takes it, as here; that is in the figures of the last two.';
  return { title: 'LIST', columns: ['', 'bytes', 'CPU µs', 'CPU ns per byte'], rows, note };
}

/** CPU per byte as jobs, maps and lists grow. */
export async function growth(stage: Stage): Promise<Section> {
  const upstream = await stage.startUpstream();
  const columns = ['', 'bytes', 'CPU µs', 'CPU ns per byte', 'floor, ns per byte', '× floor'];
  const large = await timeSizes(stage, upstream, objects);
  const many = await timeSizes(stage, upstream, maps);
  const list = await timeLists(stage, upstream);
  upstream.stop();
  return {
    title: 'Growth',
    method:
      'As the first section with LIVE_CACHE=off, with jobs that grow by replica types, and by labels and as many annotations; then LIST in the read handler. ' +
      'A fixed part of each request makes small ones dear by the byte; from 20 KB on it should stay flat.',
    tables: [
      { title: 'Jobs by size', columns, rows: large.rows },
      { title: 'Jobs by labels + annotations', columns, rows: many.rows },
      list,
    ],
    bars: [
      {
        title: 'CPU per byte at 1.5 MB beside 20 KB',
        figure: median(ratios(large.perByte(objects.length - 1), large.perByte(1))),
        limit: 1.2,
        unit: '×',
      },
    ],
    plot: objects.flatMap(({ bytes }, i) =>
      ['handler', 'floor'].map((name) => ({ name, kilobytes: bytes / 1000, ns: median(large.perByte(i, name)) })),
    ),
  };
}
