import { admissionEnvironment } from './admission.ts';
import { Stopped, WorkExceeded, withBudget } from './budget.ts';
import { check } from './checker.ts';
import type { Environment } from './environment.ts';
import { CompileError, EvaluationError, UndecidedError } from './errors.ts';
import { Frame, type Step } from './frame.ts';
import { parse } from './parser.ts';
import { type Planned, plan } from './plan.ts';
import { Problems } from './source.ts';
import { nodesOf } from './syntax.ts';
import { printType, type Type } from './types.ts';
import { validate } from './validate.ts';
import { CelError, type Result, type Value } from './values.ts';

export { admissionEnvironment } from './admission.ts';
export { canon } from './canon.ts';
export type { Environment } from './environment.ts';
export { CompileError, EvaluationError, UndecidedError } from './errors.ts';
export { fromJson, fromRequest } from './from-json.ts';
export { type Authorize, Authorizer, ResourceCheck } from './libraries/authorizer.ts';
export { type RegexEngine, regexFunctions } from './libraries/regex.ts';
export type { Library, Overload } from './overload.ts';
export { dyn, type Type } from './types.ts';
export { CelError, type Result, type Value } from './values.ts';
export { Variables } from './variables.ts';

/** The values of the variables, by name: `object`, `request`, … What is undefined is an error when an expression reads it. */
export type Activation = Readonly<Record<string, Value | undefined>>;

/** A compiled expression. */
export interface Program {
  /** The type of its value, as cel-go prints it: `list(string)`. */
  readonly outputType: string;
  /** The same type, for the environment of expressions that read this one as a variable. */
  readonly type: Type;
  /**
   * Evaluates it. Throws EvaluationError with Kubernetes' message, also where the cost passes `costLimit` (Kubernetes' 1,000,000 unless
   * given), and UndecidedError where a limit of our own ends it.
   */
  evaluate(activation: Activation, options?: { costLimit?: number }): { value: Value; cost: number };
}

/** Kubernetes' limit on the cost of one expression. */
export const perCallLimit = 1_000_000;

/** Compiles an expression for an environment, by default Kubernetes' for admission. Throws CompileError with Kubernetes' message. */
export function compile(expression: string, environment: Environment = defaultEnvironment()): Program {
  const problems = new Problems(expression);
  const { planned, type } = bounded(problems, () => {
    const node = parse(expression, problems);
    problems.throwIfAny();
    const nodes = nodesOf(node);
    const type = check(nodes, environment.scope, problems);
    problems.throwIfAny();
    validate(nodes, problems);
    problems.throwIfAny();
    return { planned: plan(node, environment.scope), type };
  });
  return { outputType: printType(type), type, evaluate: (activation, options) => evaluate(planned, activation, options?.costLimit) };
}

/**
 * Compiles within the budget of an evaluation, for constants are evaluated while it is planned. The parser's limits keep an expression
 * within the stack, unless who compiles it has used most of that.
 */
function bounded<T>(problems: Problems, run: () => T): T {
  try {
    return withBudget(run);
  } catch (error) {
    if (error instanceof Stopped) throw new CompileError(`program instantiation failed: ${error.message}`);
    if (!(error instanceof RangeError)) throw error;
    problems.add(-1, 'max recursion depth exceeded');
    return problems.fail();
  }
}

let known: Environment | undefined;
function defaultEnvironment(): Environment {
  known ??= admissionEnvironment();
  return known;
}

function evaluate({ step, variables, slots }: Planned, activation: Activation, limit = perCallLimit): { value: Value; cost: number } {
  const frame = new Frame(slots, limit);
  for (const [name, slot] of variables) frame.slots[slot] = activation[name];
  const value = run(frame, step);
  if (value instanceof CelError) throw new EvaluationError(value.message, frame.cost);
  return { value, cost: frame.cost };
}

/** Evaluates within the limits. Values that are nested too deep for the stack end it as our own limit does. */
function run(frame: Frame, step: Step): Result {
  try {
    return withBudget(() => step(frame));
  } catch (error) {
    const limit = error instanceof RangeError ? new WorkExceeded() : error;
    if (limit instanceof WorkExceeded) throw new UndecidedError(limit.message, frame.cost);
    if (limit instanceof Stopped) return new CelError(limit.message);
    throw limit;
  }
}
