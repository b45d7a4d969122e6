/** An expression that does not compile. Its message is what Kubernetes prints, with a position for each mistake. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

/** An evaluation that ended in an error, with the message that Kubernetes prints and what it had cost until then. */
export class EvaluationError extends Error {
  override readonly name: string = 'EvaluationError';
  readonly cost: number;
  constructor(message: string, cost: number) {
    super(message);
    this.cost = cost;
  }
}

/**
 * An evaluation that a limit of our own has ended, where Kubernetes would go on. What it would find is not known, so this is no error that
 * a policy may ignore.
 */
export class UndecidedError extends EvaluationError {
  override readonly name = 'UndecidedError';
}
