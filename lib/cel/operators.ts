import { spend } from './budget.ts';
import { isEqual } from './equality.ts';
import { constantPlan, type Plan, type Step } from './frame.ts';
import { noSuchOverload } from './libraries/common.ts';
import { showValue } from './show.ts';
import type { Call } from './syntax.ts';
import { CelError, List, Optional, type Result, read, Uint, type Value } from './values.ts';

/** Operators that do not need all their arguments, and the search in a list of constants. */
export function specialCall(node: Call, args: readonly Plan[]): Plan | undefined {
  const [first, second] = args as readonly [Plan, Plan];
  switch (node.name) {
    case '_&&_':
      return { step: logical(args, false) };
    case '_||_':
      return { step: logical(args, true) };
    case '@not_strictly_false':
      return { step: charged(notStrictlyFalse(first.step), 1) };
    case 'or':
    case 'orValue':
      return node.target && args.length === 2 ? { step: orElse(first, second, node.name === 'orValue') } : undefined;
    case '@in': {
      const isList = node.overloads?.length === 1 && node.overloads[0]?.id === 'in_list';
      return isList && second.constant instanceof List ? membership(first, second.constant) : undefined;
    }
    default:
      return undefined;
  }
}

/** A step that costs something beside its parts. */
export const charged =
  (step: Step, cost: number): Step =>
  (frame) => {
    const value = step(frame);
    frame.charge(cost);
    return value;
  };

/** The error of an optional element or entry whose value is no optional. */
export const notOptional = (what: string, value: Value): CelError =>
  new CelError(`cannot initialize optional ${what} from non-optional value ${showValue(value)}`);

/** A chain of && or ||: one term that decides it makes it no matter that another is an error. */
function logical(args: readonly Plan[], deciding: boolean): Step {
  const steps = args.map(({ step }) => step);
  return (frame) => {
    let error: CelError | undefined;
    for (let i = 0; i < steps.length; i += 1) {
      const value = (steps[i] as Step)(frame);
      if (value === deciding) return deciding;
      if (value !== !deciding) error ??= value instanceof CelError ? value : noSuchOverload;
    }
    return error ?? !deciding;
  };
}

const notStrictlyFalse =
  (step: Step): Step =>
  (frame) =>
    step(frame) !== false;

/** `a.or(b)` and `a.orValue(b)`: b is evaluated only if a has no value. */
function orElse({ step: optional }: Plan, { step: otherwise }: Plan, isValue: boolean): Step {
  return (frame): Result => {
    const value = optional(frame);
    if (value instanceof CelError) return value;
    if (!(value instanceof Optional)) return noSuchOverload;
    if (value.value === undefined) return otherwise(frame);
    return isValue ? read(value.value) : value;
  };
}

/** `a in [constants]` costs no more than a. */
function membership({ step }: Plan, list: List): Plan | undefined {
  if (list.size === 0) return constantPlan(false);
  const items = [...list];
  if (items.some((item) => item === null || (typeof item === 'object' && !(item instanceof Uint)))) return undefined;
  const texts = items.every((item) => typeof item === 'string') ? new Set<Value>(items) : undefined;
  return {
    step: (frame) => {
      const value = step(frame);
      if (value instanceof CelError) return value;
      if (texts) return texts.has(value);
      spend(items.length * 0.1);
      return items.some((item) => isEqual(value, item));
    },
  };
}
