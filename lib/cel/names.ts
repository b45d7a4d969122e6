import type { Scope } from './environment.ts';
import { type Identifier, identifier, type Node, type Select } from './syntax.ts';
import { bool, bytes, double, int, nullType, string, type Type, uint } from './types.ts';
import { Uint, type Value } from './values.ts';

/** What names stand for: the variables of the folds around a node, those of the environment, and types. */
export class Names {
  readonly #scope: Scope;
  /** The variables of the folds around the node, the innermost last. */
  readonly #locals: ReadonlyMap<string, Type>[] = [];

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  enter(variables: readonly (readonly [name: string, type: Type])[]): void {
    this.#locals.push(new Map(variables));
  }

  leave(): void {
    this.#locals.pop();
  }

  /** The type of a variable, or of a type's name; a name that begins with a dot is never a fold's variable. */
  resolve(node: Identifier, name: string): Type | undefined {
    const global = name.startsWith('.') ? name.slice(1) : name;
    const local = global === name ? this.#local(name) : undefined;
    const known = local ?? this.#scope.variable(global);
    if (known) return known;
    const type = this.#scope.type(global);
    if (type) node.typeName = global;
    return type;
  }

  #local(name: string): Type | undefined {
    return this.#locals.findLast((variables) => variables.has(name))?.get(name);
  }

  /** The type of a selection that is one name as a whole, such as `authorizer.requestResource`. A fold's variable comes before. */
  resolveSelection(node: Select): Type | undefined {
    const name = qualifiedName(node);
    const root = name?.split('.')[0];
    if (name === undefined || (root && this.#local(root))) return undefined;
    const meant = identifier(node.at, name);
    const type = this.resolve(meant, name);
    if (type) node.meant = meant;
    return type;
  }
}

/** `a.b.c` where the node is nothing but names. */
export function qualifiedName(node: Node): string | undefined {
  if (node.kind === 'identifier') return node.name;
  if (node.kind !== 'select' || node.isTest) return undefined;
  const before = qualifiedName(node.operand);
  return before === undefined ? undefined : `${before}.${node.field}`;
}

/** The type of a constant. */
export function typeOfLiteral(value: Value): Type {
  if (value === null) return nullType;
  if (typeof value === 'string') return string;
  if (typeof value === 'bigint') return int;
  if (typeof value === 'boolean') return bool;
  if (typeof value === 'number') return double;
  return value instanceof Uint ? uint : bytes;
}
