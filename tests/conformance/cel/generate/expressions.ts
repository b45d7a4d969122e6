import { pathsOf, selections } from './documents.ts';
import { literals, texts } from './literals.ts';
import type { Random } from './random.ts';
import { type Signature, signatures } from './signatures.ts';
import { parseType, randomType, same, substitute, type Type, type as typeOf, unify } from './types.ts';

/** A variable of a macro that is in scope. */
interface Bound {
  name: string;
  type: Type;
}

const bool = typeOf('bool');
const int = typeOf('int');
const dyn = typeOf('dyn');
const string = typeOf('string');
const names = ['x', 'y', 'i', 'v', 'k', 'self'];
const formats = ['%s', '%d', '%f', '%.2f', '%e', '%b', '%x', '%X', '%o', '%%', 'a%sb', '%s %s', '%', '%q', '%.101f', 'plain é'];

// By the type of their result. <type> is an expression of that type; `one`, `two` and `own` say which variables it has: the element of the
// range, its index or key and its value, or the element of the list that the macro is called on.
const macros: Readonly<Record<string, readonly string[]>> = {
  bool: ['all', 'exists', 'exists_one', 'existsOne'].flatMap((name) => [
    `<range>.${name}(@a, <bool one>)`,
    `<range>.${name}(@a, @b, <bool two>)`,
  ]),
  list: [
    '<range>.map(@a, <part one>)',
    '<range>.map(@a, <bool one>, <part one>)',
    '<wanted>.filter(@a, <bool own>)',
    '<range>.transformList(@a, @b, <part two>)',
    '<range>.transformList(@a, @b, <bool two>, <part two>)',
    '<wanted>.sortBy(@a, <order own>)',
  ],
  map: [
    '<range>.transformMap(@a, @b, <part two>)',
    '<range>.transformMap(@a, @b, <bool two>, <part two>)',
    '<range>.transformMapEntry(@a, @b, {<key two>: <part two>})',
  ],
  optional: ['<optional>.optMap(@a, <part one>)', '<optional>.optFlatMap(@a, <wanted one>)'],
};

/** Makes expressions of a wanted type. Some parts have another type on purpose: `brokenness` is the chance of that at each part. */
export class Expressions {
  readonly #random: Random;
  readonly #brokenness: number;
  /** How many literals of lists and maps we are in: their elements must have one type. */
  #literals = 0;

  constructor(random: Random, brokenness: number) {
    this.#random = random;
    this.#brokenness = brokenness;
  }

  /** An expression of the type `wanted` whose parts are nested at most `depth` deep. */
  make(wanted: Type, depth: number, scope: readonly Bound[] = []): string {
    const random = this.#random;
    if (random.chance(this.#brokenness)) return this.#wrong(depth, scope);
    if (depth <= 0 || random.chance(0.12)) return this.#leaf(wanted, scope);
    if (random.chance(0.16)) return this.#general(wanted, depth, scope);
    const macro = random.chance(0.3) ? this.#macro(wanted, depth, scope) : undefined;
    return macro ?? this.#call(wanted, depth, scope) ?? this.#leaf(wanted, scope);
  }

  /** Something of a type that is not wanted here, half of the time hidden from the checker. */
  #wrong(depth: number, scope: readonly Bound[]): string {
    const other = new Expressions(this.#random, 0).make(randomType(this.#random, 1), Math.min(depth, 1), scope);
    return this.#random.chance(0.5) ? `dyn(${other})` : other;
  }

  #leaf(wanted: Type, scope: readonly Bound[]): string {
    const random = this.#random;
    const choices = [
      ...scope.filter((one) => same(one.type, wanted)).map(({ name }) => name),
      ...pathsOf(wanted, this.#literals > 0 && random.chance(0.97)),
    ];
    if (choices.length > 0 && random.chance(0.45)) return random.pick(choices);
    if (wanted.pool)
      return random.pick((wanted.name === 'string' ? (texts[wanted.pool] ?? literals[wanted.pool]) : literals[wanted.pool]) ?? ["''"]);
    const part = (index: number) => this.#element(() => this.#leaf(wanted.of[index] ?? dyn, scope));
    if (wanted.name === 'list') return `[${random.some(3, () => part(0)).join(', ')}]`;
    if (wanted.name === 'map') return `{${random.some(3, () => `${part(0)}: ${part(1)}`).join(', ')}}`;
    if (wanted.name === 'optional') return random.chance(0.3) ? 'optional.none()' : `optional.of(${part(0)})`;
    if (wanted.name === 'dyn')
      return random.chance(0.5) ? `dyn(${this.#leaf(randomType(random, 1), scope)})` : random.pick(pathsOf(dyn, false));
    return random.pick(literals[wanted.name] ?? ['null']);
  }

  /** What gives a value of any type: a condition, a selection, an index, an optional. */
  #general(wanted: Type, depth: number, scope: readonly Bound[]): string {
    const of = (one: Type, less = 1) => this.make(one, depth - less, scope);
    const key = this.#random.pick([string, int, bool]);
    const forms: (() => string)[] = [
      () => `(${of(bool)} ? ${of(wanted)} : ${of(wanted)})`,
      () => `${of(typeOf('list', wanted))}[${of({ ...int, pool: 'small' }, 2)}]`,
      () => `${of(typeOf('map', key, wanted))}[${of(key, 2)}]`,
      () => `${of(typeOf('map', string, wanted))}.${this.#random.pick(['a', 'k', 'abc', '`a-b`'])}`,
      () => `${of(typeOf('optional', wanted))}.orValue(${of(wanted)})`,
      () => `${of(typeOf('map', string, wanted))}[?${of(string, 2)}].orValue(${of(wanted, 2)})`,
      () => `${of(typeOf('list', wanted))}[?${of({ ...int, pool: 'small' }, 2)}].value()`,
      () => `${this.#random.pick(selections).replace(/\.(\w+)$/, '.?$1')}.orValue(${of(wanted)})`,
    ];
    return this.#random.pick(forms)();
  }

  #call(wanted: Type, depth: number, scope: readonly Bound[]): string | undefined {
    const random = this.#random;
    const fitting: [Signature, Map<string, Type>][] = [];
    for (const signature of signatures) {
      const bound = unify(signature.result, wanted);
      if (bound && signature.result.name.length > 1) fitting.push([signature, bound]);
    }
    if (wanted.name === 'list' || wanted.name === 'map' || wanted.name === 'optional') {
      if (fitting.length === 0 || random.chance(0.4)) return this.#literal(wanted, depth, scope);
    }
    if (wanted.name === 'string' && random.chance(0.07)) return this.#formatted(depth, scope);
    if (wanted.name === 'bool' && random.chance(0.05)) return `has(${random.pick(selections)})`;
    if (fitting.length === 0) return undefined;
    const [signature, bound] = random.pick(fitting);
    const parameters = signature.parameters.map((parameter) => substitute(parameter, bound, random));
    return signature.write(
      parameters.map((parameter) =>
        parameter.pool && random.chance(0.8) ? this.#leaf(parameter, scope) : this.make(parameter, depth - 1, scope),
      ),
    );
  }

