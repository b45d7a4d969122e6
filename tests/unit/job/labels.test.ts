import { describe, expect, it } from 'vitest';
import { annotationCauses, labelCauses } from '../../../lib/job/rules/field-value.ts';
import { printable } from '../../../lib/job/shown.ts';
import { getPath, type JsonObject, parseExactJson } from '../../../lib/json/json.ts';
import { causes, changed, cpuTime, job, judge, sent } from './jobs.ts';

const live = job();
const labels = 'metadata.labels';
const annotations = 'metadata.annotations';
// Kubernetes' own words, by the rule that they stand for.
const name = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const nameRegex = "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const rules = {
  name: `name part ${name} ${nameRegex}`,
  nameEmpty: 'name part must be non-empty',
  nameLong: 'name part must be no more than 63 bytes',
  prefix:
    "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end " +
    "with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  prefixEmpty: 'prefix part must be non-empty',
  prefixLong: 'prefix part must be no more than 253 bytes',
  parts: `a valid label key ${name} ${nameRegex} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
  value:
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
  valueLong: 'must be no more than 63 bytes',
};
type Rule = keyof typeof rules;
const shownKey = (key: string) => printable(key.length > 317 ? `${key.slice(0, 317)}…` : key);
const broken = (map: string, text: string, which: Rule[], key = text) =>
  which.map((rule) => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(text)}: ${rules[rule]}`,
    field: `${map}[${shownKey(key)}]`,
  }));

describe('a key', () => {
  it.each<[string, Rule[]]>([
    ['a', []],
    ['A', []],
    ['0', []],
    ['a-b_c.d', []],
    ['example.com/a', []],
    ['a.b-c.d/X', []],
    ['a'.repeat(63), []],
    [`${'a'.repeat(253)}/${'b'.repeat(63)}`, []],
    ['constructor', []],
    ['toString', []],
    ['hasOwnProperty', []],
    ['', ['nameEmpty', 'name']],
    ['__proto__', ['name']],
    [' ', ['name']],
    ['a b', ['name']],
    ['-a', ['name']],
    ['a-', ['name']],
    ['a.', ['name']],
    ['a\n', ['name']],
    ['\n', ['name']],
    ['é', ['name']],
    ['a\u0000', ['name']],
    ['a'.repeat(64), ['nameLong']],
    [`${'a'.repeat(63)}-`, ['nameLong', 'name']],
    ['é'.repeat(32), ['nameLong', 'name']],
    ['/', ['prefixEmpty', 'nameEmpty', 'name']],
    ['/a', ['prefixEmpty']],
    ['a/', ['nameEmpty', 'name']],
    ['a_b/c', ['prefix']],
    ['-a/c', ['prefix']],
    ['a..b/c', ['prefix']],
    ['a./c', ['prefix']],
    ['a\n/c', ['prefix']],
    [`${'a'.repeat(254)}/b`, ['prefixLong']],
    [`${'a'.repeat(253)}-/b`, ['prefixLong', 'prefix']],
    ['a b/c d', ['prefix', 'name']],
    ['a/b/c', ['parts']],
    ['//', ['parts']],
    ['///', ['parts']],
  ])('of a label or an annotation %j breaks the rules %j', (key, which) => {
    expect(labelCauses(key, '')).toEqual(broken(labels, key, which));
    expect(annotationCauses(key)).toEqual(broken(annotations, key, which));
  });

  it('of an annotation may be in capitals where that of a label may not', () => {
    expect(labelCauses('A.B/c', '')).toEqual(broken(labels, 'A.B/c', ['prefix']));
    expect(annotationCauses('A.B/c')).toEqual([]);
    expect(annotationCauses('A_B/C D')).toEqual(broken(annotations, 'A_B/C D', ['prefix', 'name']));
  });

  it.each(['a', 'a.', 'a-', '-', '.', 'a ', '/', 'é'])(
    'of a megabyte of %j is judged in linear time, and cut short in what is said',
    (unit) => {
      const long = unit.repeat(1_000_000 / unit.length);
      for (const key of [long, `${long}/a`, `a/${long}!`]) {
        let found: unknown[] = [];
        const took = cpuTime(() => {
          found = [...labelCauses(key, long), ...annotationCauses(key)];
        });
        expect(took).toBeLessThan(2000);
        expect(found.length).toBeGreaterThan(0);
        expect(JSON.stringify(found).length).toBeLessThan(6000);
      }
    },
  );
});

