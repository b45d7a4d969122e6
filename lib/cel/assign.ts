import { dyn, listOf, mapOf, parameter, type Type } from './types.ts';

/**
 * What the variables of one check stand for, and cel-go's rules which type may be given where another is wanted. A question that is answered
 * with no leaves nothing bound.
 */
export class Bindings {
  readonly #bound = new Map<string, Type>();
  readonly #undo: [name: string, before: Type | undefined][] = [];
  #count = 0;

  /** A variable that nothing is known about yet. */
  fresh(): Type {
    this.#count += 1;
    return parameter(`_var${this.#count - 1}`);
  }

  /** Whether every type of the one list may be given for that of the other; binds variables if so. */
  assignAll(given: readonly Type[], wanted: readonly Type[]): boolean {
    const mark = this.#undo.length;
    const isPossible = this.#assignAll(given, wanted);
    if (!isPossible) {
      while (this.#undo.length > mark) {
        const [name, before] = this.#undo.pop() as [string, Type | undefined];
        if (before) this.#bound.set(name, before);
        else this.#bound.delete(name);
      }
    }
    return isPossible;
  }

  assign(given: Type, wanted: Type): boolean {
    return this.assignAll([given], [wanted]);
  }

  /** The type with its variables replaced by what they stand for; those that stand for nothing become dyn if asked. */
  substitute(type: Type, isFreeDyn = false): Type {
    const bound = type.kind === 'parameter' ? this.#bound.get(type.name) : undefined;
    if (bound) return this.substitute(bound, isFreeDyn);
    if (type.kind === 'parameter') return isFreeDyn ? dyn : type;
    if (type.parameters.length === 0) return type;
    return { ...type, parameters: type.parameters.map((part) => this.substitute(part, isFreeDyn)) };
  }

  #bind(name: string, type: Type): void {
    this.#undo.push([name, this.#bound.get(name)]);
    this.#bound.set(name, type);
  }

  #assignAll(given: readonly Type[], wanted: readonly Type[]): boolean {
    return given.length === wanted.length && given.every((type, i) => this.#assign(type, wanted[i] as Type));
  }

  #assign(given: Type, wanted: Type): boolean {
    if (wanted.kind === 'parameter') {
      const answer = this.#standFor(given, wanted);
      if (answer !== undefined) return answer;
    }
    if (given.kind === 'parameter') return this.#standFor(wanted, given) ?? false;
    if (isAny(given) || isAny(wanted)) return true;
    if (given.kind === 'wrapper' || wanted.kind === 'wrapper') return this.#assignWrapped(given, wanted);
    if (given.kind === 'null') return isNullable(wanted);
    if (wanted.kind === 'null') return isNullable(given);
    if (given.kind !== wanted.kind) return false;
    return given.kind === 'type' || (given.name === wanted.name && this.#assignAll(given.parameters, wanted.parameters));
  }

  /** A wrapped type is the type itself or null. */
  #assignWrapped(given: Type, wanted: Type): boolean {
    if (given.kind === 'null' || wanted.kind === 'null') return true;
    return isSame(unwrapped(given), unwrapped(wanted));
  }

  /** Whether a variable may stand for a type; undefined where it cannot but stands for nothing else yet. */
  #standFor(type: Type, variable: Type): boolean | undefined {
    if (isSame(type, variable)) return true;
    const bound = this.#bound.get(variable.name);
    if (!bound) {
      if (this.#mentions(type, variable)) return undefined;
      this.#bind(variable.name, type);
      return true;
    }
    if (isSame(type, bound)) return true;
    if (!this.#assign(type, bound)) return false;
    const general = mostGeneral(type, bound);
    if (!this.#mentions(general, variable)) this.#bind(variable.name, general);
    return true;
  }

  #mentions(type: Type, variable: Type): boolean {
    if (isSame(type, variable)) return true;
    const bound = type.kind === 'parameter' ? this.#bound.get(type.name) : undefined;
    return bound ? this.#mentions(bound, variable) : type.parameters.some((part) => this.#mentions(part, variable));
  }
}

const isAny = (type: Type): boolean => type.kind === 'dyn' || type.kind === 'error';
const unwrapped = (type: Type): Type => (type.kind === 'wrapper' ? (type.parameters[0] ?? type) : type);
const nullable = new Set(['opaque', 'struct', 'time', 'null']);
const isNullable = (type: Type): boolean => nullable.has(type.kind);

/** Whether two types are the same in every part. */
export function isSame(one: Type, other: Type): boolean {
  return (
    one === other ||
    (one.kind === other.kind &&
      one.name === other.name &&
      one.parameters.length === other.parameters.length &&
      one.parameters.every((part, i) => isSame(part, other.parameters[i] as Type)))
  );
}

/** Of two types that agree, the one that says less. */
export const mostGeneral = (one: Type, other: Type): Type => (saysLess(one, other) ? one : other);

function saysLess(one: Type, other: Type): boolean {
  if (one.kind === 'dyn' || one.kind === 'parameter') return true;
  if (other.kind === 'dyn' || other.kind === 'parameter' || one.kind !== other.kind) return false;
  if (one.kind === 'type') return true;
  if (one.kind !== 'opaque' && one.kind !== 'list' && one.kind !== 'map') return isSame(one, other);
  const { parameters } = other;
  return (
    one.name === other.name &&
    one.parameters.length === parameters.length &&
    one.parameters.every((part, i) => saysLess(part, parameters[i] as Type))
  );
}

/** A signature's types with its parameters replaced by fresh variables, in the order in which cel-go counts them. */
export function instantiate(types: readonly Type[], bindings: Bindings): readonly Type[] {
  const variables = new Map<string, Type>();
  const replace = (type: Type): Type => {
    if (type.kind === 'parameter') {
      const known = variables.get(type.name) ?? bindings.fresh();
      variables.set(type.name, known);
      return known;
    }
    if (type.parameters.length === 0) return type;
    const [first = dyn, second = dyn] = type.parameters.map(replace);
    if (type.kind === 'list') return listOf(first);
    return type.kind === 'map' ? mapOf(first, second) : { ...type, parameters: [first] };
  };
  return types.map(replace);
}
