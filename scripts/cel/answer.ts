import { RE2JS } from 're2js';
import {
  type Activation,
  CompileError,
  canon,
  compile,
  EvaluationError,
  fromJson,
  fromRequest,
  type Program,
} from '../../lib/cel/index.ts';
import { isObject, parseExactJson } from '../../lib/json/json.ts';
import { authorizersOf } from './echo-authorizer.ts';
import type { Answer, Line, Outcome } from './line.ts';
import { admissionRequestOf } from './request.ts';
import { compileVariables, type PolicyVariables } from './variables.ts';

// A policy that is made now: without what is new in 1.37.
const options = { engine: RE2JS, isStored: false };
const none: PolicyVariables = compileVariables([], options);

/** The answer to one line of text; a mistake where it is no JSON or holds no expression. */
export function answerLine(text: string): Answer | { mistake: string } {
  const line = readLine(text);
  return 'mistake' in line ? line : answer(line);
}

function readLine(text: string): Line | { mistake: string } {
  let line: unknown;
  try {
    line = parseExactJson(text);
  } catch (error) {
    return { mistake: `not JSON: ${(error as Error).message}` };
  }
  if (!isObject(line) || typeof line.expr !== 'string') return { mistake: 'not an object with the string expr' };
  const { variables = [] } = line;
  if (!Array.isArray(variables) || !variables.every(isVariable))
    return { mistake: 'variables are objects with the strings name and expression' };
  return line as Partial<Line> & { expr: string };
}

const isVariable = (one: unknown): boolean => isObject(one) && typeof one.name === 'string' && typeof one.expression === 'string';

function answer(line: Line): Answer {
  const { expr, variables = [] } = line;
  try {
    const policy = variables.length === 0 ? none : compileVariables(variables, options);
    const program = compile(expr, policy.environment);
    return { expr, type: program.outputType, ...evaluate(program, policy, line) };
  } catch (error) {
    if (error instanceof CompileError) return { expr, compileError: error.message };
    throw error;
  }
}

function evaluate(program: Program, policy: PolicyVariables, { object, oldObject, params, request }: Line): Outcome {
  const admissionRequest = admissionRequestOf(request);
  const { authorizer, requestResource } = authorizersOf(admissionRequest);
  const { variables, cost: ofVariables } = policy.evaluate(() => activation);
  const activation: Activation = {
    object: fromJson(object ?? null),
    oldObject: fromJson(oldObject ?? null),
    params: fromJson(params ?? null),
    request: fromRequest(admissionRequest),
    namespaceObject: null,
    authorizer,
    'authorizer.requestResource': requestResource,
    variables,
  };
  try {
    const { value, cost } = program.evaluate(activation);
    return { value: canon(value), cost: cost + ofVariables() };
  } catch (error) {
    if (error instanceof EvaluationError) return { error: error.message, cost: error.cost + ofVariables() };
    throw error;
  }
}
