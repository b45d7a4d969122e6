/** Finds credentials in what was printed, however they are spelled. */
import { createReadStream } from 'node:fs';
import { sought } from './credentials.ts';

/** A search of one stream, which comes in pieces. */
export interface Search {
  add(piece: Buffer): void;
  bytes(): number;
  /** What was found, once each, with the place where it stands. */
  found(): string[];
}

/** A text as it may be printed: in JSON (twice too) and in a URL, and each of these in hexadecimal and within a longer base64. */
export function spellings(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const url = [encodeURI(text), encodeURIComponent(text), new URLSearchParams([['', text]]).toString().slice(1)];
  const lower = url.map((text) => text.replace(/%../g, (one) => one.toLowerCase()));
  const plain = [...new Set([text, json, JSON.stringify(json).slice(1, -1), ...url, ...lower])];
  return [...new Set([...plain, ...plain.flatMap(encoded)])];
}

function encoded(text: string): string[] {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  return [hex, hex.toUpperCase(), ...[0, 1, 2].flatMap((before) => within(bytes, before))];
}

/** In base64 the first and last characters depend on the neighbours. What is between them does not. */
function within(bytes: Buffer, before: number): string[] {
  const whole = Buffer.concat([Buffer.alloc(before), bytes]);
  const [start, end] = [Math.ceil((before * 8) / 6), Math.floor((whole.length * 8) / 6)];
  return (['base64', 'base64url'] as const).map((encoding) => whole.toString(encoding).slice(start, end));
}

// The first or the last characters are enough, as what is left of one that was cut is still too much; of words in capitals they are not.
const partsOf = (text: string): string[] => (/^[A-Z]+$/.test(text) ? [text] : [text.slice(0, 8), text.slice(-8)]);
// Bytes are compared, one character each.
const needles = sought.flatMap((text) =>
  [...new Set(partsOf(text).flatMap(spellings))].map((spelling) => ({ text, spelling, bytes: Buffer.from(spelling).toString('latin1') })),
);
const longest = Math.max(...needles.map(({ bytes }) => bytes.length));
export const needleCount = needles.length;

/** Begins a search for all credentials of the tests. */
export function startSearch(): Search {
  const found = new Map<string, string>();
  let bytes = 0;
  let end = '';
  return {
    add(piece) {
      bytes += piece.length;
      const text = end + piece.toString('latin1');
      for (const needle of needles) {
        const at = text.indexOf(needle.bytes);
        if (at < 0 || found.has(needle.spelling)) continue;
        const place = text.slice(Math.max(0, at - 100), at + needle.bytes.length + 20);
        found.set(
          needle.spelling,
          `${needle.text}, as ${needle.spelling}: …${Buffer.from(place, 'latin1').toString().replace(/\s+/g, ' ')}…`,
        );
      }
      end = text.slice(1 - longest);
    },
    bytes: () => bytes,
    found: () => [...found.values()],
  };
}

/** Searches files; a leak is told with the file's name. */
export async function searchFiles(files: readonly string[]): Promise<{ bytes: number; found: string[] }> {
  const result = { bytes: 0, found: [] as string[] };
  for (const file of files) {
    const search = startSearch();
    for await (const piece of createReadStream(file)) search.add(piece as Buffer);
    result.bytes += search.bytes();
    result.found.push(...search.found().map((leak) => `${file}: ${leak}`));
  }
  return result;
}
