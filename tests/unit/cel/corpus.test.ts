import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerLine } from '../../../scripts/cel/answer.ts';
import type { Answer } from '../../../scripts/cel/line.ts';

const folder = new URL('corpus/', import.meta.url);
/** Expressions whose answer is meant to differ, or is known to: by topic, each with the reason. */
type Known = Record<string, { reason: string; expressions: string[] }[]>;
const known = JSON.parse(readFileSync(new URL('known-differences.json', folder), 'utf8')) as Known;

const pick = ({ type, value, error, compileError, cost }: Answer) => ({ type, value, error, compileError, cost });

/** Whether an answer is the recorded one, and if not, both. */
function compare(line: string): { expr: string; kubernetes: object; ours: object } | undefined {
  const recorded = JSON.parse(line) as Answer;
  const answer = answerLine(line);
  const [kubernetes, ours] = [pick(recorded), 'mistake' in answer ? answer : pick(answer)];
  return JSON.stringify(kubernetes) === JSON.stringify(ours) ? undefined : { expr: recorded.expr, kubernetes, ours };
}

describe('lib/cel answers as Kubernetes does, with its type, value, error text, position and cost', () => {
  const files = globSync('*.jsonl', { cwd: folder }).sort();

  it('on at least 1,500 recorded expressions', () => {
    const lines = files.flatMap((file) => readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n'));
    expect(lines.length).toBeGreaterThan(1500);
    const page = readFileSync(new URL('../../../docs/cel.md', import.meta.url), 'utf8');
    expect(page).toContain(`every kind of mistake | ${lines.length.toLocaleString('en')} |`);
    const all = new Set(lines.map((line) => (JSON.parse(line) as Answer).expr));
    for (const expression of Object.values(known).flatMap((entries) => entries.flatMap(({ expressions }) => expressions)))
      expect(all).toContain(expression);
  });

  it.each(files)('%s', (file) => {
    const entries = known[basename(file, '.jsonl')] ?? [];
    const listed = new Set(entries.flatMap(({ expressions }) => expressions));
    const lines = readFileSync(new URL(file, folder), 'utf8').trimEnd().split('\n');
    const different = lines.map(compare).filter((one) => one !== undefined);
    expect(different.filter(({ expr }) => !listed.has(expr))).toEqual([]);
    // What is listed but alike now is to be taken from the list.
    const stillDifferent = new Set(different.map(({ expr }) => expr));
    expect([...listed].filter((expr) => !stillDifferent.has(expr))).toEqual([]);
  });
});
