import { CelError, MapValue, type Result, type Value } from './values.ts';

/**
 * The value of `variables`: those of the policy that come before, each evaluated when an expression first reads it. One that fails is an
 * error with Kubernetes' message wherever it is read.
 */
export class Variables extends MapValue {
  readonly #evaluate: (name: string) => Result | undefined;
  readonly #known = new Map<string, Result>();

  /** @param evaluate evaluates a variable by its name; undefined: there is none of that name. */
  constructor(evaluate: (name: string) => Result | undefined) {
    super();
    this.#evaluate = evaluate;
  }
  override get typeName(): string {
    return 'kubernetes.variables';
  }
  override get size(): number {
    return 0;
  }
  override get(key: Value): Value | undefined {
    const found = this.find(key);
    return found instanceof CelError ? undefined : found;
  }
  override find(key: Value): Result | undefined {
    if (typeof key !== 'string') return undefined;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const value = this.#evaluate(key);
    if (value === undefined) return undefined;
    const found = value instanceof CelError ? new CelError(`composited variable "${key}" fails to evaluate: ${value.message}`) : value;
    this.#known.set(key, found);
    return found;
  }
  /** Kubernetes does not list them. */
  override *keys(): Iterable<Value> {}
}
