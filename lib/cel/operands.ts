import { canBegin, isLiteral, isNumber, type Token } from './lexer.ts';
import { LiteralError, readLiteral } from './literals.ts';
import { expand, MacroError } from './macros.ts';
import { call, type Element, type Entry, type Field, identifier, literal, type Node } from './syntax.ts';
import { TokenStream } from './token-stream.ts';

const reserved = new Set(
  'as break const continue else false for function if import in let loop package namespace null return true var void while'.split(' '),
);

/** A field's name: in backticks it may hold what no identifier can. */
export const fieldOf = (token: Token): string => (token.kind === 'ESC_IDENTIFIER' ? token.text.slice(1, -1) : token.text);

const isFieldBeginning = (kind: string): boolean => ['?', 'IDENTIFIER', 'ESC_IDENTIFIER'].includes(kind);

/** What stands between operators: names, calls, literals, lists, maps and what is in parentheses. */
export abstract class Operands extends TokenStream {
  protected abstract expression(): Node;
  protected abstract unary(): Node;

  protected callOrMacro(at: number, name: string, target: Node | undefined): Node {
    const args = this.#arguments();
    try {
      return expand(at, name, target, args) ?? call(at, name, args, target);
    } catch (error) {
      if (!(error instanceof MacroError)) throw error;
      this.errors.semantic(error.at, error.message);
      return literal(at, null);
    }
  }

  #arguments(): Node[] {
    const args: Node[] = [];
    this.errors.open(')', false, true);
    if (!this.is(')')) {
      const isMissing = !canBegin(this.token.kind);
      const first = isMissing ? this.#missingOperand() : this.expression();
      if (!isMissing) args.push(first);
    }
    this.errors.close();
    this.errors.open(')');
    while (this.takeIf(',')) args.push(this.expression());
    this.errors.close();
    this.expect(')');
    return args;
  }

  protected primary(): Node {
    const token = this.token;
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
        if (isNumber(this.peek(1).kind)) return this.#literal();
        this.noAlternative(this.take());
        this.errors.recovered();
        return this.unary();
      default:
        if (isLiteral(token.kind)) return this.#literal();
    }
    return this.#missingOperand();
  }

  #missingOperand(): Node {
    const token = this.token;
    const before = this.next > 0 ? this.peek(-1).kind : '';
    const afterwards = this.peek(1).kind;
    const choices = this.errors.operands(before);
    const isEmpty = this.errors.mayBeEmpty(before, afterwards);
    // After a sign ANTLR calls it that, but does not leave it out.
    const isSigned = before === '!';
    const isExtraneous = token.kind !== '<EOF>' && !isSigned && (canBegin(afterwards) || isEmpty);
    if (isExtraneous || isSigned) this.errors.unexpected(token, `extraneous input '${token.text}' expecting ${choices}`);
    else this.errors.unexpected(token, `mismatched input '${token.text}' expecting ${choices}`, 'after');
    if (isExtraneous) {
      this.next += 1;
      return isEmpty ? literal(token.at, null) : this.primary();
    }
    this.recover();
    return literal(token.at, null);
  }

  #nested(): Node {
    this.take();
    this.errors.open(')');
    const node = this.expression();
    this.errors.close();
    this.expect(')');
    return node;
  }

  #list(): Node {
    const { at } = this.take();
    const elements: Element[] = [];
    this.errors.open(']', true, true);
    while (!this.is(']', ',') || elements.length > 0) {
      const isOptional = this.takeIf('?') !== undefined;
      if (isOptional) this.errors.open(']');
      elements.push({ value: this.expression(), isOptional });
      if (isOptional) this.errors.close();
      if (!this.goesOn(']')) break;
    }
    this.errors.close();
    this.endOfList(']', elements.length > 0);
    return { kind: 'list', at, elements };
  }

  #map(): Node {
    const { at } = this.take();
    const entries: Entry[] = [];
    this.errors.open('}', true, true);
    while (!this.is('}', ',') || entries.length > 0) {
      const isOptional = this.takeIf('?') !== undefined;
      this.errors.open(':', !isOptional, !isOptional && entries.length === 0);
      const key = this.expression();
      this.errors.close();
      this.expect(':');
      this.errors.open('}');
      entries.push({ key, value: this.expression(), isOptional });
      this.errors.close();
      if (!this.goesOn('}')) break;
    }
    this.errors.close();
    this.endOfList('}', entries.length > 0);
    return { kind: 'map', at, entries };
  }

  /** An identifier, a call of a function, or an object literal. */
  #named(): Node {
    const dot = this.takeIf('.');
    if (!this.is('IDENTIFIER')) {
      this.noAlternative(dot as Token);
      this.recover();
      return literal((dot as Token).at, null);
    }
    const token = this.take();
    const name = (dot ? '.' : '') + token.text;
    const typeName = this.#objectName(name);
    if (typeName !== undefined) return this.#object(typeName);
    if (reserved.has(token.text)) this.errors.semantic((dot ?? token).at, `reserved identifier: ${token.text}`);
    const open = this.takeIf('(');
    return open ? this.callOrMacro(open.at, name, undefined) : identifier(token.at, name);
  }

  /** The qualified name before the brace of an object literal: `a.b.C{`. */
  #objectName(name: string): string | undefined {
    let distance = 0;
    let qualified = name;
    while (this.peek(distance).kind === '.' && this.peek(distance + 1).kind === 'IDENTIFIER') {
      qualified += `.${this.peek(distance + 1).text}`;
      distance += 2;
    }
    if (this.peek(distance).kind !== '{') return undefined;
    this.next += distance;
    return qualified;
  }

  #object(name: string): Node {
    const { at } = this.take();
    const fields: Field[] = [];
    while (!this.is('}', ',') || fields.length > 0) {
      const isOptional = this.takeIf('?') !== undefined;
      const field = this.is('ESC_IDENTIFIER') ? this.take() : this.expect('IDENTIFIER', '{IDENTIFIER, ESC_IDENTIFIER}');
      const colon = this.expect(':');
      this.errors.open('}');
      fields.push({ name: fieldOf(field), at: colon.at, value: this.expression(), isOptional });
      this.errors.close();
      if (!this.goesOn('}', isFieldBeginning)) break;
    }
    this.endOfList('}', fields.length > 0);
    return { kind: 'struct', at, name, fields };
  }

  #literal(): Node {
    const sign = this.takeIf('-');
    const token = this.take();
    const { at } = sign ?? token;
    try {
      return literal(at, readLiteral(token, sign !== undefined));
    } catch (error) {
      if (!(error instanceof LiteralError)) throw error;
      this.errors.semantic(at, error.message);
      return literal(at, null);
    }
  }
}
