/** Evaluation that must stop, with the message that Kubernetes prints for it; && and || do not absorb it. */
export class Stopped extends Error {}

/** Evaluation that may cost no more. */
export class LimitExceeded extends Stopped {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/**
 * What one evaluation may make and walk beside Kubernetes' cost, which charges 1 for some things of any size: 1 for an element of a list
 * or an entry of a map, 0.1 for a character. It bounds the time and memory of an evaluation, and no ordinary expression comes near it.
 */
export const workLimit = 2_000_000;

/** A field, since V8 makes a new number of each fraction that it writes to a variable. */
const budget = { left: workLimit };

/** Charges work before it is done; throws LimitExceeded where the evaluation has spent what it may. */
export function spend(work: number): void {
  budget.left -= work;
  if (!(budget.left >= 0)) throw new LimitExceeded();
}

/** Runs an evaluation with a budget of its own; one inside of another spends the outer one's. */
let depth = 0;
export function withBudget<T>(run: () => T): T {
  if (depth === 0) budget.left = workLimit;
  depth += 1;
  try {
    return run();
  } finally {
    depth -= 1;
    // What is called beside any evaluation, such as an overload alone, owes nothing for the last one.
    if (depth === 0) budget.left = workLimit;
  }
}
