/**
 * `node tests/lambda/start-packages.ts FOLDER [--record]`: every function of every package in it (tests/package-variants.ts) starts under AWS's
 * runtime client with what its template gives it, and answers an event of each of its doors. Says how long the first answer takes from the start
 * of the process (the quickest of them), and the most memory that it takes, beside those of the last release (docs/benchmarks/functions.json; --record writes it).
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { lambdaRuntimeClient } from '../../bench/tools.ts';
import { check, say, summary } from '../conformance/report.ts';
import { type Door, doors } from './doors.ts';
import { type FunctionOptions, type LambdaFunction, startFunction } from './runtime.ts';
import { environmentFor, holdsKey, startSurroundings } from './surroundings.ts';

/** A function as the template has it. */
interface Packaged {
  Handler: string;
  Timeout: number;
  MemorySize: number;
  Environment: { Variables: Record<string, unknown> };
}
/** Milliseconds to the first answer, and MiB. */
interface Figures {
  firstAnswer: number;
  peak: number;
}

const part = 'functions';
const record = new URL('../../docs/benchmarks/functions.json', import.meta.url);
const { positionals, values: options } = parseArgs({ allowPositionals: true, options: { record: { type: 'boolean' } } });
const [folder] = positionals;
if (!folder) throw new Error('say where the packages are');
const run = promisify(execFile);
const client = await lambdaRuntimeClient();
const around = await startSurroundings();
const unpacked = await mkdtemp(join(tmpdir(), 'tfjob-gateway-functions-'));
const figures = new Map<string, Figures>();
const names = (await readdir(folder)).filter((name) => /^variant-\d+$/.test(name)).sort((a, b) => Number(a.slice(8)) - Number(b.slice(8)));

try {
  for (const name of names) await startPackage(name, join(folder, name));
  check(
    part,
    'every function has started',
    Object.keys(doors)
      .filter((name) => !figures.has(name))
      .join() || undefined,
  );
  await report();
} finally {
  await Promise.all([around.close(), rm(unpacked, { recursive: true })]);
}
process.exitCode = summary(part);

async function startPackage(variant: string, packaged: string): Promise<void> {
  const template = JSON.parse(await readFile(join(packaged, 'cloudformation-template-update-stack.json'), 'utf8'));
  const isJwt = 'AuthorizerLambdaFunction' in template.Resources;
  say(variant);
  for (const [logicalId, { Type, Properties }] of Object.entries<{ Type: string; Properties: Packaged }>(template.Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const key = `${logicalId[0]?.toLowerCase()}${logicalId.slice(1).replace(/LambdaFunction$/, '')}`;
    const code = join(unpacked, variant, key);
    await run('python3', ['-m', 'zipfile', '-e', join(packaged, `${key}.zip`), code]);
    const environment = environmentFor(Properties.Environment.Variables, around);
    const { Handler: handler, Timeout: timeout, MemorySize: memoryMiB } = Properties;
    const itsDoors = await doors[key]?.({ around, environment, isJwt });
    const of = { folder: code, handler, timeout, memoryMiB, name: key, environment };
    const measured = itsDoors && (await answerAll(`${variant} ${key}`, of, itsDoors));
    if (!measured) check(part, key, 'there is no event for this function in doors.ts');
    else figures.set(key, best(figures.get(key) ?? measured, measured));
  }
}

/** The quickest start, which other work on this machine has disturbed least, and the most memory. */
function best(one: Figures, other: Figures): Figures {
  return { firstAnswer: Math.min(one.firstAnswer, other.firstAnswer), peak: Math.max(one.peak, other.peak) };
}

/** Gives a new instance an event of each door. */
async function answerAll(title: string, options: FunctionOptions, itsDoors: readonly Door[]): Promise<Figures> {
  const lambda = await startFunction(client, options);
  try {
    let firstAnswer = Number.NaN;
    for (const door of itsDoors) {
      check(part, `${title}: ${door.title}`, await lambda.invoke(door.event).then(door.mistake, (error: Error) => error.message));
      firstAnswer ||= performance.now() - lambda.startedAt;
    }
    return { firstAnswer, peak: await checkProcess(title, lambda, options) };
  } finally {
    await lambda.stop();
  }
}

async function checkProcess(title: string, lambda: LambdaFunction, { memoryMiB = 0 }: FunctionOptions): Promise<number> {
  check(part, `${title} prints no key`, holdsKey(lambda.printed()) ? 'a key was printed' : undefined);
  // A process that has ended has none.
  const peak = await lambda.peakMiB().catch(() => Number.NaN);
  check(part, `${title} fits into its memory`, peak < memoryMiB ? undefined : `${peak} MiB of ${memoryMiB}`);
  return peak;
}

function rounded(): Record<string, Figures> {
  const entries = [...figures].map(([name, { firstAnswer, peak }]) => [
    name,
    { firstAnswer: Math.round(firstAnswer), peak: Math.round(peak) },
  ]);
  return Object.fromEntries(entries);
}

async function report(): Promise<void> {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  const now = { version, machine: `${cpus().length} × ${cpus()[0]?.model}`, functions: rounded() };
  const last = JSON.parse(await readFile(record, 'utf8')) as typeof now;
  say(`last release: ${last.version}, on ${last.machine}; now on ${now.machine}`);
  for (const [name, { firstAnswer, peak }] of figures) {
    const { firstAnswer: lastAnswer = Number.NaN, peak: lastPeak = Number.NaN } = last.functions[name] ?? {};
    say(
      `${name.padEnd(18)} first answer ${firstAnswer.toFixed(0)} ms (${lastAnswer.toFixed(0)}), peak ${peak.toFixed(0)} MiB (${lastPeak.toFixed(0)})`,
    );
  }
  if (options.record) await writeFile(record, `${JSON.stringify(now, undefined, 2)}\n`);
}
