import { Bindings, instantiate, isSame, mostGeneral } from './assign.ts';
import type { Scope } from './environment.ts';
import { messageOf } from './messages.ts';
import { Names, qualifiedName, typeOfLiteral } from './names.ts';
import type { Overload } from './overload.ts';
import type { Problems } from './source.ts';
import type { Call, Field, Fold, Identifier, ListLiteral, MapLiteral, Node, Select, StructLiteral } from './syntax.ts';
import { bool, dyn, error, int, isOpen, listOf, mapOf, optionalOf, parseType, showType, type Type } from './types.ts';

/**
 * Checks an expression as cel-go does: gives each node its type and each call the overloads that its types allow. Mistakes are added to
 * `problems`. Returns the type of the whole.
 * @param nodes the whole expression and every node of it, once (`nodesOf`).
 */
export function check(nodes: readonly [Node, ...Node[]], scope: Scope, problems: Problems): Type {
  const [node] = nodes;
  const checker = new Checker(scope, problems);
  checker.check(node);
  if (problems.areNone) checker.settle(nodes);
  return node.type ?? error;
}

class Checker {
  readonly #scope: Scope;
  readonly #problems: Problems;
  readonly #bindings = new Bindings();
  readonly #names: Names;
  /** Macros use some nodes twice; each is checked once, and its mistakes are reported as often as it is used. */
  readonly #mistakes = new Map<Node, () => void>();

  constructor(scope: Scope, problems: Problems) {
    this.#scope = scope;
    this.#names = new Names(scope);
    this.#problems = problems;
  }

  check(node: Node): Type {
    if (node.type) {
      this.#mistakes.get(node)?.();
      return node.type;
    }
    const before = this.#problems.count;
    const type = this.#infer(node);
    node.type = type;
    if (this.#problems.count > before) this.#mistakes.set(node, this.#problems.since(before));
    return type;
  }

  /** Replaces the variables in all types: by what they stand for, or by dyn. */
  settle(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (node.type) node.type = this.#bindings.substitute(node.type, true);
    }
  }

