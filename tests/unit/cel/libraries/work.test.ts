import { RE2JS } from 're2js';
import { expect, it } from 'vitest';
import { withBudget } from '../../../../lib/cel/budget.ts';
import { compile, fromJson, UndecidedError } from '../../../../lib/cel/index.ts';
import { walkWork } from '../../../../lib/cel/libraries/common.ts';
import { kubernetesLibraries } from '../../../../lib/cel/libraries/index.ts';
import { regex } from '../../../../lib/cel/libraries/regex.ts';
import { CelError, List, type Value } from '../../../../lib/cel/values.ts';

const rows = [...kubernetesLibraries, regex(RE2JS)].flatMap(({ overloads }) => overloads);
const row = (id: string) => rows.find((overload) => overload.id === id);
const call = (id: string, ...values: Value[]) => withBudget(() => row(id)?.call(...values));

/** A list of a few lists that holds 2 to the power of `depth` leaves, the same ones over and over. */
function doubled(depth: number): List {
  let list = List.of([1n]);
  for (let i = 0; i < depth; i++) list = List.of([list, list]);
  return list;
}

it('work is counted before a call makes more than its arguments hold', () => {
  expect(row('string_replace_string_string')?.work?.('a'.repeat(1000), 'a', 'b'.repeat(1000))).toBeCloseTo(100_100);
  expect(row('string_replace_string_string_int')?.work?.('a'.repeat(1000), '', 'b'.repeat(1000), 10n)).toBeCloseTo(1100);
  expect(row('list_join_string')?.work?.(List.of(['a', 'b']), 'c'.repeat(1000))).toBeGreaterThan(100);
  expect(row('list_distinct')?.work?.(List.of(Array(1000).fill(1n)))).toBeGreaterThan(2_000_000);
  expect(row('list_sets_equivalent_list') ?? row('list_sets_contains_list')).toBeDefined();
});

it.each(['string_format', 'list_a_index_of_int', 'list_int_max_int'])(
  '%s does not begin on what a few lists hold a billion times',
  (id) => {
    const values = id === 'string_format' ? ['%s', List.of([doubled(30)])] : [doubled(30), 1n];
    const start = process.cpuUsage();
    expect(row(id)?.work?.(...values)).toBe(Number.POSITIVE_INFINITY);
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
  },
);

it('a range of a million makes its numbers when they are read', () => {
  const before = process.memoryUsage().heapUsed;
  const range = call('lists_range', 1_000_000n);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(1_000_000);
  expect(range instanceof List && range.at(999_999)).toBe(999_999n);
});

it('flatten pays for each list before it walks it', () => {
  const flattened = withBudget(() => call('list_flatten_int', List.of([List.of([1n, 2n]), 3n]), 1n));
  expect(flattened instanceof List && [...flattened]).toEqual([1n, 2n, 3n]);
  expect(() => withBudget(() => call('list_flatten_int', doubled(30), 40n))).toThrow('actual cost limit exceeded');
});

it('walking counts elements, entries and a tenth of all characters', () => {
  expect(walkWork(List.of(['a'.repeat(10), 1n]))).toBe(4);
});

it.each([
  ['a{1000}{1000}', 'a', 'error parsing regexp: invalid nested repetition operator: `{1000}{1000}`'],
  ['((a{100}){100}){100}', 'a', 'error parsing regexp: invalid repeat count: `{100}`'],
  ['('.repeat(5000) + ')'.repeat(5000), 'x', 'error parsing regexp: expression nests too deeply'],
])('a pattern like %.30s ends soon', (pattern, text, message) => {
  const start = process.cpuUsage();
  const result = call('string_find_string', text, pattern);
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
  expect(result instanceof CelError ? result.message.replace('Illegal regex: ', '') : result).toContain(message);
});

it('a pattern of more than 10,000 characters is not compiled', () => {
  expect(() => call('string_find_string', 'x', 'x'.repeat(10_001))).toThrow('actual cost limit exceeded');
  expect(call('string_find_string', 'x', 'x'.repeat(10_000))).toBe('');
});

it('a large pattern is not sought in a long text', () => {
  const seek = () => call('string_find_string', 'é'.repeat(100_000), '(?i)[\\pL\\pN]{1,1000}x');
  expect(seek).toThrow('actual cost limit exceeded');
});

it('a pattern that backtracks elsewhere takes no time here', () => {
  const start = process.cpuUsage();
  expect(call('matches', 'a'.repeat(100_000), '(a*)*b')).toBe(false);
  expect(call('matches', 'x'.repeat(100_000), '(x+x+)+y')).toBe(false);
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(2000);
});

it('without the engine constant patterns are not checked, and a call is a TypeError', () => {
  const [matches] = regex().overloads;
  expect(matches?.refuse?.(['(', '('])).toBeUndefined();
  expect(() => matches?.call('a', '(')).toThrow(TypeError);
});

it('a constant pattern that does not parse is refused as Kubernetes refuses it', () => {
  expect(row('matches_string')?.refuse?.([undefined, '('])).toEqual({ message: 'invalid matches argument', argument: 1 });
  expect(row('matches')?.refuse?.(['(', undefined])).toEqual({ message: 'invalid matches argument', argument: 0 });
  expect(row('string_find_string')?.plan?.(undefined, 'a(')).toBe('error parsing regexp: missing closing ): `a(`');
  expect(row('string_find_all_string_int')?.plan?.(undefined, 'a', undefined)).toBeUndefined();
});

it('all matches of a pattern that must look to the end of the text are paid before they are sought', () => {
  expect(() => call('string_find_all_string', 'a'.repeat(10_000), 'a(.*b)?')).toThrow('actual cost limit exceeded');
  const found = call('string_find_all_string', 'ab '.repeat(500), '[a-z]+');
  expect(found instanceof List && found.size).toBe(500);
  const some = call('string_find_all_string_int', 'ab '.repeat(500), '[a-z]+', 20n);
  expect(some instanceof List && some.size).toBe(20);
});

it('a sum of quantities that is too long to be written out is undecided, and no error that a policy may ignore', () => {
  const program = compile("quantity('1').add(quantity('1e200000')).isGreaterThan(quantity('1'))");
  expect(() => program.evaluate({})).toThrow(UndecidedError);
});

it('a precision that is too large to be written out is undecided, and no error that a policy may ignore', () => {
  const program = compile("object.template.format([1.0]) == ''");
  expect(() => program.evaluate({ object: fromJson({ template: '%.2000f' }) })).toThrow(UndecidedError);
  expect(() => compile("'%.2000f'.format([1.0]) == ''")).toThrow('exceeds maximum allowed precision');
});
