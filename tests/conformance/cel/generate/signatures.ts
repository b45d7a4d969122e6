import { parseType, splitTop, type Type } from './types.ts';

/** One way to call a function. `write` puts its arguments (a receiver is the first) into an expression. */
export interface Signature {
  result: Type;
  parameters: Type[];
  write(args: readonly string[]): string;
}

// `a` is the receiver, the function or the operator; what follows a colon names a pool of literals (literals.ts).
const table = `
-int: int; -double: double; !bool: bool; !bool: bool
int + int: int; int - int: int; int * int: int; int / int: int; int % int: int
uint + uint: uint; uint - uint: uint; uint * uint: uint; uint / uint: uint; uint % uint: uint
double + double: double; double - double: double; double * double: double; double / double: double
string + string: string; bytes + bytes: bytes; list<A> + list<A>: list<A>
duration + duration: duration; timestamp + duration: timestamp; duration + timestamp: timestamp
duration - duration: duration; timestamp - duration: timestamp; timestamp - timestamp: duration
bool && bool: bool; bool || bool: bool; bool && bool: bool; bool || bool: bool
A == A: bool; A != A: bool; dyn == A: bool; dyn != dyn: bool
int < int: bool; int < uint: bool; double <= int: bool; uint >= double: bool; int > double: bool; uint < int: bool; double > uint: bool
int <= double: bool; uint <= int: bool; double >= double: bool; uint > uint: bool; int >= uint: bool; double < double: bool; dyn < int: bool
string < string: bool; string >= string: bool; bytes < bytes: bool; bytes <= bytes: bool; bool < bool: bool; bool >= bool: bool
timestamp < timestamp: bool; timestamp >= timestamp: bool; duration > duration: bool; duration <= duration: bool; dyn < dyn: bool
A in list<A>: bool; A in map<A,B>: bool; dyn in dyn: bool; int in list<dyn>: bool; dyn in map<string,dyn>: bool
size(string): int; size(bytes): int; size(list<A>): int; size(map<A,B>): int; string.size(): int; bytes.size(): int; list<A>.size(): int; map<A,B>.size(): int
int(int): int; int(uint): int; int(double): int; int(string:number): int; int(timestamp): int; int(duration): int; int(dyn): int
uint(uint): uint; uint(int): uint; uint(double): uint; uint(string:number): uint; uint(dyn): uint
double(double): double; double(int): double; double(uint): double; double(string:number): double; double(dyn): double
string(string): string; string(int): string; string(uint): string; string(double): string; string(bool): string; string(bytes): string
string(timestamp): string; string(duration): string; string(ip): string; string(cidr): string; string(dyn): string
bytes(string): bytes; bytes(bytes): bytes; bool(bool): bool; bool(string:boolean): bool; type(A): type; type(dyn): type; dyn(A): dyn
timestamp(string:time): timestamp; timestamp(int): timestamp; timestamp(timestamp): timestamp; duration(string:span): duration; duration(duration): duration
string.contains(string): bool; string.startsWith(string): bool; string.endsWith(string): bool
string.matches(string:regex): bool; matches(string,string:regex): bool; string.find(string:regex): string; string.findAll(string:regex): list<string>
string.findAll(string:regex,int:small): list<string>
string.charAt(int:small): string; string.indexOf(string): int; string.indexOf(string,int:small): int; string.lastIndexOf(string): int
string.lastIndexOf(string,int:small): int; string.lowerAscii(): string; string.upperAscii(): string; string.trim(): string
string.replace(string,string): string; string.replace(string,string,int:small): string; string.split(string): list<string>
string.split(string,int:small): list<string>; string.substring(int:small): string; string.substring(int:small,int:small): string
strings.quote(string): string; list<string>.join(): string; list<string>.join(string): string
timestamp.getFullYear(): int; timestamp.getMonth(): int; timestamp.getDayOfYear(): int; timestamp.getDayOfMonth(): int; timestamp.getDate(): int
timestamp.getDayOfWeek(): int; timestamp.getHours(): int; timestamp.getMinutes(): int; timestamp.getSeconds(): int; timestamp.getMilliseconds(): int
timestamp.getFullYear(string:zone): int; timestamp.getMonth(string:zone): int; timestamp.getDayOfYear(string:zone): int
timestamp.getDayOfMonth(string:zone): int; timestamp.getDate(string:zone): int; timestamp.getDayOfWeek(string:zone): int
timestamp.getHours(string:zone): int; timestamp.getMinutes(string:zone): int; timestamp.getSeconds(string:zone): int; timestamp.getMilliseconds(string:zone): int
duration.getHours(): int; duration.getMinutes(): int; duration.getSeconds(): int; duration.getMilliseconds(): int
list<int>.isSorted(): bool; list<string>.isSorted(): bool; list<double>.isSorted(): bool; list<duration>.isSorted(): bool; list<dyn>.isSorted(): bool
list<int>.sum(): int; list<uint>.sum(): uint; list<double>.sum(): double; list<duration>.sum(): duration; list<int>.min(): int; list<int>.max(): int
list<double>.min(): double; list<double>.max(): double; list<string>.min(): string; list<string>.max(): string; list<timestamp>.max(): timestamp
list<uint>.max(): uint; list<bytes>.min(): bytes; list<bool>.max(): bool; list<duration>.min(): duration; list<dyn>.max(): dyn; list<dyn>.sum(): dyn
list<A>.indexOf(A): int; list<A>.lastIndexOf(A): int; list<dyn>.indexOf(dyn): int
list<A>.slice(int:small,int:small): list<A>; list<A>.distinct(): list<A>; list<A>.reverse(): list<A>; list<list<A>>.flatten(): list<A>
list<list<A>>.flatten(int:small): list<dyn>; list<dyn>.flatten(): list<dyn>; list<int>.sort(): list<int>; list<string>.sort(): list<string>
list<double>.sort(): list<double>; list<bytes>.sort(): list<bytes>; list<timestamp>.sort(): list<timestamp>; list<bool>.sort(): list<bool>; list<dyn>.sort(): list<dyn>
lists.range(int:small): list<int>; list<A>.first(): optional<A>; list<A>.last(): optional<A>
sets.contains(list<A>,list<A>): bool; sets.equivalent(list<A>,list<A>): bool; sets.intersects(list<A>,list<A>): bool
url(string:url): url; isURL(string:url): bool; url.getScheme(): string; url.getHost(): string; url.getHostname(): string; url.getPort(): string
url.getEscapedPath(): string; url.getQuery(): map<string,list<string>>
ip(string:ip): ip; isIP(string:ip): bool; ip.isCanonical(string:ip): bool; ip.family(): int; ip.isUnspecified(): bool; ip.isLoopback(): bool
ip.isLinkLocalMulticast(): bool; ip.isLinkLocalUnicast(): bool; ip.isGlobalUnicast(): bool
cidr(string:cidr): cidr; isCIDR(string:cidr): bool; cidr.containsIP(ip): bool; cidr.containsIP(string:ip): bool; cidr.containsCIDR(cidr): bool
cidr.containsCIDR(string:cidr): bool; cidr.ip(): ip; cidr.masked(): cidr; cidr.prefixLength(): int
quantity(string:quantity): quantity; isQuantity(string:quantity): bool; sign(quantity): int; quantity.sign(): int; quantity.isInteger(): bool; quantity.asInteger(): int
quantity.asApproximateFloat(): double; quantity.add(quantity): quantity; quantity.add(int): quantity; quantity.sub(quantity): quantity
quantity.sub(int): quantity; quantity.isGreaterThan(quantity): bool; quantity.isLessThan(quantity): bool; quantity.compareTo(quantity): int
semver(string:semver): semver; isSemver(string:semver): bool; semver(string:semver,bool): semver; isSemver(string:semver,bool): bool
semver.major(): int; semver.minor(): int; semver.patch(): int; semver.isGreaterThan(semver): bool; semver.isLessThan(semver): bool; semver.compareTo(semver): int
format.named(string:format): optional<format>; format.validate(string:label): optional<list<string>>; format.dns1123Label(): format
format.dns1035Label(): format; format.qualifiedName(): format; format.dns1123LabelPrefix(): format; format.dns1035LabelPrefix(): format
format.labelValue(): format; format.uri(): format; format.uuid(): format; format.byte(): format; format.date(): format; format.datetime(): format
format.dns1123Subdomain(): format; format.dns1123SubdomainPrefix(): format
optional.of(A): optional<A>; optional.ofNonZeroValue(A): optional<A>; optional.none(): optional<A>; optional<A>.value(): A; optional<A>.hasValue(): bool
optional<A>.or(optional<A>): optional<A>; optional<A>.orValue(A): A; optional.unwrap(list<optional<A>>): list<A>; list<optional<A>>.unwrapOpt(): list<A>
authorizer.group(string:name): group; authorizer.path(string:name): path; authorizer.serviceAccount(string:name,string:name): authorizer
group.resource(string:name): resource; resource.subresource(string:name): resource; resource.namespace(string:name): resource; resource.name(string:name): resource
resource.fieldSelector(string:selector): resource; resource.labelSelector(string:selector): resource; resource.check(string:verb): decision
path.check(string:verb): decision; decision.allowed(): bool; decision.reason(): string; decision.errored(): bool; decision.error(): string
`;

