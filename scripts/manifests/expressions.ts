import { RE2JS } from 're2js';
import { admissionEnvironment } from '../../lib/cel/admission.ts';
import { type Environment, environment } from '../../lib/cel/environment.ts';
import { CompileError, compile } from '../../lib/cel/index.ts';
import { printType, type Type } from '../../lib/cel/types.ts';
import type { FieldErrors, Path } from './mistakes.ts';

/** What an expression may name besides object, oldObject and request. */
export interface Names {
  readonly params: boolean;
  readonly authorizer: boolean;
  /** The policy's own variables that come before it; undefined where there is no `variables`. */
  readonly variables?: Readonly<Record<string, Type>> | undefined;
}

/** An expression of a policy: where it stands, what it may name, and which types it may have (none: any). */
export interface Expression {
  readonly path: Path;
  readonly names: Names;
  readonly types?: readonly string[];
  /** What is compiled, where Kubernetes takes off the space around it. */
  readonly trimmed?: boolean;
}

/**
 * Compiles an expression as kube-apiserver does when a policy is created (k8s.io/apiserver, pkg/admission/plugin/cel/compile.go). Returns
 * its type; undefined where it does not compile, which goes to the errors.
 */
export function checkExpression(
  text: string,
  { path, names, types = [], trimmed = false }: Expression,
  errors: FieldErrors,
): Type | undefined {
  const type = compiled(trimmed ? text.trim() : text, names);
  if (typeof type === 'string') {
    errors.invalid(path, text, type);
    return undefined;
  }
  if (types.length > 0 && !types.includes(printType(type))) {
    const wanted = types.length === 1 ? types[0] : `one of [${types.join(' ')}]`;
    errors.invalid(path, text, `must evaluate to ${wanted} but got ${printType(type)}`);
  }
  if (namesVariable(text, 'namespaceObject'))
    errors.invalid(path, text, 'namespaceObject is not available: the gateway reads no Namespace');
  return type;
}

/** The type of an expression, or the message of why it does not compile. */
function compiled(text: string, names: Names): Type | string {
  try {
    return compile(text, environmentOf(names)).type;
  } catch (error) {
    if (error instanceof CompileError) return error.message;
    throw error;
  }
}

/** New expressions are compiled without what came with the newest minor version. */
function environmentOf({ params, authorizer, variables }: Names): Environment {
  const whole = admissionEnvironment({ params, authorizer, variables: variables ?? {}, engine: RE2JS, isStored: false });
  if (variables) return whole;
  const { variables: _none, ...known } = whole.variables;
  return environment(known, whole.libraries);
}

const literal = /r?("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*')|\/\/[^\n]*/g;

/** Whether an expression that compiles reads a variable of this name. */
export function namesVariable(text: string, name: string): boolean {
  return new RegExp(`(?<![.\\w?])${name}\\b(?!\\s*:)`).test(withoutLiterals(text));
}

/** An expression with empty strings in place of its strings, and without comments. */
export function withoutLiterals(text: string): string {
  return text.replace(literal, (_all, string) => (string ? "''" : ''));
}
