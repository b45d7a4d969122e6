import { conditional, isKey, presence, type Qualifier, qualified, readVariable } from './attributes.ts';
import { callStep } from './calls.ts';
import type { Scope } from './environment.ts';
import { CompileError } from './errors.ts';
import { foldStep } from './fold.ts';
import { constantPlan, Frame, type Place, type Plan, type Step } from './frame.ts';
import { EntriesMap } from './maps.ts';
import { messageOf } from './messages.ts';
import { charged, notOptional, specialCall } from './operators.ts';
import { goTypeOf, showValue } from './show.ts';
import {
  type Call,
  type Fold,
  type Identifier,
  isAttribute,
  isIndex,
  isTernary,
  type ListLiteral,
  type MapLiteral,
  type Node,
  rootOf,
  type Select,
  type StructLiteral,
} from './syntax.ts';
import { CelError, List, Optional, TypeValue, type Value } from './values.ts';

/** A checked expression made into steps, and the variables that it reads with their slots. */
export interface Planned {
  readonly step: Step;
  readonly variables: ReadonlyMap<string, number>;
  readonly slots: number;
}

/** Plans a checked expression as cel-go does, constants folded. Throws CompileError for constants that a function cannot take. */
export function plan(node: Node, scope: Scope): Planned {
  const planner = new Planner(scope);
  const { step } = planner.plan(node);
  return { step, variables: planner.variables, slots: planner.slots };
}

/** cel-go evaluates these while it plans, if their argument is a constant. */
const folded = new Set(['bool', 'bytes', 'double', 'dyn', 'duration', 'int', 'string', 'timestamp', 'type', 'uint']);
const constructionCost = { list: 10, map: 30, struct: 40 };

