import { type Json, numberText } from './json.ts';

// The grammar of Kubernetes' resource.Quantity: a signed decimal with a binary, decimal or exponent suffix.
const grammar = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?$/;
/** The suffixes of a quantity in their order: each stands for 1024 times the one before. */
export const binarySuffixes: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
/** The suffixes of a quantity in their order: each stands for 1000 times the one before, the first for 10 to the power of -9. */
export const decimalSuffixes: readonly string[] = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
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
  let exponent = -fraction.length + (decimalSuffix ? 3 * decimalSuffixes.indexOf(decimalSuffix) - 9 : Number(exponentText ?? 0));
  if (binarySuffix) number <<= 10n * BigInt(binarySuffixes.indexOf(binarySuffix));
  if (!Number.isSafeInteger(exponent)) return undefined;
  if (number === 0n) return '0';
  let mantissa = String(number);
  const zeros = mantissa.length - mantissa.replace(/0+$/, '').length;
  mantissa = mantissa.slice(0, mantissa.length - zeros);
  exponent += zeros;
  return `${sign === '-' ? '-' : ''}${mantissa}e${exponent}`;
}
