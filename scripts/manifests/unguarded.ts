import type { ValidatingAdmissionPolicySpec } from '../../lib/policy/manifests.ts';
import { withoutLiterals } from './expressions.ts';
import type { Raw } from './manifests.ts';
import type { Path } from './mistakes.ts';

/** An expression that reads a label or an annotation without asking first whether it is there: what it reads, and what to ask. */
export interface UnguardedRead {
  readonly path: Path;
  readonly reads: string;
  readonly ask: string;
}

/** An expression and where it stands. */
interface Located {
  readonly path: Path;
  readonly text: string;
}

// Where a step to the map is optional (`metadata.?labels`), the text is another.
const map = '\\b((?:object|oldObject)\\.metadata\\.(?:labels|annotations))';
const mapRead = new RegExp(`${map}\\b`, 'g');
const keyRead = new RegExp(`${map}(?:\\[\\s*('[^']*'|"[^"]*")\\s*\\]|\\.(\\w+)\\b(?!\\())`, 'g');

/**
 * Where a policy reads labels or annotations unguarded: both maps may be absent, and each of their keys; to read what is not there is an
 * error, which failurePolicy Fail makes a denial (kubernetes#118230). A guard is found by its text, in the expression itself or in a
 * match condition, so what guards in another way is told all the same.
 */
export function unguardedReads(spec: Raw<ValidatingAdmissionPolicySpec>): UnguardedRead[] {
  const located = expressionsOf(spec);
  const conditions = located.filter(({ path }) => path[1] === 'matchConditions').map(({ text }) => text);
  return located.flatMap(({ path, text }) => {
    const guards = [text, ...conditions].join('\n');
    const read = new Set([...withoutLiterals(text).matchAll(mapRead)].map(([, name = '']) => name));
    const absent = [...read].filter((name) => !new RegExp(`has\\(\\s*${escaped(name)}\\s*\\)`).test(guards));
    const keys = unguardedKeys(text, guards).filter(({ reads }) => !absent.some((name) => reads.startsWith(`${name}[`)));
    return [...absent.map((name) => ({ reads: name, ask: `has(${name})` })), ...keys].map((found) => ({ path, ...found }));
  });
}

/** The expressions of a policy, and where each stands. */
export function expressionsOf({
  variables = [],
  matchConditions = [],
  validations = [],
  auditAnnotations = [],
}: Raw<ValidatingAdmissionPolicySpec>) {
  const of = (list: string, name: string, texts: readonly (string | undefined)[]): Located[] =>
    texts.flatMap((text, index) => (text ? [{ path: ['spec', list, index, name], text }] : []));
  return [
    ...of(
      'matchConditions',
      'expression',
      matchConditions.map(({ expression }) => expression),
    ),
    ...of(
      'variables',
      'expression',
      variables.map(({ expression }) => expression),
    ),
    ...of(
      'validations',
      'expression',
      validations.map(({ expression }) => expression),
    ),
    ...of(
      'validations',
      'messageExpression',
      validations.map(({ messageExpression }) => messageExpression),
    ),
    ...of(
      'auditAnnotations',
      'valueExpression',
      auditAnnotations.map(({ valueExpression }) => valueExpression),
    ),
  ];
}

function unguardedKeys(text: string, guards: string): Omit<UnguardedRead, 'path'>[] {
  const found = new Map<string, Omit<UnguardedRead, 'path'>>();
  for (const [, name = '', quoted, member] of text.matchAll(keyRead)) {
    const key = quoted?.slice(1, -1) ?? member ?? '';
    const within = new RegExp(`['"]${escaped(key)}['"]\\s+in\\s+${escaped(name)}\\b`);
    const has = new RegExp(`has\\(\\s*${escaped(name)}\\.${escaped(key)}\\s*\\)`);
    if (!within.test(guards) && !has.test(guards)) found.set(`${name}${key}`, { reads: `${name}['${key}']`, ask: `'${key}' in ${name}` });
  }
  return [...found.values()];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
