import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { admissionEnvironment, CelError, compile, EvaluationError, fromRequest, Variables } from '../../../lib/cel/index.ts';
import { int } from '../../../lib/cel/types.ts';
import { List } from '../../../lib/cel/values.ts';
import { answer } from './answer.ts';

const object =
  '{"n": 5, "d": 5.0, "e": 5e0, "big": 9007199254740993, "huge": 9223372036854775808, "s": "aé😀", "l": [1, "b"], "m": {"a": null}}';

describe('JSON is read as Kubernetes reads it', () => {
  it.each([
    ['object.n', '5'],
    ['object.d', '5d'],
    ['object.e', '5d'],
    ['object.big', '9007199254740993'],
    ['object.huge', '9223372036854776000d'],
    ['object.l', '[1,"b"]'],
    ['object.m.a', 'null'],
    ['has(object.m.a) && !has(object.m.b)', 'true'],
  ])('%s is %s', (expression, value) => {
    expect(answer(expression, object)).toBe(value);
  });
});

describe('errors', () => {
  it.each([
    ['object.x', 'no such key: x'],
    ['object.l[5]', 'index out of bounds: 5'],
    ['object.l[dyn("a")]', "unsupported index type 'string' in list"],
    ['object.l[dyn(1.5)]', 'unsupported index value 1.5 in list'],
    ['object.n.a', 'no such key: a'],
    ['1 / (object.n - 5)', 'division by zero'],
    ['1 % (object.n - 5)', 'modulus by zero'],
    ['9223372036854775807 + object.n', 'integer overflow'],
    ['-9223372036854775808 / -1', 'integer overflow'],
    ['0u - 1u', 'unsigned integer overflow'],
    ['object.n + object.s', 'no such overload'],
    ['object.m < object.m', 'no such overload: _<_'],
    ['object.n.matches("a")', 'no such overload'],
    ['string(object.m)', 'no such overload: string(map)'],
    ['!object.n', 'no such overload'],
    ['object.n ? 1 : 2', 'no such overload'],
    ['object.n.map(x, x)', "got 'types.Int', expected iterable type"],
    ['object.n.all(i, v, true)', 'unsupported comprehension range type: types.Int'],
    ['optional.none().value()', 'optional.none() dereference'],
    ['[1, 1].transformMapEntry(i, v, {v: i})', 'insert failed: key 1 already exists'],
    ['timestamp("9999-12-31T23:59:59Z") + duration("1s")', 'timestamp overflow'],
    ['timestamp("2026-01-01T00:00:00Z").getHours("Mars/Olympus")', 'unknown time zone Mars/Olympus'],
    ['params', 'no such attribute(s): params'],
    ['dyn(0.0 / 0.0) < object.n', 'NaN values cannot be ordered'],
  ])('of %s say: %s', (expression, message) => {
    expect(answer(expression, object)).toBe(`error: ${message}`);
  });

  it.each([
    ['object.x || true', 'true'],
    ['object.x && false', 'false'],
    ['object.x || false', 'error: no such key: x'],
    ['object.n || true', 'true'],
    ['[0, 1].exists(x, 1 / x == 1)', 'true'],
    ['[0, 1].all(x, 1 / x == 2)', 'false'],
    ['[0, 1].exists(x, 1 / x == 2)', 'error: division by zero'],
    ['true ? 1 : 1 / 0', '1'],
  ])('are absorbed where they do not matter: %s is %s', (expression, value) => {
    expect(answer(expression, object)).toBe(value);
  });
});

describe('numbers', () => {
  it.each([
    ['object.n == object.d', 'true'],
    ['dyn(1) == dyn(1u) && dyn(1u) == dyn(1.0)', 'true'],
    ['{1: "a"}[dyn(1.0)]', '"a"'],
    ['dyn(1) in [1.0]', 'true'],
    ['1 < 1.5 && 2u > 1 && 1.5 < 2u', 'true'],
    ['dyn(0.0 / 0.0) == dyn(0.0 / 0.0)', 'false'],
    ['7 / -2', '-3'],
    ['-7 % 3', '-1'],
    ['string(1e6)', '"1e+06"'],
    ['double("0x1p-2")', '0.25d'],
  ])('%s is %s', (expression, value) => {
    expect(answer(expression, object)).toBe(value);
  });
});

describe('texts go by code point', () => {
  it.each([
    ['object.s.size()', '3'],
    ["'\\uffff' < '😀'", 'true'],
    ["bytes('é')", 'bc3a9'],
    ["string(b'\\xff' + bytes(object.s))", 'error: invalid UTF-8 in bytes, cannot convert to string'],
  ])('%s is %s', (expression, value) => {
    expect(answer(expression, object)).toBe(value);
  });
});

describe('times', () => {
  const at = 'timestamp("2026-03-29T00:30:00.000000001Z")';
  it.each([
    [`${at} + duration("1h2m3.5s")`, 'ts(2026-03-29T01:32:03.500000001Z)'],
    [`${at}.getHours("Europe/Berlin")`, '1'],
    [`(${at} + duration("1h")).getHours("Europe/Berlin")`, '3'],
    [`${at}.getMinutes("-02:15")`, '15'],
    [`${at}.getDayOfYear()`, '87'],
    [`${at}.getDayOfWeek()`, '0'],
    ['string(timestamp("2026-01-01T00:00:00+05:30"))', '"2026-01-01T00:00:00+05:30"'],
    ['string(duration("1ns"))', '"0.000000001s"'],
    ['duration("-1.5h").getMinutes()', '-90'],
    ['int(timestamp("1969-12-31T23:59:59.5Z"))', '-1'],
  ])('%s is %s', (expression, value) => {
    expect(answer(expression)).toBe(value);
  });
});

