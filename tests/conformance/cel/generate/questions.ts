import { documents } from './documents.ts';
import { Expressions, wholeTypes } from './expressions.ts';
import { Random } from './random.ts';
import { randomType } from './types.ts';

/** Longer ones say nothing that shorter ones do not, and a failure is to be read. */
const longest = 700;
const marks = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  '.',
  ',',
  ':',
  '?',
  '+',
  '-',
  '!',
  '=',
  '<',
  '&&',
  '||',
  "'",
  '"',
  '\\',
  '`',
  ' ',
  '\n',
  '//',
  '0',
  'u',
  'e',
  'in',
  '@',
  '$',
  'é',
  '😀',
  '%',
  '"""',
  'r"',
  'as',
  'null',
  '_',
];

/** Takes out, puts in or doubles a few characters: most of it is no CEL any more. */
function damage(random: Random, expression: string): string {
  let characters = Array.from(expression);
  for (let times = 1 + random.below(2); times > 0; times -= 1) {
    const at = random.below(characters.length + 1);
    const kind = random.below(4);
    if (kind === 0) characters.splice(at, 1 + random.below(3));
    else if (kind === 1) characters.splice(at, 0, random.pick(marks));
    else if (kind === 2) characters = characters.slice(0, at);
    else characters.splice(at, 1, random.pick(marks));
  }
  return characters.join('');
}

function expression(random: Random): string {
  const wanted = random.chance(0.85) ? random.pick(wholeTypes) : randomType(random, 2);
  const made = new Expressions(random, random.pick([0, 0, 0.02, 0.05])).make(wanted, 1 + random.below(4));
  return random.chance(0.04) ? damage(random, made) : made;
}

/** Lines for the oracle and for the engine, as texts of JSON; the same ones for the same seed. */
export function* questions(seed: number, count: number): Generator<string> {
  const random = new Random(seed);
  for (let made = 0; made < count; ) {
    const expr = expression(random);
    const { object, oldObject, params, request } = documents(random);
    if (expr.length > longest) continue;
    made += 1;
    yield `{"expr":${JSON.stringify(expr)},"object":${object},"oldObject":${oldObject},${params ? `"params":${params},` : ''}"request":${request}}`;
  }
}
