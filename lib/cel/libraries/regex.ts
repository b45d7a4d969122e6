import { spend, WorkExceeded } from '../budget.ts';
import { type Library, type Overload, overload } from '../overload.ts';
import { CelError, List, type Result, type Value } from '../values.ts';
import { noSuchOverload, sizeOf, tenth } from './common.ts';
import { classWork, withoutNames } from './pattern.ts';

/** What RE2 is asked: the class RE2JS of the package re2js. It is given in, so that who has no patterns need not load it. */
export interface RegexEngine {
  compile(pattern: string): Regex;
}
interface Regex {
  test(text: string): boolean;
  programSize(): number;
  re2(): { find(text: string): string; findAll(text: string, limit: number): string[] | null };
}

/** The functions that need the engine. */
export const regexFunctions: readonly string[] = ['matches', 'find', 'findAll'];

// RE2 takes time in proportion to the pattern's program and the text; Kubernetes' cost of both is much lower. Whether it matches at all is
// known sooner than where.
const maxPattern = 10_000;
const maxCached = 200;

/** The patterns of an engine, compiled once. A string is the text of Go's error. */
function compiler(engine: RegexEngine | undefined): (pattern: string) => Regex | string {
  const known = new Map<string, Regex | string>();
  return (pattern) => {
    if (!engine) throw new TypeError('an expression with a regular expression needs the engine RE2');
    const found = known.get(pattern);
    if (found !== undefined) return found;
    if (known.size >= maxCached) known.clear();
    if (pattern.length > maxPattern) throw new WorkExceeded();
    spend(pattern.length * 30 + classWork(pattern));
    const compiled = compilePattern(engine, pattern);
    if (typeof compiled !== 'string') spend(compiled.programSize() * 20);
    known.set(pattern, compiled);
    return compiled;
  };
}

function compilePattern(engine: RegexEngine, pattern: string): Regex | string {
  try {
    return engine.compile(pattern);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Go lets several groups have one name, RE2JS does not: no function of CEL asks for a group by name.
    const unnamed = error.message.includes('duplicate capture group name') ? withoutNames(pattern) : pattern;
    if (unnamed !== pattern) return compilePattern(engine, unnamed);
    // Go prints the empty rest of the pattern as well.
    return error.message.endsWith('trailing backslash at end of expression') ? `${error.message}: \`\`` : error.message;
  }
}

const isUnbounded = (pattern: string): boolean => ['*', '+', ',}'].some((repetition) => pattern.includes(repetition));

/**
 * All matches, or so many. Each is paid before it is sought: where the pattern repeats without a bound, a match may be known only after a
 * walk to the end of the text, so that few are sought at first and twice as many each time there may be more.
 */
function everyMatch(regex: Regex, text: string, limit: number, isUnbounded: boolean): string[] {
  const most = limit < 0 ? text.length + 1 : Math.min(limit, text.length + 1);
  if (most === 0) return [];
  const perMatch = isUnbounded ? Math.max(18, regex.programSize() * text.length * 0.12) : 18;
  for (let some = isUnbounded ? 16 : most; ; some *= 2) {
    const sought = Math.min(some, most);
    spend(sought * perMatch);
    const found = regex.re2().findAll(text, sought) ?? [];
    if (found.length < sought || sought === most) return found;
  }
}

const cost = ([text, pattern]: readonly Result[]): number => tenth(1 + sizeOf(text)) * Math.ceil(sizeOf(pattern) * 0.25);

/**
 * The function `matches` of the standard library, and k8s.io/apiserver/pkg/cel/library/regex.go.
 * @param engine RE2JS; without it constant patterns are not checked, and a call is a TypeError.
 */
export function regex(engine?: RegexEngine): Library {
  const compile = compiler(engine);
  const run = (
    prefix: string,
    price: number,
    use: (regex: Regex, text: string, limit: number, pattern: string) => Result,
  ): Overload['call'] => {
    return (text: Value, pattern: Value, limit: Value = -1n) => {
      if (typeof text !== 'string' || typeof pattern !== 'string' || typeof limit !== 'bigint') return noSuchOverload;
      const compiled = compile(pattern);
      if (typeof compiled === 'string') return new CelError(prefix + compiled);
      spend(compiled.programSize() * text.length * price);
      return use(compiled, text, Number(limit), pattern);
    };
  };
  const plan: Overload['plan'] = (_text, pattern) => {
    const compiled = engine && typeof pattern === 'string' ? compile(pattern) : undefined;
    return typeof compiled === 'string' ? compiled : undefined;
  };
  // cel-go looks at the first argument behind the bracket: of the global function that is the text.
  const refuse = (argument: number): NonNullable<Overload['refuse']> => {
    return (literals) => {
      const pattern = literals[argument];
      const isWrong = engine && typeof pattern === 'string' && typeof compile(pattern) === 'string';
      return isWrong ? { message: 'invalid matches argument', argument } : undefined;
    };
  };
  const matches = run('', 0.13, (compiled, text) => compiled.test(text));
  const find = run('Illegal regex: ', 0.5, (compiled, text) => compiled.re2().find(text));
  const findAll = run('Illegal regex: ', 0.5, (compiled, text, limit, pattern) =>
    List.of(everyMatch(compiled, text, limit, isUnbounded(pattern))),
  );
  return {
    overloads: [
      overload('matches', 'matches(string, string) -> bool', matches, { cost, refuse: refuse(0), plan, isUnguarded: true }),
      overload('matches_string', '<string>.matches(string) -> bool', matches, { cost, refuse: refuse(1), plan, isUnguarded: true }),
      overload('string_find_string', '<string>.find(string) -> string', find, { cost, plan }),
      overload('string_find_all_string', '<string>.findAll(string) -> list<string>', findAll, { cost, plan }),
      overload('string_find_all_string_int', '<string>.findAll(string, int) -> list<string>', findAll, { cost, plan }),
    ],
  };
}
