/**
 * lib/cel beside Kubernetes on generated expressions, the same ones in each run, so that what passed passes again. Runnable alone:
 * `npx node tests/conformance/cel/suite.ts`; CONFORMANCE_SEED and CONFORMANCE_EXPRESSIONS choose what is asked, and
 * CONFORMANCE_DIFFERENCES names a file for all differences.
 */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answerLine } from '../../../scripts/cel/answer.ts';
import type { Answer } from '../../../scripts/cel/line.ts';
import { check, say, summary } from '../report.ts';
import { celOracle } from '../tools.ts';
import { type Difference, decisive, differences } from './compare.ts';
import { questions } from './generate/questions.ts';
import { askOracle, type OracleAnswer } from './oracle.ts';
import { recordCorpus, staleFiles } from './record.ts';

const expressions = Number(process.env.CONFORMANCE_EXPRESSIONS ?? 100_000);
const seedCount = 5;
/** Of all generated expressions: how many may differ in each way. Values and the presence of errors may not differ at all. */
const mostOf: Partial<Record<Difference, number>> = {
  'bytes that cel-go overwrote': 0.0001,
  'accepted that Kubernetes refuses': 0.001,
  'refused that Kubernetes accepts': 0.001,
  type: 0.001,
  cost: 0.01,
  'error text': 0.01,
  'compile error text': 0.01,
};
/** How often a line is asked again whose answers differ: Go walks maps in random order, so Kubernetes may have several. */
const repeat = 100;

/** A question that was answered in two ways. */
interface Disagreement {
  question: string;
  kubernetes: OracleAnswer;
  ours: Answer;
  found: Difference[];
}
/** What came of the lines of some seeds. */
interface Tally {
  asked: number;
  /** How many Kubernetes answered with a value, an error or a compile error, and on how many cel-go panicked. */
  kinds: Record<string, number>;
  disagreements: Disagreement[];
}

/** Asks Kubernetes and lib/cel generated expressions, and checks that the answers are alike and that the recorded ones are still right. */
async function celSuite(folder: string): Promise<void> {
  const binary = await celOracle();
  await checkRecords(binary, folder);
  const first = Number(process.env.CONFORMANCE_SEED ?? 1);
  const seeds = Array.from({ length: seedCount }, (_, index) => first + index);
  say(`cel: ${expressions} generated expressions, seeds ${seeds.join(', ')}`);
  const tally: Tally = { asked: 0, kinds: {}, disagreements: [] };
  for (const seed of seeds) await compareSeed(binary, folder, seed, tally);
  report(tally);
}

async function checkRecords(binary: string, folder: string): Promise<void> {
  const recorded = await recordCorpus(binary, folder);
  const mistakes = [...recorded.mistakes, ...(await staleFiles(recorded)).map((name) => `${name} is stale`)];
  check('cel', `${recorded.expressions} recorded answers are Kubernetes', and every overload is called`, mistakes.join('\n') || undefined);
}

/** Adds what the expressions of one seed show to a tally. Kubernetes answers in a process of its own meanwhile. */
async function compareSeed(binary: string, folder: string, seed: number, tally: Tally, count = expressions / seedCount): Promise<void> {
  const lines = [...questions(seed, count)];
  const asked = askOracle(binary, lines, folder);
  // A failure of the oracle is reported below, where it is awaited.
  asked.catch(() => undefined);
  const ours: Answer[] = [];
  for (const [index, line] of lines.entries()) {
    ours.push(answerOf(line));
    // The oracle's start and its end need a turn.
    if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const kubernetes = await asked;
  tally.asked += lines.length;
  for (const answer of kubernetes) {
    const kind = answer.panic
      ? 'panic'
      : answer.compileError !== undefined
        ? 'compile error'
        : answer.error !== undefined
          ? 'error'
          : 'value';
    tally.kinds[kind] = (tally.kinds[kind] ?? 0) + 1;
  }
  const different = lines.flatMap((question, index) => {
    const [theirs, answer] = [kubernetes[index] as OracleAnswer, ours[index] as Answer];
    return theirs.panic || differences(theirs, answer).length === 0 ? [] : [{ question, ours: answer }];
  });
  if (different.length === 0) return;
  const again = await askOracle(
    binary,
    different.map(({ question }) => question.replace(/}$/, `,"repeat":${repeat}}`)),
    folder,
  );
  for (const [index, one] of different.entries()) {
    const theirs = again[index] as OracleAnswer;
    const found = differences(theirs, one.ours);
    if (found.length > 0) tally.disagreements.push({ ...one, kubernetes: theirs, found });
  }
}

/** A failure of the engine that is no answer is one that nobody may overlook. */
function answerOf(line: string): Answer {
  try {
    const answer = answerLine(line);
    if ('mistake' in answer) throw new Error(answer.mistake);
    return answer;
  } catch (error) {
    return { expr: line, value: `lib/cel failed: ${(error as Error).stack}` };
  }
}

function report({ asked, kinds, disagreements }: Tally): void {
  const values = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
  say(`cel: Kubernetes answered ${asked} expressions with ${values.sort().join(', ')}`);
  const file = process.env.CONFORMANCE_DIFFERENCES;
  if (file) writeFileSync(file, disagreements.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const differing = (kind: Difference) => disagreements.filter(({ found }) => found.includes(kind));
  for (const kind of decisive) checkKind(kind, differing(kind), 0, asked);
  for (const [kind, share] of Object.entries(mostOf)) checkKind(kind as Difference, differing(kind as Difference), share * asked, asked);
}

function checkKind(kind: Difference, differing: readonly Disagreement[], most: number, asked: number): void {
  const title = `${differing.length} of ${asked} differ: ${kind} (at most ${most})`;
  say(`cel: ${title}`);
  const shown = differing
    .slice(0, 5)
    .map(({ question, kubernetes, ours }) =>
      [question, kubernetes, ours].map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join('\n  '),
    );
  check('cel', title, differing.length > most ? shown.join('\n') : undefined);
}

if (import.meta.main) {
  const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-cel-'));
  try {
    await celSuite(folder);
    process.exitCode = summary('cel');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
