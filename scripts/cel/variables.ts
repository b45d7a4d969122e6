import type { Activation, Environment, Program } from '../../lib/cel/index.ts';
import { admissionEnvironment, CelError, CompileError, compile, EvaluationError, type Result, Variables } from '../../lib/cel/index.ts';
import { dyn, listOf, mapOf, parseType, type Type } from '../../lib/cel/types.ts';
import type { Line } from './line.ts';

type Options = NonNullable<Parameters<typeof admissionEnvironment>[0]>;

/** A policy's variables, compiled: the environment of expressions that name them, and their values for one evaluation. */
export interface PolicyVariables {
  environment: Environment;
  /** The value of `variables`, and what those that were read have cost until now. Each sees the variables themselves as `activation()` has them. */
  evaluate(activation: () => Activation): { variables: Variables; cost(): number };
}

/** Compiles variables in their order; each may name those before it. Throws CompileError, which names the variable. */
export function compileVariables(variables: NonNullable<Line['variables']>, options: Options): PolicyVariables {
  const types: Record<string, Type> = {};
  const programs = new Map<string, Program>();
  for (const { name, expression } of variables) {
    const program = compileOne(name, expression, admissionEnvironment({ ...options, variables: { ...types } }));
    programs.set(name, program);
    types[name] = declaredType(program.outputType);
  }
  return {
    environment: admissionEnvironment({ ...options, variables: types }),
    evaluate: (activation) => evaluateAll(programs, activation),
  };
}

function compileOne(name: string, expression: string, environment: Environment): Program {
  try {
    return compile(expression, environment);
  } catch (error) {
    if (error instanceof CompileError) throw new CompileError(`variable ${name}: ${error.message}`);
    throw error;
  }
}

function evaluateAll(programs: ReadonlyMap<string, Program>, activation: () => Activation) {
  let cost = 0;
  const evaluate = (name: string): Result | undefined => {
    const program = programs.get(name);
    if (!program) return undefined;
    try {
      const result = program.evaluate(activation());
      cost += result.cost;
      return result.value;
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      cost += error.cost;
      return new CelError(error.message);
    }
  };
  return { variables: new Variables(evaluate), cost: () => cost };
}

const simple = new Set(['bool', 'bytes', 'double', 'int', 'null_type', 'string', 'uint']);
const named = new Map([
  ['google.protobuf.Duration', 'duration'],
  ['google.protobuf.Timestamp', 'timestamp'],
]);

/**
 * The type under which a variable is known, from the type of its expression as it is printed: k8s.io/apiserver's composition.go knows
 * scalars, lists and maps, and takes every other one for dyn.
 */
function declaredType(printed: string): Type {
  const [, outer, inner = ''] = /^(list|map)\((.*)\)$/.exec(printed) ?? [];
  if (outer === 'list') return listOf(declaredType(inner));
  if (outer === 'map') {
    // A key has no type in brackets, so the first comma ends it.
    const comma = inner.indexOf(', ');
    return mapOf(declaredType(inner.slice(0, comma)), declaredType(inner.slice(comma + 2)));
  }
  if (simple.has(printed)) return parseType(printed);
  const name = named.get(printed);
  return name ? parseType(name) : dyn;
}
