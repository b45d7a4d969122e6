import { describe, expect, it } from 'vitest';
import { compile, EvaluationError, fromJson } from '../../../lib/cel/index.ts';
import { answer, costOf } from './answer.ts';

const object = '{"a": {"b": [1, 2]}, "s": "0123456789abc"}';
const exceeded = 'operation cancelled: actual cost limit exceeded';

describe('the cost of', () => {
  it.each([
    ['1 + 2', 1],
    ['object.a.b', 3],
    ['object.a.b[0]', 4],
    ['has(object.a.b)', 2],
    ['object.x', 2],
    ['true ? object.a : object.s', 1],
    ['(true ? object.a : object.s).b', 2],
    ['[1, 2]', 0],
    ['[object.s]', 12],
    ['{"a": object.s}', 32],
    ['object.s + object.s', 5],
    ['object.s == object.s', 6],
    ['object.s.startsWith("0123456789a")', 4],
    ['object.s.contains("012345678901")', 6],
    ['object.s in ["a", "b"]', 2],
    ['[1, 2, 3].map(x, x)', 40],
    ['object.a.b.all(x, x > 0)', 14],
    ['object.?x.orValue(1)', 1],
    ['int("5")', 0],
    ['true || object.a.b[0] == 1', 0],
    ['object.?a.optMap(x, 1)', 4],
  ])('%s is %i', (expression, cost) => {
    expect(costOf(expression, object)).toBe(cost);
  });
});

describe('the limit', () => {
  it('stops the evaluation, and no || absorbs that', () => {
    const program = compile('object.a.b.all(x, x > 0) || true');
    const activation = { object: fromJson({ a: { b: [1, 2] } }) };
    expect(() => program.evaluate(activation, { costLimit: 13 })).toThrow(EvaluationError);
    expect(() => program.evaluate(activation, { costLimit: 13 })).toThrow(exceeded);
    expect(program.evaluate(activation, { costLimit: 14 })).toEqual({ value: true, cost: 14 });
  });
});

/** The seed doubled by an expression, `times` times over. */
const doubled = (times: number, seed: string, twice: (name: string) => string): string =>
  Array.from({ length: times }).reduce<string>((inner, _, i) => `[${inner}].map(v${i}, ${twice(`v${i}`)})[0]`, seed);
const twin = (name: string): string => `dyn([${name}, ${name}])`;
const nested = (depth: number): string =>
  Array.from({ length: depth }).reduce<string>((inner, _, i) => `[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].all(x${i}, ${inner})`, 'true');

describe('a hostile expression ends soon and with little memory', () => {
  const large = `{"s": "${'a'.repeat(100_000)}", "l": [${'1,'.repeat(20_000)}1]}`;
  it.each([
    ['nested comprehensions', nested(12)],
    ['doubled texts', `${doubled(40, "'a'", (name) => `${name} + ${name}`)} == 'a'`],
    ['doubled lists', `${doubled(40, '[1]', (name) => `${name} + ${name}`)}.all(x, x == 1)`],
    ['lists in lists that are compared', `${doubled(40, 'dyn([1])', twin)} == ${doubled(40, 'dyn([1])', twin)}`],
    ['lists in lists that are flattened', `[${doubled(40, 'dyn([1])', twin)}].flatten(100)`],
    ['lists in lists that are printed', `'%s'.format([${doubled(40, 'dyn([1])', twin)}])`],
    ['a text in each place of a text', "object.s.replace('a', object.s)"],
    ['a text between all others', 'object.l.map(x, object.s).join(object.s)'],
    ['a list of a million that is sorted', 'lists.range(1000000).sort()'],
    ['a chain of optMap', `optional.of("a")${'.optMap(v, v + v)'.repeat(60)}`],
  ])('%s', (_, expression) => {
    const started = process.cpuUsage();
    const before = process.memoryUsage().heapUsed;
    expect(answer(expression, large)).toBe(`error: ${exceeded}`);
    const { user, system } = process.cpuUsage(started);
    expect((process.memoryUsage().heapUsed - before) / 1e6).toBeLessThan(64);
    // Ten times what it takes where nothing else runs.
    expect((user + system) / 1000).toBeLessThan(1000);
  });
});
