import { RE2JS } from 're2js';
import { admissionEnvironment, CompileError, canon, compile, EvaluationError, fromJson } from '../../lib/cel/index.ts';
import { isObject, parseExactJson } from '../../lib/json/json.ts';
import { authorizersOf } from './echo-authorizer.ts';
import type { Answer, Line } from './line.ts';
import { admissionRequestOf } from './request.ts';

// A policy that is made now: without what is new in 1.37.
const environment = admissionEnvironment({ engine: RE2JS, variables: {}, isStored: false });

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
  if (isObject(line) && typeof line.expr === 'string') return line as Partial<Line> & { expr: string };
  return { mistake: 'not an object with the string expr' };
}

function answer(line: Line): Answer {
  const { expr } = line;
  try {
    const program = compile(expr, environment);
    return { expr, type: program.outputType, ...evaluate(program, line) };
  } catch (error) {
    if (error instanceof CompileError) return { expr, compileError: error.message };
    throw error;
  }
}

function evaluate(program: ReturnType<typeof compile>, { object, oldObject, params, request }: Line) {
  const admissionRequest = admissionRequestOf(request);
  const { authorizer, requestResource } = authorizersOf(admissionRequest);
  const activation = {
    object: fromJson(object ?? null),
    oldObject: fromJson(oldObject ?? null),
    params: fromJson(params ?? null),
    request: fromJson(admissionRequest),
    namespaceObject: null,
    authorizer,
    'authorizer.requestResource': requestResource,
  };
  try {
    const { value, cost } = program.evaluate(activation);
    return { value: canon(value), cost };
  } catch (error) {
    if (error instanceof EvaluationError) return { error: error.message, cost: error.cost };
    throw error;
  }
}
