import { startFunction } from '../../tests/lambda/runtime.ts';
import { generations, type Subject, startWorker } from '../alternate.ts';
import { buildEvent } from '../event.ts';
import { bodiesOf, documentedJob } from '../job.ts';
import { lambdaSubject, timed } from '../lambda.ts';
import type { Section } from '../results.ts';
import type { Stage } from '../stage.ts';
import { figure } from '../stats.ts';
import { lambdaRuntimeClient } from '../tools.ts';

/** The same replace through AWS's own runtime client, so that the runtime's share can be seen. */
export async function lambda(stage: Stage): Promise<Section> {
  const client = await lambdaRuntimeClient();
  const upstream = await stage.startUpstream();
  const handler = await stage.build('handlers/replace-job.ts');
  const empty = await stage.build('bench/peers/empty.mjs');
  const worker = (await stage.build('bench/worker.ts')).file;
  const bodies = (name: string) => bodiesOf((ttl) => documentedJob({ ttl, name }));
  const environment = () => stage.environment(upstream.url);
  const nodeOptions = ['--expose-gc', '--max-http-header-size=81920'];
  const start = (folder: string) => startFunction(client, { folder, environment: environment(), nodeOptions });
  const subjects = async (): Promise<Subject[]> => {
    for (const name of ['gateway', 'direct']) await upstream.store(name, documentedJob({ ttl: undefined, name }));
    const work = { what: 'handler' as const, file: handler.file, event: buildEvent('PUT', 'direct'), bodies: bodies('direct') };
    return [
      lambdaSubject('gateway', await start(handler.folder), buildEvent('PUT', 'gateway'), bodies('gateway')),
      lambdaSubject('empty', await start(empty.folder), buildEvent('PUT', 'empty'), bodies('empty')),
      startWorker(worker, work, { name: 'direct', env: environment() }),
    ];
  };
  const of = await generations(2, subjects, { rounds: stage.rounds(15), times: 100, warmUp: stage.rounds(1500) });
  const colds = new Map<string, number[]>([
    ['gateway', []],
    ['empty', []],
  ]);
  for (let i = 0; i < stage.rounds(10); i++) {
    for (const [name, { folder }] of Object.entries({ gateway: handler, empty })) {
      const lambda = await start(folder);
      await timed(lambda, { ...buildEvent('PUT', 'gateway'), body: bodies('gateway')[i % 2] });
      colds.get(name)?.push(performance.now() - lambda.startedAt);
      await lambda.stop();
    }
  }
  upstream.stop();
  const part = (name: string) => figure(of(name, 'cpu').map((cpu, i) => cpu / (of('gateway', 'cpu')[i] ?? Number.NaN)));
  const row = (title: string, name: string) => [title, figure(of(name, 'cpu')), part(name), figure(of(name, 'wall'))];
  return {
    title: 'Through the Lambda runtime client',
    method:
      'aws-lambda-ric, AWS’s own client of the Runtime API, runs the built handler and an empty one; the Runtime API is a server of ' +
      'the bench on 127.0.0.1. The empty handler gets the same events: what it costs is the runtime’s share. The bare upstream is as above.',
    tables: [
      {
        title: 'Microseconds per invocation',
        columns: ['', 'CPU µs', 'of the whole', 'wall µs'],
        rows: [
          row('handler under the runtime client', 'gateway'),
          row('empty handler under the runtime client', 'empty'),
          row('handler called directly', 'direct'),
        ],
      },
      {
        title: 'Milliseconds from the start of the process to the first answer',
        columns: ['', 'ms'],
        rows: [
          ['handler under the runtime client', figure(colds.get('gateway') ?? [])],
          ['empty handler under the runtime client', figure(colds.get('empty') ?? [])],
        ],
      },
    ],
    bars: [],
  };
}
