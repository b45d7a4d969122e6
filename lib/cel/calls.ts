import { noOverloadFor } from './arithmetic.ts';
import { spend } from './budget.ts';
import type { Frame, Plan, Step } from './frame.ts';
import { typeNameOf } from './libraries/common.ts';
import type { Overload } from './overload.ts';
import type { Type } from './types.ts';
import { CelError, List, MapValue, type Result, TypeValue, type Value } from './values.ts';

/** A function as the checker resolved it: one overload, or several that its types leave open. */
export interface Callee {
  readonly name: string;
  readonly possible: readonly Overload[];
  /** All overloads of the function; what is left open is looked for among them. */
  readonly all: readonly Overload[];
}

type Implementation = (...args: Value[]) => Result;
type Cost = ((args: readonly Value[], result: Result) => number) | undefined;

/** Calls a function for the cost of Kubernetes. As in cel-go, up to two arguments are all evaluated before an error among them counts. */
export function callStep(callee: Callee, args: readonly Plan[]): Step {
  const [first] = callee.possible as readonly [Overload, ...Overload[]];
  const isOpen = callee.possible.length > 1;
  const implementation = implementationOf(callee, first, args);
  const cost = isOpen ? (first.unresolvedCost ?? first.cost) : first.cost;
  const [one, two] = args.map((arg) => arg.step);
  if (!one) return (frame) => paid(frame, cost, [], implementation());
  if (args.length > 2 || isVariadic(first, args) || (isOpen && !first.isUnguarded)) return variadic(implementation, cost, args);
  return two ? binary(implementation, cost, one, two) : unary(implementation, cost, one);
}

function implementationOf(callee: Callee, first: Overload, args: readonly Plan[]): Implementation {
  const call = working(first);
  if (hasConstantPattern(first, args)) return (text, ...rest) => call(text instanceof TypeValue ? text.name : text, ...rest);
  return callee.possible.length > 1 && !first.isUnguarded ? dispatching(callee) : guarded(callee.name, first, call);
}

/** cel-go makes a call of another kind of one with a constant pattern, which looks at no types and takes a type for its name. */
const hasConstantPattern = ({ plan }: Overload, [, pattern]: readonly Plan[]): boolean =>
  plan !== undefined && pattern?.constant !== undefined;
const isVariadic = (overload: Overload, args: readonly Plan[]): boolean =>
  overload.isVariadic === true || hasConstantPattern(overload, args);

function paid(frame: Frame, cost: Cost, args: readonly Result[], result: Result): Result {
  // A cost is asked with errors too: their size is 1.
  frame.charge(cost ? cost(args as readonly Value[], result) : 1);
  return result;
}

function unary(call: Implementation, cost: Cost, argument: Step): Step {
  return (frame) => {
    const a = argument(frame);
    const result = a instanceof CelError ? a : call(a);
    if (cost) return paid(frame, cost, [a], result);
    frame.charge(1);
    return result;
  };
}

function binary(call: Implementation, cost: Cost, left: Step, right: Step): Step {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    const result = a instanceof CelError ? a : b instanceof CelError ? b : call(a, b);
    if (cost) return paid(frame, cost, [a, b], result);
    frame.charge(1);
    return result;
  };
}

/** An error ends it before the arguments that follow, and only one of the last argument is charged for. */
function variadic(call: Implementation, cost: Cost, args: readonly Plan[]): Step {
  return (frame) => {
    const values: Value[] = [];
    for (const { step } of args) {
      const value = step(frame);
      if (value instanceof CelError) {
        return values.length === args.length - 1 ? paid(frame, cost, [...values, value], value) : value;
      }
      values.push(value);
    }
    return paid(frame, cost, values, call(...values));
  };
}

/** What a call works beside its cost is paid before it begins. */
function working({ work, call }: Overload): Implementation {
  if (!work) return call;
  return (...args) => {
    spend(work(...args));
    return call(...args);
  };
}

function guarded(name: string, { parameters, isUnguarded }: Overload, call: Implementation): Implementation {
  if (isUnguarded || parameters.every(isAny)) return call;
  const [one, two] = parameters;
  if (one && parameters.length === 1) return (a) => (fits(one, a) ? call(a) : noOverloadFor(name, [a]));
  if (one && two && parameters.length === 2) {
    return (a, b) => (fits(one, a) && fits(two, b) ? call(a, b) : noOverloadFor(name, [a, b]));
  }
  return (...args) => (fitAll(parameters, args) ? call(...args) : noOverloadFor(name, args));
}

function dispatching({ name, all }: Callee): Implementation {
  const callable = all.map((overload) => ({ overload, call: working(overload) }));
  return (...args) => {
    const found = callable.find(({ overload }) => overload.parameters.length === args.length && fitAll(overload.parameters, args));
    return found ? found.call(...args) : noOverloadFor(name, args);
  };
}

const isAny = (type: Type): boolean => type.kind === 'parameter' || type.kind === 'dyn';
/** Whether a value may be given for a parameter: cel-go looks at the type, and into lists and maps at their first entry. */
function fits(type: Type, value: Value): boolean {
  if (isAny(type)) return true;
  if (typeNameOf(value) !== type.name) return false;
  const [first, second] = type.parameters;
  if (!first || isAny(first)) return true;
  if (value instanceof List) return value.size === 0 || fits(first, value.at(0));
  if (!(value instanceof MapValue) || !second) return true;
  for (const key of value.keys()) return fits(first, key) && fits(second, value.get(key) ?? null);
  return true;
}
const fitAll = (types: readonly Type[], values: readonly Value[]): boolean => types.every((type, i) => fits(type, values[i] as Value));
