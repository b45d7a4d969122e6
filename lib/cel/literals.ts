import type { Token } from './lexer.ts';
import { Uint, type Value } from './values.ts';

/** A literal whose text cannot be read, with cel-go's message. */
export class LiteralError extends Error {}

const maxInt64 = 9223372036854775807n;
const maxUint64 = 18446744073709551615n;

/** The value of a NUM_INT token, with the minus before it if there is one. Throws LiteralError beyond int64. */
function readInt(text: string, isNegative: boolean): bigint {
  const value = isNegative ? -BigInt(text) : BigInt(text);
  if (value > maxInt64 || value < -maxInt64 - 1n) throw new LiteralError('invalid int literal');
  return value;
}

/** The value of a NUM_UINT token. Throws LiteralError beyond uint64. */
function readUint(text: string): Uint {
  const value = BigInt(text.slice(0, -1));
  if (value > maxUint64) throw new LiteralError('invalid uint literal');
  return new Uint(value);
}

/** The value of a NUM_FLOAT token. Throws LiteralError for what is too large for a double. */
function readDouble(text: string, isNegative: boolean): number {
  const value = Number(isNegative ? `-${text}` : text);
  if (!Number.isFinite(value)) throw new LiteralError('invalid double literal');
  return value;
}

const single: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const escapes = /\\(?:[xX]([0-9a-fA-F]{2})|(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([0-3][0-7]{2})|([\s\S]))/g;

/** The text of a STRING token. Throws LiteralError for an escape that is no character. */
function readString(token: string): string {
  const { isRaw, content } = unquote(token);
  if (isRaw || !content.includes('\\')) return content;
  return content.replace(escapes, (_, hex: string, short: string, long: string, octal: string, other: string) => {
    if (other !== undefined) return single[other] ?? other;
    const code = octal === undefined ? Number.parseInt(hex ?? short ?? long, 16) : Number.parseInt(octal, 8);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new LiteralError('invalid unicode code point');
    return String.fromCodePoint(code);
  });
}

/** The bytes of a BYTES token: text is UTF-8, `\x41` and `\101` are single bytes. Throws LiteralError for `\u0041`. */
function readBytes(token: string): Value {
  const { isRaw, content } = unquote(token.slice(1));
  if (isRaw || !content.includes('\\')) return new Uint8Array(Buffer.from(content));
  const parts: Buffer[] = [];
  let done = 0;
  for (const match of content.matchAll(escapes)) {
    const [all, hex, short, long, octal, other] = match;
    if (short !== undefined || long !== undefined) throw new LiteralError('unable to unescape string');
    parts.push(Buffer.from(content.slice(done, match.index)));
    if (other !== undefined) parts.push(Buffer.from(single[other] ?? other));
    else parts.push(Buffer.of(octal === undefined ? Number.parseInt(hex as string, 16) : Number.parseInt(octal, 8)));
    done = match.index + all.length;
  }
  return new Uint8Array(Buffer.concat([...parts, Buffer.from(content.slice(done))]));
}

/** What stands between the quotes. Every kind of line end is a newline. */
function unquote(token: string): { isRaw: boolean; content: string } {
  const text = token.replace(/\r\n?/g, '\n');
  const isRaw = text[0] === 'r' || text[0] === 'R';
  const quoted = isRaw ? text.slice(1) : text;
  const width = quoted.length >= 6 && (quoted.startsWith('"""') || quoted.startsWith("'''")) ? 3 : 1;
  return { isRaw, content: quoted.slice(width, -width) };
}

/** The value of a literal's token, with the minus before a number if there is one. Throws LiteralError. */
export function readLiteral({ kind, text }: Token, isNegative: boolean): Value {
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
