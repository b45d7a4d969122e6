import { describe, expect, it } from 'vitest';
import { CompileError, compile } from '../../../lib/cel/index.ts';
import { runsOf } from '../../exhaustive.ts';

const pieces = [
  ...'()[]{}.,:?!-+*/%<>=&|@$`\'"\\ \n#;_0eEuxrb'.split(''),
  ...[
    '==',
    '!=',
    '&&',
    '||',
    '<=',
    'in',
    'true',
    'null',
    '.?',
    '[?',
    '"""',
    "'''",
    "r'",
    "b'",
    '0x',
    '1e',
    '//',
    '\\u00',
    '😀',
    'é',
    '\ud800',
  ],
  ...[
    'object',
    'request',
    'x',
    'a.b',
    'has(',
    '.all(x,',
    '.map(x, x',
    '.optMap(x,',
    '.sortBy(x,',
    '.transformMapEntry(i, v,',
    'size(',
    'int(',
    'optional.of(',
  ],
  ...[
    '1',
    '2u',
    '.5',
    "'s'",
    "b'x'",
    '[]',
    '{}',
    '[1, 2]',
    '{"a": 1}',
    "timestamp('x')",
    "duration('1s')",
    "'%d'.format([",
    'dyn(1)',
    'authorizer',
    'a{b:1}',
    'if',
    "{b'a': 1}",
    'google.protobuf.Value{',
    '[int]',
  ],
];
const seeds = [
  "object.spec.replicas <= 5 || request.userInfo.groups.exists(g, g == 'admins')",
  "object.metadata.?labels.?owner.orValue('') == request.userInfo.username",
  '[1, 2, 3].map(x, x * 2).filter(y, y > 2).size() == 2 ? \'a\' : "b"',
  "{'a': [1.5, -2.0e3], 'b': []}.transformMap(k, v, v.size() > 0, v[0])",
  "quantity('1Gi').isGreaterThan(quantity(object.spec.memory)) && !has(object.a.b)",
];

/** Numbers from 0 to below `below`, the same ones for the same seed (xorshift). */
function numbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Nonsense made of pieces, or an expression with a few places damaged. */
function broken(next: (below: number) => number): string {
  const piece = (): string => pieces[next(pieces.length)] as string;
  if (next(2) === 0) return Array.from({ length: 1 + next(14) }, piece).join('');
  let text = seeds[next(seeds.length)] as string;
  for (let times = 1 + next(4); times > 0; times -= 1) {
    const at = next(text.length + 1);
    text = text.slice(0, at) + (next(3) === 0 ? '' : piece()) + text.slice(at + next(4));
  }
  return text;
}

describe('broken text', () => {
  it('is refused with a CompileError or compiles, and never does anything else', () => {
    const seed = Number(process.env.FUZZ_SEED ?? 20_260_101);
    const next = numbers(seed);
    const kinds = { refused: 0, compiled: 0 };
    for (let run = runsOf(20_000); run > 0; run -= 1) {
      const text = broken(next);
      try {
        compile(text);
        kinds.compiled += 1;
      } catch (error) {
        if (!(error instanceof CompileError)) throw new Error(`seed ${seed}: ${JSON.stringify(text)}`, { cause: error });
        kinds.refused += 1;
      }
    }
    expect(kinds.refused).toBeGreaterThan(kinds.compiled);
    expect(kinds.compiled).toBeGreaterThan(0);
  });
});
