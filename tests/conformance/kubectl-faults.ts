/** kubectl against every way in which CCI can fail: how often it sends its one write, and how often that write is carried out. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { documentedJob, type Simulator, startSimulator } from '../../local/cci/simulator.ts';
import { close, listen, readBody } from '../../local/http.ts';
import { credential } from '../credentials.ts';
import { environmentOf } from '../load/instance.ts';
import { runGateway } from './gateway.ts';
import { type Failure, failures } from './kubectl-faults/cases.ts';
import { run } from './processes.ts';
import { checked, say } from './report.ts';

/** A write as kubectl sent it, and what it was answered. `written` is whether any write had been carried out by then. */
interface Sent {
  status: number;
  retryAfter: string | undefined;
  written: boolean;
}

const commands = ['label', 'replace', 'apply'] as const;
type Command = (typeof commands)[number];
const job = ['tfjobs', 'kube-test', 'tfjob-test'] as const;
const key = { accessKey: credential('kubectl-ak'), secretKey: credential('kubectl-sk') };
const secretId = 'conformance/faults';

/** Runs kubectl against each failure, three at once, and prints what was sent and written as a table. */
export async function kubectlFaults(kubectl: string, folder: string): Promise<void> {
  say('kubectl against failing answers');
  const cases = failures.flatMap((failure) => (failure.only ?? commands).map((command) => ({ failure, command })));
  const rows: string[] = [];
  // Those of one command take longest, so they begin.
  const next = [...cases.entries()]
    .sort(([, a], [, b]) => Number(b.failure.only?.length === 1) - Number(a.failure.only?.length === 1))
    .values();
  const work = async () => {
    for (const [index, { failure, command }] of next) rows[index] = await runCase(kubectl, folder, failure, command);
  };
  await Promise.all([work(), work(), work()]);
  const head = ['what CCI does with the write'.padEnd(40), 'kubectl', ' exit', ' sent', ' to CCI', ' written', ' answers'].join('  ');
  process.stdout.write(`\n${[head, ...rows].join('\n')}\n\n`);
}

async function runCase(kubectl: string, folder: string, failure: Failure, command: Command): Promise<string> {
  const home = await mkdtemp(join(folder, 'kubectl-faults-'));
  const simulator = await startSimulator({ ...key, jobs: [await documentedJob()] });
  const secrets = await startSecretsManager({ secrets: { [secretId]: { versionId: 'v1', value: JSON.stringify(key) } } });
  const gateway = await runGateway(environmentOf({ cci: simulator.url, secretId, secretsManager: secrets.url }), `${home}.log`);
  const stack = { simulator, down: false };
  const front = await startFront(gateway.endpoint.url, simulator, () => failure.strike(stack));
  try {
    const env = { PATH: process.env.PATH, HOME: home, TMPDIR: home };
    const global = ['--server', front.url, '--cache-dir', join(home, 'cache'), '--namespace', job[1]];
    const { code, stdout, stderr } = await run(kubectl, [...global, ...(await argumentsOf(command, simulator, home))], {
      env,
      cwd: home,
      timeout: 120_000,
    });
    const written = simulator.history(...job).length - 1;
    const toCci = simulator.requests.filter(({ method }) => method !== 'GET').length;
    await checked('kubectl against failing answers', `${command}: ${failure.title}`, () => {
      const mistake = mistakeOf(failure, front.sent, code, written);
      if (mistake) throw new Error(`${mistake}\n${JSON.stringify(front.sent)}\nexit code ${code}\n${stdout}${stderr}`);
    });
    const answers = front.sent.map(({ status, retryAfter }) => `${status}${retryAfter === undefined ? '' : `+${retryAfter}s`}`);
    const cells = [code, front.sent.length, toCci, written].map((cell, index) => String(cell).padStart([5, 5, 7, 8][index] as number));
    return [failure.title.padEnd(40), command.padEnd(7), ...cells, ` ${summed(answers)}`].join('  ');
  } finally {
    await Promise.all([front.close(), gateway.stop(), secrets.close(), stack.down ? undefined : simulator.close()]);
  }
}

async function argumentsOf(command: Command, simulator: Simulator, home: string): Promise<string[]> {
  if (command === 'label') return ['label', 'tfjob', job[2], 'team=blue'];
  const file = join(home, 'job.json');
  const changed = JSON.parse(simulator.text(...job) as string);
  delete changed.metadata.resourceVersion;
  changed.spec.ttlSecondsAfterFinished = 5;
  await writeFile(file, JSON.stringify(changed));
  return [command, '-f', file];
}

/** What is not as it must be, or undefined. */
function mistakeOf({ answer }: Failure, sent: readonly Sent[], code: number, written: number): string | undefined {
  const last = sent.at(-1);
  if (last?.status !== answer) return `its write was answered ${last?.status} and not ${answer}`;
  // The gateway has waited and tried again for each of these failures, so that kubectl is to wait for none.
  if (last.retryAfter !== undefined) return 'it was told to send its write again';
  if (sent.length !== 1) return `it sent its write ${sent.length} times`;
  if (written > 1) return `it was written ${written} times`;
  const done = last.status === 200;
  if (done !== (code === 0) || (done && written === 0)) return 'its exit code is not what became of the write';
  return [429, 503].includes(last.status) && written > 0 ? `it was told ${last.status}, but it was written` : undefined;
}

/** Stands before the gateway and notes every write of kubectl; `strike` is called when the first of them arrives. */
async function startFront(target: string, simulator: Simulator, strike: () => Promise<void> | void) {
  const sent: Sent[] = [];
  let struck: Promise<void> | undefined;
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    const body = await readBody(request, 4 * 1024 * 1024);
    const writes = method !== 'GET';
    if (writes) {
      struck ??= Promise.resolve(strike());
      await struck;
    }
    const onward = httpRequest(new URL(url, target), { method, headers, agent: false }, (answered) => {
      const { statusCode = 0, headers: given } = answered;
      if (writes) sent.push({ status: statusCode, retryAfter: given['retry-after'], written: simulator.history(...job).length > 1 });
      response.writeHead(statusCode, given);
      answered.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end(body);
  });
  return { url: await listen(server, 0), sent, close: () => close(server) };
}

/** `503+1s 503+1s 200` as `2 × 503+1s, 200`. */
function summed(answers: readonly string[]): string {
  const runs: [string, number][] = [];
  for (const answer of answers) {
    const last = runs.at(-1);
    if (last?.[0] === answer) last[1] += 1;
    else runs.push([answer, 1]);
  }
  return runs.map(([answer, count]) => (count === 1 ? answer : `${count} × ${answer}`)).join(', ');
}
