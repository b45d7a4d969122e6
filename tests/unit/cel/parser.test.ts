import { describe, expect, it } from 'vitest';
import { answer, compiled, mistakes } from './answer.ts';

const operand = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

describe('a literal', () => {
  it.each([
    ['0x1F', '31'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['18446744073709551615u', '18446744073709551615u'],
    ['1e3', '1000d'],
    ['.5', '0.5d'],
    [String.raw`'\x41\101\u00e9\U0001F600\n'`, '"AAé😀\\n"'],
    [String.raw`r'\d+'`, '"\\\\d+"'],
    [String.raw`b'\xff\101é'`, 'bff41c3a9'],
    ["'''it's'''", '"it\'s"'],
    ['"""a\r\nb"""', '"a\\nb"'],
  ])('%s is %s', (expression, value) => {
    expect(answer(expression)).toBe(value);
  });

  it.each([
    ['9223372036854775808', '1:1 invalid int literal'],
    ['18446744073709551616u', '1:1 invalid uint literal'],
    [String.raw`'\ud800'`, '1:1 invalid unicode code point'],
    [String.raw`b'\u0041'`, '1:1 unable to unescape string'],
  ])('%s is refused', (expression, message) => {
    expect(mistakes(expression)).toEqual([message]);
  });
});

describe('precedence', () => {
  it.each([
    ['1 + 2 * 3', '7'],
    ['-2 * 3 + 10 % 4', '-4'],
    ['- -1', '1'],
    ['!!true', 'true'],
    ['1 + 1 == 2 && 2 > 1 || false', 'true'],
    ['true ? 1 : false ? 2 : 3', '1'],
    ['[1, 2][0] + {"a": 5}.a', '6'],
  ])('makes %s be %s', (expression, value) => {
    expect(answer(expression)).toBe(value);
  });
});

describe('a syntax error', () => {
  it.each([
    ['1 +', [`1:4 Syntax error: mismatched input '<EOF>' expecting ${operand}`]],
    ['(1', ["1:3 Syntax error: missing ')' at '<EOF>'"]],
    ['1)', ["1:2 Syntax error: extraneous input ')' expecting <EOF>"]],
    ['a and b', ["1:3 Syntax error: mismatched input 'and' expecting <EOF>"]],
    ['object.', ["1:8 Syntax error: no viable alternative at input '.'"]],
    ['object.true', ["1:8 Syntax error: mismatched input 'true' expecting IDENTIFIER"]],
    ['[1 2]', ["1:4 Syntax error: extraneous input '2' expecting {']', ','}"]],
    ['{1}', ["1:3 Syntax error: mismatched input '}' expecting ':'"]],
    ['1 ? 2', ["1:6 Syntax error: mismatched input '<EOF>' expecting ':'"]],
    ['a = b', ["1:3 Syntax error: token recognition error at: '= '", "1:5 Syntax error: extraneous input 'b' expecting <EOF>"]],
    ["'a", ["1:1 Syntax error: token recognition error at: ''a'", `1:3 Syntax error: mismatched input '<EOF>' expecting ${operand}`]],
    ['if', ['1:1 reserved identifier: if']],
  ])('in %s is said as Kubernetes says it', (expression, messages) => {
    expect(mistakes(expression)).toEqual(messages);
  });

  it('shows the line with a mark, wide where the text is', () => {
    expect(compiled("1 == 1 &&\n  'é' +")).toBe(
      `compilation failed: ERROR: <input>:2:8: Syntax error: mismatched input '<EOF>' expecting ${operand}\n |   'é' +\n | ...．...^`,
    );
  });
});

describe('a macro', () => {
  it.each([
    ['has(object)', '1:5 invalid argument to has() macro'],
    ['[1].all(x.y, true)', '1:10 argument must be a simple name'],
    ['[1].map(1, true)', '1:9 argument is not an identifier'],
    ['[1].all(__result__, true)', '1:9 iteration variable overwrites accumulator variable'],
    ['[1].transformList(x, x, 1)', '1:22 duplicate variable name: x'],
    ['object.?a.optMap(x.y, 1)', '1:19 optMap() variable name must be a simple identifier'],
  ])('refuses %s', (expression, message) => {
    expect(mistakes(expression)).toEqual([message]);
  });

  it.each([
    ['[1, 2, 3].filter(x, x > 1).map(x, x * 2)', '[4,6]'],
    ['[1, 2, 3].map(x, x > 1, x * 2)', '[4,6]'],
    ['[1, 2].exists_one(x, x == 1) && [5].existsOne(i, v, i == 0 && v == 5)', 'true'],
    ['{"a": 1}.all(k, v, k == "a" && v == 1)', 'true'],
    ['[7, 8].transformList(i, v, v == 8, i)', '[1]'],
    ['[7, 8].transformMap(i, v, v * 2)', '{0:14,1:16}'],
    ['{"a": "b"}.transformMapEntry(k, v, {v: k})', '{"b":"a"}'],
    ['optional.of(2).optMap(x, x + 1)', 'optional(3)'],
    ['optional.of(2).optFlatMap(x, optional.none())', 'optional.none'],
    ['[3, 1, 2].sortBy(x, -x)', '[3,2,1]'],
  ])('makes %s be %s', (expression, value) => {
    expect(answer(expression)).toBe(value);
  });
});

describe('limits', () => {
  const tooDeep = ['-1:0 expression recursion limit exceeded: 250'];
  it('refuse an expression that nests deeper than 250', () => {
    expect(answer(`${'('.repeat(249)}1${')'.repeat(249)}`)).toBe('1');
    expect(mistakes(`${'('.repeat(250)}1${')'.repeat(250)}`)).toEqual(tooDeep);
  });

  it('refuse operations that nest deeper than 250', () => {
    expect(answer(`1${'+1'.repeat(250)}`)).toBe('251');
    expect(mistakes(`1${'+1'.repeat(251)}`)).toEqual(['-1:0 max recursion depth exceeded']);
  });

  it('let && and ! be as many as they like', () => {
    expect(answer(`true${' && true'.repeat(1000)}`)).toBe('true');
    expect(answer(`${'!'.repeat(1000)}true`)).toBe('true');
  });

  it('refuse an expression of more than 100,000 code points', () => {
    expect(mistakes(`'${'😀'.repeat(99_999)}'`)).toEqual(['-1:0 expression code point size exceeds limit: size: 100001, limit 100000']);
  });
});
