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

const rules: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['', /[\t \r\n\f]+|\/\/[^\n]*/y],
  ['STRING', new RegExp(string, 'y')],
  ['BYTES', new RegExp(`[bB](?:${string})`, 'y')],
  ['NUM_FLOAT', /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y],
  ['NUM_UINT', /(?:0x[0-9a-fA-F]+|\d+)[uU]/y],
  ['NUM_INT', /0x[0-9a-fA-F]+|\d+/y],
  ['IDENTIFIER', /[A-Za-z_]\w*/y],
  ['ESC_IDENTIFIER', /`[A-Za-z0-9_.\-/ ]+`/y],
  ['operator', /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y],
];
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
  for (const [kind, pattern] of rules) {
    pattern.lastIndex = at;
    const text = pattern.exec(source)?.[0];
    if (text === undefined || text.length <= (best?.text.length ?? 0)) continue;
    best = { kind: kind === 'operator' || words.has(text) ? text : kind, text, at };
  }
  return best;
}

function unrecognized(source: string, at: number): string {
  const pattern = begun[source[at] as string];
  if (pattern) pattern.lastIndex = at;
  const end = at + (pattern?.exec(source)?.[0].length ?? 0);
  return source.slice(at, end + String.fromCodePoint(source.codePointAt(end) ?? 0).length);
}
