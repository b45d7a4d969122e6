import { binarySuffixes, decimalSuffixes } from '../../json/quantity.ts';
import { spend, WorkExceeded } from '../budget.ts';

/**
 * What apimachinery's resource.Quantity holds: `value` × 10^`exponent`. Kubernetes keeps what fits as a 64-bit integer with an
 * exponent, all else as a decimal with nine fraction digits; which of the two it is can be seen from CEL.
 */
export interface Amount {
  value: bigint;
  exponent: number;
  isDecimal: boolean;
  format: Format;
  /** The text it was parsed from, where Kubernetes prints that again. */
  text?: string;
}
type Format = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

const formatWrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
// Every part ends where the next begins, so that no text is read twice.
const grammar = /^([+-]?)(\d*)(?!\d)(?:\.(\d*)(?!\d))?([eEinumkKMGTP]*[-+]?\d*)$/;
const maxInt64 = 9223372036854775807n;
// A decimal beyond is not written out; no double is larger.
const maxWritten = 400;
// How many zeros a sum may write out for two numbers of different sizes.
const maxSummed = 100_000;

const fitsInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;
const power = (exponent: number): bigint => 10n ** BigInt(exponent);

/** Parses a quantity by the rules of resource.ParseQuantity; a string is the text of its error. */
export function parseAmount(text: string): Amount | string {
  const match = text ? grammar.exec(text) : null;
  if (text === '0') return { value: 0n, exponent: 0, isDecimal: false, format: 'DecimalSI', text };
  if (!match) return formatWrong;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  const number = whole.replace(/^0+/, '') || '0';
  const meant = interpret(suffix);
  if (!meant) return "unable to parse quantity's suffix";
  const isNegative = sign === '-';
  const { format, exponent } = meant;
  const amount = smallAmount({ number, fraction, isNegative, format, exponent });
  if (amount) return amount.text === undefined ? amount : { ...amount, text };
  if (!whole && !fraction) return 'unable to parse numeric part of quantity';
  return largeAmount(BigInt(number + fraction), isNegative, format, exponent, fraction.length);
}

/** The format and exponent of a suffix: of two for BinarySI, else of ten. */
function interpret(suffix: string): { format: Format; exponent: number } | undefined {
  if (decimalSuffixes.includes(suffix)) return { format: 'DecimalSI', exponent: 3 * decimalSuffixes.indexOf(suffix) - 9 };
  if (binarySuffixes.includes(suffix)) return { format: 'BinarySI', exponent: 10 * binarySuffixes.indexOf(suffix) };
  const digits = /^[eE]([+-]?\d+)$/.exec(suffix)?.[1];
  if (digits === undefined || digits.length > 100 || !fitsInt64(BigInt(digits))) return undefined;
  return { format: 'DecimalExponent', exponent: Number(BigInt.asIntN(32, BigInt(digits))) };
}

interface Parts {
  number: string;
  fraction: string;
  isNegative: boolean;
  format: Format;
  exponent: number;
}

/** The amount as a 64-bit integer, where its digits are few enough; an empty `text` says that it prints as it was written. */
function smallAmount({ number, fraction, isNegative, format, exponent }: Parts): Amount | undefined {
  const isBinary = format === 'BinarySI';
  if (isBinary && fraction) return undefined;
  const room = isBinary ? 14 - number.length - Math.floor((exponent * 3) / 10) : 18 - number.length - fraction.length;
  const scale = isBinary ? 0 : exponent - fraction.length;
  if (room < 0 || scale < -9) return undefined;
  const digits = number + fraction;
  const unsigned = BigInt(digits);
  const value = isBinary ? unsigned << BigInt(exponent) : unsigned;
  const isCanonical = isBinary ? (unsigned & 7n) !== 0n : scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0';
  const amount: Amount = { value: isNegative ? -value : value, exponent: scale, isDecimal: false, format };
  return isCanonical ? { ...amount, text: '' } : amount;
}

/** The amount as a decimal: rounded away from 0 to nine fraction digits, binary ones no larger than a 64-bit integer. */
function largeAmount(digits: bigint, isNegative: boolean, format: Format, exponent: number, fraction: number): Amount {
  const isBinary = format === 'BinarySI';
  const mantissa = isBinary ? digits << BigInt(exponent) : digits;
  let { value, exponent: scale } = atNano(mantissa, (isBinary ? 0 : exponent) - fraction);
  if (isBinary && value > maxInt64 * power(9)) [value, scale] = [maxInt64, 0];
  const isFraction = isBinary && value > 0n && scale === -9 && value < power(9);
  return { value: isNegative ? -value : value, exponent: scale, isDecimal: true, format: isFraction ? 'DecimalSI' : format };
}

