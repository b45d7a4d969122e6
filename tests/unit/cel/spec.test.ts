import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { answerLine } from '../../../scripts/cel/answer.ts';
import type { Answer } from '../../../scripts/cel/line.ts';
import { specExpressions, specId } from '../../cel-spec.ts';

/** `several` where Kubernetes has more than one answer, or none: cel-go walks maps in random order, and panics on one expression. */
type Recorded = Answer & { id: string; several?: true };
const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const recorded = new Map(
  read('cel-spec.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded)
    .map((answer) => [answer.id, answer]),
);
const known = JSON.parse(read('cel-spec-known-differences.json')) as { reason: string; expressions: string[] }[];

const pick = ({ type, value, error, compileError, cost }: Answer) => JSON.stringify({ type, value, error, compileError, cost });
const isAlike = (expr: string): boolean => {
  const kubernetes = recorded.get(specId(expr)) as Recorded;
  const answer = answerLine(JSON.stringify({ expr }));
  return kubernetes.several || (!('mistake' in answer) && pick(answer) === pick(kubernetes));
};

it("the CEL project's expressions are answered as Kubernetes answers them, but for those listed", () => {
  const expressions = specExpressions();
  expect(expressions.filter((expr) => !recorded.has(specId(expr)))).toEqual([]);
  const listed = known.flatMap((entry) => entry.expressions);
  expect(expressions.filter((expr) => !isAlike(expr)).sort()).toEqual(listed.sort());
  const compiling = [...recorded.values()].filter(({ compileError, several }) => compileError === undefined && !several);
  expect(compiling.length).toBeGreaterThan(1200);
  const differing = compiling.filter(({ id }) => listed.some((expr) => specId(expr) === id));
  expect(1 - differing.length / compiling.length).toBeGreaterThanOrEqual(0.998);
});
