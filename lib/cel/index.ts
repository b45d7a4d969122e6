import { admissionEnvironment, type Environment } from './environment.ts';
import { CompileError, EvaluationError } from './errors.ts';
import type { Value } from './values.ts';

export { canon } from './canon.ts';
export type { Library, Overload } from './overload.ts';
export { fromJson, type Value } from './values.ts';
export { admissionEnvironment, CompileError, type Environment, EvaluationError };

/** The values of the variables, by name: `object`, `request`, … What is undefined is an error when an expression reads it. */
export type Activation = Readonly<Record<string, Value | undefined>>;

/** A compiled expression. */
export interface Program {
  /** The type of its value, as cel-go prints it: `list(string)`. */
  readonly outputType: string;
  /**
   * Evaluates it. Throws EvaluationError with Kubernetes' message, also where the cost passes `costLimit` (Kubernetes' 1,000,000 unless
   * given).
   */
  evaluate(activation: Activation, options?: { costLimit?: number }): { value: Value; cost: number };
}

/** Compiles an expression for an environment, by default Kubernetes' for admission. Throws CompileError with Kubernetes' message. */
export function compile(_expression: string, _environment: Environment = admissionEnvironment()): Program {
  throw new CompileError('not yet');
}
