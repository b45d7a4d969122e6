import { readFileSync } from 'node:fs';
import { is } from 'valibot';
import { describe, expect, it } from 'vitest';
import { fieldCount, fields, fieldsOf, listed, type ValueType } from '../../../lib/job/fields.ts';
import { valueCauses } from '../../../lib/job/rules/field-value.ts';
import { valueSchema } from '../../../lib/job/schema.ts';

const read = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');

describe('the table of fields', () => {
  it('has each field at one place of a layout, at most', () => {
    for (const layout of ['cci', 'kubeflow'] as const) {
      const places = fieldsOf(layout).map(({ dotted }) => dotted);
      expect(places.length).toBeGreaterThan(0);
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it('is what docs/decision.md lists, in its order', () => {
    const count = `${fieldCount.charAt(0).toUpperCase()}${fieldCount.slice(1)}`;
    expect(read('docs/decision.md')).toContain(`${count} fields may change: ${listed(fields)}.`);
  });

  it.each(['README.md', 'README.zh-CN.md'])('is what one paragraph of %s lists', (file) => {
    const named = (line: string) => fields.every(({ name }) => line.includes(`\`${name}\``));
    expect(read(file).split('\n').filter(named)).toHaveLength(1);
  });
});

describe('a value of each type', () => {
  const types: [ValueType, good: (boolean | number | string)[], bad: (boolean | number | string)[]][] = [
    [{ type: 'integer', minimum: 1 }, [1, 2 ** 53 - 1], [0, -1, 1.5, '1', true]],
    [{ type: 'integer', minimum: 0, maximum: 7 }, [0, 7], [8, -1, false]],
    [{ type: 'enum', values: ['A', 'B'] }, ['A', 'B'], ['a', '', 1]],
    [{ type: 'boolean' }, [true, false], ['true', 0, 1]],
  ];

  it.each(types)('is judged by the rule as by the schema: %j', (type, good, bad) => {
    for (const value of good) expect([valueCauses(type, 'f', value), is(valueSchema(type), value)]).toEqual([[], true]);
    for (const value of bad) expect([valueCauses(type, 'f', value).length, is(valueSchema(type), value)]).toEqual([1, false]);
  });

  it('is refused in the words of the API server, if it is of another type', () => {
    const message = 'Invalid value: "string": spec.runPolicy.suspend in body must be of type boolean: "string"';
    expect(valueCauses({ type: 'boolean' }, 'spec.runPolicy.suspend', 'yes')).toEqual([
      { reason: 'FieldValueTypeInvalid', message, field: 'spec.runPolicy.suspend' },
    ]);
  });
});
