import { goQuote } from './go-text.ts';

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

const failure = (text: string, message: string, at = ''): string =>
  `ParseAddr(${goQuote(text)}): ${message}${at ? ` (at ${goQuote(at)})` : ''}`;

/** Parses an IP address by the rules of Go's netip.ParseAddr; a string is the text of its error. */
export function parseAddress(text: string): Address | string {
  const first = /[.:%]/.exec(text)?.[0];
  if (first === '.') {
    const bytes = parseFields(text, text);
    return typeof bytes === 'string' ? bytes : { bytes };
  }
  if (first === ':') return parseIPv6(text);
  return failure(text, first ? 'missing IPv6 address' : 'unable to parse IP');
}

/** The four decimal fields of `part`, the end of `text`. */
function parseFields(text: string, part: string): number[] | string {
  const fields: number[] = [];
  let digits = '';
  for (let i = 0; i < part.length; i++) {
    const character = part.charAt(i);
    if (character >= '0' && character <= '9') {
      if (digits === '0') return failure(text, 'IPv4 field has octet with leading zero');
      digits += character;
      if (Number(digits) > 255) return failure(text, 'IPv4 field has value >255');
    } else if (character === '.') {
      if (!digits || i === part.length - 1) return failure(text, 'IPv4 field must have at least one digit', part.slice(i));
      if (fields.length === 3) return failure(text, 'IPv4 address too long');
      fields.push(Number(digits));
      digits = '';
    } else return failure(text, 'unexpected character', part.slice(i));
  }
  if (fields.length < 3) return failure(text, 'IPv4 address too short');
  fields.push(Number(digits));
  return fields;
}

/** Splits off the zone and a leading `::`, then reads the groups. */
function parseIPv6(text: string): Address | string {
  const percent = text.indexOf('%');
  const zone = percent < 0 ? {} : { zone: text.slice(percent + 1) };
  if (zone.zone === '') return failure(text, 'zone must be a non-empty string');
  const part = percent < 0 ? text : text.slice(0, percent);
  if (part === '::') return { bytes: Array(16).fill(0), ...zone };
  const groups = part.startsWith('::') ? parseGroups(text, part.slice(2), 0) : parseGroups(text, part, -1);
  if (typeof groups === 'string') return groups;
  const { bytes, ellipsis } = groups;
  if (bytes.length < 16 && ellipsis < 0) return failure(text, 'address string too short');
  if (bytes.length === 16 && ellipsis >= 0) return failure(text, 'the :: must expand to at least one field of zeros');
  bytes.splice(Math.max(ellipsis, 0), 0, ...Array(16 - bytes.length).fill(0));
  return { bytes, ...zone };
}

/** The groups of `part`, with the place of the `::` among the bytes, -1 for none. */
function parseGroups(text: string, part: string, leading: number): { bytes: number[]; ellipsis: number } | string {
  const bytes: number[] = [];
  let rest = part;
  let ellipsis = leading;
  while (bytes.length < 16) {
    const digits = /^[\da-fA-F]*/.exec(rest)?.[0] ?? '';
    if (digits.length > 4) return failure(text, 'each group must have 4 or less digits', rest);
    if (!digits) return failure(text, 'each colon-separated field must have at least one digit', rest);
    if (rest[digits.length] === '.') {
      const fields = embedded(text, rest, bytes.length, ellipsis);
      if (typeof fields === 'string') return fields;
      return { bytes: [...bytes, ...fields], ellipsis };
    }
    const group = Number.parseInt(digits, 16);
    bytes.push(group >> 8, group & 255);
    rest = rest.slice(digits.length);
    if (!rest) break;
    if (rest[0] !== ':') return failure(text, 'unexpected character, want colon', rest);
    if (rest.length === 1) return failure(text, 'colon must be followed by more characters', rest);
    rest = rest.slice(1);
    if (rest[0] === ':') {
      if (ellipsis >= 0) return failure(text, 'multiple :: in address', rest);
      ellipsis = bytes.length;
      rest = rest.slice(1);
      if (!rest) break;
    }
  }
  return rest ? failure(text, 'trailing garbage after address', rest) : { bytes, ellipsis };
}

/** An IPv4 address in the last two groups of an IPv6 one. */
function embedded(text: string, rest: string, length: number, ellipsis: number): number[] | string {
  if (ellipsis < 0 && length !== 12) return failure(text, 'embedded IPv4 address must replace the final 2 fields of the address', rest);
  if (length > 12) return failure(text, 'too many hex fields to fit an embedded IPv4 at the end of the address', rest);
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
