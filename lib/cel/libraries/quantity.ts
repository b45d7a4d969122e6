import { type Library, overload } from '../overload.ts';
import { CelError, Opaque, type Value } from '../values.ts';
import {
  type Amount,
  addAmounts,
  amountDouble,
  amountInteger,
  amountText,
  compareAmounts,
  parseAmount,
  subtractAmounts,
} from './amount.ts';
import { noSuchOverload, traversal } from './common.ts';

/** A quantity. One that add or sub made cannot stand on the right of `==`: there Kubernetes finds no overload for it. */
export class Quantity extends Opaque {
  override readonly typeName = 'kubernetes.Quantity';
  readonly amount: Amount;
  readonly isComputed: boolean;
  constructor(amount: Amount, isComputed = false) {
    super();
    this.amount = amount;
    this.isComputed = isComputed;
  }
  override equals(other: Value): boolean | CelError {
    return other instanceof Quantity && !other.isComputed ? compareAmounts(this.amount, other.amount) === 0 : noSuchOverload;
  }
  override toString(): string {
    return amountText(this.amount);
  }
}

const parse = (text: string): Quantity | CelError => {
  const amount = parseAmount(text);
  return typeof amount === 'string' ? new CelError(amount) : new Quantity(amount);
};
const compare = (a: Quantity, b: Quantity): number => compareAmounts(a.amount, b.amount);
const computed = (amount: Amount): Quantity => new Quantity(amount, true);
const ofInt = (value: bigint): Amount => ({ value, exponent: 0, isDecimal: false, format: 'DecimalExponent' });

/** k8s.io/apiserver/pkg/cel/library/quantity.go. `sign` is no member there. */
export const quantity: Library = {
  overloads: [
    overload('string_to_quantity', 'quantity(string) -> kubernetes.Quantity', parse, { cost: traversal }),
    overload('is_quantity_string', 'isQuantity(string) -> bool', (text: string) => typeof parseAmount(text) !== 'string', {
      cost: traversal,
    }),
    overload('quantity_sign', 'sign(kubernetes.Quantity) -> int', ({ amount }: Quantity) =>
      amount.value > 0n ? 1n : amount.value < 0n ? -1n : 0n,
    ),
    overload(
      'quantity_is_greater_than',
      '<kubernetes.Quantity>.isGreaterThan(kubernetes.Quantity) -> bool',
      (a: Quantity, b: Quantity) => compare(a, b) > 0,
    ),
    overload(
      'quantity_is_less_than',
      '<kubernetes.Quantity>.isLessThan(kubernetes.Quantity) -> bool',
      (a: Quantity, b: Quantity) => compare(a, b) < 0,
    ),
    overload('quantity_compare_to', '<kubernetes.Quantity>.compareTo(kubernetes.Quantity) -> int', (a: Quantity, b: Quantity) =>
      BigInt(compare(a, b)),
    ),
    overload('quantity_get_float', '<kubernetes.Quantity>.asApproximateFloat() -> double', ({ amount }: Quantity) => amountDouble(amount)),
    overload(
      'quantity_get_int',
      '<kubernetes.Quantity>.asInteger() -> int',
      ({ amount }: Quantity) => amountInteger(amount) ?? new CelError('cannot convert value to integer'),
    ),
    overload(
      'quantity_is_integer',
      '<kubernetes.Quantity>.isInteger() -> bool',
      ({ amount }: Quantity) => amountInteger(amount) !== undefined,
    ),
    overload('quantity_add', '<kubernetes.Quantity>.add(kubernetes.Quantity) -> kubernetes.Quantity', (a: Quantity, b: Quantity) =>
      computed(addAmounts(a.amount, b.amount)),
    ),
    overload('quantity_add_int', '<kubernetes.Quantity>.add(int) -> kubernetes.Quantity', (a: Quantity, b: bigint) =>
      computed(addAmounts(a.amount, ofInt(b))),
    ),
    overload('quantity_sub', '<kubernetes.Quantity>.sub(kubernetes.Quantity) -> kubernetes.Quantity', (a: Quantity, b: Quantity) =>
      computed(subtractAmounts(a.amount, b.amount)),
    ),
    overload('quantity_sub_int', '<kubernetes.Quantity>.sub(int) -> kubernetes.Quantity', (a: Quantity, b: bigint) =>
      computed(subtractAmounts(a.amount, ofInt(b))),
    ),
  ],
};
