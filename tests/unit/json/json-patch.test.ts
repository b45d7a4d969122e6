import { describe, expect, it } from 'vitest';
import { type Json, type JsonObject, parseExactJson } from '../../../lib/json/json.ts';
import { applyJsonPatch } from '../../../lib/json/json-patch.ts';
import { StatusError } from '../../../lib/status.ts';
import { frozen } from '../job/jobs.ts';

/** Applies a patch in JSON to a document in JSON; the outcome as text. The patch is frozen. */
const patched = (document: string, patch: string | Json): string =>
  JSON.stringify(applyJsonPatch(document, frozen(typeof patch === 'string' ? parseExactJson(patch) : patch)));

/** The code with which a patch is refused. */
function refused(document: string, patch: string | Json): number {
  try {
    patched(document, patch);
  } catch (error) {
    if (error instanceof StatusError) return error.status.code;
    throw error;
  }
  throw new Error('not refused');
}

describe('RFC 6902', () => {
  // Its appendix A, case by case.
  it.each([
    ['A.1', '{"foo":"bar"}', '[{"op":"add","path":"/baz","value":"qux"}]', '{"foo":"bar","baz":"qux"}'],
    ['A.2', '{"foo":["bar","baz"]}', '[{"op":"add","path":"/foo/1","value":"qux"}]', '{"foo":["bar","qux","baz"]}'],
    ['A.3', '{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}'],
    ['A.4', '{"foo":["bar","qux","baz"]}', '[{"op":"remove","path":"/foo/1"}]', '{"foo":["bar","baz"]}'],
    ['A.5', '{"baz":"qux","foo":"bar"}', '[{"op":"replace","path":"/baz","value":"boo"}]', '{"baz":"boo","foo":"bar"}'],
    [
      'A.6',
      '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
      '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
      '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
    ],
    [
      'A.7',
      '{"foo":["all","grass","cows","eat"]}',
      '[{"op":"move","from":"/foo/1","path":"/foo/3"}]',
      '{"foo":["all","cows","eat","grass"]}',
    ],
    [
      'A.8',
      '{"baz":"qux","foo":["a",2,"c"]}',
      '[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]',
      '{"baz":"qux","foo":["a",2,"c"]}',
    ],
    ['A.10', '{"foo":"bar"}', '[{"op":"add","path":"/child","value":{"grandchild":{}}}]', '{"foo":"bar","child":{"grandchild":{}}}'],
    ['A.11', '{"foo":"bar"}', '[{"op":"add","path":"/baz","value":"qux","xyz":123}]', '{"foo":"bar","baz":"qux"}'],
    ['A.14', '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":10}]', '{"/":9,"~1":10}'],
    ['A.16', '{"foo":["bar"]}', '[{"op":"add","path":"/foo/-","value":["abc","def"]}]', '{"foo":["bar",["abc","def"]]}'],
    [
      'a whole document replaced',
      '{"foo":"bar"}',
      '[{"op":"replace","path":"","value":{"baz":1}},{"op":"add","path":"/qux","value":2}]',
      '{"baz":1,"qux":2}',
    ],
    [
      'a whole document tested',
      '{"foo":{"a":1,"b":[2]}}',
      '[{"op":"test","path":"","value":{"foo":{"b":[2],"a":1}}}]',
      '{"foo":{"a":1,"b":[2]}}',
    ],
    ['an empty name', '{"":{"":1}}', '[{"op":"replace","path":"//","value":2}]', '{"":{"":2}}'],
    [
      'a copy that is one',
      '{"a":{"b":1}}',
      '[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]',
      '{"a":{"b":1},"c":{"b":2}}',
    ],
    ['no operation', '{"a":1}', '[]', '{"a":1}'],
  ])('%s', (_title, document, patch, result) => {
    expect(patched(document, patch)).toBe(result);
  });

  it.each([
    ['A.9, a test that fails', '{"baz":"qux"}', '[{"op":"test","path":"/baz","value":"bar"}]'],
    ['A.12, a target that is not there', '{"foo":"bar"}', '[{"op":"add","path":"/baz/bat","value":"qux"}]'],
    ['A.15, a string for a number', '{"/":9,"~1":10}', '[{"op":"test","path":"/~01","value":"10"}]'],
    ['a move into itself', '{"a":{"b":{}}}', '[{"op":"move","from":"/a","path":"/a/b/c"}]'],
    ['an index beyond the end', '{"a":[1]}', '[{"op":"add","path":"/a/2","value":1}]'],
    ['an index with a zero before it', '{"a":[1,2]}', '[{"op":"replace","path":"/a/01","value":1}]'],
    ['an index that is none', '{"a":[1]}', '[{"op":"add","path":"/a/length","value":0}]'],
    ['an index that is empty', '{"a":[1]}', '[{"op":"add","path":"/a/","value":0}]'],
    ['an index in letters', '{"a":[1]}', '[{"op":"replace","path":"/a/1e0","value":0}]'],
    ['- where there is nothing', '{"a":[1]}', '[{"op":"remove","path":"/a/-"}]'],
    ['a path without a slash', '{"a":1}', '[{"op":"remove","path":"a"}]'],
    ['a path that is no text', '{"a":1}', '[{"op":"remove","path":["a"]}]'],
    ['no path', '{"a":1}', '[{"op":"remove"}]'],
    ['no from', '{"a":1}', '[{"op":"move","path":"/b"}]'],
    ['an unknown operation', '{"a":1}', '[{"op":"spam","path":"/a"}]'],
    ['an operation of Object', '{"a":1}', '[{"op":"toString","path":"/a"}]'],
    ['the removal of everything', '{"a":1}', '[{"op":"remove","path":""}]'],
    ['an array’s member', '{"a":[1]}', '[{"op":"test","path":"/a/length","value":1}]'],
    ['a string’s character', '{"a":"xy"}', '[{"op":"test","path":"/a/0","value":"x"}]'],
  ])('refuses %s with 422', (_title, document, patch) => {
    expect(refused(document, patch)).toBe(422);
  });
});