describe('a label’s value', () => {
  it.each<[string, Rule[]]>([
    ['', []],
    ['a', []],
    ['A-b_c.9', []],
    ['a'.repeat(63), []],
    ['a b', ['value']],
    ['-', ['value']],
    ['a-', ['value']],
    ['a/b', ['value']],
    ['a\n', ['value']],
    ['é', ['value']],
    ['a'.repeat(64), ['valueLong']],
    [`${'a'.repeat(63)} `, ['valueLong', 'value']],
    ['é'.repeat(32), ['valueLong', 'value']],
  ])('%j breaks the rules %j', (value, which) => {
    expect(labelCauses('k', value)).toEqual(broken(labels, value, which, 'k'));
    const expected = which.length > 0 ? [422, ...broken(labels, value, which, 'k')] : undefined;
    if (expected) expect(causes(live, changed(live, { [labels]: { k: value } }))).toEqual(expected);
    else expect(sent(live, changed(live, { [labels]: { k: value } })).changed).toEqual([labels]);
  });

  it('that is null is sent as an empty text, as is an annotation’s', () => {
    const requested = changed(live, { [labels]: { app: null, a: null }, [annotations]: { b: null } });
    expect(sent(live, requested).object).toEqual(changed(live, { [labels]: { app: '', a: '' }, [annotations]: { b: '' } }));
    const before = changed(live, { [labels]: { a: '' } });
    expect(judge(before, changed(live, { [labels]: { a: null } }))).toEqual({ outcome: 'unchanged' });
  });
});

describe('a label named __proto__', () => {
  it('is refused as an invalid key, never lost', () => {
    const requested = changed(live, { [labels]: JSON.parse('{"app":"test","__proto__":"x"}') });
    expect(causes(live, requested)).toEqual([422, ...broken(labels, '__proto__', ['name'])]);
    const annotated = changed(live, { [annotations]: JSON.parse('{"__proto__":"x"}') });
    expect(causes(live, annotated)).toEqual([422, ...broken(annotations, '__proto__', ['name'])]);
  });

  it('that the live job holds is kept beside a change, and can be removed', () => {
    const before = parseExactJson(JSON.stringify(live).replace('{"app":"test"}', '{"__proto__":"x","app":"test"}')) as JsonObject;
    const text = (map: string) => JSON.stringify(live).replace('{"app":"test"}', map);
    const next = (map: string) => JSON.stringify(sent(before, parseExactJson(text(map)) as JsonObject).object);
    expect(next('{"__proto__":"x","app":"new"}')).toBe(text('{"__proto__":"x","app":"new"}'));
    expect(next('{"app":"test"}')).toBe(text('{"app":"test"}'));
  });
});

describe('a lone surrogate', () => {
  it('becomes U+FFFD, as Go reads it, and is then judged', () => {
    expect(sent(live, changed(live, { [annotations]: { a: 'x\ud800y' } })).object).toEqual(
      changed(live, { [annotations]: { a: 'x\ufffdy' } }),
    );
    expect(judge(changed(live, { [annotations]: { a: 'x\ufffdy' } }), changed(live, { [annotations]: { a: 'x\udc00y' } }))).toEqual({
      outcome: 'unchanged',
    });
    expect(causes(live, changed(live, { [labels]: { a: '\ud800' } }))).toEqual([422, ...broken(labels, '\ufffd', ['value'], 'a')]);
    expect(causes(live, changed(live, { [annotations]: { '\ud800': 'a' } }))).toEqual([422, ...broken(annotations, '\ufffd', ['name'])]);
  });

  it('leaves a pair alone', () => {
    expect(sent(live, changed(live, { [annotations]: { a: '😀' } })).object).toEqual(changed(live, { [annotations]: { a: '😀' } }));
  });

  it('that the live job holds is no change, and is kept as it is', () => {
    const before = job({ [annotations]: { '\ud800': '\ud800', a: 'b' }, [labels]: { '\udc00': '\udc00' } });
    expect(judge(before, changed(before))).toEqual({ outcome: 'unchanged' });
    const requested = changed(before, { [`${annotations}.a`]: 'c' });
    expect(sent(before, requested)).toEqual({ object: requested, changed: [annotations] });
  });
});

