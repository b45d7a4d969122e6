import { describe, expect, it } from 'vitest';
import {
  getPath,
  isObject,
  type Json,
  type JsonObject,
  mayHoldInexactNumber,
  numberText,
  own,
  parseExactJson,
  setOwn,
} from '../../../lib/json/json.ts';
import { raw } from '../job/jobs.ts';

describe('parseExactJson', () => {
  it.each([
    '9007199254740993',
    '-9223372036854775808',
    '18446744073709551616',
    '1.0',
    '-0',
    '-0.0',
    '0.10',
    '1e400',
    '1E5',
    '1e-400',
    '5e0',
    '100000000000000000000000',
    '0.1',
    '1.5',
    '123456789012345',
    '0',
    '-7',
  ])('keeps %s as it was written, in an object and in an array, with and without spaces', (number) => {
    for (const text of [`{"a":${number}}`, `[${number}]`, `[0,${number},{"b":[${number}]}]`]) {
      expect(JSON.stringify(parseExactJson(text))).toBe(text);
      const spaced = text.replace(/[[{:,]/g, '$& \n\t\r').replace(/[\]}]/g, ' \n\t\r$&');
      expect(JSON.stringify(parseExactJson(spaced))).toBe(text);
    }
  });

  it('gives plain numbers where a double holds them as written, so that they compare with ===', () => {
    expect(parseExactJson('{"a":[1,-7,0.5,1.0],"b":123456789012345678}')).toEqual({
      a: [1, -7, 0.5, expect.objectContaining({ rawJSON: '1.0' })],
      b: expect.objectContaining({ rawJSON: '123456789012345678' }),
    });
  });

  it('lets the last of duplicate members win, as JSON.parse does', () => {
    for (const [text, meant] of [
      ['{"a":1.0,"a":2}', '{"a":2}'],
      ['{"a":1.0,"a":{"b":2}}', '{"a":{"b":2}}'],
      ['{"a":[1.0,2,3],"a":[5]}', '{"a":[5]}'],
      ['{"a":5,"a":1.0}', '{"a":1.0}'],
    ] as const) {
      expect(JSON.stringify(parseExactJson(text))).toBe(meant);
    }
  });

  it('keeps members that are named like parts of Object.prototype', () => {
    const text = '{"__proto__":{"a":1.0},"constructor":"c","toString":"t","hasOwnProperty":2.0}';
    expect(JSON.stringify(parseExactJson(text))).toBe(text);
    expect(Object.getPrototypeOf(parseExactJson(text))).toBe(Object.prototype);
  });

  it.each(['{bad', '', '[1.0', '{"a":1.0,}', '01.0', '[1.0]x'])('refuses %j with a SyntaxError', (text) => {
    expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });

  it('reads any depth', () => {
    let value = parseExactJson(`${'[{"a":'.repeat(50_000)}1.0${'}]'.repeat(50_000)}`);
    for (let depth = 0; depth < 50_000; depth++) value = getPath((value as Json[])[0], ['a']) as Json;
    expect(numberText(value)).toBe('1.0');
  });

  // V8 13 takes a name with an escape for one that the process saw at the same place of another object (nodejs/node#63785).
  it.each([
    ['{"h":[],"\\\\":0}', '{"h":1,"\\"":2}'],
    ['{"labels":1,"\\\\u00":0}', '{"labels":1,"\\u0001abc":2}'],
    ['{"spec":1,"abc\\\\":0}', '{"spec":1, "abc\\"":[1.0]}'],
    ['[{"a":1,"x\\\\":0}]', '[{"a":1,"x\\n":{}}]'],
    ['{"n":{"k":"","\\\\":[]}}', '{"n":{"k":"","\\u007f":[]}}'],
  ])('reads each name as written: after %s as well as before', (misleading, text) => {
    const names = (from: string) => JSON.stringify(parseExactJson(from));
    const expected = text.replace(' ', '').replace('\\u007f', '\u007f');
    expect(names(text)).toBe(expected);
    parseExactJson(misleading);
    expect(names(text)).toBe(expected);
    expect(names(`[${misleading},${text}]`)).toBe(`[${misleading},${expected}]`);
  });

  it('gives by its slow way what JSON.parse gives', () => {
    const text =
      ' { "a" : [ ] , "b":{},"c":[{},[],"",null,true,false,-1.5,12],"d\\u0041":"\\ud83d\\ude00\\\\\\"","" : "x\\\\" ,"e":"]}" } ';
    expect(parseExactJson(text)).toEqual(JSON.parse(text));
    expect(parseExactJson(`[1.0,${text}]`)).toEqual([raw('1.0'), JSON.parse(text)]);
  });
});

describe('mayHoldInexactNumber', () => {
  it.each(['{"a":1,"b":[2,30],"c":"x 1.0","d":"9007199254740993","e":true}', '{"image":"a.b:v1.0"}', '[123456789012345]'])(
    'spares %j the slow way',
    (text) => {
      expect(mayHoldInexactNumber(text)).toBe(false);
    },
  );
});

describe('the helpers of JSON values', () => {
  const [raw] = parseExactJson('[1.0]') as [never];

  it('tell an object from an array, from null and from a number kept as text', () => {
    expect([{}, [], null, raw, 'a', 1, undefined].map(isObject)).toEqual([true, false, false, false, false, false, false]);
  });

  it('give the text of a number and of nothing else', () => {
    expect([5, raw, '5', null, true, undefined].map(numberText)).toEqual(['5', '1.0', undefined, undefined, undefined, undefined]);
  });

  it('never reach Object.prototype', () => {
    for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) expect(own({}, key)).toBeUndefined();
    expect(getPath({ a: {} }, ['a', '__proto__', 'constructor'])).toBeUndefined();
    expect(getPath({ a: [1] }, ['a', '0'])).toBeUndefined();
    const object: JsonObject = {};
    setOwn(object, '__proto__', 'x');
    setOwn(object, 'constructor', 'y');
    expect(JSON.stringify(object)).toBe('{"__proto__":"x","constructor":"y"}');
    expect(own(object, '__proto__')).toBe('x');
  });
});
