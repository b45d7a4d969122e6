import type { Token } from './lexer.ts';
import type { Problems } from './source.ts';
import { literal, type Node } from './syntax.ts';

/** How deep expressions and operations nest at most: cel-go's limit. */
export const deepest = 250;
const mostSyntaxErrors = 100;
const mostRecoveries = 30;

// ANTLR lists what it expected in the order of the grammar's tokens.
const all =
  "'[', ']', '{', '}', '(', ')', '.', ',', '-', '!', '?', ':', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER";
const ordered = all.split(/, (?=['A-Z])/);
const beginnings = ordered.filter((token) => !["']'", "'}'", "')'", "','", "'?'", "':'"].includes(token));

/** A kind of token as ANTLR's messages write it. */
export const wanted = (kind: string): string => (/^[<A-Z]/.test(kind) ? kind : `'${kind}'`);

/** Parsing that must stop at once, with the message for the whole expression if there is one. */
class ParsingStopped extends Error {}

const isBinary = (kind: string): boolean => /^([=!]=|[<>]=?|[+\-*/%]|&&|\|\||in)$/.test(kind);
const isOperator = (kind: string): boolean => isBinary(kind) || /^[?.[]$/.test(kind);

interface Open {
  /** What closes what is open: `)`, `]`, `}`, or the `:` of a ternary or a map's entry. */
  readonly closing: string;
  readonly isOptionalAllowed: boolean;
  /** Whether it may be closed at once. */
  readonly isEmptyAllowed: boolean;
}

/** The syntax errors of one expression in ANTLR's words, and how the parser goes on after one. */
export class SyntaxErrors {
  readonly #problems: Problems;
  readonly #semantic: [at: number, message: string][] = [];
  readonly #open: Open[] = [];
  #count = 0;
  #recoveries = 0;
  #isRecovering = false;
  #level = 0;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** How many syntax errors there are. */
  get count(): number {
    return this.#count;
  }

  /** An expression begins within another. */
  enter(): void {
    this.#level += 1;
    if (this.#level > deepest) this.stop(`expression recursion limit exceeded: ${deepest}`);
  }

  leave(): void {
    this.#level -= 1;
  }

  /** Runs the lexer; nothing is parsed where it meets too much that is no token. */
  orNothing(read: () => Token[]): Token[] {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ParsingStopped)) throw error;
      return [];
    }
  }

  /** Runs the parser; what stops it is a mistake of the whole expression. */
  orStop(parse: () => Node): Node {
    let node: Node = literal(0, null);
    try {
      node = parse();
    } catch (error) {
      if (!(error instanceof ParsingStopped)) throw error;
      if (error.message !== '') this.#problems.add(-1, error.message);
    }
    for (const [at, message] of this.#semantic) this.#problems.add(at, message);
    return node;
  }

  stop(message: string): never {
    throw new ParsingStopped(message);
  }

  syntax(at: number, message: string): void {
    this.#count += 1;
    // One more than is shown: it is counted.
    this.#problems.add(at, message);
    if (this.#count > mostSyntaxErrors) this.stop('');
  }

  /** A mistake that is no syntax error; the parser needs no recovery from it. */
  semantic(at: number, message: string): void {
    this.#semantic.push([at, message]);
  }

  /**
   * A token that should not stand here. Until a token is taken again no other is reported.
   * @param recovers when ANTLR counts an attempt to go on: before it reports, afterwards, both, or not at all, where it leaves one token out.
   */
  unexpected(token: Token, message: string, ...recovers: ('before' | 'after')[]): void {
    if (this.#isRecovering) return;
    if (recovers.includes('before')) this.#attempt(token);
    this.syntax(token.at, `Syntax error: ${message}`);
    if (recovers.includes('after')) this.#attempt(token);
    this.#isRecovering = true;
  }

  #attempt({ at }: Token): void {
    this.#recoveries += 1;
    if (this.#recoveries <= mostRecoveries) return;
    this.syntax(at, `Syntax error: error recovery attempt limit exceeded: ${mostRecoveries}`);
    this.stop('');
  }

  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  recovered(): void {
    this.#isRecovering = false;
  }

  open(closing: string, isOptionalAllowed = false, isEmptyAllowed = false): void {
    this.#open.push({ closing, isOptionalAllowed, isEmptyAllowed });
  }

  close(): void {
    this.#open.pop();
  }

  /** Whether what is open may be closed at once by a token of this kind, after one of the kind before. */
  mayBeEmpty(before: string, kind: string): boolean {
    const top = this.#topAfter(before);
    return top?.isEmptyAllowed === true && top.closing === kind;
  }

  /** What may come where an operand is missing after a token of a kind. */
  operands(before: string): string {
    const top = this.#topAfter(before);
    const more = top?.isEmptyAllowed ? [`'${top.closing === ':' ? '}' : top.closing}'`, ...(top.closing === ')' ? [] : ["','"])] : [];
    const allowed = [...beginnings, ...more, ...(top?.isOptionalAllowed ? ["'?'"] : [])];
    return `{${ordered.filter((token) => allowed.includes(token)).join(', ')}}`;
  }

  /** What is open; behind an operator its end and what else begins an element may not come. */
  #topAfter(before: string): Open | undefined {
    return before === '!' || before === ':' || isBinary(before) ? undefined : this.#open.at(-1);
  }

  /** Whether a token of the second kind may come after one of the first: then the first is missing. */
  mayFollow(kind: string, next: string): boolean {
    if (kind === ':') return !['<EOF>', '}', ')', ']', ',', ':', '?'].includes(next) && !/^[=!<>]=$|^[<>+*/%]$|^&&$|^\|\|$|^in$/.test(next);
    if (kind === '<EOF>' || /^[A-Z]/.test(kind)) return false;
    const top = this.#open.at(-1);
    if (next === '<EOF>') return top === undefined;
    if (next === ',') return top !== undefined;
    return top?.closing === next || isOperator(next);
  }

  #closes(next: string): boolean {
    return this.#open.some(({ closing }) => closing === next || next === ',');
  }

  #follows(next: string): boolean {
    const closers = this.#open.map((open) => open.closing);
    return next === '<EOF>' || closers.includes(next) || isOperator(next) || (next === ',' && closers.length > 0);
  }

  /** How many tokens from an index on have no place here. */
  skipped(tokens: readonly Token[], from: number, isWhole: boolean): number {
    let index = from;
    const follows = (kind: string): boolean => (isWhole ? this.#closes(kind) : this.#follows(kind));
    while (index < tokens.length - 1 && !follows((tokens[index] as Token).kind)) index += 1;
    return index - from;
  }
}
