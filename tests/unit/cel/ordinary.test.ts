import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import { admissionEnvironment, compile, fromJson } from '../../../lib/cel/index.ts';

const environment = admissionEnvironment({ engine: RE2JS });
const padded = (i: number, width: number) => String(i).padStart(width, 'abcdefghij-klmnopqrstuvwxyz');

/** Documents of about 3 MiB, which is as much as Kubernetes takes: many strings, many entries, many variables, one long text. */
const documents = {
  strings: fromJson(Array.from({ length: 95_000 }, (_, i) => padded(i, 30))),
  entries: fromJson(Object.fromEntries(Array.from({ length: 52_000 }, (_, i) => [padded(i, 24), padded(i, 30)]))),
  env: fromJson(Array.from({ length: 40_000 }, (_, i) => ({ name: `VARIABLE_${i}`, value: padded(i, 40) }))),
  text: fromJson(`http://host/${'abc-def/'.repeat(390_000)}`),
};

describe('an expression may look at all of a document of 3 MiB where Kubernetes lets it', () => {
  it.each([
    ['strings', "object.all(x, x.startsWith('a'))"],
    ['strings', 'object.all(x, x.size() < 63)'],
    ['strings', "object.all(x, x.matches('^a'))"],
    ['strings', "object.all(x, !x.matches('z+$'))"],
    ['strings', "object.all(x, x.replace('a', 'b') != '')"],
    ['strings', "object.all(x, isURL('http://' + x))"],
    ['strings', 'object.all(x, !isIP(x))'],
    ['strings', 'object.all(x, !isSemver(x))'],
    ['strings', 'object.all(x, !isQuantity(x))'],
    ['strings', "object.all(x, strings.quote(x) != '')"],
    ['strings', "object.join(',') != ''"],
    ['strings', 'object.isSorted() in [true, false]'],
    ['strings', "object.indexOf('z') < 0"],
    ['strings', 'object == oldObject'],
    ['entries', "object.all(k, v, k.matches('^[a-z]') || v != '')"],
    ['entries', 'object.transformMap(k, v, v).size() > 0'],
    ['entries', 'object.all(k, oldObject[?k].orValue("") == object[k])'],
    ['entries', 'object == oldObject'],
    ['env', "object.all(e, e.value.matches('^[a-z]+'))"],
    ['env', "object.map(e, e.value).join(',') != ''"],
    ['env', 'object == oldObject'],
    ['text', "url(object).getHost() == 'host'"],
    ['text', "object.split('/').size() > 0"],
    ['text', "object.split('').size() > 0"],
    ['text', "strings.quote(object) != ''"],
    ['text', "object.replace('/', '') != ''"],
  ] as const)('%s: %s', (name, expression) => {
    const object = documents[name];
    expect(compile(expression, environment).evaluate({ object, oldObject: object }).value).toBe(true);
  });
});
