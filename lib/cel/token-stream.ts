import { canBegin, type Token, tokenize } from './lexer.ts';
import type { Problems } from './source.ts';
import { SyntaxErrors, wanted } from './syntax-errors.ts';

/** The tokens of an expression, taken one after the other. After a mistake it goes on as ANTLR does, so that further ones are found. */
export class TokenStream {
  readonly #source: string;
  readonly tokens: readonly Token[];
  readonly errors: SyntaxErrors;
  next = 0;

  constructor(source: string, problems: Problems) {
    this.#source = source;
    this.errors = new SyntaxErrors(problems);
    this.tokens = this.errors.orNothing(() => tokenize(source, (at, message) => this.errors.syntax(at, message)));
  }

  get token(): Token {
    return this.tokens[this.next] as Token;
  }

  peek(distance: number): Token {
    return this.tokens[Math.min(this.next + distance, this.tokens.length - 1)] as Token;
  }

  is(...kinds: string[]): boolean {
    return kinds.includes(this.token.kind);
  }

  take(): Token {
    const token = this.token;
    if (token.kind !== '<EOF>') this.next += 1;
    this.errors.recovered();
    return token;
  }

  takeIf(kind: string): Token | undefined {
    return this.is(kind) ? this.take() : undefined;
  }

  /** Takes the token that must come now. One too many is skipped and one too few is imagined, where that lets the rest be read. */
  expect(kind: string, choices = wanted(kind)): Token {
    if (this.is(kind)) return this.take();
    const token = this.token;
    // Where a list may go on as well, ANTLR looks before the token is asked for.
    const isListed = choices.startsWith('{');
    const inLine = isListed ? [] : (['before'] as const);
    if (this.peek(1).kind === kind && token.kind !== '<EOF>') {
      this.errors.unexpected(token, `extraneous input '${token.text}' expecting ${choices}`, ...inLine);
      this.next += 1;
      return this.take();
    }
    const isMissing = !isListed && this.errors.mayFollow(kind, token.kind);
    this.errors.unexpected(
      token,
      isMissing ? `missing ${choices} at '${token.text}'` : `mismatched input '${token.text}' expecting ${choices}`,
      ...inLine,
      ...(isMissing ? [] : (['after'] as const)),
    );
    if (!isMissing) this.recover();
    return token;
  }

  /** Skips to a token that may come after the rules that are open, or after the whole expression. */
  recover(isWhole = false): void {
    this.next += this.errors.skipped(this.tokens, this.next, isWhole);
  }

  /** Two rules begin with what was read, and neither goes on like this. */
  noAlternative(first: Token): void {
    const token = this.token;
    const isWord = /^(true|false|null)$/.test(token.text);
    // With the spaces and comments between them, which are tokens to ANTLR; what is none is not.
    const between = this.#source.slice(first.at + first.text.length, token.at).match(/[\t\n\f\r ]+|\/\/.*/g) ?? [];
    const read = [first.text, ...between, ...(token.kind === '<EOF>' ? [] : [token.text])].join('');
    const shown = read.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
    this.errors.unexpected(
      token,
      isWord ? `mismatched input '${token.text}' expecting IDENTIFIER` : `no viable alternative at input '${shown}'`,
      'after',
    );
  }

  /**
   * Takes the comma between two elements. One token too many before it ends the list, as ANTLR has it;
   * so does a comma behind which no element begins.
   */
  goesOn(bracket: string, begins: (kind: string) => boolean = (kind) => canBegin(kind) || kind === '?'): boolean {
    const token = this.token;
    if (token.kind !== ',' && token.kind !== bracket && this.peek(1).kind === ',') {
      this.errors.unexpected(token, `extraneous input '${token.text}' expecting {'${bracket}', ','}`);
      this.next += 1;
      return false;
    }
    return this.is(',') && begins(this.peek(1).kind) && this.take().kind === ',';
  }

  endOfList(bracket: string, hasElements: boolean): void {
    const isComma = this.takeIf(',') !== undefined;
    this.expect(bracket, hasElements && !isComma ? `{'${bracket}', ','}` : undefined);
  }
}
