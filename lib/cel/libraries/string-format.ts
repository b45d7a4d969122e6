import type { Checked, CheckRefusal } from '../overload.ts';
import { type List, Uint, type Value } from '../values.ts';
import { typeNameOf } from './common.ts';
import { plainText } from './display.ts';
import { attempt, Malformed, toByteString } from './go-text.ts';
import { type Clause, fixedClause, interpolate, scientificClause } from './template.ts';

// What each clause says of a value that it does not print, and which types it prints, for the check of literals.
const clauses: Record<string, { message: string; types: string[] }> = {
  d: { message: 'decimal clause can only be used on integers', types: ['int', 'uint'] },
  f: { message: 'fixed-point clause can only be used on doubles', types: ['double', 'string'] },
  e: { message: 'scientific clause can only be used on doubles', types: ['double', 'string'] },
  b: { message: 'only integers and bools can be formatted as binary', types: ['int', 'uint', 'bool'] },
  x: { message: 'only integers, byte buffers, and strings can be formatted as hex', types: ['int', 'uint', 'string', 'bytes'] },
  o: { message: 'octal clause can only be used on integers', types: ['int', 'uint'] },
  s: {
    message: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
    types: ['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'bytes', 'type', 'null_type'].concat(
      ['Timestamp', 'Duration'].map((name) => `google.protobuf.${name}`),
    ),
  },
};
const radixes: Record<string, number> = { d: 10, b: 2, o: 8, x: 16 };

function refuse(verb: string, typeName: string): never {
  throw new Malformed(`${clauses[verb]?.message}, was given ${typeName}`);
}

/** One argument as its clause prints it. */
function clauseText(value: Value, { verb, precision }: Clause): string {
  if (verb === 's') return plainText(value);
  if (verb === 'X') return clauseText(value, { verb: 'x', precision }).toUpperCase();
  const radix = radixes[verb];
  if (radix) return integerText(value, verb, radix);
  const double = typeof value === 'string' && /^(NaN|-?Infinity)$/.test(value) ? Number(value) : value;
  if (typeof double !== 'number') return refuse(verb, typeNameOf(value));
  return verb === 'f' ? fixedClause(double, precision) : scientificClause(double, precision);
}

function integerText(value: Value, verb: string, radix: number): string {
  const integer = value instanceof Uint ? value.value : value;
  if (typeof integer === 'bigint') return integer.toString(radix);
  if (verb === 'b' && typeof value === 'boolean') return value ? '1' : '0';
  if (verb === 'x' && typeof value === 'string') return hexText(Uint8Array.from(toByteString(value), (byte) => byte.charCodeAt(0)));
  return verb === 'x' && value instanceof Uint8Array ? hexText(value) : refuse(verb, typeNameOf(value));
}

const hexText = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** cel-go's string.format; throws Malformed with its text. */
export const formatText = (template: string, values: List): string =>
  interpolate(template, values.size, false, (index, clause) => clauseText(values.at(index), clause));

/** What cel-go's validator says of a literal template with a list literal of arguments. */
export function checkFormat(template: Checked, values: Checked): CheckRefusal | undefined {
  const { elements } = values;
  if (typeof template.literal !== 'string' || !elements) return undefined;
  const text = template.literal;
  let at: Checked | undefined;
  let seen = 0;
  const problem = attempt(() => {
    interpolate(text, elements.length, true, (index, { verb }) => {
      seen += 1;
      at = badArgument(elements[index] as Checked, verb.toLowerCase());
      return at ? refuse(verb.toLowerCase(), at.type.name) : '';
    });
    return {};
  });
  if (typeof problem === 'string') return at ? { message: problem, at } : { message: problem };
  if (elements.length <= seen) return undefined;
  return { message: `too many arguments supplied to string.format (expected ${seen}, got ${elements.length})` };
}

/** The argument, or for %s what stands in it, that the clause does not print. */
function badArgument(argument: Checked, verb: string): Checked | undefined {
  const { type, elements = [], entries = [] } = argument;
  const isDyn = type.kind === 'dyn' || type.kind === 'parameter' || type.kind === 'error';
  if (!isDyn && !clauses[verb]?.types.includes(type.name)) return argument;
  if (verb !== 's') return undefined;
  for (const part of [...elements, ...entries.flat()]) {
    const bad = badArgument(part, verb);
    if (bad) return bad;
  }
  return undefined;
}
