import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from '../../local/certificate.ts';
import { must } from '../../tests/conformance/processes.ts';
import { buildEvent } from '../event.ts';
import { bodyOf, documentedJob } from '../job.ts';
import type { Section } from '../results.ts';
import { sizeOf } from '../size.ts';
import type { Stage } from '../stage.ts';
import { figure, median } from '../stats.ts';

/** One cold start, in milliseconds. */
interface Cold {
  runtime: number;
  import: number;
  configuration: number;
  secret: number;
  connection: number;
  rest: number;
  total: number;
  /** From the import's begin until the secret is asked for: whatever is loaded late is in it. */
  untilAsked: number;
  cpu: number;
}
const stages = ['runtime', 'import', 'configuration', 'secret', 'connection', 'rest'] as const;

/** Starts a process that answers one event. Throws where the answer is not 200. */
export async function startCold(child: string, file: string, env: NodeJS.ProcessEnv, event: object): Promise<Cold> {
  const spawned = performance.timeOrigin + performance.now();
  const environment = { PATH: process.env.PATH, ...env, BENCH_HANDLER: file, BENCH_EVENT: JSON.stringify(event) };
  const output = await must(process.execPath, [child], { env: environment });
  const t = JSON.parse(output.slice(output.lastIndexOf('\n') + 1));
  if (t.statusCode !== 200) throw new Error(`${file} answered ${t.statusCode}: ${t.body}`);
  const { secret = t.imported, upstream = secret } = t;
  return {
    runtime: t.begun - spawned + t.importBegan,
    import: t.imported - t.importBegan - t.configuration,
    configuration: t.configuration,
    secret: secret - t.imported,
    connection: upstream - secret,
    rest: t.answered - upstream,
    total: t.begun - spawned + t.answered,
    untilAsked: (t.asked ?? t.imported) - t.importBegan,
    cpu: t.cpu,
  };
}

/** Process start to first answered request, in stages. */
export async function cold(stage: Stage): Promise<Section> {
  const certificate = makeCertificate();
  const ca = join(stage.folder, 'upstream.crt');
  await writeFile(ca, certificate.cert);
  const upstream = await stage.startUpstream({ BENCH_CERT: certificate.cert, BENCH_KEY: certificate.key });
  const environment = stage.environment(upstream.url, { secret: { token: 'bench' }, ca });
  const child = (await stage.build('bench/cold-child.ts')).file;
  const subjects = {
    'empty handler': (await stage.build('bench/peers/empty.mjs')).file,
    'AWS client alone': (await stage.build('bench/peers/aws-client.mjs')).file,
    gateway: (await stage.build('bench/cold-entry.ts')).file,
    'usual way, bundled': (await stage.build('bench/peers/usual-way.mjs')).file,
    'usual way, unbundled': join(import.meta.dirname, '../peers/usual-way.mjs'),
  };
  const colds = new Map<string, Cold[]>(Object.keys(subjects).map((name) => [name, []]));
  const rounds = stage.rounds(15);
  for (let i = -1; i < rounds; i++) {
    for (const [name, file] of i % 2 ? Object.entries(subjects).reverse() : Object.entries(subjects)) {
      await upstream.store('cold', documentedJob({ ttl: undefined, name: 'cold' }));
      const event = { ...buildEvent('PUT', 'cold'), body: bodyOf(documentedJob({ ttl: 1000, name: 'cold' })) };
      const measured = await startCold(child, file, environment, event);
      // The first ones fill the machine's file cache.
      if (i >= 0) colds.get(name)?.push(measured);
    }
  }
  upstream.stop();
  const of = (name: string, measure: keyof Cold) => (colds.get(name) ?? []).map((one) => one[measure]);
  const above = (measure: keyof Cold) => of('gateway', measure).map((one, i) => one - (of('empty handler', measure)[i] ?? Number.NaN));
  const rows = Object.keys(subjects).map((name) => [
    name,
    ...stages.map((part) => (median(of(name, part)) < 0.01 ? '–' : figure(of(name, part)))),
    figure(of(name, 'total')),
    figure(of(name, 'cpu')),
  ]);
  const entries = {
    gateway: 'handlers/replace-job.ts',
    'AWS client alone': 'bench/peers/aws-client.mjs',
    'usual way, bundled': 'bench/peers/usual-way.mjs',
  };
  const sizes = await Promise.all(
    Object.entries(entries).map(async ([name, entry]) => {
      const { whole, loaded, withoutAws } = sizeOf((await stage.build(entry)).metafile);
      return [name, whole / 1000, loaded / 1000, withoutAws / 1000];
    }),
  );
  return {
    title: 'Cold start',
    method:
      'From the start of a fresh Node process to the first answered replace, over HTTPS to the bare upstream; the secret comes from a ' +
      'local Secrets Manager. Runtime is Node itself; import is the bundle, the AWS client included; configuration is the first reading of ' +
      'the environment, taken out of the import; secret is until its value is ' +
      'there, with whatever the AWS client does first; connection is until the upstream’s first answer, with the TLS handshake. The ' +
      'usual way is the same route with express, serverless-http, axios and joi (bench/peers/usual-way.mjs).',
    tables: [
      { title: 'Milliseconds', columns: ['', ...stages, 'total', 'CPU ms'], rows },
      { title: 'Bundles, KB', columns: ['', 'all of it', 'loaded by a first JSON request', 'without the AWS client'], rows: sizes },
    ],
    bars: [
      { title: 'import above an empty handler', figure: median(above('import')), limit: 30, unit: 'ms' },
      { title: 'import and all that is loaded until the secret is asked for', figure: median(above('untilAsked')), limit: 30, unit: 'ms' },
      { title: 'whole bundle of the replace handler', figure: Number(sizes[0]?.[1]), limit: 300, unit: 'KB' },
    ],
    plot: Object.keys(subjects).flatMap((name) =>
      stages.map((part) => ({ name, part, order: stages.indexOf(part), ms: median(of(name, part)) })),
    ),
  };
}
