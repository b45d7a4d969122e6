/** An expression that does not compile. Its message is what Kubernetes prints, with a position for each mistake. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
}

/** An evaluation that ended in an error, with the message that Kubernetes prints and what it had cost until then. */
export class EvaluationError extends Error {
  override readonly name = 'EvaluationError';
  readonly cost: number;
  constructor(message: string, cost: number) {
    super(message);
    this.cost = cost;
  }
}