/** A positive number with exponent -9, rounded up; a huge one stays as it is. */
function atNano(value: bigint, exponent: number): { value: bigint; exponent: number } {
  if (value === 0n || exponent > maxWritten) return { value, exponent };
  if (exponent >= -9) return { value: value * power(exponent + 9), exponent: -9 };
  const dropped = -9 - exponent;
  if (dropped > String(value).length) return { value: 1n, exponent: -9 };
  const divisor = power(dropped);
  return { value: (value + divisor - 1n) / divisor, exponent: -9 };
}

/** The amount as a 64-bit integer, undefined where Kubernetes keeps it otherwise or it does not fit. */
export function amountInteger({ value, exponent, isDecimal }: Amount): bigint | undefined {
  if (isDecimal || exponent < 0 || (exponent > 18 && value !== 0n)) return undefined;
  const integer = value === 0n ? 0n : value * power(exponent);
  return fitsInt64(integer) ? integer : undefined;
}

/** The amount as a double, off by a rounding where Kubernetes' AsApproximateFloat64 is. */
export function amountDouble({ value, exponent, isDecimal }: Amount): number {
  if (exponent === 0) return Number(value);
  if (isDecimal && exponent > maxWritten) return Number(value) * Number.POSITIVE_INFINITY;
  return Number(value) * Number(`1e${exponent}`);
}

/** -1, 0 or 1. */
export function compareAmounts(a: Amount, b: Amount): number {
  const [x, y] = [sign(a.value), sign(b.value)];
  if (x !== y || x === 0) return Math.sign(x - y);
  const [p, q] = [String(a.value).length, String(b.value).length];
  if (p + a.exponent !== q + b.exponent) return p + a.exponent > q + b.exponent ? x : -x;
  const [left, right] = [a.value * power(Math.max(q - p, 0)), b.value * power(Math.max(p - q, 0))];
  return left === right ? 0 : left > right ? 1 : -1;
}

const sign = (value: bigint): number => (value > 0n ? 1 : value < 0n ? -1 : 0);

/** The sum as Quantity.Add makes it. Throws WorkExceeded for two amounts of so different sizes that it is not to be written out. */
export function addAmounts(a: Amount, b: Amount): Amount {
  const format = a.value === 0n ? b.format : a.format;
  if (!a.isDecimal && !b.isDecimal) {
    if (b.value === 0n) return { ...without(a), format };
    if (a.value === 0n) return { ...without(b), format };
  }
  const exponent = Math.min(a.exponent, b.exponent);
  const written = Math.max(a.exponent, b.exponent) - exponent;
  if (written > maxSummed) throw new WorkExceeded();
  spend(written);
  const [left, right] = [a.value * power(a.exponent - exponent), b.value * power(b.exponent - exponent)];
  const isDecimal = a.isDecimal || b.isDecimal || ![left, right, left + right].every(fitsInt64);
  return { value: left + right, exponent, isDecimal, format };
}

/** The difference as Quantity.Sub makes it: as a 64-bit integer the negative of the smallest one is itself. */
export function subtractAmounts(a: Amount, b: Amount): Amount {
  const wrapped = addAmounts(a, { ...b, value: BigInt.asIntN(64, -b.value) });
  return !wrapped.isDecimal && !b.isDecimal ? wrapped : addAmounts(a, { ...b, value: -b.value });
}

const without = ({ value, exponent, isDecimal, format }: Amount): Amount => ({ value, exponent, isDecimal, format });

/** The text that Quantity.String gives. */
export function amountText(amount: Amount): string {
  if (amount.text !== undefined) return amount.text;
  if (amount.value === 0n) return '0';
  const digits = String(amount.value);
  let zeros = 0;
  while (digits.at(-1 - zeros) === '0') zeros++;
  let exponent = amount.exponent + zeros;
  let value = amount.value / power(zeros);
  const kilo: Amount = { value: 1024n, exponent: 0, isDecimal: false, format: 'BinarySI' };
  const isLarge = compareAmounts({ ...amount, value: amount.value < 0n ? -amount.value : amount.value }, kilo) >= 0;
  if (amount.format === 'BinarySI' && isLarge && exponent >= 0) {
    value *= power(exponent);
    let times = 0;
    for (; value % 1024n === 0n; times++) value /= 1024n;
    return `${value}${binarySuffixes[times] ?? ''}`;
  }
  for (; exponent % 3; exponent--) value *= 10n;
  if (amount.format === 'DecimalExponent') return `${value}${exponent ? `e${exponent}` : ''}`;
  return `${value}${decimalSuffixes[exponent / 3 + 3] ?? ''}`;
}
