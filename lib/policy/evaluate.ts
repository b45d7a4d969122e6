import {
  type Activation,
  CelError,
  CompileError,
  EvaluationError,
  type Program,
  type Result,
  UndecidedError,
  type Value,
  Variables,
} from '../cel/index.ts';
import type { Activations } from './activation.ts';
import type { CompiledPolicy, Expression } from './compile-policy.ts';
import type { Validation } from './manifests.ts';

/** Kubernetes' limits, in its units of cost (apiserver's pkg/apis/cel/config.go). */
const conditionsBudget = 2_500_000;
const evaluationBudget = 10_000_000;
const maxMessageBytes = 5 * 1024;
const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** What a policy says of one update with one parameter. An admission that is due to an error under failurePolicy Ignore is an error as well. */
export interface Decision {
  isDenied: boolean;
  isError: boolean;
  message: string;
  reason: Validation['reason'];
}
/** An audit annotation; `error` denies where failurePolicy is Fail. */
export interface AnnotationResult {
  key: string;
  value?: string;
  error?: string;
}
export interface Evaluated {
  decisions: Decision[];
  annotations: AnnotationResult[];
}

/** What came of one expression, for whoever explains a verdict. */
export interface Observation {
  expression: Expression;
  /** The name of the variable, where it is one. */
  variable?: string | undefined;
  value?: Value;
  error?: string;
  cost: number;
}
/** What evaluation needs beside the policy. */
export interface Input extends Activations {
  /** Takes the cost of what was evaluated; throws where the whole request may cost no more. */
  charge(cost: number): void;
  observe?: ((observation: Observation) => void) | undefined;
}

/** One expression's result; an error is told with Kubernetes' words. */
type Outcome = { value: Value } | { error: string };
/** A budget is used up: what is evaluated no further. */
class OutOfBudget extends Error {}

/**
 * Evaluates a policy for one update and one parameter as apiserver's validator does: conditions, validations, their messages, then audit
 * annotations. Errors are decided by failurePolicy. Throws what `charge` throws, UndecidedError, and faults of the engine, which are denials to whoever
 * calls this.
 */
export function evaluatePolicy(compiled: CompiledPolicy, input: Input): Evaluated {
  const isIgnored = compiled.policy.spec.failurePolicy === 'Ignore';
  const failed = (message: string): Evaluated => ({ decisions: [errorDecision(message, isIgnored)], annotations: [] });
  const condition = conditionOf(compiled, input);
  if ('error' in condition) return failed(condition.error);
  if (!condition.holds) return { decisions: [], annotations: [] };
  try {
    const budget = { left: evaluationBudget };
    const results = new Round(compiled, input, input.activation, budget).all(compiled.validations);
    const decisions = decide(compiled, results, messagesOf(compiled, input, budget), isIgnored);
    if (compiled.annotations.length === 0) return { decisions, annotations: [] };
    const annotations = new Round(compiled, input, input.withoutAuthorizer, { left: evaluationBudget }).all(compiled.annotations);
    return {
      decisions,
      annotations: annotations.map((outcome, index) => annotationOf(compiled.annotations[index]?.of.key ?? '', outcome, isIgnored)),
    };
  } catch (error) {
    if (error instanceof OutOfBudget) return failed(error.message);
    throw error;
  }
}

