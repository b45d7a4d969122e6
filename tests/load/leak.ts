/**
 * An hour's worth of requests (100,000, some of them against faults) in one process: neither its heap nor its sockets grow, and no log line
 * holds a credential. Prints what it held at the start and at the end; runs alone, after a build.
 */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { documentedJob, startSimulator } from '../../local/cci/simulator.ts';
import { checked, say, summary } from '../conformance/report.ts';
import { credential, sought } from '../credentials.ts';
import { spellings } from '../search.ts';
import { putForward } from './clock.ts';
import { environmentOf } from './instance.ts';
import type { Measure, Round } from './leak-process.ts';

const part = 'leaks';
const secretId = 'load/leak';
const total = Number(process.env.LEAK_REQUESTS ?? 100_000);
const warmUp = 5000;
const rounds = 5;
const inFlight = 16;
const jobCount = 64;
const hour = 60 * 60_000;
/** Bytes that the heap may hold more at the end than after the warm-up: compiled code comes to one MiB. */
const mostGrowth = 3 * 1024 * 1024;
/** The same since the middle, when most code is compiled: twenty bytes a request are more. */
const mostLateGrowth = 1024 * 1024;

const key = { accessKey: credential('leak-ak'), secretKey: credential('leak-sk'), securityToken: credential('leak-st') };
/** The mark that is in each of them, in every spelling. */
const wanted = spellings(sought[0] as string);

const job = await documentedJob();
const jobs = Array.from({ length: jobCount }, (_, index) => ({ ...job, metadata: { ...job.metadata, name: `job-${index}` } }));
const simulator = await startSimulator({ ...key, jobs, mostVersions: 1 });
simulator.chaos({ dropBefore: 0.004, dropAfter: 0.004, unavailable: 0.004, throttled: 0.001, seed: 5 });
const secrets = await startSecretsManager({ secrets: { [secretId]: { versionId: randomUUID(), value: JSON.stringify(key) } } });
const child = fork(new URL('./leak-process.ts', import.meta.url), {
  env: environmentOf({ cci: simulator.url, secretId, secretsManager: secrets.url }),
  // Code that is thrown away when it was not used for a while would hide what grows.
  execArgv: ['--expose-gc', '--no-flush-bytecode'],
  stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
});
const ended = once(child, 'exit');

/** What the process printed: how many lines, and which credentials are in them. */
const printed = { lines: 0, leaked: 0 };
for (const output of [child.stdout, child.stderr]) {
  createInterface({ input: output as Readable }).on('line', (line) => {
    printed.lines += 1;
    if (wanted.some((spelling) => line.includes(spelling))) printed.leaked += 1;
  });
}

async function run(from: number, count: number, forward: number): Promise<Measure> {
  putForward(forward);
  const round: Round = { forward, from, count, inFlight, job: job as unknown as Round['job'], jobs: jobCount };
  child.send(round);
  const [measure] = (await Promise.race([once(child, 'message'), ended.then(() => Promise.reject(new Error('it ended')))])) as [Measure];
  simulator.requests.length = 0;
  return measure;
}

const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(2).padStart(8);
const row = (requests: number, { heapUsed, external, sockets, socketsLater }: Measure) =>
  process.stdout.write(
    `${String(requests).padStart(8)} ${mib(heapUsed)} MiB ${mib(external)} MiB ${String(sockets).padStart(8)} ${String(socketsLater).padStart(14)}\n`,
  );

try {
  say(`${part}: ${total} requests in one process`);
  process.stdout.write('requests    heap used     external  sockets  sockets, idle\n');
  const first = await run(0, warmUp, 0);
  row(warmUp, first);
  const answers = { ...first.answers };
  const perRound = (total - warmUp) / rounds;
  const measures = [first];
  for (let round = 0; round < rounds; round++) {
    // An hour passes, so that the secret is read again and again.
    const measure = await run(warmUp + round * perRound, perRound, hour / rounds);
    measures.push(measure);
    row(warmUp + (round + 1) * perRound, measure);
    for (const [answer, count] of Object.entries(measure.answers)) answers[answer] = (answers[answer] ?? 0) + count;
  }
  const said = Object.entries(answers).map(([answer, count]) => `${count} × ${answer}`);
  const faults = Object.entries(simulator.misbehaved).map(([what, count]) => `${count} × ${what}`);
  process.stdout.write(
    `answers: ${said.join(', ')}\nfaults: ${faults.join(', ')}\nsecret read ${secrets.calls} times; ${printed.lines} lines printed\n`,
  );

  const [middle, last] = [measures[rounds >> 1], measures[rounds]] as [Measure, Measure];
  await checked(part, `the heap does not grow over ${total} requests`, () => {
    for (const [since, before, most] of [
      ['start', first, mostGrowth],
      ['middle', middle, mostLateGrowth],
    ] as const) {
      const grown = Math.max(last.heapUsed - before.heapUsed, last.external - before.external);
      if (grown > most) throw new Error(`it grew by ${mib(grown)} MiB since the ${since}`);
    }
  });
  await checked(part, 'sockets do not grow', () => {
    // Three handlers with a pool of their own, and the AWS client's.
    if (last.sockets > first.sockets + inFlight || last.sockets > 4 * inFlight) throw new Error(`from ${first.sockets} to ${last.sockets}`);
    if (last.socketsLater > first.socketsLater) throw new Error(`idle ones from ${first.socketsLater} to ${last.socketsLater}`);
  });
  await checked(part, 'every kind of answer was among them', () => {
    const missing = ['200', '400', '403', '404', '409', '415', '422'].filter((answer) => (answers[answer] ?? 0) < total / 100);
    if (missing.length > 0) throw new Error(`too few of ${missing.join(', ')}`);
    const surprises = Object.keys(answers).filter((answer) => !/^(200|400|403|404|409|415|422|429|503|504)$/.test(answer));
    if (surprises.length > 0) throw new Error(`${surprises.join(', ')} among the answers`);
  });
  await checked(part, 'no line printed holds a credential', () => {
    if (printed.lines < total || printed.leaked > 0) throw new Error(`${printed.leaked} of ${printed.lines} lines do`);
  });
  process.exitCode = summary('leak');
} finally {
  if (child.connected) child.disconnect();
  await ended;
  await Promise.all([simulator.close(), secrets.close()]);
}
