import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';
import type { Answer } from '../../../scripts/cel/line.ts';

const sources = new URL('../../../lib/cel/', import.meta.url);
const corpus = new URL('corpus/', import.meta.url);
/** Texts of several words that no recorded answer has, by what they begin with, and why. */
const notRecorded: Record<string, string> = {
  'no such attribute(s): ': 'kube-apiserver gives each variable a value',
  '@sortByAssociatedKeys() expected': 'the macro alone makes the call, with as many keys as elements',
  ', but got ': 'the end of the text before',
  'an expression with a regular expression needs': 'a mistake of the program: where it has no engine nothing asks for one',
  'duplicate capture group name': 'what the engine says and Kubernetes does not: it is asked again without the names',
  'precision ': 'Kubernetes writes as many digits as are asked for',
  'not a type: ': 'a mistake in the table of overloads',
  'not a signature: ': 'a mistake in the table of overloads',
  'bool int uint double': 'a list of names',
  'Any BoolValue BytesValue': 'a list of names',
  'as break const continue': 'a list of names',
};

/** The texts of several words in a module, each as its pieces between what is filled in. */
function textsOf(file: string): string[][] {
  const texts: string[][] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('type' in node && node.type === 'Literal' && 'value' in node && typeof node.value === 'string') texts.push([node.value]);
    if ('quasis' in node) texts.push((node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked));
    Object.values(node).forEach(walk);
  };
  walk(parseAst(readFileSync(new URL(file, sources), 'utf8'), { lang: 'ts' }));
  return texts.filter((pieces) => pieces.some((piece) => /[a-z)\]'] [a-z]|[a-z]{2,}:? $/i.test(piece)));
}

/** Whether the pieces stand in the text, in their order. */
function has(text: string, pieces: readonly string[]): boolean {
  let from = 0;
  for (const piece of pieces) {
    const at = text.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return true;
}

describe('what lib/cel says of a mistake', () => {
  const files = globSync('*.jsonl', { cwd: corpus });
  const answers = files.flatMap((file) => readFileSync(new URL(file, corpus), 'utf8').trimEnd().split('\n'));
  // What is wrong with a name of Kubernetes is a value.
  const said = answers.map((line) => JSON.parse(line) as Answer).map((one) => `${one.error}\n${one.compileError}\n${one.value}`);
  const texts = globSync('**/*.ts', { cwd: sources }).flatMap((file) => textsOf(file).map((pieces) => ({ file, pieces })));
  const missing = texts.filter(({ pieces }) => !said.some((text) => has(text, pieces)));
  const reasonOf = (pieces: readonly string[]) => Object.keys(notRecorded).find((beginning) => pieces.join('').startsWith(beginning));

  it('is recorded in the corpus, but for what is listed here', () => {
    expect(texts.length).toBeGreaterThan(100);
    expect(missing.filter(({ pieces }) => reasonOf(pieces) === undefined)).toEqual([]);
  });

  it('is listed here only where it is not recorded', () => {
    expect(new Set(missing.map(({ pieces }) => reasonOf(pieces)))).toEqual(new Set(Object.keys(notRecorded)));
  });
});
