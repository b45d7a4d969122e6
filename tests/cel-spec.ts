import { createHash } from 'node:crypto';
import { tests as checking } from '@bufbuild/cel-spec/testdata/checking.js';
import { tests as comprehension } from '@bufbuild/cel-spec/testdata/comprehension.js';
import { tests as conformance } from '@bufbuild/cel-spec/testdata/conformance.js';
import { tests as parsing } from '@bufbuild/cel-spec/testdata/parsing.js';
import type { SerializedIncrementalTestSuite } from '@bufbuild/cel-spec/testdata/tests.js';

const ofSuite = ({ suites = [], tests = [] }: SerializedIncrementalTestSuite): string[] => [
  ...tests.map(({ original }) => original.expr),
  ...suites.flatMap(ofSuite),
];

/** The expressions of the CEL project's conformance tests and of cel-go's own for its parser, checker and macros, each once. */
export function specExpressions(): string[] {
  return [...new Set([conformance, parsing, checking, comprehension].flatMap(ofSuite))];
}

/** Names an expression in the record of answers, which does not repeat it. */
export const specId = (expression: string): string => createHash('sha256').update(expression).digest('hex').slice(0, 12);
