import { attempt, goQuote, Malformed } from './go-text.ts';

/** An IP address: 4 or 16 bytes. */
export interface Address {
  bytes: number[];
  zone?: string;
}
/** An address with the length of its prefix in bits. */
export interface Prefix {
  address: Address;
  bits: number;
}

function fail(text: string, message: string, at = ''): never {
  throw new Malformed(`ParseAddr(${goQuote(text)}): ${message}${at ? ` (at ${goQuote(at)})` : ''}`);
}

/** Parses an IP address by the rules of Go's netip.ParseAddr; a string is the text of its error. */
export function parseAddress(text: string): Address | string {
  const first = /[.:%]/.exec(text)?.[0];
  if (first === '.') return attempt(() => ({ bytes: parseFields(text, text) }));
  return attempt(() => (first === ':' ? parseIPv6(text) : fail(text, first ? 'missing IPv6 address' : 'unable to parse IP')));
}

/** The four decimal fields of `part`, the end of `text`. */
function parseFields(text: string, part: string): number[] {
  const fields: number[] = [];
  for (let rest = part; ; rest = rest.slice(1)) {
    const digits = /^\d*/.exec(rest)?.[0] ?? '';
    if (/^0./.test(digits)) fail(text, 'IPv4 field has octet with leading zero');
    if (Number(digits) > 255) fail(text, 'IPv4 field has value >255');
    fields.push(Number(digits));
    rest = rest.slice(digits.length);
    if (!rest) break;
    if (rest[0] !== '.') fail(text, 'unexpected character', rest);
    if (!digits || rest.length === 1) fail(text, 'IPv4 field must have at least one digit', rest);
    if (fields.length === 4) fail(text, 'IPv4 address too long');
  }
  return fields.length < 4 ? fail(text, 'IPv4 address too short') : fields;
}

/** Splits off the zone and a leading `::`, then reads the groups. */
function parseIPv6(text: string): Address {
  const percent = text.indexOf('%');
  const zone = percent < 0 ? {} : { zone: text.slice(percent + 1) };
  if (zone.zone === '') fail(text, 'zone must be a non-empty string');
  const part = percent < 0 ? text : text.slice(0, percent);
  if (part === '::') return { bytes: Array(16).fill(0), ...zone };
  const { bytes, ellipsis } = part.startsWith('::') ? parseGroups(text, part.slice(2), 0) : parseGroups(text, part, -1);
  if (bytes.length < 16 && ellipsis < 0) fail(text, 'address string too short');
  if (bytes.length === 16 && ellipsis >= 0) fail(text, 'the :: must expand to at least one field of zeros');
  bytes.splice(Math.max(ellipsis, 0), 0, ...Array(16 - bytes.length).fill(0));
  return { bytes, ...zone };
}

/** The groups of `part`, with the place of the `::` among the bytes, -1 for none. */
function parseGroups(text: string, part: string, leading: number): { bytes: number[]; ellipsis: number } {
  const bytes: number[] = [];
  let rest = part;
  let ellipsis = leading;
  while (bytes.length < 16) {
    const digits = groupDigits(text, rest);
    if (rest[digits.length] === '.') return { bytes: [...bytes, ...embedded(text, rest, bytes.length, ellipsis)], ellipsis };
    const group = Number.parseInt(digits, 16);
    bytes.push(group >> 8, group & 255);
    rest = afterColon(text, rest.slice(digits.length));
    if (rest[0] === ':') {
      if (ellipsis >= 0) fail(text, 'multiple :: in address', rest);
      ellipsis = bytes.length;
      rest = rest.slice(1);
    }
    if (!rest) break;
  }
  return rest ? fail(text, 'trailing garbage after address', rest) : { bytes, ellipsis };
}

function groupDigits(text: string, rest: string): string {
  const digits = /^[\da-fA-F]*/.exec(rest)?.[0] ?? '';
  if (digits.length > 4) fail(text, 'each group must have 4 or less digits', rest);
  return digits || fail(text, 'each colon-separated field must have at least one digit', rest);
}

function afterColon(text: string, rest: string): string {
  if (rest && rest[0] !== ':') fail(text, 'unexpected character, want colon', rest);
  if (rest.length === 1) fail(text, 'colon must be followed by more characters', rest);
  return rest.slice(1);
}

/** An IPv4 address in the last two groups of an IPv6 one. */
function embedded(text: string, rest: string, length: number, ellipsis: number): number[] {
  if (ellipsis < 0 && length !== 12) fail(text, 'embedded IPv4 address must replace the final 2 fields of the address', rest);
  if (length > 12) fail(text, 'too many hex fields to fit an embedded IPv4 at the end of the address', rest);
  return parseFields(text, rest);
}

/** Whether an address is IPv4 written as IPv6, `::ffff:1.2.3.4`. */
export const isMapped = ({ bytes }: Address): boolean =>
  bytes.length === 16 && bytes.every((byte, i) => i > 11 || byte === (i < 10 ? 0 : 255));

/** The canonical text of an address without zone, as Go's netip.Addr prints it. */
export function addressText({ bytes }: Address): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16));
  let start = 0;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (groups[end] === '0') end += 1;
    if (end - i > length) [start, length] = [i, end - i];
  }
  if (length < 2) return groups.join(':');
  return `${groups.slice(0, start).join(':')}::${groups.slice(start + length).join(':')}`;
}

/** Parses an address with a prefix length by the rules of Go's netip.ParsePrefix; a string is the text of its error. */
export function parsePrefix(text: string): Prefix | string {
  const fail = (message: string): string => `netip.ParsePrefix(${goQuote(text)}): ${message}`;
  const slash = text.lastIndexOf('/');
  if (slash < 0) return fail("no '/'");
  const address = parseAddress(text.slice(0, slash));
  if (typeof address === 'string') return fail(address);
  if (address.zone) return fail('IPv6 zones cannot be present in a prefix');
  const digits = text.slice(slash + 1);
  if (!/^(\d|[1-9]\d{1,18})$/.test(digits)) return fail(`bad bits after slash: ${goQuote(digits)}`);
  if (Number(digits) > address.bytes.length * 8) return fail('prefix length out of range');
  return { address, bits: Number(digits) };
}

/** An address with all bits after the prefix set to 0. */
export const masked = ({ bytes }: Address, bits: number): Address => ({
  bytes: bytes.map((byte, i) => byte & (0xff00 >> Math.min(Math.max(bits - 8 * i, 0), 8))),
});

/** Whether an address lies in a prefix; an IPv4 one never does in IPv6. */
export const contains = ({ address, bits }: Prefix, other: Address): boolean =>
  address.bytes.length === other.bytes.length && addressText(masked(address, bits)) === addressText(masked(other, bits));
