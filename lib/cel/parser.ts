import { type Token, tokenize } from './lexer.ts';
import { LiteralError, readBytes, readDouble, readInt, readString, readUint } from './literals.ts';
import { expand, MacroError } from './macros.ts';
import type { Problems } from './source.ts';
import { call, type Element, type Entry, height, identifier, literal, type Node } from './syntax.ts';
import { deepest, SyntaxErrors, wanted } from './syntax-errors.ts';

/** Kubernetes' limit on the length of an expression, in code points. */
const longestExpression = 100_000;

const reserved = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(' '),
);
const relations = new Set(['<', '<=', '>=', '>', '==', '!=', 'in']);
const precedence: Readonly<Record<string, number>> = { '*': 2, '/': 2, '%': 2, '+': 1, '-': 1 };
const operatorName = (text: string): string => (text === 'in' ? '@in' : `_${text}_`);

/**
 * Parses an expression by cel-go's grammar, its macros expanded. Mistakes are added to `problems`; what is returned then is of no use.
 */
export function parse(source: string, problems: Problems): Node {
  const size = Array.from(source).length;
  if (size > longestExpression) {
    problems.add(-1, `expression code point size exceeds limit: size: ${size}, limit ${longestExpression}`);
    return literal(0, null);
  }
  return new Parser(source, problems).start();
}

/** One method for each rule of the grammar. After a mistake it goes on as ANTLR does, so that further ones are found. */
class Parser {
  readonly #tokens: readonly Token[];
  readonly #errors: SyntaxErrors;
  #next = 0;

  constructor(source: string, problems: Problems) {
    this.#errors = new SyntaxErrors(problems);
    this.#tokens = this.#errors.orNothing(() => tokenize(source, (at, message) => this.#errors.syntax(at, message)));
  }

  start(): Node {
    return this.#errors.orStop(() => {
      if (this.#tokens.length === 0) return literal(0, null);
      const node = this.#expression();
      this.#expect('<EOF>');
      // What has fewer tokens cannot be deeper.
      if (this.#tokens.length > deepest && height(node) > deepest) this.#errors.stop('max recursion depth exceeded');
      return node;
    });
  }