describe('the ways of the API server', () => {
  it.each([
    ['add without a value adds null', '{}', '[{"op":"add","path":"/a"}]', '{"a":null}'],
    ['replace without a value sets null', '{"a":1}', '[{"op":"replace","path":"/a"}]', '{"a":null}'],
    [
      'a negative index counts from the end',
      '{"a":[1,2,3]}',
      '[{"op":"replace","path":"/a/-1","value":9},{"op":"remove","path":"/a/-3"}]',
      '{"a":[2,9]}',
    ],
    [
      'a negative index of an add counts the new end too',
      '{"a":[1,2]}',
      '[{"op":"add","path":"/a/-1","value":3},{"op":"add","path":"/a/-4","value":0}]',
      '{"a":[0,1,2,3]}',
    ],
    ['replace sets what is not there', '{"a":1}', '[{"op":"replace","path":"/b","value":2}]', '{"a":1,"b":2}'],
    ['what is not there is copied as null', '{"a":1}', '[{"op":"copy","from":"/b","path":"/c"}]', '{"a":1,"c":null}'],
    ['a test for null of what is not there', '{"a":{}}', '[{"op":"test","path":"/a/b","value":null}]', '{"a":{}}'],
    ['a test for null of a null', '{"a":null}', '[{"op":"test","path":"/a"},{"op":"test","path":"/a","value":null}]', '{"a":null}'],
  ])('%s', (_title, document, patch, result) => {
    expect(patched(document, patch)).toBe(result);
  });

  it.each([
    ['the removal of what is not there', 422, '[{"op":"remove","path":"/b"}]'],
    ['the move of what is not there', 422, '[{"op":"move","from":"/b","path":"/c"}]'],
    ['a replacement beyond the end of a list', 422, '[{"op":"replace","path":"/a/1","value":1}]'],
    ['a replacement in what is not there', 422, '[{"op":"replace","path":"/b/c","value":1}]'],
    ['a test for null in what is not there', 422, '[{"op":"test","path":"/b/c","value":null}]'],
    ['a test for anything else of what is not there', 422, '[{"op":"test","path":"/b","value":false}]'],
    ['a negative index before the start', 422, '[{"op":"remove","path":"/a/-2"}]'],
    ['an operation that is null', 422, '[null]'],
    ['an operation that is a number', 400, '[1]'],
    ['an operation that is a list', 400, '[[]]'],
    ['an object', 400, '{"op":"add","path":"/a","value":1}'],
    ['null', 400, 'null'],
    ['a text', 400, '"[]"'],
  ])('%s is refused with %i', (_title, code, patch) => {
    expect(refused('{"a":[1]}', patch)).toBe(code);
  });

  it('takes 10,000 operations, and refuses one more with 413 in its words', () => {
    const test = { op: 'test', path: '/a', value: 1 };
    expect(patched('{"a":1}', Array(10_000).fill(test))).toBe('{"a":1}');
    const message = 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001';
    expect(() => applyJsonPatch('{"a":1}', Array(10_001).fill(test))).toThrow(message);
    expect(refused('{"a":1}', Array(10_001).fill(test))).toBe(413);
  });
});

