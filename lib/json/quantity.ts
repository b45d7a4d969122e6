import { type Json, numberText } from './json.ts';

// The grammar of Kubernetes' resource.Quantity: a signed decimal with a binary, decimal or exponent suffix.
const grammar = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?$/;
const binary: Record<string, bigint> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n };
const decimal: Record<string, number> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
// Longer texts are compared as text: no quantity that means anything is longer, and BigInt is not linear.
const maxLength = 64;

/** Whether a JSON number is an integer, whatever its spelling: `5`, `5.0` and `5e0` are, and an int64 beyond a double. */
export function isInteger(value: Json | undefined): boolean {
  if (typeof value === 'number') return Number.isInteger(value);
  const number = typeof value === 'string' ? undefined : quantityValue(value);
  return number !== undefined && !/e-\d+$/.test(number);
}

/**
 * The value of a quantity in one canonical spelling (`"2000m"`, `2` and `"2"` give the same text), exact at any size.
 * Returns undefined for what is no quantity. The rule is Kubernetes' resource.Quantity.
 */
export function quantityValue(value: Json | undefined): string | undefined {
  const text = typeof value === 'string' ? value : numberText(value);
  if (text === undefined || text.length > maxLength) return undefined;
  const match = grammar.exec(text);
  if (!match) return undefined;
  const [, sign, digits = '', binarySuffix, decimalSuffix, exponentText] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  let number = BigInt(whole + fraction || '0');
  let exponent = -fraction.length + (decimalSuffix ? (decimal[decimalSuffix] ?? 0) : Number(exponentText ?? 0));
  if (binarySuffix) number <<= binary[binarySuffix] ?? 0n;
  if (!Number.isSafeInteger(exponent)) return undefined;
  if (number === 0n) return '0';
  let mantissa = String(number);
  const zeros = mantissa.length - mantissa.replace(/0+$/, '').length;
  mantissa = mantissa.slice(0, mantissa.length - zeros);
  exponent += zeros;
  return `${sign === '-' ? '-' : ''}${mantissa}e${exponent}`;
}