  get #token(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #peek(distance: number): Token {
    return this.#tokens[Math.min(this.#next + distance, this.#tokens.length - 1)] as Token;
  }

  #is(...kinds: string[]): boolean {
    return kinds.includes(this.#token.kind);
  }

  #take(): Token {
    const token = this.#token;
    if (token.kind !== '<EOF>') this.#next += 1;
    this.#errors.recovered();
    return token;
  }

  #takeIf(kind: string): Token | undefined {
    return this.#is(kind) ? this.#take() : undefined;
  }

  /** Takes the token that must come now. One too many is skipped and one too few is imagined, where that lets the rest be read. */
  #expect(kind: string, choices = wanted(kind)): Token {
    if (this.#is(kind)) return this.#take();
    const token = this.#token;
    if (this.#peek(1).kind === kind && token.kind !== '<EOF>') {
      this.#errors.unexpected(token, `extraneous input '${token.text}' expecting ${choices}`);
      this.#next += 1;
      return this.#take();
    }
    const isMissing = !choices.startsWith('{') && this.#errors.mayFollow(kind, token.kind);
    this.#errors.unexpected(
      token,
      isMissing ? `missing ${choices} at '${token.text}'` : `mismatched input '${token.text}' expecting ${choices}`,
    );
    if (!isMissing) this.#recover();
    return token;
  }

  /** Skips to a token that may come after the rules that are open, or after the whole expression. */
  #recover(isWhole = false): void {
    this.#next += this.#errors.skipped(this.#tokens, this.#next, isWhole);
  }

  #expression(): Node {
    this.#errors.enter();
    const condition = this.#logical('||', () => this.#logical('&&', () => this.#relation()));
    const question = this.#takeIf('?');
    let node = condition;
    if (question) {
      this.#errors.open(':');
      const then = this.#logical('||', () => this.#logical('&&', () => this.#relation()));
      this.#errors.close();
      if (this.#expect(':').kind !== ':' && this.#errors.isRecovering) {
        this.#recover(true);
        this.#errors.leave();
        return condition;
      }
      const otherwise = this.#expression();
      node = call(question.at, '_?_:_', [condition, then, otherwise]);
    }
    this.#errors.leave();
    return node;
  }

  /** A chain of && or ||: one call of all its terms. */
  #logical(operator: '||' | '&&', term: () => Node): Node {
    const terms = [term()];
    const first = this.#token;
    while (this.#takeIf(operator)) terms.push(term());
    return terms.length === 1 ? (terms[0] as Node) : call(first.at, operatorName(operator), terms);
  }

  #relation(): Node {
    let left = this.#calculation(0);
    while (relations.has(this.#token.kind)) {
      const operator = this.#take();
      left = call(operator.at, operatorName(operator.text), [left, this.#calculation(0)]);
    }
    return left;
  }

  #calculation(above: number): Node {
    let left = this.#unary();
    for (let level = precedence[this.#token.kind] ?? 0; level > above; level = precedence[this.#token.kind] ?? 0) {
      const operator = this.#take();
      left = call(operator.at, operatorName(operator.text), [left, this.#calculation(level)]);
    }
    return left;
  }

  #unary(): Node {
    const sign = this.#token;
    if (sign.kind !== '!' && sign.kind !== '-') return this.#member();
    // One minus before a number is part of the number, several are not.
    if (sign.kind === '-' && isNumber(this.#peek(1).kind)) return this.#member();
    let count = 0;
    while (this.#takeIf(sign.kind)) count += 1;
    if (sign.kind === '-' && this.#is('!', '<EOF>')) {
      const isEnd = this.#is('<EOF>');
      this.#noAlternative(this.#peek(-1));
      if (!isEnd) return literal(sign.at, null);
      this.#errors.recovered();
    }
    const operand = this.#member();
    return count % 2 === 0 ? operand : call(sign.at, sign.kind === '!' ? '!_' : '-_', [operand]);
  }

  #member(): Node {
    let node = this.#primary();
    while (this.#is('.', '[')) {
      node = this.#is('.') ? this.#selection(node) : this.#index(node);
    }
    return node;
  }

  #selection(operand: Node): Node {
    const dot = this.#take();
    if (this.#takeIf('?')) {
      const field = this.#is('ESC_IDENTIFIER') ? this.#take() : this.#expect('IDENTIFIER', '{IDENTIFIER, ESC_IDENTIFIER}');
      if (!/IDENTIFIER/.test(field.kind)) this.#errors.semantic(field.at, 'unsupported ident kind');
      return call(dot.at, '_?._', [operand, literal(field.at, fieldOf(field))]);
    }
    if (this.#is('IDENTIFIER', 'ESC_IDENTIFIER')) {
      const field = this.#take();
      const open = field.kind === 'IDENTIFIER' ? this.#takeIf('(') : undefined;
      if (open) return this.#callOrMacro(open.at, field.text, operand);
      return { kind: 'select', at: dot.at, operand, field: fieldOf(field), isTest: false };
    }
    this.#noAlternative(dot);
    return operand;
  }

  /** Two rules begin with what was read, and neither goes on like this. */
  #noAlternative(first: Token): void {
    const token = this.#token;
    const isWord = /^(true|false|null)$/.test(token.text);
    const read = token.kind === '<EOF>' ? first.text : `${first.text}${token.text}`;
    this.#errors.unexpected(
      token,
      isWord ? `mismatched input '${token.text}' expecting IDENTIFIER` : `no viable alternative at input '${read}'`,
    );
    this.#recover();
  }

  #index(operand: Node): Node {
    const bracket = this.#take();
    const isOptional = this.#takeIf('?') !== undefined;
    this.#errors.open(']', !isOptional);
    const index = this.#expression();
    this.#errors.close();
    this.#expect(']');
    return call(bracket.at, isOptional ? '_[?_]' : '_[_]', [operand, index]);
  }

  #callOrMacro(at: number, name: string, target: Node | undefined): Node {
    const args = this.#arguments();
    try {
      return expand(at, name, target, args) ?? call(at, name, args, target);
    } catch (error) {
      if (!(error instanceof MacroError)) throw error;
      this.#errors.semantic(error.at, error.message);
      return literal(at, null);
    }
  }

  #arguments(): Node[] {
    const args: Node[] = [];
    this.#errors.open(')', false, true);
    if (!this.#is(')')) {
      const isMissing = !canBegin(this.#token.kind);
      const first = isMissing ? this.#missingOperand() : this.#expression();
      if (!isMissing) args.push(first);
    }
    this.#errors.close();
    this.#errors.open(')');
    while (this.#takeIf(',')) args.push(this.#expression());
    this.#errors.close();
    this.#expect(')');
    return args;
  }

  #primary(): Node {
    const token = this.#token;
    switch (token.kind) {
      case '(':
        return this.#nested();
      case '[':
        return this.#list();
      case '{':
        return this.#map();
      case '.':
      case 'IDENTIFIER':
        return this.#named();
      case '-':
        if (isNumber(this.#peek(1).kind)) return this.#literal();
        this.#noAlternative(this.#take());
        return literal(token.at, null);
      default:
        if (isLiteral(token.kind)) return this.#literal();
    }
    return this.#missingOperand();
  }

  #missingOperand(): Node {
    const token = this.#token;
    const afterwards = this.#peek(1).kind;
    const choices = this.#errors.operands;
    const isEmpty = this.#errors.mayBeEmpty(afterwards);
    const isExtraneous = token.kind !== '<EOF>' && (canBegin(afterwards) || isEmpty);
    const isAfterNot = this.#next > 0 && token.kind === '<EOF>' && this.#peek(-1).kind === '!';
    this.#errors.unexpected(
      token,
      `${isExtraneous || isAfterNot ? 'extraneous' : 'mismatched'} input '${token.text}' expecting ${choices}`,
    );
    if (isExtraneous) {
      this.#next += 1;
      return isEmpty ? literal(token.at, null) : this.#primary();
    }
    this.#recover();
    return literal(token.at, null);
  }

  #nested(): Node {
    this.#take();
    this.#errors.open(')');
    const node = this.#expression();
    this.#errors.close();
    this.#expect(')');
    return node;
  }

  #list(): Node {
    const { at } = this.#take();
    const elements: Element[] = [];
    this.#errors.open(']', true, true);
    while (!this.#is(']', ',') || elements.length > 0) {
      const isOptional = this.#takeIf('?') !== undefined;
      if (isOptional) this.#errors.open(']');
      elements.push({ value: this.#expression(), isOptional });
      if (isOptional) this.#errors.close();
      if (!this.#goesOn(']')) break;
    }
    this.#errors.close();
    this.#endOfList(']', elements.length > 0);
    return { kind: 'list', at, elements };
  }

  /** Takes the comma between two elements. One token too many before it ends the list, as ANTLR has it. */
  #goesOn(bracket: string): boolean {
    const token = this.#token;
    if (token.kind !== ',' && token.kind !== bracket && this.#peek(1).kind === ',') {
      this.#errors.unexpected(token, `extraneous input '${token.text}' expecting {'${bracket}', ','}`);
      this.#next += 1;
      return false;
    }
    return this.#is(',') && !this.#isEnd(bracket) && this.#take().kind === ',';
  }

  #endOfList(bracket: string, hasElements: boolean): void {
    const isComma = this.#takeIf(',') !== undefined;
    this.#expect(bracket, hasElements && !isComma ? `{'${bracket}', ','}` : undefined);
  }

  /** Whether the comma that is next ends the list or map. */
  #isEnd(bracket: string): boolean {
    const { kind } = this.#peek(1);
    return kind === bracket || kind === ',' || kind === '<EOF>';
  }

  #map(): Node {
    const { at } = this.#take();
    const entries: Entry[] = [];
    this.#errors.open('}', true, true);
    while (!this.#is('}', ',') || entries.length > 0) {
      const isOptional = this.#takeIf('?') !== undefined;
      this.#errors.open(':', !isOptional, !isOptional && entries.length === 0);
      const key = this.#expression();
      this.#errors.close();
      this.#expect(':');
      this.#errors.open('}');
      entries.push({ key, value: this.#expression(), isOptional });
      this.#errors.close();
      if (!this.#goesOn('}')) break;
    }
    this.#errors.close();
    this.#endOfList('}', entries.length > 0);
    return { kind: 'map', at, entries };
  }

  /** An identifier, a call of a function, or an object literal. */
  #named(): Node {
    const dot = this.#takeIf('.');
    if (!this.#is('IDENTIFIER')) {
      this.#noAlternative(dot as Token);
      return literal((dot as Token).at, null);
    }
    const token = this.#take();
    const name = (dot ? '.' : '') + token.text;
    const typeName = this.#objectName(name);
    if (typeName !== undefined) return this.#object(typeName);
    if (reserved.has(token.text)) this.#errors.semantic((dot ?? token).at, `reserved identifier: ${token.text}`);
    const open = this.#takeIf('(');
    return open ? this.#callOrMacro(open.at, name, undefined) : identifier(token.at, name);
  }

  /** The qualified name before the brace of an object literal: `a.b.C{`. */
  #objectName(name: string): string | undefined {
    let distance = 0;
    let qualified = name;
    while (this.#peek(distance).kind === '.' && this.#peek(distance + 1).kind === 'IDENTIFIER') {
      qualified += `.${this.#peek(distance + 1).text}`;
      distance += 2;
    }
    if (this.#peek(distance).kind !== '{') return undefined;
    this.#next += distance;
    return qualified;
  }

  #object(name: string): Node {
    const { at } = this.#take();
    for (let fields = 0; !this.#is('}', ',') || fields > 0; fields += 1) {
      this.#takeIf('?');
      if (!this.#takeIf('ESC_IDENTIFIER')) this.#expect('IDENTIFIER', '{IDENTIFIER, ESC_IDENTIFIER}');
      this.#expect(':');
      this.#errors.open('}');
      this.#expression();
      this.#errors.close();
      if (!this.#is(',') || this.#isEnd('}')) break;
      this.#take();
    }
    this.#takeIf(',');
    this.#expect('}', "{'}', ','}");
    return { kind: 'struct', at, name };
  }

  #literal(): Node {
    const sign = this.#takeIf('-');
    const token = this.#take();
    const { at } = sign ?? token;
    try {
      return literal(at, readLiteral(token, sign !== undefined));
    } catch (error) {
      if (!(error instanceof LiteralError)) throw error;
      this.#errors.semantic(at, error.message);
      return literal(at, null);
    }
  }
}

const literalKinds = new Set(['NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'true', 'false', 'null']);
const isNumber = (kind: string): boolean => kind === 'NUM_INT' || kind === 'NUM_FLOAT';
const isLiteral = (kind: string): boolean => literalKinds.has(kind);
/** Whether an expression can begin with a token of this kind. */
const canBegin = (kind: string): boolean => isLiteral(kind) || ['[', '{', '(', '.', '-', '!', 'IDENTIFIER'].includes(kind);
const fieldOf = (token: Token): string => (token.kind === 'ESC_IDENTIFIER' ? token.text.slice(1, -1) : token.text);

function readLiteral({ kind, text }: Token, isNegative: boolean) {
  switch (kind) {
    case 'NUM_INT':
      return readInt(text, isNegative);
    case 'NUM_UINT':
      return readUint(text);
    case 'NUM_FLOAT':
      return readDouble(text, isNegative);
    case 'STRING':
      return readString(text);
    case 'BYTES':
      return readBytes(text);
    default:
      return kind === 'null' ? null : kind === 'true';
  }
}