class Planner {
  readonly variables = new Map<string, number>();
  slots = 0;
  readonly #scope: Scope;
  /** The variables of the folds around the node, the innermost last. */
  readonly #locals: Map<string, Place>[] = [];
  /** Macros use some nodes twice. */
  readonly #planned = new Map<Node, Plan>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  plan(node: Node): Plan {
    const known = this.#planned.get(node) ?? this.#make(node);
    this.#planned.set(node, known);
    return known;
  }

  #make(node: Node): Plan {
    switch (node.kind) {
      case 'literal':
        return constantPlan(node.value);
      case 'identifier':
        return node.typeName === undefined ? this.#attribute(node) : this.#typeValue(node.typeName);
      case 'select':
        return node.meant ? this.plan(node.meant) : this.#attribute(node);
      case 'list':
        return this.#list(node);
      case 'map':
        return this.#map(node);
      case 'fold':
        return { step: this.#fold(node) };
      case 'call':
        return this.#call(node);
      case 'struct':
        return this.#struct(node);
    }
  }

  #typeValue(name: string): Plan {
    if (this.#scope.isCheckedOnly(name)) throw new CompileError(`program instantiation failed: reference to undefined type: ${name}`);
    return constantPlan(new TypeValue(name));
  }

  /** A variable, a selection or a ternary. The whole costs 1 beside its selections; has() and a ternary cost nothing. */
  #attribute(node: Node): Plan {
    const resolve = this.#resolve(node, []);
    const isTest = node.kind === 'select' && node.isTest;
    const cost = (isTernary(rootOf(node)) ? 0 : 1) - (isTest ? 1 : 0);
    const step = isTest ? presence(resolve) : resolve;
    if (cost === 0) return { step };
    return {
      step: (frame) => {
        const value = step(frame);
        frame.charge(cost);
        return value;
      },
    };
  }

  /** The value of a node with selections from it, which go into both branches of a ternary. */
  #resolve(node: Node, qualifiers: readonly Qualifier[]): Step {
    if (node.kind === 'identifier' && node.typeName === undefined) return qualified(this.#variable(node), qualifiers);
    if (node.kind === 'select') {
      if (node.meant)
        return node.meant.typeName === undefined ? this.#resolve(node.meant, qualifiers) : qualified(this.plan(node).step, qualifiers);
      return this.#resolve(node.operand, [selectionOf(node), ...qualifiers]);
    }
    if (node.kind === 'call' && isIndex(node)) return this.#resolve(node.args[0] as Node, [this.#qualifier(node), ...qualifiers]);
    if (node.kind === 'call' && isTernary(node)) {
      const [condition, then, otherwise] = node.args as [Node, Node, Node];
      return conditional(this.plan(condition).step, this.#resolve(then, qualifiers), this.#resolve(otherwise, qualifiers));
    }
    return qualified(this.plan(node).step, qualifiers);
  }

  #qualifier(node: Call): Qualifier {
    const index = node.args[1] as Node;
    const isOptional = node.name !== '_[_]';
    const { constant } = index.kind === 'identifier' || index.kind === 'select' ? { constant: undefined } : this.plan(index);
    if (constant !== undefined) {
      if (!isKey(constant)) throw new CompileError(`program instantiation failed: invalid qualifier type: ${goTypeOf(constant)}`);
      return { isOptional, key: constant };
    }
    return { isOptional, resolve: isAttribute(index) ? this.#resolve(index, []) : this.plan(index).step };
  }

  #variable({ name, type }: Identifier): Step {
    // cel-go takes every name of a type's type for the name of a type.
    if (type?.kind === 'type') throw new CompileError(`program instantiation failed: reference to undefined type: ${name}`);
    const global = name.startsWith('.') ? name.slice(1) : name;
    const local = global === name ? this.#locals.findLast((places) => places.has(name))?.get(name) : undefined;
    return readVariable(global, local ?? { slot: this.#slotOf(global) });
  }

  #slotOf(name: string): number {
    const slot = this.variables.get(name) ?? this.#newSlot();
    this.variables.set(name, slot);
    return slot;
  }

  #newSlot(): number {
    this.slots += 1;
    return this.slots - 1;
  }

  #list({ elements }: ListLiteral): Plan {
    const plans = elements.map(({ value }) => this.plan(value));
    if (plans.every(isConstant)) return constantPlan(List.of(plans.map(({ constant }) => constant)));
    const optional = elements.map(({ isOptional }) => isOptional);
    const steps = plans.map(({ step }) => step);
    const make: Step = (frame) => {
      const values: Value[] = [];
      for (let i = 0; i < steps.length; i += 1) {
        const value = (steps[i] as Step)(frame);
        if (value instanceof CelError) return value;
        if (!optional[i]) values.push(value);
        else if (!(value instanceof Optional)) return notOptional('list element', value);
        else if (value.value !== undefined) values.push(value.value);
      }
      return List.of(values);
    };
    return { step: charged(make, constructionCost.list) };
  }

  #map({ entries }: MapLiteral): Plan {
    const plans = entries.map((entry) => ({ key: this.plan(entry.key), value: this.plan(entry.value), isOptional: entry.isOptional }));
    const pairs = plans.map(({ key, value }) => [key.constant, value.constant] as const);
    if (pairs.every((pair): pair is [Value, Value] => !pair.includes(undefined))) return constantPlan(new EntriesMap(pairs));
    const make: Step = (frame) => {
      const map = new EntriesMap();
      for (const entry of plans) {
        const key = entry.key.step(frame);
        if (key instanceof CelError) return key;
        const value = entry.value.step(frame);
        if (value instanceof CelError) return value;
        if (!entry.isOptional) map.set([key, value]);
        else if (!(value instanceof Optional)) return notOptional(`entry '${showValue(key)}'`, value);
        else if (value.value === undefined) map.delete(key);
        else map.set([key, value.value]);
      }
      return map;
    };
    return { step: charged(make, constructionCost.map) };
  }

  #struct({ name, fields }: StructLiteral): Plan {
    const message = messageOf(name);
    const plans = fields.map((field) => ({ ...field, step: this.plan(field.value).step }));
    const make: Step = (frame) => {
      const values = new Map<string, Value>();
      for (const field of plans) {
        const value = field.step(frame);
        if (value instanceof CelError) return value;
        if (!field.isOptional) values.set(field.name, value);
        else if (!(value instanceof Optional)) return notOptional(`entry '${field.name}'`, value);
        else if (value.value !== undefined) values.set(field.name, value.value);
      }
      return message ? message.make(values) : new CelError(`unknown type '${name}'`);
    };
    return { step: charged(make, constructionCost.struct) };
  }

  #fold(node: Fold): Step {
    const [accumulator, first, second] = [this.#newSlot(), this.#newSlot(), node.second === undefined ? undefined : this.#newSlot()];
    const init = this.plan(node.init).step;
    const range = this.plan(node.range).step;
    this.#locals.push(new Map([[node.accumulator, { slot: accumulator, init }]]));
    this.#locals.push(
      new Map([[node.variable, { slot: first }], ...(second === undefined ? [] : [[node.second as string, { slot: second }] as const])]),
    );
    const { step: condition, constant } = this.plan(node.condition);
    const step = this.plan(node.step).step;
    this.#locals.pop();
    const result = this.plan(node.result).step;
    this.#locals.pop();
    return foldStep({ range, first, second, accumulator, condition: typeof constant === 'boolean' ? constant : condition, step, result });
  }

  #call(node: Call): Plan {
    if (isTernary(node) || isIndex(node)) return this.#attribute(node);
    const args = (node.target && !node.qualified ? [node.target, ...node.args] : node.args).map((arg) => this.plan(arg));
    return specialCall(node, args) ?? this.#function(node, args);
  }

  #function(node: Call, args: readonly Plan[]): Plan {
    const name = node.qualified ?? node.name.replace(/^\./, '');
    const possible = node.overloads ?? [];
    for (const overload of possible) {
      const refused = overload.plan?.(...args.map(({ constant }) => constant));
      if (refused !== undefined) throw new CompileError(`program instantiation failed: ${refused}`);
    }
    const step = callStep({ name, possible, all: this.#scope.overloads(name) ?? possible }, args);
    return folded.has(name) && args.length === 1 && args[0]?.constant !== undefined ? this.#folded(step) : { step };
  }

  #folded(step: Step): Plan {
    const value = step(new Frame(0, Number.POSITIVE_INFINITY));
    if (value instanceof CelError) throw new CompileError(`program instantiation failed: ${value.message}`);
    return constantPlan(value);
  }
}

const isConstant = (plan: Plan): plan is Plan & { constant: Value } => plan.constant !== undefined;
const selectionOf = ({ field, isTest }: Select): Qualifier => ({ isOptional: false, key: field, isTest });
