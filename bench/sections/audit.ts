import { startAws } from '../../local/aws/aws.ts';
import { generations, startWorker } from '../alternate.ts';
import { buildEvent } from '../event.ts';
import { bodiesOf, documentedJob } from '../job.ts';
import type { Section } from '../results.ts';
import { type Stage, uncached } from '../stage.ts';
import { figure } from '../stats.ts';

/** What a replace costs with audit=strict beside audit=log, in one run: docs/audit.md has the figure. Asked for by its name alone. */
export async function audit(stage: Stage): Promise<Section> {
  const upstream = await stage.startUpstream();
  const aws = await startAws();
  const { file } = await stage.build('handlers/replace-job.ts');
  const worker = (await stage.build('bench/worker.ts')).file;
  const modes = {
    log: { AUDIT: 'log' },
    strict: { AUDIT: 'strict', AUDIT_STREAM: 'bench', AWS_ENDPOINT_URL_FIREHOSE: aws.url },
  };
  const of = await generations(
    1,
    async () => {
      for (const name of Object.keys(modes)) await upstream.store(name, documentedJob({ ttl: undefined, name }));
      return Object.entries(modes).map(([name, env]) => {
        const bodies = bodiesOf((ttl) => documentedJob({ ttl, name }));
        const work = { what: 'handler', file, event: buildEvent('PUT', name), bodies } as const;
        return startWorker(worker, work, { name, env: stage.environment(upstream.url, { env: { ...uncached, ...env } }) });
      });
    },
    { rounds: stage.rounds(8), times: 40, warmUp: 200 },
  );
  const puts = aws.asked.length;
  upstream.stop();
  await aws.close();
  const row = (name: string) => [name, figure(of(name, 'cpu')), figure(of(name, 'wall'))];
  return {
    title: 'A strict audit trail',
    method:
      'A replace by the built handler over HTTP to a bare upstream (GET and PUT), with the events of its audit trail in the log alone, and ' +
      `acknowledged by a stream on this machine besides (${puts} records). On AWS each of the two calls takes what Firehose takes.`,
    tables: [{ title: 'Microseconds per replace', columns: ['audit', 'CPU µs', 'wall µs'], rows: Object.keys(modes).map(row) }],
    bars: [],
  };
}
