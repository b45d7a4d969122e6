import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Answer, Outcome } from '../../../scripts/cel/line.ts';

/** What Kubernetes says of a line. */
export interface OracleAnswer extends Answer {
  /** cel-go panicked while it compiled: kube-apiserver would answer 500, and there is no right answer. */
  panic?: string;
  /** What further evaluations gave (a question with `repeat`): Go walks maps in random order. */
  also?: Outcome[];
  /** The overloads that it calls, where `-overloads` asks for them. */
  overloads?: string[];
}

/**
 * Asks the Go program (tools.ts builds it) in the background, through files in `folder`, so that nobody waits for a pipe.
 * @param questions texts of JSON, without line breaks.
 * @returns the answers, in the order of the questions. Throws with what it said where it fails.
 */
export async function askOracle<A = OracleAnswer>(
  binary: string,
  questions: readonly string[],
  folder: string,
  flags: readonly string[] = [],
): Promise<A[]> {
  const name = join(folder, `cel-${Math.random().toString(36).slice(2)}`);
  await writeFile(`${name}.questions`, `${questions.join('\n')}\n`);
  const [input, output, said] = await Promise.all([open(`${name}.questions`), open(`${name}.answers`, 'w'), open(`${name}.errors`, 'w')]);
  try {
    const child = spawn(binary, flags, { env: { ...process.env, GOGC: '400' }, stdio: [input.fd, output.fd, said.fd] });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`the CEL oracle ended with ${code}: ${(await readFile(`${name}.errors`, 'utf8')).slice(0, 2000)}`);
  } finally {
    await Promise.all([input.close(), output.close(), said.close()]);
  }
  const answers: A[] = [];
  for await (const line of createInterface({ input: createReadStream(`${name}.answers`) })) answers.push(JSON.parse(line) as A);
  await Promise.all(['questions', 'answers', 'errors'].map((suffix) => rm(`${name}.${suffix}`)));
  if (answers.length !== questions.length)
    throw new Error(`the CEL oracle gave ${answers.length} answers to ${questions.length} questions`);
  return answers;
}
