import { describe, expect, it } from 'vitest';
import { Causes } from '../../../lib/job/causes.ts';

const cause = (n: number) => ({ message: `m${n}` });

describe('causes', () => {
  it('are made up to the hundredth, and then counted', () => {
    const causes = new Causes();
    let made = 0;
    const add = (n: number) =>
      causes.add(() => {
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
    causes.addAll([cause(1), cause(2)], 7);
    causes.add(() => cause(3));
    causes.addAll([cause(4)]);
    expect([causes.total, causes.listed]).toEqual([9, [cause(1), cause(2), cause(3), cause(4)]]);
    expect(causes.told('R', 'more')).toEqual([cause(1), cause(2), cause(3), cause(4), { reason: 'R', message: 'and 5 more more' }]);
    causes.addAll(Array.from({ length: 200 }, (_, n) => cause(n)));
    expect([causes.total, causes.listed.length]).toEqual([209, 100]);
  });
});