describe('a value that is no text', () => {
  it.each([
    [5, 'integer'],
    [5.5, 'number'],
    [true, 'boolean'],
    [['a'], 'array'],
    [{ toString: 5 }, 'object'],
  ])('is never sent, also by one who did not check the request before: %j', (value, type) => {
    for (const map of [labels, annotations]) {
      const field = `${map}[a.b/c]`;
      const message = `Invalid value: "${type}": ${field} in body must be of type string: "${type}"`;
      const requested = changed(live, { [map]: { 'a.b/c': value } });
      expect(causes(live, requested)).toEqual([422, { reason: 'FieldValueTypeInvalid', message, field }]);
    }
  });
});

describe('a map that no API server would hold', () => {
  it.each([{ a: null }, { a: 5 }, { a: { b: [] } }, { 'tfjob-gateway/x': null }, [], 'text', 5])('%j is unchanged by itself', (map) => {
    const before = job({ [labels]: map, [annotations]: map });
    expect(judge(before, changed(before))).toEqual({ outcome: 'unchanged' });
  });
});

describe('labels', () => {
  it('may be 256 KiB in total, as annotations may; a live job with more stays updatable, but does not grow', () => {
    const tooLong = { reason: 'FieldValueTooLong', message: 'Too long: may not be more than 262144 bytes', field: labels };
    const to = (map: Record<string, string>, before = live) => changed(before, { [labels]: map });
    // 1,024 labels of 256 bytes each.
    const full = Object.fromEntries(
      Array.from({ length: 1024 }, (_, n) => [`${'p'.repeat(188)}/${String(n).padStart(4, '0')}`, 'v'.repeat(63)]),
    );
    expect(sent(live, to(full)).changed).toEqual([labels]);
    expect(causes(live, to({ ...full, a: '' }))).toEqual([422, tooLong]);
    const above = to({ ...full, a: 'x', b: 'y' });
    expect(sent(above, changed(above, { [annotations]: { a: 'new' } })).changed).toEqual([annotations]);
    expect(sent(above, to({ ...full, a: 'z', b: 'y' }, above)).changed).toEqual([labels]);
    expect(sent(above, to({ ...full, a: 'x' }, above)).changed).toEqual([labels]);
    expect(causes(above, to({ ...full, a: 'xx', b: 'y' }, above))).toEqual([422, tooLong]);
  });
});

