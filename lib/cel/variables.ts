import { CelError, MapValue, type Result, type Value } from './values.ts';

/**
 * The value of `variables`: those of the policy that come before, each evaluated when an expression first reads it. One that fails is an
 * error with Kubernetes' message wherever it is read.
 */
export class Variables extends MapValue {
  readonly #evaluate: Readonly<Record<string, () => Result>>;
  readonly #known = new Map<string, Result>();

  /** @param evaluate how each variable is evaluated, by name. */
  constructor(evaluate: Readonly<Record<string, () => Result>>) {
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
    if (typeof key !== 'string' || !Object.hasOwn(this.#evaluate, key)) return undefined;
    const known = this.#known.get(key) ?? this.#compute(key);
    this.#known.set(key, known);
    return known;
  }
  #compute(name: string): Result {
    const value = this.#evaluate[name]?.() ?? null;
    return value instanceof CelError ? new CelError(`composited variable "${name}" fails to evaluate: ${value.message}`) : value;
  }
  /** Kubernetes does not list them. */
  override *keys(): Iterable<Value> {}
}