  #infer(node: Node): Type {
    switch (node.kind) {
      case 'literal':
        return typeOfLiteral(node.value);
      case 'identifier':
        return this.#identifier(node);
      case 'select':
        return this.#select(node);
      case 'call':
        return node.name === '_?._' ? this.#field(node, node.args[0] as Node, fieldName(node), true) : this.#call(node);
      case 'list':
        return this.#list(node);
      case 'map':
        return this.#map(node);
      case 'fold':
        return this.#fold(node);
      case 'struct':
        return this.#struct(node);
    }
  }

  #struct(node: StructLiteral): Type {
    const name = node.name.replace(/^\./, '');
    const message = messageOf(name);
    const fields = message?.fields ?? this.#scope.fields(name);
    const type = message?.type ?? (fields && parseType(name));
    const wrong = this.#scope.type(name) ? `'${name}' is not a message type` : `undeclared reference to '${node.name}' (in container '')`;
    if (!type) return this.#mistake(node, wrong);
    for (const field of node.fields) this.#structField(field, fields ?? {});
    return type;
  }

  #structField({ name, at, value, isOptional }: Field, fields: Readonly<Record<string, Type>>): void {
    const given = this.#element(value, isOptional);
    const wanted = Object.hasOwn(fields, name) ? (fields[name] as Type) : undefined;
    if (!wanted) this.#problems.add(at, `undefined field '${name}'`);
    else if (!this.#bindings.assign(wanted, given)) {
      this.#problems.add(at, `expected type of field '${name}' is '${showType(wanted)}' but provided type is '${showType(given)}'`);
    }
  }

  #mistake(node: Node, message: string): Type {
    this.#problems.add(node.at, message);
    return error;
  }

  #identifier(node: Identifier): Type {
    const found = this.#names.resolve(node, node.name);
    return found ?? this.#mistake(node, `undeclared reference to '${node.name}' (in container '')`);
  }

  #select(node: Select): Type {
    const named = this.#names.resolveSelection(node);
    if (named) return named;
    const type = this.#field(node, node.operand, node.field, false);
    return node.isTest ? bool : type;
  }

  #field(node: Node, operand: Node, field: string, isOptional: boolean): Type {
    const whole = this.#bindings.substitute(this.check(operand));
    const target = unwrapped(whole);
    const type = this.#bindings.substitute(this.#fieldOf(node, target, field));
    return isOptional || target !== whole ? optionalOf(type) : type;
  }

  #fieldOf(node: Node, target: Type, field: string): Type {
    if (target.kind === 'map') return target.parameters[1] as Type;
    if (target.kind === 'struct') {
      const fields = this.#scope.fields(target.name);
      if (!fields) return this.#mistake(node, `unexpected failed resolution of '${target.name}'`);
      return Object.hasOwn(fields, field) ? (fields[field] as Type) : this.#mistake(node, `undefined field '${field}'`);
    }
    if (target.kind === 'parameter') this.#bindings.assign(dyn, target);
    else if (!isOpen(target)) this.#mistake(node, `type '${showType(target)}' does not support field selection`);
    return dyn;
  }

  #call(node: Call): Type {
    const args = node.args.map((arg) => this.check(arg));
    if (!node.target) {
      const name = node.name.replace(/^\./, '');
      const overloads = this.#scope.overloads(name);
      return overloads ? this.#resolve(node, name, overloads, args, false) : this.#undeclared(node);
    }
    const namespace = qualifiedName(node.target);
    const qualified = namespace === undefined ? undefined : `${namespace.replace(/^\./, '')}.${node.name}`;
    const functions = qualified === undefined ? undefined : this.#scope.overloads(qualified);
    if (qualified !== undefined && functions) {
      node.qualified = qualified;
      return this.#resolve(node, qualified, functions, args, false);
    }
    const target = this.check(node.target);
    const overloads = this.#scope.overloads(node.name);
    return overloads ? this.#resolve(node, node.name, overloads, [target, ...args], true) : this.#undeclared(node);
  }

  #undeclared(node: Call): Type {
    return this.#mistake(node, `undeclared reference to '${node.name}' (in container '')`);
  }

  #resolve(node: Call, name: string, overloads: readonly Overload[], given: readonly Type[], isMember: boolean): Type {
    if (name === '_&&_' || name === '_||_') return this.#logical(node, given);
    const possible: Overload[] = [];
    let result: Type | undefined;
    for (const overload of overloads) {
      if (overload.isMember !== isMember) continue;
      const [returned, ...wanted] = instantiate([overload.result, ...overload.parameters], this.#bindings);
      if (!this.#bindings.assignAll(given, wanted)) continue;
      possible.push(overload);
      const type = this.#bindings.substitute(returned as Type);
      if (!result) result = type;
      else if (result.kind !== 'dyn' && !isSame(type, result)) result = dyn;
    }
    node.overloads = possible;
    if (result) return result;
    const [target, ...args] = given.map((type) => showType(this.#bindings.substitute(type, true)));
    const applied = isMember ? `${target}.(${args.join(', ')})` : `(${given.length === 0 ? '' : [target, ...args].join(', ')})`;
    return this.#mistake(node, `found no matching overload for '${name}' applied to '${applied}'`);
  }

  #logical(node: Call, given: readonly Type[]): Type {
    given.forEach((type, i) => {
      if (!this.#bindings.assign(type, bool)) this.#mistake(node.args[i] as Node, `expected type 'bool' but found '${showType(type)}'`);
    });
    return bool;
  }

  #list({ elements }: ListLiteral): Type {
    let joined: Type | undefined;
    for (const { value, isOptional } of elements) joined = this.#join(joined, this.#element(value, isOptional));
    return listOf(joined ?? this.#bindings.fresh());
  }

  #map({ entries }: MapLiteral): Type {
    let keys: Type | undefined;
    let values: Type | undefined;
    for (const { key, value, isOptional } of entries) {
      keys = this.#join(keys, this.check(key));
      values = this.#join(values, this.#element(value, isOptional));
    }
    return mapOf(keys ?? this.#bindings.fresh(), values ?? this.#bindings.fresh());
  }

  #element(value: Node, isOptional: boolean): Type {
    const type = this.check(value);
    if (!isOptional) return type;
    const target = unwrapped(type);
    if (target === type && type.kind !== 'dyn') {
      this.#mistake(value, `expected type '${showType(optionalOf(type))}' but found '${showType(type)}'`);
    }
    return target;
  }

  /** What both are; elements that have nothing in common make it dyn, which the validators refuse later. */
  #join(before: Type | undefined, next: Type): Type {
    if (!before) return next;
    return this.#bindings.assign(before, next) ? mostGeneral(before, next) : dyn;
  }

  #fold(node: Fold): Type {
    const range = this.#bindings.substitute(this.check(node.range));
    const accumulated = this.check(node.init);
    this.#names.enter([[node.accumulator, accumulated]]);
    const [first, second] = this.#iterated(node, range);
    this.#names.enter([[node.variable, first], ...(node.second === undefined ? [] : [[node.second, second] as const])]);
    this.#expect(node.condition, bool);
    this.#expect(node.step, accumulated);
    this.#names.leave();
    const result = this.#bindings.substitute(this.check(node.result));
    this.#names.leave();
    return result;
  }

  /** The types of a fold's variables. */
  #iterated({ range, second }: Fold, type: Type): [Type, Type] {
    const [first = dyn, value = dyn] = type.parameters;
    if (type.kind === 'list') return second === undefined ? [first, dyn] : [int, first];
    if (type.kind === 'map') return [first, value];
    if (type.kind === 'parameter') this.#bindings.assign(dyn, type);
    else if (!isOpen(type)) {
      this.#mistake(range, `expression of type '${showType(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`);
      return [error, error];
    }
    return [dyn, dyn];
  }

  #expect(node: Node, wanted: Type): void {
    const type = this.check(node);
    if (!this.#bindings.assign(wanted, type)) this.#mistake(node, `expected type '${showType(wanted)}' but found '${showType(type)}'`);
  }
}

/** What is in an optional; any other type itself. */
const unwrapped = (type: Type): Type => (type.name === 'optional_type' && type.kind === 'opaque' ? (type.parameters[0] as Type) : type);
const fieldName = ({ args: [, field] }: Call): string => (field?.kind === 'literal' ? String(field.value) : '');
