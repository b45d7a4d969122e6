import { admissionEnvironment, CompileError, canon, compile, EvaluationError, fromJson } from '../../../lib/cel/index.ts';
import { parseExactJson } from '../../../lib/json/json.ts';

const environment = admissionEnvironment();

/** What an expression gives: its value in canon's notation, or `error: …`; the object is a text of JSON. */
export function answer(expression: string, object = '{}'): string {
  return outcome(expression, object).text;
}

/** What evaluating an expression costs, whether it ends in a value or an error. */
export function costOf(expression: string, object = '{}'): number {
  return outcome(expression, object).cost;
}

function outcome(expression: string, object: string): { text: string; cost: number } {
  const program = compile(expression, environment);
  try {
    const { value, cost } = program.evaluate({ object: fromJson(parseExactJson(object)) });
    return { text: canon(value), cost };
  } catch (error) {
    if (error instanceof EvaluationError) return { text: `error: ${error.message}`, cost: error.cost };
    throw error;
  }
}

/** Why an expression does not compile, or its type if it does. */
export function compiled(expression: string): string {
  try {
    return compile(expression, environment).outputType;
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
}

/** Where and why an expression does not compile: `1:3 undeclared reference …`, one for each mistake. */
export const mistakes = (expression: string): string[] =>
  [...compiled(expression).matchAll(/ERROR: <input>:(-?\d+:\d+): (.*)/g)].map(([, position, message]) => `${position} ${message}`);
