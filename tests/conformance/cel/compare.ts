import type { Answer, Outcome } from '../../../scripts/cel/line.ts';
import type { OracleAnswer } from './oracle.ts';

/** How two answers differ: from what would admit the wrong request to what only its author sees. */
export type Difference =
  | 'accepted that Kubernetes refuses'
  | 'refused that Kubernetes accepts'
  | 'an error on one side only'
  | 'value'
  | 'bytes that cel-go overwrote'
  | 'type'
  | 'cost'
  | 'error text'
  | 'compile error text';

/** The kinds in which a policy would decide otherwise than in Kubernetes. */
export const decisive: readonly Difference[] = ['an error on one side only', 'value'];

/** In what two answers to one question differ. Where Kubernetes has several answers, each of them is right. */
export function differences(kubernetes: OracleAnswer, ours: Answer): Difference[] {
  if (kubernetes.compileError !== undefined && ours.compileError !== undefined) {
    return kubernetes.compileError === ours.compileError ? [] : ['compile error text'];
  }
  if (kubernetes.compileError !== undefined) return ['accepted that Kubernetes refuses'];
  if (ours.compileError !== undefined) return ['refused that Kubernetes accepts'];
  const outcomes = [kubernetes, ...(kubernetes.also ?? [])];
  const isOneOrder = outcomes.length > 1 && outcomes.some(({ value }) => sortedText(value) === sortedText(ours.value));
  const found = outcomes.map((outcome) =>
    ofOutcome(isOneOrder ? { ...outcome, ...(ours.value !== undefined && { value: ours.value }) } : outcome, ours),
  );
  const [least = []] = found.sort((a, b) => weight(a) - weight(b));
  return kubernetes.type === ours.type ? least : ['type', ...least];
}

/** The characters of a value in one order: a map of ten keys has more orders than Kubernetes was asked for. */
const sortedText = (value = ''): string => [...value].sort().join('');

function ofOutcome(kubernetes: Outcome, ours: Outcome): Difference[] {
  const found: Difference[] = [];
  if ((kubernetes.error === undefined) !== (ours.error === undefined)) found.push('an error on one side only');
  else if (kubernetes.value !== ours.value) found.push(isOverwritten(kubernetes, ours) ? 'bytes that cel-go overwrote' : 'value');
  else if (kubernetes.error !== ours.error) found.push('error text');
  if (!isSameCost(kubernetes.cost, ours.cost)) found.push('cost');
  return found;
}

/**
 * Whether values differ in nothing but what is in bytes of the same length. cel-go joins bytes by Go's append, which may write behind those
 * that it joins: in a macro one step overwrites what the one before has made, and Kubernetes' own value is wrong.
 */
function isOverwritten({ value: kubernetes = '' }: Outcome, { value: ours = '' }: Outcome): boolean {
  const lengths = (value: string) => value.replace(/\bb[0-9a-f]*\b/g, (bytes) => 'b'.repeat(bytes.length));
  return lengths(kubernetes) === lengths(ours);
}

/** Beyond 2^53 a cost is no exact number here, and it is a thousand million times the limit. */
const isSameCost = (a: number | undefined, b: number | undefined): boolean => a === b || Math.min(a ?? 0, b ?? 0) > Number.MAX_SAFE_INTEGER;

const weight = (found: readonly Difference[]): number => found.reduce((sum, one) => sum + (decisive.includes(one) ? 10 : 1), 0);
