import { canBegin, isNumber } from './lexer.ts';
import { fieldOf, Operands } from './operands.ts';
import type { Problems } from './source.ts';
import { call, isDeeper, literal, type Node } from './syntax.ts';
import { deepest } from './syntax-errors.ts';

/** Kubernetes' limit on the length of an expression, in code points. */
const longestExpression = 100_000;

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

/** One method for each rule of the grammar above the operands. */
class Parser extends Operands {
  start(): Node {
    return this.errors.orStop(() => {
      if (this.tokens.length === 0) return literal(0, null);
      const node = this.expression();
      this.expect('<EOF>');
      // What has fewer tokens cannot be deeper.
      if (this.tokens.length > deepest && isDeeper(node, deepest)) this.errors.stop('max recursion depth exceeded');
      return node;
    });
  }

  protected override expression(): Node {
    this.errors.enter();
    const condition = this.#logical('||', () => this.#logical('&&', () => this.#relation()));
    const question = this.takeIf('?');
    let node = condition;
    if (question) {
      this.errors.open(':');
      const then = this.#logical('||', () => this.#logical('&&', () => this.#relation()));
      this.errors.close();
      if (this.expect(':').kind !== ':' && this.errors.isRecovering) {
        this.recover(true);
        this.errors.leave();
        return condition;
      }
      const otherwise = this.expression();
      node = call(question.at, '_?_:_', [condition, then, otherwise]);
    }
    this.errors.leave();
    return node;
  }

  /** A chain of && or ||: one call of all its terms. */
  #logical(operator: '||' | '&&', term: () => Node): Node {
    const terms = [term()];
    const first = this.token;
    while (this.takeIf(operator)) terms.push(term());
    return terms.length === 1 ? (terms[0] as Node) : call(first.at, operatorName(operator), terms);
  }

  #relation(): Node {
    let left = this.#calculation(0);
    while (relations.has(this.token.kind)) {
      const operator = this.take();
      left = call(operator.at, operatorName(operator.text), [left, this.#calculation(0)]);
    }
    return left;
  }

  #calculation(above: number): Node {
    let left = this.unary();
    for (let level = precedence[this.token.kind] ?? 0; level > above; level = precedence[this.token.kind] ?? 0) {
      const operator = this.take();
      left = call(operator.at, operatorName(operator.text), [left, this.#calculation(level)]);
    }
    return left;
  }

  protected override unary(): Node {
    const sign = this.token;
    if (sign.kind !== '!' && sign.kind !== '-') return this.#member();
    // One minus before a number is part of the number, several are not.
    if (sign.kind === '-' && isNumber(this.peek(1).kind)) return this.#member();
    let count = 0;
    while (this.takeIf(sign.kind)) count += 1;
    if (sign.kind === '-' && (this.is('!') || !canBegin(this.token.kind))) {
      this.noAlternative(this.peek(-1));
      this.errors.recovered();
      if (this.is('!')) return this.unary();
    }
    const operand = this.#member();
    return count % 2 === 0 ? operand : call(sign.at, sign.kind === '!' ? '!_' : '-_', [operand]);
  }

  #member(): Node {
    let node = this.primary();
    while (this.is('.', '[')) {
      node = this.is('.') ? this.#selection(node) : this.#index(node);
    }
    return node;
  }

  #selection(operand: Node): Node {
    const dot = this.take();
    if (this.takeIf('?')) {
      const field = this.is('ESC_IDENTIFIER') ? this.take() : this.expect('IDENTIFIER', '{IDENTIFIER, ESC_IDENTIFIER}');
      if (!/IDENTIFIER/.test(field.kind)) this.errors.semantic(field.at, 'unsupported ident kind');
      return call(dot.at, '_?._', [operand, literal(field.at, fieldOf(field))]);
    }
    if (this.is('IDENTIFIER', 'ESC_IDENTIFIER')) {
      const field = this.take();
      const open = field.kind === 'IDENTIFIER' ? this.takeIf('(') : undefined;
      if (open) return this.callOrMacro(open.at, field.text, operand);
      return { kind: 'select', at: dot.at, operand, field: fieldOf(field), isTest: false };
    }
    this.noAlternative(dot);
    this.recover();
    return operand;
  }

  #index(operand: Node): Node {
    const bracket = this.take();
    const isOptional = this.takeIf('?') !== undefined;
    this.errors.open(']', !isOptional);
    const index = this.expression();
    this.errors.close();
    this.expect(']');
    return call(bracket.at, isOptional ? '_[?_]' : '_[_]', [operand, index]);
  }
}
