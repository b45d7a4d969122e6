import { expect, it } from 'vitest';
import { checkFormat } from '../../../../lib/cel/libraries/string-format.ts';
import type { Checked } from '../../../../lib/cel/overload.ts';
import { parseType } from '../../../../lib/cel/types.ts';

const template = (literal: string): Checked => ({ type: parseType('string'), literal });
const of = (type: string): Checked => ({ type: parseType(type) });
const list = (...elements: Checked[]): Checked => ({ type: parseType('list<dyn>'), elements });
const quantity = of('kubernetes.Quantity');
const notText =
  'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given';

it.each([
  ['%', [of('int')], 'unexpected end of string'],
  ['%', [], 'unexpected end of string'],
  ['%s', [], 'index 0 out of range'],
  ['%s %s', [of('int')], 'index 1 out of range'],
  ['%s', [of('int'), of('int')], 'too many arguments supplied to string.format (expected 1, got 2)'],
  ['abc', [of('int')], 'too many arguments supplied to string.format (expected 0, got 1)'],
  ['%z', [of('int')], 'could not parse formatting clause: unrecognized formatting clause "z"'],
  ['%é', [of('int')], 'could not parse formatting clause: unrecognized formatting clause "Ã"'],
  ['%.3', [of('int')], 'could not parse formatting clause: error while parsing precision: could not find end of precision specifier'],
  [
    '%.f',
    [of('double')],
    'could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
  ],
  ['%d', [of('double')], 'error during formatting: decimal clause can only be used on integers, was given double'],
  ['%e', [of('int')], 'error during formatting: scientific clause can only be used on doubles, was given int'],
  ['%f', [of('int')], 'error during formatting: fixed-point clause can only be used on doubles, was given int'],
  ['%b', [of('string')], 'error during formatting: only integers and bools can be formatted as binary, was given string'],
  ['%x', [of('list<int>')], 'error during formatting: only integers, byte buffers, and strings can be formatted as hex, was given list'],
  ['%X', [of('bool')], 'error during formatting: only integers, byte buffers, and strings can be formatted as hex, was given bool'],
  ['%o', [of('duration')], 'error during formatting: octal clause can only be used on integers, was given google.protobuf.Duration'],
  ['%s', [quantity], `error during formatting: ${notText} kubernetes.Quantity`],
  ['%s', [of('optional<int>')], `error during formatting: ${notText} optional_type`],
])('a literal template %j is refused as cel-go refuses it', (text, args, message) => {
  expect(checkFormat(template(text), list(...args))?.message).toBe(message);
});

it('what is refused is pointed at, also where it stands in a list or map literal', () => {
  expect(checkFormat(template('%s'), list({ ...of('list<dyn>'), elements: [of('int'), quantity] }))?.at).toBe(quantity);
  expect(checkFormat(template('%s'), list({ ...of('map<string, dyn>'), entries: [[of('string'), quantity]] }))?.at).toBe(quantity);
});

it('dyn passes each clause, and a text those of doubles, where it may say NaN', () => {
  expect(checkFormat(template('%d %f %e %b %x %o %s'), list(...Array(7).fill(of('dyn'))))).toBeUndefined();
  expect(checkFormat(template('%f %e'), list(of('string'), of('string')))).toBeUndefined();
});

it('a template or arguments that are no literals are left to the evaluation', () => {
  expect(checkFormat(of('string'), list())).toBeUndefined();
  expect(checkFormat(template('%s'), of('list<dyn>'))).toBeUndefined();
});
