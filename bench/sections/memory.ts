import { startWorker } from '../alternate.ts';
import { buildEvent } from '../event.ts';
import { bodiesOf, documentedJob, largeJob } from '../job.ts';
import type { Section, Table } from '../results.ts';
import type { Stage } from '../stage.ts';

const memories = [128, 256, 512];
const kilobytes = [256, 512, 768, 1024, 1536, 2048, 2560, 3000];
/** On-demand, arm64, us-east-1, first tier, without the free tier: US dollars as published in 2025. */
const price = { gigabyteSecond: 0.0000133334, millionRequests: 0.2 };
/** Lambda gives a function one whole CPU at this many MB, and less in proportion. */
const oneCpu = 1769;

interface Try {
  works: boolean;
  peakMB: number;
  cpu: number;
}

/** A fresh process with the heap that Lambda gives a function of this memory, and 15 replaces of a job of this size in it. */
async function tryOut(stage: Stage, memory: number, bytes: number): Promise<Try> {
  const upstream = await stage.startUpstream();
  const name = 'memory';
  await upstream.store(name, bytes === 0 ? documentedJob({ ttl: undefined, name }) : largeJob(bytes, undefined, name));
  const { file } = await stage.build('handlers/replace-job.ts');
  const bodies = bodiesOf((ttl) => (bytes === 0 ? documentedJob({ ttl, name }) : largeJob(bytes, ttl, name)));
  const execArgv = [`--max-old-space-size=${Math.floor(memory * 0.9)}`, `--max-semi-space-size=${Math.floor(memory * 0.05)}`];
  const subject = startWorker(
    (await stage.build('bench/worker.ts')).file,
    { what: 'handler', file, event: buildEvent('PUT', name), bodies },
    { name, env: stage.environment(upstream.url), execArgv, quiet: true },
  );
  try {
    const { peakMB, cpu } = await subject.run(bytes === 0 ? 2000 : 15);
    return { works: peakMB <= memory, peakMB, cpu };
  } catch {
    // V8 ends a process whose heap is full, which is what is to be found out.
    return { works: false, peakMB: Number.NaN, cpu: Number.NaN };
  } finally {
    subject.stop();
    upstream.stop();
  }
}

/** The largest of some sizes that works: the last one, or found by halving. */
async function largest(stage: Stage, memory: number): Promise<{ size: number; peakMB: number }> {
  let [low, high, found] = [0, kilobytes.length - 1, { size: 0, peakMB: Number.NaN }];
  for (let middle = high; low <= high; middle = (low + high) >> 1) {
    const size = kilobytes[middle] ?? 0;
    // Twice, since what the collector leaves lying about is a matter of chance.
    const first = await tryOut(stage, memory, size * 1000);
    const second = first.works ? await tryOut(stage, memory, size * 1000) : first;
    if (second.works) [low, found] = [middle + 1, { size, peakMB: Math.max(first.peakMB, second.peakMB) }];
    else high = middle - 1;
  }
  return found;
}

function dollars(memory: number, cpuMicroseconds: number, waitMs: number): string {
  const ms = Math.ceil((cpuMicroseconds / 1000) * Math.max(1, oneCpu / memory) + waitMs);
  return `${ms} ms, $${(price.millionRequests + (memory / 1024) * (ms / 1000) * price.gigabyteSecond * 1e6).toFixed(2)}`;
}

/** Peak memory under Lambda's heap limits, the largest job that works, and what a million replaces cost. */
export async function memory(stage: Stage): Promise<Section> {
  const sizes: Table['rows'] = [];
  const prices: Table['rows'] = [];
  for (const memory of memories) {
    const small = await tryOut(stage, memory, 0);
    if (!small.works) throw new Error(`the documented job does not work with ${memory} MB`);
    const { size, peakMB } = await largest(stage, memory);
    sizes.push([`${memory} MB`, small.peakMB, size === 0 ? 'none' : `${size} KB`, peakMB]);
    prices.push([`${memory} MB`, ...[0, 20, 100].map((wait) => dollars(memory, small.cpu, wait))]);
  }
  return {
    title: 'Memory and price',
    method:
      'A fresh process per size with --max-old-space-size at 90 % of the function’s memory and --max-semi-space-size at 5 %, which is ' +
      'what Lambda’s own start script for Node sets. A size works if 15 replaces are answered 200, in two processes, and the peak of the process’s resident ' +
      `memory stays within the function’s memory; ${kilobytes.join(', ')} KB were tried (the limit of a request is 3 MiB).`,
    tables: [
      { title: 'Memory', columns: ['function', 'peak MB, 2 KB job', 'largest job that works', 'peak MB then'], rows: sizes },
      {
        title: 'Billed duration and price of a million replaces of a 2 KB job, by how long both calls to CCI take together',
        columns: ['function', '0 ms', '20 ms', '100 ms'],
        rows: prices,
        note:
          `US dollars: $${price.millionRequests.toFixed(2)} per million requests and $${price.gigabyteSecond} per GB-second (arm64, us-east-1, ` +
          'first tier, on demand, without the free tier, as published in 2025; look it up again). The duration is a calculation: ' +
          `the CPU measured here, stretched by Lambda’s share of a CPU (one at ${oneCpu} MB), plus the wait, rounded up to a millisecond. ` +
          'API Gateway, logs and Secrets Manager come on top.',
      },
    ],
    bars: [],
  };
}
