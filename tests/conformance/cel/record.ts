/**
 * `npx node tests/conformance/cel/record.ts`: asks Kubernetes the lists of expressions/ and writes its answers to tests/unit/cel/corpus, which
 * unit tests compare lib/cel with. With `--check` it writes nothing and fails where a recorded answer is not Kubernetes'.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { specExpressions, specId } from '../../cel-spec.ts';
import { must } from '../processes.ts';
import { celOracle } from '../tools.ts';
import { lists } from './list.ts';
import { askOracle, type OracleAnswer } from './oracle.ts';

const corpus = new URL('../../unit/cel/corpus/', import.meta.url);
// What may walk a map is asked often enough that an answer that hangs on the order of its keys shows.
const repeat = 8;
/** Go prints messages with one space or two, at random, so that nobody relies on it. */
const randomText = /dynamicpb\.Message/;
/** Some of the CEL project's expressions find one of many entries. */
const repeatSpec = 150;
const mayWalkMap = /(?:[{]|object|params|request).*(?:\.(?:all|exists\w*|map|filter|transform\w+)\(|format)/is;
/** Overloads that an expression cannot call by a name: macros do, or the evaluator itself. */
const internal = new Set(['@mapInsert_map_key_value', '@mapInsert_map_map', '__not_strictly_false__', 'not_strictly_false']);

type Question = Pick<OracleAnswer, 'expr'>;
interface Recorded {
  mistakes: string[];
  files: Map<string, string>;
  expressions: number;
}

/** The corpus as it should be, by file name, and what is wrong with the lists: overloads that none calls, answers that change. */
export async function recordCorpus(binary: string, folder: string): Promise<Recorded> {
  const called = new Set<string>();
  const result: Recorded = { mistakes: [], files: new Map(), expressions: 0 };
  for (const [topic, questions] of lists()) {
    const answers = await askOracle(
      binary,
      questions.map((question) => repeatedly(question, repeat)),
      folder,
      ['-overloads'],
    );
    for (const { overloads } of answers) for (const id of overloads ?? []) called.add(id);
    result.mistakes.push(...answers.flatMap((answer) => mistakeOf(topic, answer)));
    result.files.set(
      `${topic}.jsonl`,
      questions.map((question, index) => `${recorded(question, answers[index] as OracleAnswer)}\n`).join(''),
    );
    result.expressions += questions.length;
  }
  result.files.set('../cel-spec.jsonl', await recordSpec(binary, folder));
  const all = (await must(binary, ['-list'])).trim().split('\n');
  result.mistakes.push(...all.filter((id) => !called.has(id) && !internal.has(id)).map((id) => `no expression calls the overload ${id}`));
  return result;
}

/** The answers to the CEL project's expressions, without those of which Kubernetes has no single one. */
async function recordSpec(binary: string, folder: string): Promise<string> {
  const questions = specExpressions().map((expr) => repeatedly(JSON.stringify({ expr }), repeatSpec));
  const answers = await askOracle(binary, questions, folder);
  const lines = answers.map(({ expr, also, panic, ...answer }) => ({
    id: specId(expr),
    ...(also || panic || randomText.test(answer.error ?? '') ? { several: true } : answer),
  }));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** A question that shows whether Kubernetes has more than one answer to it. */
function repeatedly(question: string, times: number): string {
  const { expr } = JSON.parse(question) as Question;
  return mayWalkMap.test(expr) ? question.replace(/}$/, `,"repeat":${times}}`) : question;
}

function mistakeOf(topic: string, { expr, also, panic }: OracleAnswer): string[] {
  if (panic) return [`${topic}: cel-go panics on ${expr}`];
  return also ? [`${topic}: Kubernetes has several answers to ${expr}`] : [];
}

/** The question with its answer behind it, as one line. */
function recorded(question: string, { expr: _, overloads: __, ...answer }: OracleAnswer): string {
  return `${question.slice(0, -1)},${JSON.stringify(answer).slice(1)}`;
}

/** Which recorded files are not what Kubernetes says now. */
export async function staleFiles({ files }: Recorded): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, text] of files) if ((await readFile(new URL(name, corpus), 'utf8').catch(() => '')) !== text) stale.push(name);
  return stale;
}

if (import.meta.main) {
  const folder = await mkdtemp(join(tmpdir(), 'tfjob-gateway-cel-'));
  try {
    const made = await recordCorpus(await celOracle(), folder);
    const check = process.argv.includes('--check');
    if (check) made.mistakes.push(...(await staleFiles(made)).map((name) => `${name} is not what Kubernetes says: record it again`));
    else for (const [name, text] of made.files) await writeFile(new URL(name, corpus), text);
    process.stdout.write(
      `${made.expressions} expressions in ${made.files.size} files\n${made.mistakes.map((mistake) => `${mistake}\n`).join('')}`,
    );
    process.exitCode = made.mistakes.length > 0 ? 1 : 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
