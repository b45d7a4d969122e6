/** Evaluation that must stop, with the message that Kubernetes prints for it; && and || do not absorb it. */
export class Stopped extends Error {}

/** Evaluation that may cost no more. */
export class LimitExceeded extends Stopped {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

/** As LimitExceeded, but by a limit of our own: Kubernetes would go on, and nobody knows what it would find. */
export class WorkExceeded extends LimitExceeded {}

/**
 * What one evaluation may make and walk beside Kubernetes' cost, which charges 1 for some things of any size: 1 for an element of a list
 * or an entry of a map, 0.1 for a character. It bounds the time and memory of an evaluation, and no ordinary expression comes near it.
 */
export const workLimit = 2_000_000;

/**
 * What the evaluation that runs has left; beside any, such as where its result is read, there is no limit. A field, since V8 makes a new
 * number of each fraction that is written to a variable.
 */
const budget = { left: Number.POSITIVE_INFINITY };

/** Charges work before it is done; throws WorkExceeded where the evaluation has spent what it may. */
export function spend(work: number): void {
  budget.left -= work;
  if (!(budget.left >= 0)) throw new WorkExceeded();
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
    if (depth === 0) budget.left = Number.POSITIVE_INFINITY;
  }
}
