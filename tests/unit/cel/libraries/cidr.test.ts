import { expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';

it.each([
  ["cidr('192.168.0.0/16')", '<net.CIDR:192.168.0.0/16> @2'],
  ["cidr('192.168.1.1/16').masked()", '<net.CIDR:192.168.0.0/16> @3'],
  ["cidr('2001:db8:ffff::1/33').masked()", '<net.CIDR:2001:db8:8000::/33> @3'],
  ["cidr('1.2.3.4/0').masked()", '<net.CIDR:0.0.0.0/0> @2'],
  ["isCIDR('1.2.3.4/8')", 'true @1'],
  ["isCIDR('1.2.3.4')", 'false @1'],
  ["string(cidr('1.2.3.4/8'))", '"1.2.3.4/8" @2'],
  ["cidr('10.0.0.0/8').prefixLength()", '8 @2'],
  ["cidr('10.1.0.0/8').ip()", '<net.IP:10.1.0.0> @2'],
  ["cidr('10.0.0.0/8').containsIP('10.1.2.3')", 'true @3'],
  ["cidr('10.0.0.0/8').containsIP('11.1.2.3')", 'false @3'],
  ["cidr('10.0.0.0/8').containsIP('x')", 'ERR no such overload @3'],
  ["cidr('10.0.0.0/8').containsIP(ip('10.1.2.3'))", 'true @3'],
  ["cidr('10.0.0.0/8').containsIP('::1')", 'false @3'],
  ["cidr('2001:db8::/32').containsIP('2001:db8::1')", 'true @5'],
  ["cidr('10.0.0.0/8').containsIP(dyn('10.1.2.3'))", 'true @2'],
  ["cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", 'true @6'],
  ["cidr('10.0.0.0/16').containsCIDR('10.0.0.0/8')", 'false @6'],
  ["cidr('10.0.0.0/8').containsCIDR('11.0.0.0/16')", 'false @6'],
  ["cidr('10.0.0.0/8').containsCIDR(cidr('10.0.0.0/8'))", 'true @5'],
  ["cidr('0.0.0.0/0').containsCIDR('::/0')", 'false @3'],
  [
    "cidr('10.0.0.0/8').containsCIDR('x')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("x"): no \'/\' @5',
  ],
  ["cidr('10.0.0.0/8').containsCIDR(dyn('10.1.0.0/16'))", 'true @4'],
  ["cidr('1.2.3.4/8') == cidr('1.2.3.4/8')", 'true @3'],
  ["cidr('1.2.3.4/8') == cidr('1.2.3.4/8').masked()", 'false @4'],
  ["type(cidr('1.2.3.4/8'))", 'type(net.CIDR) @2'],
  [
    "cidr('')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix(""): no \'/\' @0',
  ],
  [
    "cidr('1.2.3.4')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("1.2.3.4"): no \'/\' @1',
  ],
  [
    "cidr('1.2.3/8')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("1.2.3/8"): ParseAddr("1.2.3"): IPv4 address too short @1',
  ],
  [
    "cidr('1.2.3.4/')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("1.2.3.4/"): bad bits after slash: "" @1',
  ],
  [
    "cidr('1.2.3.4/33')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("1.2.3.4/33"): prefix length out of range @1',
  ],
  [
    "cidr('::/129')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("::/129"): prefix length out of range @1',
  ],
  [
    "cidr('1.2.3.4/08')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("1.2.3.4/08"): bad bits after slash: "08" @1',
  ],
  [
    "cidr('1.2.3.4/-1')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("1.2.3.4/-1"): bad bits after slash: "-1" @1',
  ],
  [
    "cidr('1.2.3.4/a')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("1.2.3.4/a"): bad bits after slash: "a" @1',
  ],
  [
    "cidr('fe80::1%eth0/64')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("fe80::1%eth0/64"): IPv6 zones cannot be present in a prefix @2',
  ],
  [
    "cidr('::ffff:1.2.3.4/96')",
    'ERR network address parse error during conversion from string: IPv4-mapped IPv6 address "::ffff:1.2.3.4/96" is not allowed @2',
  ],
  [
    "cidr('1.2.3.4/99999999999999999999')",
    'ERR network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix("1.2.3.4/99999999999999999999"): bad bits after slash: "99999999999999999999" @3',
  ],
])('Kubernetes answers for CIDRs: %s', (expression, answer) => {
  expect(evaluate(expression)).toBe(answer);
});
