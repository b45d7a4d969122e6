import { occurrences } from './text.ts';

// The backslash first: the others are made with it.
const escapes: Record<string, string> = {
  '\\': '\\\\',
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
};
// What Go's unicode.IsPrint does not print: everything but letters, marks, numbers, punctuation, symbols and the ASCII space. A literal
// of such classes takes milliseconds where this file is loaded, and most texts need none.
const printed = '\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ';
let escaped: RegExp | undefined;

/** A text between quotes as Go's `%q` and strconv.Quote print it. */
export function goQuote(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return `"${text}"`;
  escaped ??= new RegExp(`["\\\\]|[^${printed}]`, 'gu');
  return `"${text.replace(escaped, escapeRune)}"`;
}

function escapeRune(rune: string): string {
  const known = escapes[rune];
  if (known) return known;
  const code = rune.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0');

/** A text between quotes as the CEL function strings.quote prints it: only CEL's own escapes, all else as it stands. */
export const celQuote = (text: string): string =>
  `"${Object.entries(escapes).reduce((quoted, [rune, written]) => quoted.replaceAll(rune, written), text)}"`;

/** How many characters celQuote escapes. */
export const escapedCount = (text: string): number => Object.keys(escapes).reduce((count, rune) => count + occurrences(text, rune, -1), 0);

const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text);

/** The UTF-8 bytes of a text, one character for each, as Go's strings index them. */
export function toByteString(text: string): string {
  if (isAscii(text)) return text;
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return bytes;
}

/** The text of UTF-8 bytes that stand one in each character; what is no UTF-8 becomes U+FFFD. */
export function fromByteString(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

/** A text that cannot be parsed; the message is the one of Go's parser. It is no Error: the trace of one takes longer than the parsing. */
export class Malformed {
  message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** What a parser gives, or the text of its error. */
export function attempt<T extends object>(parse: () => T): T | string {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
}
