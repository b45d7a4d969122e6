/**
 * `npm run cel`: reads lines of JSON, `{expr, object?, oldObject?, params?, request?, variables?}`, and says of each what lib/cel says of the
 * expression: `{expr, type?, value?, error?, compileError?, cost?}`. docs/cel.md says how to ask Kubernetes the same.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { answerLine } from './cel/answer.ts';

/** Answers every line of `input`; the number of lines that are no questions, each of which is answered with an error. */
async function answerAll(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<number> {
  let mistakes = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const answer = answerLine(line);
    if ('mistake' in answer) mistakes += 1;
    const written = 'mistake' in answer ? { error: answer.mistake } : answer;
    if (!output.write(`${JSON.stringify(written)}\n`)) await once(output, 'drain');
  }
  return mistakes;
}

// `| head` has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
const mistakes = await answerAll(process.stdin, process.stdout);
if (mistakes > 0) {
  console.error(`${mistakes} ${mistakes === 1 ? 'line is no question' : 'lines are no questions'}`);
  process.exitCode = 1;
}
