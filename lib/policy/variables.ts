import { type Activation, CelError, CompileError, EvaluationError, Opaque, type Result } from '../cel/index.ts';
import type { Expression } from './compile-policy.ts';
import type { Observation } from './evaluate.ts';

/** The name of the type of `variables` (apiserver's admission/plugin/cel/composition.go). */
export const variablesType = 'kubernetes.variables';

/** A policy's variables, each evaluated when it is first read and once for all expressions of a round. */
export class Variables extends Opaque {
  override readonly typeName = variablesType;
  readonly #expressions: ReadonlyMap<string, Expression>;
  readonly #activation: Activation;
  readonly #observe: ((observation: Observation) => void) | undefined;
  readonly #values = new Map<string, Result>();
  #cost = 0;

  constructor(expressions: ReadonlyMap<string, Expression>, activation: Activation, observe?: (observation: Observation) => void) {
    super();
    this.#expressions = expressions;
    this.#activation = { ...activation, variables: this };
    this.#observe = observe;
  }

  /** What the variables cost that were evaluated since this was last asked. */
  takeCost(): number {
    const cost = this.#cost;
    this.#cost = 0;
    return cost;
  }

  override select(name: string): Result | undefined {
    const known = this.#values.get(name);
    if (known !== undefined) return known;
    const expression = this.#expressions.get(name);
    if (!expression) return undefined;
    const value = this.#evaluate(name, expression);
    this.#values.set(name, value);
    return value;
  }

  override equals(other: unknown): boolean {
    return other === this;
  }

  override toString(): string {
    return 'variables';
  }

  #evaluate(name: string, expression: Expression): Result {
    const { program } = expression;
    if (program instanceof CompileError) return new CelError(`composited variable "${name}" fails to compile: ${program.message}`);
    try {
      const { value, cost } = program.evaluate(this.#activation);
      this.#cost += cost;
      this.#observe?.({ expression, value, cost });
      return value;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      this.#cost += error.cost;
      this.#observe?.({ expression, error: error.message, cost: error.cost });
      return new CelError(`composited variable "${name}" fails to evaluate: ${error.message}`);
    }
  }
}
