import { describe, expect, it } from 'vitest';
import { type Json, type JsonObject, parseExactJson } from '../../../lib/json/json.ts';
import { quantityValue } from '../../../lib/json/quantity.ts';

describe('quantityValue', () => {
  it.each([
    [['2', 2, '2000m', '2.0', '+2', '02', '2.', '2e0', '2E0', '0.002k', '2000000u', '2000000000n', '0.2e1', '20e-1']],
    [['0.5', '500m', 0.5, '.5', '0.50', '5e-1', '500e-3', '+.5']],
    [['1e3', '1k', '1000', 1000, '1E3', '0.001M', '1000000m']],
    [['4Gi', '4294967296', 4294967296, '4096Mi', '4194304Ki', '4294967296000m', '0.00390625Ti']],
    [['1E', '1000P', '1e18', '1000000000000000000', '1E+18', '1e018']],
    [['1Ei', '1024Pi', '1152921504606846976']],
    [['0', 0, '0m', '-0', '0.000', '+0Ki', '0e99', '00']],
    [['-1', -1, '-1000m', '-1.0']],
    [['1.5Gi', '1536Mi', '1610612736']],
    [['9007199254740993', '9007199254740993000m', '9007199254740.993k']],
    [['0.1', '100m', 0.1, '0.1000']],
  ])('is the same for each of %j', (same) => {
    expect(quantityValue(same[0] as Json)).toBeTypeOf('string');
    expect(new Set(same.map((value) => quantityValue(value)))).toEqual(new Set([quantityValue(same[0] as Json)]));
  });

  it('tells apart what is not the same value', () => {
    const different = ['2', '3', '2k', '2Ki', '2M', '2Mi', '2m', '2n', '2u', '-2', '2G', '2T', '2P', '2E', '2Gi', '2Ti', '2Pi', '2Ei', '0'];
    const close = ['9007199254740993', '9007199254740992', '0.1000000000000000055511151231257827', '1e19', '1e20', '1e-19'];
    const all = [...different, ...close, 0.1];
    expect(new Set(all.map((value) => quantityValue(value))).size).toBe(all.length);
  });

  it('takes a number as it was written, also beyond a double', () => {
    const { big, one } = parseExactJson('{"big":9007199254740993,"one":1.0}') as JsonObject;
    expect(quantityValue(big)).toBe(quantityValue('9007199254740993'));
    expect(quantityValue(one)).toBe(quantityValue('1'));
  });

  it.each([
    [
      [
        '',
        ' ',
        '.',
        '+',
        '-',
        'Gi',
        'm',
        'e3',
        '1e',
        '1 Gi',
        '1gi',
        '1GI',
        '1K',
        '1ki',
        '1mi',
        '1kk',
        '1Gi1',
        '0x10',
        '1_000',
        '--1',
        '1,5',
        '١',
      ],
    ],
    [['1e1.5', '1e+', 'Infinity', 'NaN', '2\n', '2m\n', null, true, false, {}, [], ['2'], undefined]],
    [['1'.repeat(1_000_000), `1e${'9'.repeat(1_000_000)}`, `0.${'0'.repeat(1_000_000)}1`, '1e99999999999999999999']],
  ])('is undefined for what is no quantity (%#)', (none) => {
    expect(none.map((value) => quantityValue(value as Json))).toEqual(none.map(() => undefined));
  });
});