describe('optionals', () => {
  it.each([
    ['object.?m.?a', 'optional(null)'],
    ['object.?x.?y.orValue(3)', '3'],
    ['object.?l[?7].or(optional.of(2))', 'optional(2)'],
    ['[?object.?x, ?object.?n]', '[5]'],
    ['{?"a": object.?x, ?"b": object.?n}', '{"b":5}'],
    ['has(object.?m.a)', 'true'],
    ['optional.of({"a": 1}).a', 'optional(1)'],
  ])('%s is %s', (expression, value) => {
    expect(answer(expression, object)).toBe(value);
  });
});

describe('a message of Protocol Buffers', () => {
  it.each([
    ['google.protobuf.Timestamp{seconds: 1, nanos: 5}', 'ts(1970-01-01T00:00:01.000000005Z)'],
    ['google.protobuf.Duration{seconds: -1}', 'dur(-1000000000)'],
    ['google.protobuf.Int64Value{value: 5} == 5', 'true'],
    ['google.protobuf.StringValue{}', '""'],
    ['google.protobuf.FloatValue{value: 1.1} == 1.1', 'false'],
    ['google.protobuf.Value{bool_value: true}', 'true'],
    ['google.protobuf.Value{}', 'null'],
    ['google.protobuf.Struct{fields: {"a": object.n}}', '{"a":5}'],
    ['kubernetes.UserInfo{username: "a"}', "error: unknown type 'kubernetes.UserInfo'"],
  ])('%s is %s', (expression, value) => {
    expect(answer(expression, object)).toBe(value);
  });
});

describe("a policy's own variables", () => {
  const environment = admissionEnvironment({ variables: { good: int, bad: int } });
  const evaluated: string[] = [];
  const variables = new Variables((name) => {
    evaluated.push(name);
    return name === 'good' ? 3n : name === 'bad' ? new CelError('no such key: x') : undefined;
  });

  it('are evaluated once, when they are read', () => {
    expect(compile('variables.good + variables.good', environment).evaluate({ variables }).value).toBe(6n);
    expect(evaluated).toEqual(['good']);
  });

  it('fail where they are read, with their name', () => {
    const program = compile('variables.bad == 1', environment);
    const message = 'composited variable "bad" fails to evaluate: no such key: x';
    expect(() => program.evaluate({ variables })).toThrow(new EvaluationError(message, 3));
    expect(compile('true || variables.bad == 1', environment).evaluate({ variables }).value).toBe(true);
  });
});

describe('members of request refuse the keys that Go refuses', () => {
  const request = fromRequest({ userInfo: { groups: ['x'], extra: {} }, options: { a: [1, 2] } });
  const asked = (expression: string) => {
    try {
      return compile(expression).evaluate({ request }).value;
    } catch (error) {
      return error instanceof EvaluationError ? error.message : error;
    }
  };
  it.each([
    ['dyn(request.userInfo.groups)[0.0]', 'unsupported index type: types.Double'],
    ['dyn(request.userInfo.groups)[0u]', 'unsupported index type: types.Uint'],
    ['dyn(request.userInfo.groups)[7.0]', 'index out of bounds: 7'],
    ["dyn(request.userInfo.groups)[?0.0].orValue('z')", 'unsupported index type: types.Double'],
    ['dyn(request.userInfo)[1]', 'unsupported map key type: types.Int'],
    ['true in dyn(request.userInfo)', 'unsupported map key type: types.Bool'],
    ['request.userInfo.groups[0]', 'x'],
    ['request.options.a[1.0]', 2n],
    ['request.options[1]', 'no such key: 1'],
  ])('%s', (expression, answer) => {
    expect(asked(expression)).toEqual(answer);
  });
});

describe('keys that Go cannot hash', () => {
  it.each([
    ["dyn(semver('1.2.3')) in {'a': 1}", 'internal error: runtime error: hash of unhashable type cel.Semver'],
    ['[1].transformMapEntry(i, v, {dyn(format.uuid()): v})', 'internal error: runtime error: hash of unhashable type cel.Format'],
    ["dyn(b'a') in {object.s: 1}", 'internal error: runtime error: hash of unhashable type types.Bytes'],
    ["b'a' in {}", 'false'],
    ["dyn(cidr('1.2.3.0/24')).size()", 'no such overload: size'],
  ])('%s', (expression, said) => {
    expect(answer(expression, object)).toContain(said);
  });
});

it('an expression deeper than the stack is a CompileError', () => {
  const message = 'compilation failed: ERROR: <input>:-1:0: max recursion depth exceeded';
  for (const expression of [`${'1+'.repeat(30_000)}1`, `object${'.a'.repeat(45_000)}`]) expect(() => compile(expression)).toThrow(message);
});

describe('an evaluation that was stopped leaves', () => {
  const stop = () => expect(() => compile('lists.range(50000).distinct().size()').evaluate({})).toThrow(EvaluationError);

  it('the next compilation its budget', () => {
    const environment = admissionEnvironment({ engine: RE2JS });
    stop();
    expect(compile("matches('a', '\\\\pL')", environment).outputType).toBe('bool');
  });

  it('the results of those before it readable', () => {
    const { value } = compile('lists.range(40) + lists.range(40)').evaluate({});
    stop();
    expect(value instanceof List && value.at(79)).toBe(39n);
  });
});