/** Whether all conditions hold. One that is false settles it, whatever errors the others have. */
function conditionOf(compiled: CompiledPolicy, input: Input): { holds: boolean } | { error: string } {
  if (compiled.conditions.length === 0) return { holds: true };
  try {
    const outcomes = new Round(compiled, input, input.activation, { left: conditionsBudget }).all(compiled.conditions);
    if (outcomes.some((outcome) => 'value' in outcome && outcome.value === false)) return { holds: false };
    const errors = [...new Set(outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : [])))];
    if (errors.length === 0) return { holds: true };
    if (compiled.policy.spec.failurePolicy === 'Ignore') return { holds: false };
    return { error: errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]` };
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return compiled.policy.spec.failurePolicy === 'Ignore' ? { holds: false } : { error: error.message };
  }
}

function messagesOf(compiled: CompiledPolicy, input: Input, budget: { left: number }): (Outcome | undefined)[] | OutOfBudget {
  if (!compiled.messages.some(Boolean)) return [];
  try {
    return new Round(compiled, input, input.withoutAuthorizer, budget).all(compiled.messages);
  } catch (error) {
    if (error instanceof OutOfBudget) return error;
    throw error;
  }
}

/** One pass over some expressions of a policy: they share what their variables are, and a budget. */
class Round {
  private readonly activation: Record<string, Value | undefined>;
  private readonly input: Input;
  private readonly budget: { left: number };
  /** What variables cost that were evaluated for the expression at hand. */
  private ofVariables = 0;

  constructor({ variables }: CompiledPolicy, input: Input, activation: Activation, budget: { left: number }) {
    this.input = input;
    this.budget = budget;
    const evaluate = (name: string): Result | undefined => {
      const expression = variables.get(name);
      return expression && this.variable(name, expression);
    };
    this.activation = { ...activation, variables: new Variables(evaluate) };
  }

  all(expressions: readonly Expression[]): Outcome[];
  all(expressions: readonly (Expression | undefined)[]): (Outcome | undefined)[];
  all(expressions: readonly (Expression | undefined)[]): (Outcome | undefined)[] {
    return expressions.map((expression) => expression && this.one(expression));
  }

  private one(expression: Expression): Outcome {
    const { program } = expression;
    // The build has compiled it, so that this is a fault of our own.
    if (program instanceof CompileError) throw program;
    const { outcome, cost } = this.run(program, expression);
    this.spend(this.ofVariables);
    this.ofVariables = 0;
    this.spend(cost);
    return 'value' in outcome ? outcome : { error: `expression '${expression.source}' resulted in error: ${outcome.error}` };
  }

  private variable(name: string, expression: Expression): Result {
    const { program } = expression;
    if (program instanceof CompileError) throw program;
    const { outcome, cost } = this.run(program, expression, name);
    this.ofVariables += cost;
    return 'value' in outcome ? outcome.value : new CelError(outcome.error);
  }

  private run(program: Program, expression: Expression, variable?: string): { outcome: Outcome; cost: number } {
    let result: { outcome: Outcome; cost: number };
    try {
      const { value, cost } = program.evaluate(this.activation);
      result = { outcome: { value }, cost };
    } catch (error) {
      if (!(error instanceof EvaluationError) || error instanceof UndecidedError) throw error;
      result = { outcome: { error: error.message }, cost: error.cost };
    }
    this.input.observe?.({ expression, variable, cost: result.cost, ...result.outcome });
    return result;
  }

  private spend(cost: number): void {
    this.input.charge(cost);
    if (cost > this.budget.left) throw new OutOfBudget(outOfBudget);
    this.budget.left -= cost;
  }
}

function errorDecision(message: string, isIgnored: boolean): Decision {
  return { isDenied: !isIgnored, isError: true, message, reason: undefined };
}

function decide(
  compiled: CompiledPolicy,
  results: Outcome[],
  messages: (Outcome | undefined)[] | OutOfBudget,
  isIgnored: boolean,
): Decision[] {
  return results.map((result, index) => {
    if ('error' in result) return errorDecision(result.error, isIgnored);
    if (messages instanceof OutOfBudget) return errorDecision(`failed messageExpression: ${messages.message}`, isIgnored);
    if (result.value === true) return { isDenied: false, isError: false, message: '', reason: undefined };
    const { expression = '', message, reason = 'Invalid' } = compiled.validations[index]?.of ?? {};
    return {
      isDenied: true,
      isError: false,
      message: messageOf(messages[index]) || message?.trim() || `failed expression: ${expression.trim()}`,
      reason,
    };
  });
}

/** The message that an expression makes; empty where it makes none that can be told in a line. */
function messageOf(outcome: Outcome | undefined): string {
  if (!outcome || !('value' in outcome) || typeof outcome.value !== 'string') return '';
  const message = outcome.value.trim();
  return message.includes('\n') || Buffer.byteLength(message) > maxMessageBytes ? '' : message;
}

function annotationOf(key: string, outcome: Outcome, isIgnored: boolean): AnnotationResult {
  if ('error' in outcome) return isIgnored ? { key } : { key, error: outcome.error };
  const value = typeof outcome.value === 'string' ? outcome.value.trim() : '';
  return value === '' ? { key } : { key, value };
}