describe('annotations', () => {
  const limit = 256 * 1024;
  const open = 192 * 1024;
  const tooLong = { reason: 'FieldValueTooLong', message: 'Too long: may not be more than 262144 bytes', field: annotations };
  const message = "Too long: may not be more than 196608 bytes beside kubectl's record and the gateway's own";
  const noRoom = { ...tooLong, message };
  const of = (bytes: number, unit = 'x') => ({ a: unit.repeat((bytes - 1) / Buffer.byteLength(unit)) });

  it('may be 192 KiB beside the record and the gateway’s own, and 256 KiB in total, keys and values as UTF-8', () => {
    expect(sent(live, changed(live, { [annotations]: of(open) })).changed).toEqual([annotations]);
    expect(causes(live, changed(live, { [annotations]: of(open + 1) }))).toEqual([422, noRoom]);
    expect(causes(live, changed(live, { [annotations]: of(limit) }))).toEqual([422, noRoom]);
    expect(causes(live, changed(live, { [annotations]: of(limit + 1) }))).toEqual([422, tooLong]);
    expect(causes(live, changed(live, { [annotations]: { ...of(open), b: '' } }))).toEqual([422, noRoom]);
    expect(sent(live, changed(live, { [annotations]: of(open - 1, 'é') })).changed).toEqual([annotations]);
    expect(causes(live, changed(live, { [annotations]: of(limit + 1, 'é') }))).toEqual([422, tooLong]);
  });

  it('above it in the live job may stay and shrink, but not grow', () => {
    const before = changed(live, { [annotations]: { ...of(limit + 1000), b: '1' } });
    const to = (map: unknown) => changed(before, { [annotations]: map });
    expect(sent(before, changed(before, { [labels]: { app: 'new' } })).changed).toEqual([labels]);
    expect(sent(before, to({ ...of(limit + 1000), b: '2' })).changed).toEqual([annotations]);
    expect(sent(before, to(of(limit + 1000))).changed).toEqual([annotations]);
    expect(sent(before, to(of(limit + 500))).changed).toEqual([annotations]);
    expect(causes(before, to({ ...of(limit + 1000), b: '22' }))).toEqual([422, tooLong]);
  });

  it('of the gateway itself stay as they are in the live job, whatever the request says', () => {
    const own = { 'tfjob-gateway/a': '1', 'tfjob-gateway/b': '2' };
    const before = job({ [annotations]: { ...own, mine: 'x' } });
    expect(judge(before, changed(before, { [annotations]: { mine: 'x' } }))).toEqual({ outcome: 'unchanged' });
    const odd = { mine: 'x', 'tfjob-gateway/a': 'other', 'tfjob-gateway/c': 'new', 'tfjob-gateway/': 'n' };
    expect(judge(before, changed(before, { [annotations]: odd }))).toMatchObject({ outcome: 'unchanged' });
    expect(sent(before, changed(before, { [annotations]: undefined }))).toEqual({
      object: changed(before, { [annotations]: own }),
      changed: [annotations],
    });
    expect(judge(live, changed(live, { [annotations]: { 'tfjob-gateway/a b': 'planted' } }))).toMatchObject({ outcome: 'unchanged' });
    expect(sent(live, changed(live, { [labels]: { 'tfjob-gateway/a': '1' } })).changed).toEqual([labels]);
  });

  const kept = "annotations under tfjob-gateway/ are the gateway's own and stay as they are: ";
  it.each<[string, object | undefined, boolean, string | undefined]>([
    ['as they are', { 'tfjob-gateway/a': '1', 'tfjob-gateway/b': '2' }, false, undefined],
    ['left out', { mine: 'x' }, false, undefined],
    ['left out with all others', undefined, false, undefined],
    ['changed', { 'tfjob-gateway/a': '9' }, false, 'tfjob-gateway/a'],
    ['added', { 'tfjob-gateway/c': '1' }, false, 'tfjob-gateway/c'],
    ['as they are, by a patch', { 'tfjob-gateway/a': '1', 'tfjob-gateway/b': '2' }, true, undefined],
    ['changed by a patch', { 'tfjob-gateway/a': '9', 'tfjob-gateway/b': '2' }, true, 'tfjob-gateway/a'],
    ['taken away by a patch', { 'tfjob-gateway/b': '2' }, true, 'tfjob-gateway/a'],
    ['taken away with all others by a patch', undefined, true, 'tfjob-gateway/a, tfjob-gateway/b'],
    [
      'changed and added by the hundred',
      Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`tfjob-gateway/${'x'.repeat(300)}${n}`, ''])),
      false,
      `tfjob-gateway/${'x'.repeat(50)}..., tfjob-gateway/${'x'.repeat(50)}... and 98 more`,
    ],
  ])('of the gateway that are %s', (_title, map, patch, warned) => {
    const before = job({ [annotations]: { 'tfjob-gateway/a': '1', 'tfjob-gateway/b': '2' } });
    const requested = changed(before, { [annotations]: map });
    const warnings = warned === undefined ? undefined : [kept + warned];
    expect(judge(before, requested, { patch })).toMatchObject({ outcome: expect.stringMatching(/^(?:un)?change/) });
    const decisions = [judge(before, requested, { patch }), judge(before, changed(requested, { 'spec.cleanPodPolicy': 'All' }), { patch })];
    expect(decisions.map((decision) => (decision as { warnings?: string[] }).warnings)).toEqual([warnings, warnings]);
    for (const decision of decisions) {
      if (decision.outcome === 'change')
        expect(decision.object.metadata).toMatchObject({ annotations: before.metadata && getPath(before, ['metadata', 'annotations']) });
    }
  });
});