// Functions whose name has a namespace: `lists.range(` is no call on a receiver of the type `lists`.
const namespaces = /^(?:strings|lists|sets|optional|ip\.isCanonical|format\.(?!validate))/;

function parseSignature(text: string): Signature {
  const at = text.lastIndexOf(': ');
  const [call, result] = [text.slice(0, at).trim(), parseType(text.slice(at + 2))];
  const binary = /^(\S+) (\S+) (\S+)$/.exec(call);
  if (binary) {
    const [, left = '', operator, right = ''] = binary;
    return { result, parameters: [parseType(left), parseType(right)], write: ([a, b]) => `(${a} ${operator} ${b})` };
  }
  const unary = /^([-!])(\w+)$/.exec(call);
  if (unary) return { result, parameters: [parseType(unary[2] ?? '')], write: ([a]) => `${unary[1]}(${a})` };
  const open = call.endsWith('()') ? call.length - 2 : call.indexOf('(');
  const [head, inner] = [call.slice(0, open), call.slice(open + 1, -1)];
  const parameters = splitTop(inner).map(parseType);
  const dot = head.lastIndexOf('.');
  const isMember = dot > 0 && (!namespaces.test(head) || head.startsWith('optional<'));
  if (!isMember) return { result, parameters, write: (args) => `${head}(${args.join(', ')})` };
  const name = head.slice(dot + 1);
  return {
    result,
    parameters: [parseType(head.slice(0, dot)), ...parameters],
    write: ([receiver, ...args]) => `${receiver}.${name}(${args.join(', ')})`,
  };
}

/** Every function and operator that the environment has, but for macros. */
export const signatures: readonly Signature[] = table
  .split(/[;\n]/)
  .filter((line) => line.trim() !== '')
  .map(parseSignature);
