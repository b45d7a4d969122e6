import { type Library, overload } from '../overload.ts';
import { CelError, Opaque, type Value } from '../values.ts';
import { type Address, addressText, isMapped, parseAddress } from './address.ts';
import { noSuchOverload, rewriting, traversal } from './common.ts';
import { goQuote } from './go-text.ts';

/** An IP address without zone. */
export class Ip extends Opaque {
  override readonly typeName = 'net.IP';
  readonly address: Address;
  constructor(address: Address) {
    super();
    this.address = address;
  }
  override equals(other: Value): boolean | CelError {
    return other instanceof Ip ? this.toString() === other.toString() : noSuchOverload;
  }
  override size(): number {
    return this.address.bytes.length;
  }
  override toString(): string {
    return addressText(this.address);
  }
}

/** An address from its text, or what Kubernetes says of it. */
export function parseIp(text: string): Ip | CelError {
  const address = parseAddress(text);
  if (typeof address === 'string') return new CelError(`IP Address ${goQuote(text)} parse error during conversion from string: ${address}`);
  if (address.zone) return new CelError(`IP address ${goQuote(text)} with zone value is not allowed`);
  if (isMapped(address)) return new CelError(`IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  return new Ip(address);
}

const isCanonical = (text: string): boolean | CelError => {
  const ip = parseIp(text);
  return ip instanceof CelError ? ip : ip.toString() === text;
};
/** A question about the first two groups or bytes of an address, and its canonical text. */
const about =
  (v4: (a: number, b: number, text: string) => boolean, v6: (group: number, text: string) => boolean) =>
  (ip: Ip): boolean => {
    const [a = 0, b = 0] = ip.address.bytes;
    return ip.size() === 4 ? v4(a, b, ip.toString()) : v6((a << 8) | b, ip.toString());
  };
const isUnspecified = about(
  (_a, _b, text) => text === '0.0.0.0',
  (_group, text) => text === '::',
);
const isLoopback = about(
  (a) => a === 127,
  (_group, text) => text === '::1',
);
const isMulticast = about(
  (a) => (a & 0xf0) === 0xe0,
  (group) => group >> 8 === 0xff,
);
const isLinkLocalMulticast = about(
  (_a, _b, text) => text.startsWith('224.0.0.'),
  (group) => (group & 0xff0f) === 0xff02,
);
const isLinkLocalUnicast = about(
  (a, b) => a === 169 && b === 254,
  (group) => (group & 0xffc0) === 0xfe80,
);
const isGlobalUnicast = (ip: Ip): boolean =>
  ip.toString() !== '255.255.255.255' && ![isUnspecified, isLoopback, isMulticast, isLinkLocalUnicast].some((is) => is(ip));

/** k8s.io/apiserver/pkg/cel/library/ip.go */
export const ip: Library = {
  overloads: [
    overload('string_to_ip', 'ip(string) -> net.IP', parseIp, { cost: traversal }),
    overload('is_ip', 'isIP(string) -> bool', (text: string) => !(parseIp(text) instanceof CelError), { cost: traversal }),
    overload('ip_is_canonical', 'ip.isCanonical(string) -> bool', isCanonical, { cost: rewriting }),
    overload('ip_to_string', 'string(net.IP) -> string', (address: Ip) => address.toString()),
    overload('ip_family', '<net.IP>.family() -> int', (address: Ip) => (address.size() === 4 ? 4n : 6n)),
    overload('ip_is_unspecified', '<net.IP>.isUnspecified() -> bool', isUnspecified),
    overload('ip_is_loopback', '<net.IP>.isLoopback() -> bool', isLoopback),
    overload('ip_is_link_local_multicast', '<net.IP>.isLinkLocalMulticast() -> bool', isLinkLocalMulticast),
    overload('ip_is_link_local_unicast', '<net.IP>.isLinkLocalUnicast() -> bool', isLinkLocalUnicast),
    overload('ip_is_global_unicast', '<net.IP>.isGlobalUnicast() -> bool', isGlobalUnicast),
  ],
};
