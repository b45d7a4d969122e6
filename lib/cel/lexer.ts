/** A token: what the grammar calls it (an operator by its own text), its text, and where it begins. */
export interface Token {
  readonly kind: string;
  readonly text: string;
  readonly at: number;
}

const escapeSequence = String.raw`\\(?:[abfnrtv"'\\?\`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})`;
const string = [
  String.raw`"""(?:${escapeSequence}|[^\\])*?"""`,
  String.raw`'''(?:${escapeSequence}|[^\\])*?'''`,
  String.raw`"(?:${escapeSequence}|[^\\"\n\r])*"`,
  String.raw`'(?:${escapeSequence}|[^\\'\n\r])*'`,
  String.raw`[rR]"""[\s\S]*?"""`,
  String.raw`[rR]'''[\s\S]*?'''`,
  String.raw`[rR]"[^"\n\r]*"`,
  String.raw`[rR]'[^'\n\r]*'`,
].join('|');

type Rule = readonly [kind: string, pattern: RegExp];
const blank: Rule = ['', /[\t \r\n\f]+|\/\/[^\n]*/y];
const text: Rule = ['STRING', new RegExp(string, 'y')];
const bytes: Rule = ['BYTES', new RegExp(`[bB](?:${string})`, 'y')];
const float: Rule = ['NUM_FLOAT', /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y];
const uint: Rule = ['NUM_UINT', /(?:0x[0-9a-fA-F]+|\d+)[uU]/y];
const int: Rule = ['NUM_INT', /0x[0-9a-fA-F]+|\d+/y];
const identifier: Rule = ['IDENTIFIER', /[A-Za-z_]\w*/y];
const quoted: Rule = ['ESC_IDENTIFIER', /`[A-Za-z0-9_.\-/ ]+`/y];
const operator: Rule = ['operator', /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y];

/** The rules that a token with this first character can follow. */
function rulesFor(first: string): readonly Rule[] {
  if (/[rR]/.test(first)) return [text, identifier];
  if (/[bB]/.test(first)) return [bytes, identifier];
  if (/[A-Za-z_]/.test(first)) return [identifier];
  if (/\d/.test(first)) return [float, uint, int];
  if (first === '.') return [float, operator];
  if (first === '`') return [quoted];
  return first === '"' || first === "'" ? [text] : [blank, operator];
}
const rules = Array.from({ length: 128 }, (_, code) => rulesFor(String.fromCharCode(code)));
const words = new Set(['in', 'true', 'false', 'null']);

// How far into the text a token gets that is broken off, by the token's first character; one character more was read.
const begun: Readonly<Record<string, RegExp>> = {
  '"': new RegExp(
    String.raw`"(?:${escapeSequence}|[^\\"\n\r])*(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?)?`,
    'y',
  ),
  "'": new RegExp(
    String.raw`'(?:${escapeSequence}|[^\\'\n\r])*(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?)?`,
    'y',
  ),
  '`': /`[A-Za-z0-9_.\-/ ]*/y,
  '=': /=/y,
  '&': /&/y,
  '|': /\|/y,
};

/**
 * The tokens of an expression, of which the last is `<EOF>`; whitespace and comments are left out. What is no token is reported as cel-go's
 * lexer does, and skipped.
 */
export function tokenize(source: string, report: (at: number, message: string) => void): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < source.length; ) {
    const token = longest(source, at);
    if (token === undefined) {
      const text = unrecognized(source, at);
      report(at, `Syntax error: token recognition error at: '${text}'`);
      at += text.length;
    } else {
      if (token.kind !== '') tokens.push(token);
      at += token.text.length;
    }
  }
  tokens.push({ kind: '<EOF>', text: '<EOF>', at: source.length });
  return tokens;
}

function longest(source: string, at: number): Token | undefined {
  let best: Token | undefined;
  for (const [kind, pattern] of rules[source.charCodeAt(at)] ?? []) {
    pattern.lastIndex = at;
    if (!pattern.test(source) || pattern.lastIndex - at <= (best?.text.length ?? 0)) continue;
    const found = source.slice(at, pattern.lastIndex);
    best = { kind: kind === 'operator' || words.has(found) ? found : kind, text: found, at };
  }
  return best;
}

function unrecognized(source: string, at: number): string {
  const pattern = begun[source[at] as string];
  if (pattern) pattern.lastIndex = at;
  const end = at + (pattern?.exec(source)?.[0].length ?? 0);
  return source.slice(at, end + String.fromCodePoint(source.codePointAt(end) ?? 0).length);
}

const literalKinds = new Set(['NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'true', 'false', 'null']);
/** Whether a token is a number that a minus may precede. */
export const isNumber = (kind: string): boolean => kind === 'NUM_INT' || kind === 'NUM_FLOAT';
/** Whether a token is a literal. */
export const isLiteral = (kind: string): boolean => literalKinds.has(kind);
/** Whether an expression can begin with a token of this kind. */
export const canBegin = (kind: string): boolean => isLiteral(kind) || ['[', '{', '(', '.', '-', '!', 'IDENTIFIER'].includes(kind);
