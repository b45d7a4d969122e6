/**
 * docs/openapi.yaml against the running gateway, by requests that schemathesis generates from it. Runnable alone: takes the address of
 * a gateway, or starts one with the simulator behind it.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildHandlers } from '../../scripts/build.ts';
import { freePorts } from '../free-ports.ts';
import { searchFiles } from '../search.ts';
import { cached } from './cache.ts';
import { must, run, start } from './processes.ts';
import { say } from './report.ts';

/** How many generated requests were answered as the document says, and how many mistakes were found. */
export interface Counts {
  passed: number;
  failed: number;
}

const version = 'schemathesis==4.32.5';
const minute = 60_000;
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
// Not among them: that what fits a schema is accepted (no schema can say which job is live), and what is about authentication
// (a local gateway has none).
const checks = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'unsupported_method',
  'allow_header_conformance',
];
/** Everything about the job that there is, then a little about any other. */
const rounds = [
  { config: ['--config-file', path('schemathesis.toml')], phases: 'examples,coverage,fuzzing', examples: 300 },
  { config: [], phases: 'fuzzing', examples: 10 },
];

/** What is read of schemathesis' report. */
interface Report {
  complete: boolean;
  test_cases: { generated: number; with_failures: number; errored: number };
  failures: { count: number }[];
  errors: { count: number }[];
}

/** Sends some ten thousand generated requests to a gateway that knows the job kube-test/tfjob-test, and prints what is not as documented. */
export async function runSchemathesis(baseUrl: string): Promise<Counts> {
  const python = await schemathesis();
  const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-schemathesis-'));
  const counts = { passed: 0, failed: 0 };
  try {
    for (const [index, round] of rounds.entries()) {
      const { passed, failed } = await runRound(python, baseUrl, round, join(folder, `${index}.json`));
      counts.passed += passed;
      counts.failed += failed;
    }
    return counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runRound(python: string, baseUrl: string, round: (typeof rounds)[number], file: string): Promise<Counts> {
  const { config, phases, examples } = round;
  const args = ['-m', 'schemathesis.cli', ...config, 'run', path('../../docs/openapi.yaml'), '--url', baseUrl, '--phases', phases];
  // One seed, so that a run can be repeated. One worker: Python 3.11 before 3.11.8 fails at times with more (CPython issue 106905).
  const bounds = ['--max-examples', String(examples), '--seed', process.env.SCHEMATHESIS_SEED ?? '1', '--workers', '1'];
  const output = ['--no-color', '--continue-on-failure', '--generation-database', 'none', '--report', 'json', '--report-json-path', file];
  // In a folder of its own, where it leaves what it remembers.
  const options = { cwd: dirname(file), timeout: 8 * minute };
  const { code, stdout, stderr } = await run(python, [...args, ...bounds, ...output, '--checks', checks.join()], options);
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as Report,
    () => undefined,
  );
  if (code !== 0) process.stdout.write(`${stdout}${stderr}`);
  // It ended without a report, or before its end.
  if (!report?.complete) return { passed: 0, failed: 1 };
  const failed = [...report.failures, ...report.errors].reduce((sum, { count }) => sum + count, 0);
  const { generated, with_failures, errored } = report.test_cases;
  return { passed: generated - with_failures - errored, failed: code === 0 ? failed : Math.max(1, failed) };
}

/** The Python of a venv that has schemathesis. */
async function schemathesis(): Promise<string> {
  const folder = await cached('schemathesis', version, async (unfinished) => {
    say(`installing ${version} into a venv (once)`);
    await must('python3', ['-m', 'venv', unfinished], { timeout: 5 * minute });
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', version];
    await must(join(unfinished, 'bin/python'), pip, { timeout: 5 * minute });
  });
  return join(folder, 'bin/python');
}

/** Builds the handlers and starts what `npm start` runs; ends it after `use`. */
async function withLocalGateway<Result>(use: (url: string) => Promise<Result>): Promise<Result> {
  await buildHandlers('dist', 'policies', 'dist-maps');
  const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-local-'));
  const [port] = await freePorts(1);
  const env = { ...process.env, PORT: String(port), WATCH: 'off', POWERTOOLS_METRICS_DISABLED: 'false' };
  const server = start(process.execPath, [path('../../local/start.ts')], join(folder, 'log'), env);
  const url = `http://127.0.0.1:${port}`;
  try {
    await server.until(async () => (await fetch(`${url}/version`)).ok);
    const result = await use(url);
    const { found } = await searchFiles([server.log]);
    if (found.length > 0) throw new Error(`npm start has printed a credential: ${found.join()}`);
    return result;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) {
  const [url] = process.argv.slice(2);
  const { passed, failed } = await (url === undefined ? withLocalGateway(runSchemathesis) : runSchemathesis(url));
  process.stdout.write(`schemathesis: ${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
