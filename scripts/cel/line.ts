import type { Json } from '../../lib/json/json.ts';

/** One question: an expression and what the variables of a policy hold. `variables` are those of the policy itself, in their order. */
export interface Line {
  expr: string;
  object?: Json;
  oldObject?: Json;
  params?: Json;
  request?: Json;
  variables?: { name: string; expression: string }[];
}

/** What evaluating gave, in the notation of `canon`, and what it has cost by Kubernetes' account. */
export interface Outcome {
  value?: string;
  error?: string;
  cost?: number;
}

/** The answer to a line: a compile error, or a type and the outcome. The Go program of the conformance suite gives the same. */
export interface Answer extends Outcome {
  expr: string;
  compileError?: string;
  type?: string;
}
