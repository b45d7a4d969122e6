import { LimitExceeded } from './budget.ts';
import type { Result, Value } from './values.ts';

/** One evaluation: the values of variables by their slots, and what it has cost. */
export class Frame {
  readonly slots: (Result | undefined)[];
  readonly limit: number;
  cost = 0;
  constructor(slots: number, limit: number) {
    this.slots = new Array<Result | undefined>(slots);
    this.limit = limit;
  }

  /** Adds to the cost; throws LimitExceeded where that is too much. */
  charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.limit) throw new LimitExceeded();
  }
}

/** Evaluates a part of an expression. */
export type Step = (frame: Frame) => Result;

/** A part of an expression, ready to be evaluated; a constant costs nothing. */
export interface Plan {
  readonly step: Step;
  readonly constant?: Value;
}

export const constantPlan = (constant: Value): Plan => ({ step: () => constant, constant });

/** Where the value of a name is. The accumulator of a fold is computed when it is first read. */
export interface Place {
  readonly slot: number;
  readonly init?: Step;
}