describe('a JSON patch', () => {
  it('can be applied again after a conflict: operations do not change one another', () => {
    const patch = parseExactJson(
      '[{"op":"add","path":"/labels","value":{"a":"1"}},{"op":"remove","path":"/labels/a"},{"op":"add","path":"/labels/b","value":[]},{"op":"add","path":"/labels/b/-","value":"2"}]',
    );
    const once = JSON.stringify(applyJsonPatch('{}', patch));
    expect(once).toBe('{"labels":{"b":["2"]}}');
    expect(JSON.stringify(applyJsonPatch('{}', patch))).toBe(once);
  });

  it('keeps every number as written, the document’s, its own and a copied one', () => {
    const document = '{"big":9007199254740993,"one":1.0,"list":[-0,1e400]}';
    const patch =
      '[{"op":"add","path":"/new","value":-9223372036854775808},{"op":"copy","from":"/list","path":"/copy"},{"op":"move","from":"/big","path":"/moved"}]';
    expect(patched(document, patch)).toBe(
      '{"one":1.0,"list":[-0,1e400],"new":-9223372036854775808,"copy":[-0,1e400],"moved":9007199254740993}',
    );
  });

  it('tells neighbours beyond 2^53 apart', () => {
    const test = (number: string) => `[{"op":"test","path":"/a","value":${number}}]`;
    expect(patched('{"a":9007199254740993}', test('9007199254740993'))).toBe('{"a":9007199254740993}');
    expect(refused('{"a":9007199254740993}', test('9007199254740992'))).toBe(422);
    expect(refused('{"a":9007199254740993}', test('{"rawJSON":"9007199254740993"}'))).toBe(422);
    expect(refused('{"a":9007199254740993}', '[{"op":"replace","path":"/a/rawJSON","value":"1"}]')).toBe(422);
    expect(refused('{"a":9007199254740993}', '[{"op":"copy","from":"/a/rawJSON","path":"/b"}]')).toBe(422);
  });

  it.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])('takes %s for a name like any other', (name) => {
    expect(patched('{}', `[{"op":"add","path":"/${name}","value":{"polluted":1}}]`)).toBe(`{"${name}":{"polluted":1}}`);
    expect(patched(`{"${name}":1,"b":2}`, `[{"op":"move","from":"/${name}","path":"/c"}]`)).toBe('{"b":2,"c":1}');
    expect(refused('{"a":[]}', `[{"op":"add","path":"/${name}/polluted","value":1}]`)).toBe(422);
    expect(refused('{"a":[]}', `[{"op":"add","path":"/a/${name}/polluted","value":1}]`)).toBe(422);
    expect(refused('{"a":[]}', `[{"op":"test","path":"/a/${name}","value":null}]`)).toBe(422);
    expect(patched('{}', `[{"op":"test","path":"/${name}","value":null},{"op":"copy","from":"/${name}","path":"/b"}]`)).toBe('{"b":null}');
    expect(refused('{}', `[{"op":"remove","path":"/${name}"}]`)).toBe(422);
    expect(({} as JsonObject).polluted).toBeUndefined();
  });

  it('that grows a job by copies beyond 3 MiB in all is refused with 413', () => {
    const doubling = Array.from({ length: 60 }, (_, i) => ({ op: 'copy', from: '', path: `/c${i}` }));
    expect(refused('{"a":"0123456789"}', doubling)).toBe(413);
    const same = Array(9999).fill({ op: 'copy', from: '/a', path: '/b' });
    expect(refused(JSON.stringify({ a: 'x'.repeat(1000) }), same)).toBe(413);
  });

  it('that shifts a long array again and again is refused with 413', () => {
    const document = JSON.stringify({ a: Array(400_000).fill(1) });
    expect(refused(document, Array(10_000).fill({ op: 'add', path: '/a/0', value: 1 }))).toBe(413);
    expect(refused(document, Array(10_000).fill({ op: 'remove', path: '/a/0' }))).toBe(413);
    expect(refused(document, Array(10_000).fill({ op: 'move', from: '/a/0', path: '/a/-' }))).toBe(413);
  });

  it.each(['add', 'test', 'copy'])('nested as deep as a body allows is refused and not a surprise: %s', (last) => {
    const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;
    const more = { add: '', test: `,{"op":"test","path":"/a","value":${deep}}`, copy: ',{"op":"copy","from":"/a","path":"/b"}' }[last];
    const patch = JSON.parse(`[{"op":"add","path":"/a","value":${deep}}${more}]`) as Json;
    expect(() => applyJsonPatch('{}', patch)).toThrow(expect.objectContaining({ status: expect.objectContaining({ code: 422 }) }));
  });

  it('tests what is deeper than any job as different', () => {
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const patch = (levels: number) =>
      JSON.parse(`[{"op":"add","path":"/a","value":${deep(levels)}},{"op":"test","path":"/a","value":${deep(levels)}}]`);
    expect(() => patched('{}', patch(300))).not.toThrow();
    expect(refused('{}', patch(1500))).toBe(422);
  });

  it('with a path of a million tokens is refused', () => {
    expect(refused('{"a":{}}', [{ op: 'add', path: '/a'.repeat(1_000_000), value: 1 }])).toBe(422);
  });
});
