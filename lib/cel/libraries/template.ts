import { WorkExceeded } from '../budget.ts';
import { fixedText, scaledInteger } from './double-text.ts';
import { Malformed, toByteString } from './go-text.ts';

/** One clause of a format template: its letter and the number after the point. */
export interface Clause {
  verb: string;
  precision: number | undefined;
}

// Kubernetes has no limit here and pads as far as the template says; what is written must stay in proportion to what was charged.
const maxPrecision = 1000;

/**
 * A template with its clauses replaced by what `argument` gives for each of them, as cel-go's string.format reads it.
 * `size` is the number of arguments. Throws Malformed with cel-go's text; one thrown by `argument` is said to come from formatting.
 * At run time a missing argument is found first, in the check of a literal template the end of the text; a precision above 1,000 then throws
 * WorkExceeded.
 */
export function interpolate(template: string, size: number, isCheck: boolean, argument: (index: number, clause: Clause) => string): string {
  let result = '';
  let index = 0;
  for (let at = 0; at < template.length; ) {
    const percent = template.indexOf('%', at);
    if (percent < 0) return result + template.slice(at);
    result += template.slice(at, percent);
    if (template[percent + 1] === '%') {
      result += '%';
      at = percent + 2;
      continue;
    }
    const isAtEnd = percent + 1 === template.length;
    if (index >= size && !(isCheck && isAtEnd)) throw new Malformed(`index ${index} out of range`);
    if (isAtEnd) throw new Malformed('unexpected end of string');
    const { clause, end } = parseClause(template, percent + 1, isCheck);
    result += formatting(() => argument(index, clause));
    index += 1;
    at = end;
  }
  return result;
}

function formatting(format: () => string): string {
  try {
    return format();
  } catch (error) {
    if (error instanceof Malformed) error.message = `error during formatting: ${error.message}`;
    throw error;
  }
}

function parseClause(template: string, start: number, isCheck: boolean): { clause: Clause; end: number } {
  let at = start;
  let precision: number | undefined;
  if (template[at] === '.') {
    at += 1;
    while (/\d/.test(template.charAt(at))) at += 1;
    precision = parsePrecision(template.slice(start + 1, at), at === template.length, isCheck);
  }
  const verb = String.fromCodePoint(template.codePointAt(at) ?? 0);
  if ('sdfebxXo'.includes(verb)) return { clause: { verb, precision }, end: at + 1 };
  throw new Malformed(`could not parse formatting clause: unrecognized formatting clause "${toByteString(verb).charAt(0)}"`);
}

function parsePrecision(digits: string, isAtEnd: boolean, isCheck: boolean): number {
  const fail = (message: string): never => {
    throw new Malformed(`could not parse formatting clause: error while parsing precision: ${message}`);
  };
  const conversion = 'error while converting precision to integer: strconv.Atoi: parsing';
  if (isAtEnd) fail('could not find end of precision specifier');
  if (!digits) fail(`${conversion} "": invalid syntax`);
  if (Number(digits) >= 2 ** 63) fail(`${conversion} "${digits}": value out of range`);
  // Kubernetes would write it, so that a policy may not take it for an error.
  if (Number(digits) > maxPrecision && !isCheck) throw new WorkExceeded();
  if (Number(digits) > maxPrecision) fail(`precision ${digits} exceeds maximum allowed precision ${maxPrecision}`);
  return Number(digits);
}

const special = (double: number): string | undefined => {
  if (Number.isNaN(double)) return 'NaN';
  return Number.isFinite(double) ? undefined : double < 0 ? '-∞' : '∞';
};

/**
 * A double with `%f`, as golang.org/x/text prints it for en-US: the whole part in groups of three, and the number of fraction digits
 * taken modulo 256 where the rest of them are zeros.
 */
export function fixedClause(double: number, precision = 6): string {
  const text = special(double);
  if (text) return text;
  const [whole = '', fraction = ''] = fixedText(double, precision).split('.');
  let length = fraction.length;
  while (length > precision % 256 && fraction[length - 1] === '0') length--;
  const shown = length ? `.${fraction.slice(0, length)}` : '';
  return `${double < 0 ? '-' : ''}${whole.replace(/\B(?=(\d{3})+$)/g, ',')}${shown}`;
}

/** A double with `%e`: six fraction digits always, what the template gives as precision is the width. */
export function scientificClause(double: number, width = 6): string {
  const text = special(double);
  if (text) return text.padStart(width);
  let exponent = double === 0 ? 0 : Number(double.toExponential().split('e')[1]);
  let digits = String(scaledInteger(double, 6 - exponent)).padStart(7, '0');
  if (digits.length > 7) [digits, exponent] = [digits.slice(0, 7), exponent + 1];
  const power = String(Math.abs(exponent)).padStart(2, '0');
  const raised = power.replace(/\d/g, (digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'.charAt(Number(digit)));
  return `${double < 0 ? '-' : ''}${digits[0]}.${digits.slice(1)}×10${exponent < 0 ? '⁻' : ''}${raised}`.padStart(width);
}
