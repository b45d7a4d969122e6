import { describe, expect, it } from 'vitest';
import { compiled, mistakes } from './answer.ts';

describe('the type of', () => {
  it.each([
    ['[1, 2]', 'list(int)'],
    ['[]', 'list(dyn)'],
    ['[[], [1]]', 'list(list(int))'],
    ['{"a": timestamp("2026-01-01T00:00:00Z")}', 'map(string, google.protobuf.Timestamp)'],
    ['null', 'null_type'],
    ['type(1)', 'type(int)'],
    ['object.a.b', 'dyn'],
    ['object.?a', 'optional_type(dyn)'],
    ['request.userInfo.groups', 'list(string)'],
    ['request.userInfo.extra.a', 'list(string)'],
    ['authorizer.requestResource', 'kubernetes.authorization.ResourceCheck'],
    ['true ? 1 : dyn("a")', 'dyn'],
    ['true ? [] : [1]', 'list(int)'],
    ['optional.of(1).optMap(x, string(x))', 'optional_type(string)'],
    ['[1].map(object, object + 1)', 'list(int)'],
    ['[1].map(object, .object)', 'list(dyn)'],
    ['quantity("1") == null', 'bool'],
  ])('%s is %s', (expression, type) => {
    expect(compiled(expression)).toBe(type);
  });
});

describe('what Kubernetes refuses', () => {
  it.each([
    ['foo', ["1:1 undeclared reference to 'foo' (in container '')"]],
    ['object.foo()', ["1:11 undeclared reference to 'foo' (in container '')"]],
    ['1 == "a"', ["1:3 found no matching overload for '_==_' applied to '(int, string)'"]],
    ['1 + 1.0', ["1:3 found no matching overload for '_+_' applied to '(int, double)'"]],
    ['"a".contains(1)', ["1:13 found no matching overload for 'contains' applied to 'string.(int)'"]],
    ['size()', ["1:5 found no matching overload for 'size' applied to '()'"]],
    ['true && 1', ["1:9 expected type 'bool' but found 'int'"]],
    ['1 && "a"', ["1:1 expected type 'bool' but found 'int'", "1:6 expected type 'bool' but found 'string'"]],
    ['request.foo', ["1:8 undefined field 'foo'"]],
    ['request["name"]', ["1:8 found no matching overload for '_[_]' applied to '(kubernetes.AdmissionRequest, string)'"]],
    ['1.a', ["1:2 type 'int' does not support field selection"]],
    ['1.all(x, true)', ["1:1 expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)"]],
    ['[1].all(x, x)', ["1:12 expected type 'bool' but found 'int'"]],
    ['[1, "a"]', ["1:5 expected type 'int' but found 'string'"]],
    ['[1, dyn("a")]', ["1:8 expected type 'int' but found 'dyn'"]],
    ['{"a": 1, 1: 2}', ["1:10 expected type 'string' but found 'int'"]],
    ['[null, quantity("1")]', ["1:16 expected type 'null' but found 'kubernetes.Quantity'"]],
    ['[?1]', ["1:3 expected type 'optional_type(int)' but found 'int'"]],
    ['timestamp("a")', ['1:11 invalid timestamp argument']],
    ['duration("a")', ['1:10 invalid duration argument']],
    ['optional.of(1).optMap(x, x + "a")', ["1:28 found no matching overload for '_+_' applied to '(int, string)'"]],
    [
      '[1].foo().optMap(x, 1)',
      ["1:8 undeclared reference to 'foo' (in container '')", "1:8 undeclared reference to 'foo' (in container '')"],
    ],
  ])('in %s is said with its position', (expression, messages) => {
    expect(mistakes(expression)).toEqual(messages);
  });

  it.each([
    ['int("a")', "program instantiation failed: type conversion error from 'string' to 'int'"],
    ['uint(-1)', 'program instantiation failed: unsigned integer overflow'],
    ['{b"a": 1}', 'program instantiation failed: internal error: runtime error: hash of unhashable type types.Bytes'],
    ['[int].map(x, x)', 'program instantiation failed: reference to undefined type: x'],
    ['kubernetes.UserInfo', 'program instantiation failed: reference to undefined type: kubernetes.UserInfo'],
    ['{"a": 1}[dyn(null)]', 'program instantiation failed: invalid qualifier type: types.Null'],
  ])('after checking, %s, has no position', (expression, message) => {
    expect(compiled(expression)).toBe(message);
  });

  it('lists no more than a hundred mistakes', () => {
    const message = compiled(`[${Array.from({ length: 120 }, () => 'a').join(', ')}]`);
    expect(message.match(/ERROR/g)).toHaveLength(100);
    expect(message.endsWith('\n20 more errors were truncated')).toBe(true);
  });
});

it('a template may take values of several types', () => {
  expect(compiled('"%s %d".format(["a", 1])')).toBe('string');
});
