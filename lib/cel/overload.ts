import { parseSignature, type Signature, type Type } from './types.ts';
import type { Result, Value } from './values.ts';

/** What an overload may have beside its implementation. Arguments come as the implementation gets them, a member's target first. */
export interface Extras {
  /**
   * Kubernetes' runtime cost of a call, from its arguments and its result (k8s.io/apiserver/pkg/cel/library/cost.go); 1 where it is not
   * given. An argument may be an error, or of another type than the parameter: `sizeOf` takes both.
   */
  cost?(args: readonly Result[], result: Result): number;
  /** The cost where the checker left several overloads open, as it does for dyn; the same as `cost` unless given. */
  unresolvedCost?(args: readonly Result[], result: Result): number;
  /**
   * What the call makes or walks, in units of cost: 1 for an element of a list, 0.1 for a character. It is charged to a budget beside
   * Kubernetes' before the call begins: what cannot be paid is not begun. Needed where a result can be larger than all arguments together
   * (`replace`, `join`, `lists.range`) or the call walks further than its cost says.
   */
  work?(...args: Value[]): number;
  /** Whether cel-go calls it like a function of many arguments: evaluation of them ends with the first error. */
  isVariadic?: boolean;
  /** Whether a call is made with values of any types, as cel-go's DisableTypeGuards says: only their number must fit. */
  isUnguarded?: boolean;
  /**
   * Refuses literals that Kubernetes refuses when it compiles: a bad pattern, a bad duration. An argument that is no literal is undefined;
   * a list literal is a list of those of its elements that are literals or lists.
   */
  refuse?(literals: readonly (Literal | undefined)[]): Refusal | undefined;
  /**
   * Refuses what Kubernetes refuses by the types of the arguments and of what stands in their list and map literals (string.format).
   * It runs when all types are known.
   */
  check?(...arguments_: readonly Checked[]): CheckRefusal | undefined;
  /**
   * Refuses constants that Kubernetes refuses when it plans the program, after all checks: the text behind `program instantiation failed:`.
   * An argument that is no constant is undefined.
   */
  plan?(...constants: readonly (Value | undefined)[]): string | undefined;
}

/** An argument as the checker leaves it: its type, and of a literal its value, of a list or map literal its parts. */
export interface Checked {
  readonly type: Type;
  readonly literal?: Value;
  readonly elements?: readonly Checked[];
  readonly entries?: readonly (readonly [Checked, Checked])[];
}

/** Why the types of arguments are refused, and at which of them; at the call where there is none. */
export interface CheckRefusal {
  message: string;
  at?: Checked;
}

/** A literal in an expression: a constant or a list literal. */
export type Literal = Value | readonly (Literal | undefined)[];

/** Why a literal is refused, and which: the argument, and for a list literal the element in it. */
export interface Refusal {
  message: string;
  argument: number;
  element?: number;
}

/** One overload of a function. `call` gets values of its parameters' types, never an error, and returns an error rather than throw it. */
export interface Overload extends Signature, Extras {
  readonly id: string;
  call(...args: Value[]): Result;
}

/**
 * An overload as data.
 * @param id cel-go's name of it, e.g. `string_char_at_int`: messages and costs go by it.
 * @param signature in CEL's notation, e.g. `<string>.charAt(int) -> string`.
 */
export function overload(id: string, signature: string, call: Overload['call'], extras: Extras = {}): Overload {
  const isMember = signature.startsWith('<');
  const from = isMember ? signature.indexOf('>.') + 2 : 0;
  let parsed: Signature | undefined;
  const types = (): Signature => {
    parsed ??= parseSignature(signature);
    return parsed;
  };
  // Most are never called: their types are read when they are asked for.
  return {
    ...extras,
    id,
    call,
    isMember,
    name: signature.slice(from, signature.indexOf('(', from)),
    get parameters() {
      return types().parameters;
    },
    get result() {
      return types().result;
    },
  };
}

/** What a file of lib/cel/libraries gives to an environment. */
export interface Library {
  readonly overloads: readonly Overload[];
  /** The fields of its object types, by the name of the type. */
  readonly types?: Readonly<Record<string, Readonly<Record<string, Type>>>>;
}