  #literal(wanted: Type, depth: number, scope: readonly Bound[]): string {
    const random = this.#random;
    const of = (index: number) => this.#element(() => this.make(wanted.of[index] ?? dyn, depth - 1, scope));
    const optional = (index: number) => this.#element(() => this.make(typeOf('optional', wanted.of[index] ?? dyn), depth - 1, scope));
    if (wanted.name === 'list') return `[${random.some(4, () => (random.chance(0.1) ? `?${optional(0)}` : of(0))).join(', ')}]`;
    if (wanted.name === 'map')
      return `{${random.some(3, () => (random.chance(0.1) ? `?${of(0)}: ${optional(1)}` : `${of(0)}: ${of(1)}`)).join(', ')}}`;
    return `optional.${random.pick(['of', 'ofNonZeroValue'])}(${of(0)})`;
  }

  #element(make: () => string): string {
    this.#literals += 1;
    try {
      return make();
    } finally {
      this.#literals -= 1;
    }
  }

  #formatted(depth: number, scope: readonly Bound[]): string {
    const random = this.#random;
    const args = random.some(3, () => this.make(randomType(random, 1), depth - 2, scope));
    return `'${random.some(2, () => random.pick(formats)).join(' ')}'.format([${args.map((arg) => `dyn(${arg})`).join(', ')}])`;
  }

  #macro(wanted: Type, depth: number, scope: readonly Bound[]): string | undefined {
    const random = this.#random;
    const forms = macros[wanted.name];
    if (!forms) return undefined;
    const range = random.chance(0.8) ? typeOf('list', randomType(random, 0)) : typeOf('map', string, randomType(random, 0));
    const [first, second = dyn] = range.name === 'list' ? [int, ...range.of] : range.of;
    const element = range.name === 'list' ? second : (first ?? dyn);
    const part = wanted.of.at(-1) ?? dyn;
    const a = random.pick(names);
    const b = random.chance(0.05) ? a : random.pick(names.filter((name) => name !== a));
    const scopes: Record<string, Bound[]> = {
      one: [{ name: a, type: element }],
      two: [
        { name: a, type: first ?? dyn },
        { name: b, type: second },
      ],
      own: [{ name: a, type: part }],
    };
    const types: Record<string, Type> = { wanted, range, part, bool, optional: typeOf('optional', element), key: wanted.of[0] ?? string };
    types.order = random.pick([int, string]);
    const filled = random.pick(forms).replace(/<(\w+)(?: (\w+))?>/g, (_, name: string, where = '') => {
      return this.make(types[name] ?? dyn, depth - 1, [...scope, ...(scopes[where] ?? [])]);
    });
    return filled.replaceAll('@a', a).replaceAll('@b', b);
  }
}

/** The types that a whole expression is made of: mostly what a policy needs. */
export const wholeTypes: readonly Type[] = [
  'bool',
  'bool',
  'string',
  'int',
  'list<string>',
  'list<int>',
  'map<string,int>',
  'double',
  'uint',
  'bytes',
  'timestamp',
  'duration',
  'dyn',
  'optional<string>',
  'list<dyn>',
  'type',
].map(parseType);
