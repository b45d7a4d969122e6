import { spend } from './budget.ts';
import type { Frame, Step } from './frame.ts';
import { EntriesMap, GrowingMap } from './maps.ts';
import { goTypeOf } from './show.ts';
import { CelError, GrowingList, List, MapValue, type Result, read, type Value } from './values.ts';

/** A comprehension: where its variables are, and its steps. */
export interface FoldPlan {
  readonly range: Step;
  readonly first: number;
  /** The slot of the second variable: of a list's element beside its index, of a map's value beside its key. */
  readonly second: number | undefined;
  readonly accumulator: number;
  /** Undefined where it is always true; a macro's binding has one that is always false, and nothing is iterated. */
  readonly condition: Step | boolean;
  readonly step: Step;
  readonly result: Step;
}

/** Evaluates a comprehension. An error of a step is its accumulator from then on, which && and || may absorb. */
export function foldStep(plan: FoldPlan): Step {
  const { range, accumulator, result, second } = plan;
  return (frame) => {
    const values = range(frame);
    if (values instanceof CelError) return values;
    frame.slots[accumulator] = undefined;
    if (values instanceof List) second === undefined ? overElements(plan, frame, values) : overIndexed(plan, frame, values, second);
    else if (values instanceof MapValue) overEntries(plan, frame, values);
    else return notIterable(values, second !== undefined);
    return finished(result(frame));
  };
}

const notIterable = (value: Value, hasTwo: boolean): CelError =>
  new CelError(hasTwo ? `unsupported comprehension range type: ${goTypeOf(value)}` : `got '${goTypeOf(value)}', expected iterable type`);

function overElements(plan: FoldPlan, frame: Frame, list: List): void {
  for (let i = 0; i < list.size; i += 1) {
    frame.slots[plan.first] = read(list.at(i));
    if (!takes(plan, frame)) return;
  }
}

function overIndexed(plan: FoldPlan, frame: Frame, list: List, second: number): void {
  for (let i = 0; i < list.size; i += 1) {
    frame.slots[plan.first] = BigInt(i);
    frame.slots[second] = read(list.at(i));
    if (!takes(plan, frame)) return;
  }
}

function overEntries(plan: FoldPlan, frame: Frame, map: MapValue): void {
  for (const key of map.keys()) {
    frame.slots[plan.first] = key;
    if (plan.second !== undefined) frame.slots[plan.second] = read(map.get(key) ?? null);
    if (!takes(plan, frame)) return;
  }
}

/** One round; false where the fold ends before it. A condition that is no bool does not end it. */
function takes({ condition, step, accumulator }: FoldPlan, frame: Frame): boolean {
  spend(0.1);
  if (condition === false || (condition !== true && condition(frame) === false)) return false;
  frame.slots[accumulator] = step(frame);
  return true;
}

/** The list or map that the steps made is nobody's any more. */
function finished(value: Result): Result {
  if (value instanceof GrowingList) return List.of(value.items);
  return value instanceof GrowingMap ? new EntriesMap(value) : value;
}
