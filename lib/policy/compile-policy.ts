import {
  admissionEnvironment,
  CompileError,
  compile,
  dyn,
  type Environment,
  type Program,
  type RegexEngine,
  type Type,
} from '../cel/index.ts';
import type { AuditAnnotation, ValidatingAdmissionPolicy, Validation } from './manifests.ts';

/** An expression of a policy, compiled when it is first needed: most policies are about other jobs. */
export class Expression<Of = unknown> {
  /** What it is, as whoever explains a verdict calls it: `variable x`, `matchCondition x`, `validation[0]`. */
  readonly title: string;
  readonly source: string;
  /** What of the policy it belongs to. */
  readonly of: Of;
  readonly #environment: () => Environment;
  #compiled: Program | CompileError | undefined;

  constructor(title: string, source: string, of: Of, environment: () => Environment) {
    this.title = title;
    this.source = source;
    this.of = of;
    this.#environment = environment;
  }

  /** The program, or why there is none; the build refuses such manifests. */
  get program(): Program | CompileError {
    this.#compiled ??= this.#compile();
    return this.#compiled;
  }

  /** The type of its value as other expressions of the policy see it. */
  get type(): Type {
    return this.program instanceof CompileError ? dyn : this.program.type;
  }

  #compile(): Program | CompileError {
    try {
      return compile(this.source, this.#environment());
    } catch (error) {
      if (error instanceof CompileError) return error;
      throw error;
    }
  }
}

/** A policy as it is evaluated: its expressions by what they are for, each list in the order of the manifest. */
export interface CompiledPolicy {
  policy: ValidatingAdmissionPolicy;
  variables: ReadonlyMap<string, Expression>;
  conditions: readonly Expression[];
  validations: readonly Expression<Validation>[];
  /** The messageExpression of each validation that has one. */
  messages: readonly (Expression | undefined)[];
  annotations: readonly Expression<AuditAnnotation>[];
}

/**
 * The expressions of a policy, each in the environment that Kubernetes gives it (apiserver's compilePolicy): variables see those before
 * them, messages see no authorizer. `engine` is RE2JS, where an expression has regular expressions.
 */
export function compilePolicy(policy: ValidatingAdmissionPolicy, engine: RegexEngine | undefined): CompiledPolicy {
  const { variables = [], matchConditions = [], validations = [], auditAnnotations = [], paramKind } = policy.spec;
  const params = paramKind !== undefined;
  const declared = new Map<string, Expression>();
  /** The environment after so many variables. */
  const after = (count: number, authorizer = true) =>
    once(() => {
      const known = [...declared].slice(0, count).map(([name, { type }]) => [name, type] as const);
      return admissionEnvironment({ params, authorizer, variables: Object.fromEntries(known), engine });
    });
  for (const [index, { name, expression }] of variables.entries()) {
    declared.set(name, new Expression(`variable ${name}`, expression, undefined, after(index)));
  }
  const whole = after(variables.length);
  const ofMessages = after(variables.length, false);
  return {
    policy,
    variables: declared,
    conditions: matchConditions.map(({ name, expression }) => new Expression(`matchCondition ${name}`, expression, undefined, whole)),
    validations: validations.map((validation, index) => new Expression(`validation[${index}]`, validation.expression, validation, whole)),
    messages: validations.map(({ messageExpression }, index) =>
      messageExpression ? new Expression(`messageExpression[${index}]`, messageExpression, undefined, ofMessages) : undefined,
    ),
    annotations: auditAnnotations.map(
      (annotation) => new Expression(`auditAnnotation ${annotation.key}`, annotation.valueExpression, annotation, whole),
    ),
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
