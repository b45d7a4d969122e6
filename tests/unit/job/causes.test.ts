import { describe, expect, it } from 'vitest';
import { Causes } from '../../../lib/job/causes.ts';

const cause = (n: number) => ({ message: `m${n}` });

describe('causes', () => {
  it('are made up to the hundredth, and then counted', () => {
    const causes = new Causes();
    let made = 0;
    const add = (n: number) =>
      causes.add('field-value', () => {
        made += 1;
        return cause(n);
      });
    for (let n = 0; n < 100; n++) add(n);
    expect(causes.told('R', 'too many')).toEqual(Array.from({ length: 100 }, (_, n) => cause(n)));
    for (let n = 100; n < 250_000; n++) add(n);
    expect([made, causes.total]).toEqual([100, 250_000]);
    expect(causes.told('R', 'too many')).toEqual([
      ...Array.from({ length: 100 }, (_, n) => cause(n)),
      { reason: 'R', message: 'and 249900 more too many' },
    ]);
  });

  it('that others have counted keep their number', () => {
    const causes = new Causes();
    causes.addAll('field-value', [cause(1), cause(2)], 7);
    causes.add('map-size', () => cause(3));
    causes.addAll('field-value', [cause(4)]);
    expect([causes.total, causes.listed]).toEqual([9, [cause(1), cause(2), cause(3), cause(4)]]);
    expect(causes.told('R', 'more')).toEqual([cause(1), cause(2), cause(3), cause(4), { reason: 'R', message: 'and 5 more more' }]);
    causes.addAll(
      'field-value',
      Array.from({ length: 200 }, (_, n) => cause(n)),
    );
    expect([causes.total, causes.listed.length]).toEqual([209, 100]);
  });

  it('name the rule of the first of them, and none where there is none', () => {
    const causes = new Causes();
    causes.addAll('immutable-field', []);
    expect(causes.rule).toBeUndefined();
    causes.add('protected-key', () => cause(1));
    causes.addAll('immutable-field', [cause(2)]);
    expect(causes.rule).toBe('protected-key');
    const counted = new Causes();
    counted.addAll('immutable-field', [], 3);
    expect(counted.rule).toBe('immutable-field');
  });
});
