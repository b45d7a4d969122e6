import { describe, expect, it } from 'vitest';
import { hidden, hiderOf } from '../../../lib/audit/hide.ts';

const hide = (secrets: string[], text: string): string => hiderOf(new Set(secrets))(text);

describe('a text that quotes a secret', () => {
  it('is shown without it where it is quoted with escapes, as JSON has them or as a terminal needs them', () => {
    const secret = 'pa"ss\\wo\nrd\u2028end';
    expect(hide([secret], `Invalid value: ${JSON.stringify(secret)}: no`)).toBe(`Invalid value: "${hidden}": no`);
    expect(hide([secret], 'Unsupported value: "pa\\"ss\\\\wo\\nrd\\u2028end"')).toBe(`Unsupported value: "${hidden}"`);
  });

  it('is shown without the part of it that stands there, where it was cut', () => {
    const secret = `begins-${'x'.repeat(300)}`;
    expect(hide([secret], `Invalid value: "${secret.slice(0, 256)}…": no`)).toBe(`Invalid value: "${hidden}…": no`);
    expect(hide([secret], `"${secret.slice(0, 64)}"`)).toBe(`"${hidden}"`);
    expect(hide([secret], 'begins-xx is short enough to be chance')).toBe('begins-xx is short enough to be chance');
  });

  it('is shown without the longest that stands at a place, whichever others begin in the same way', () => {
    expect(hide(['abcd', 'abcdef', 'abcdefzz', 'abce'], 'abcdefgh abcdx abcez abcf')).toBe(`${hidden}gh ${hidden}x ${hidden}z abcf`);
    // One that sorts behind and shares more does not let another one pass that is not there.
    expect(hide(['abcdX', 'abcdefgz'], 'abcdefgy')).toBe('abcdefgy');
  });

  it('finds what plain search finds, in any text', () => {
    const letters = (seed: number, length: number) =>
      Array.from({ length }, (_, i) => 'ab'[(Math.imul(seed + i, 2654435761) >>> 13) % 2]).join('');
    for (let seed = 1; seed < 300; seed++) {
      const secrets = [4, 5, 6, 9].map((length, i) => letters(seed * 7 + i * 31, length));
      const shown = hide(secrets, letters(seed * 13, 40)).split(hidden);
      expect(shown.filter((part) => secrets.some((secret) => part.includes(secret)))).toEqual([]);
    }
  });

  it('costs little, however many secrets there are', () => {
    const hider = hiderOf(new Set(Array.from({ length: 100_000 }, (_, i) => `--argument-${i}`)));
    const before = process.cpuUsage();
    for (let i = 0; i < 100; i++)
      hider(`metadata.labels: Invalid value: "value-${i}": a valid label must consist of alphanumeric characters`);
    const { user } = process.cpuUsage(before);
    // By one search for each of them it was 15 seconds.
    expect(user / 1000).toBeLessThan(5000);
  });
});
