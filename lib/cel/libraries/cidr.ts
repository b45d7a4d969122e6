import { type Library, overload } from '../overload.ts';
import { CelError, Opaque, type Result, type Value } from '../values.ts';
import { addressText, contains, isMapped, masked, type Prefix, parsePrefix } from './address.ts';
import { noSuchOverload, sizeOf, tenth, traversal } from './common.ts';
import { goQuote } from './go-text.ts';
import { Ip, parseIp } from './ip.ts';

/** An address with the length of its prefix; the bits after it may be set. */
export class Cidr extends Opaque {
  override readonly typeName = 'net.CIDR';
  readonly prefix: Prefix;
  constructor(prefix: Prefix) {
    super();
    this.prefix = prefix;
  }
  override equals(other: Value): boolean | CelError {
    return other instanceof Cidr ? this.toString() === other.toString() : noSuchOverload;
  }
  override size(): number {
    return Math.ceil(this.prefix.bits / 8);
  }
  override toString(): string {
    return `${addressText(this.prefix.address)}/${this.prefix.bits}`;
  }
}

function parse(text: string): Cidr | CelError {
  const failure = 'network address parse error during conversion from string:';
  const prefix = parsePrefix(text);
  if (typeof prefix === 'string') return new CelError(`${failure} ${failure} ${prefix}`);
  if (isMapped(prefix.address)) return new CelError(`${failure} IPv4-mapped IPv6 address ${goQuote(text)} is not allowed`);
  return new Cidr(prefix);
}

const containsIp = (cidr: Cidr, ip: Ip): boolean => contains(cidr.prefix, ip.address);
const containsCidr = ({ prefix }: Cidr, other: Cidr): boolean => prefix.bits <= other.prefix.bits && contains(prefix, other.prefix.address);
const containsIpText = (cidr: Cidr, text: string): Result => {
  const ip = parseIp(text);
  return ip instanceof CelError ? noSuchOverload : containsIp(cidr, ip);
};
const containsCidrText = (cidr: Cidr, text: string): Result => {
  const other = parse(text);
  return other instanceof CelError ? other : containsCidr(cidr, other);
};
const ofBytes = ([cidr]: readonly Result[]): number => tenth(2 * sizeOf(cidr));
const ofPrefixes = ([cidr]: readonly Result[]): number => ofBytes([cidr as Value]) + tenth(sizeOf(cidr)) + 1;
const withText =
  (cost: typeof ofBytes) =>
  (values: readonly Result[]): number =>
    cost(values) + tenth(sizeOf(values[1]));

/** k8s.io/apiserver/pkg/cel/library/cidr.go */
export const cidr: Library = {
  overloads: [
    overload('string_to_cidr', 'cidr(string) -> net.CIDR', parse, { cost: traversal }),
    overload('is_cidr', 'isCIDR(string) -> bool', (text: string) => !(parse(text) instanceof CelError), { cost: traversal }),
    overload('cidr_to_string', 'string(net.CIDR) -> string', (value: Cidr) => value.toString()),
    overload('cidr_contains_ip_string', '<net.CIDR>.containsIP(string) -> bool', containsIpText, {
      cost: withText(ofBytes),
      unresolvedCost: ofBytes,
    }),
    overload('cidr_contains_ip_ip', '<net.CIDR>.containsIP(net.IP) -> bool', containsIp, { cost: ofBytes }),
    overload('cidr_contains_cidr_string', '<net.CIDR>.containsCIDR(string) -> bool', containsCidrText, {
      cost: withText(ofPrefixes),
      unresolvedCost: ofPrefixes,
    }),
    overload('cidr_contains_cidr', '<net.CIDR>.containsCIDR(net.CIDR) -> bool', containsCidr, { cost: ofPrefixes }),
    overload('cidr_ip', '<net.CIDR>.ip() -> net.IP', ({ prefix }: Cidr) => new Ip(prefix.address)),
    overload('cidr_prefix_length', '<net.CIDR>.prefixLength() -> int', ({ prefix }: Cidr) => BigInt(prefix.bits)),
    overload(
      'cidr_masked',
      '<net.CIDR>.masked() -> net.CIDR',
      ({ prefix: { address, bits } }: Cidr) => new Cidr({ address: masked(address, bits), bits }),
    ),
  ],
};
