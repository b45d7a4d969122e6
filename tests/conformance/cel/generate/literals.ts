const read = (table: string): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    table
      .trim()
      .split('\n')
      .map((line) => {
        const colon = line.indexOf(': ');
        return [line.slice(0, colon), line.slice(colon + 2).split(' | ')];
      }),
  );

/**
 * Literals by type, most of them at an edge; from `small` on by pool, where a string or number means something to the function that gets it.
 */
export const literals = read(String.raw`
bool: true | false
null: null
int: 0 | 1 | 2 | 3 | -1 | 7 | 42 | 0x1F | -0x80 | 9223372036854775807 | -9223372036854775808 | 9007199254740993 | 4294967296 | 1000000007
uint: 0u | 1u | 2u | 3u | 7u | 0xffu | 18446744073709551615u | 9223372036854775808u | 9007199254740993u
double: 0.0 | -0.0 | 1.0 | 1.5 | -2.25 | 1e308 | 5e-324 | 1e21 | 1e-7 | 3.0 | 9007199254740992.0 | 123456789.125 | .5 | (0.0/0.0) | (1.0/0.0) | (-1.0/0.0)
string: '' | 'a' | 'abc' | 'aXbXc' | 'X' | 'é' | 'e\u0301' | '😀' | 'a😀b' | '日本語' | ' \t padded\n ' | 'ABCxyz' | "it's" | r'\d+' | '''triple 'quoted' ''' | '\x41\101\U0001F600' | 'a,b,,c' | 'true' | '12' | '%s' | '0123456789012345678901234567890123456789' | 'k' | '\000' | 'ſK'
bytes: b'' | b'abc' | b'\xff\x00' | b'é' | br'\n' | b'\377' | b'😀'
duration: duration('0s') | duration('1h') | duration('90m30s') | duration('-1.5s') | duration('1ns') | duration('2562047h47m16.854775807s') | duration('-2562047h47m16.854775808s') | duration('1us1ms')
timestamp: timestamp('2026-02-28T23:59:59.123456789Z') | timestamp('1970-01-01T00:00:00Z') | timestamp('0001-01-01T00:00:00Z') | timestamp('9999-12-31T23:59:59.999999999Z') | timestamp('2024-02-29T12:30:00+05:30') | timestamp('1969-12-31T23:59:59.5-08:00')
type: int | string | list | map | bool | bytes | uint | double | null_type | type | google.protobuf.Timestamp | google.protobuf.Duration | optional_type
url: url('https://user:pw@example.com:8080/a%20b/c?x=1&x=2&y=%41#f') | url('http://[::1]:80') | url('/path/only?k') | url('mailto://x')
ip: ip('127.0.0.1') | ip('::1') | ip('192.168.0.1') | ip('fe80::1') | ip('ff02::1') | ip('0.0.0.0') | ip('2001:db8::abcd')
cidr: cidr('10.0.0.0/8') | cidr('192.168.1.7/24') | cidr('::/0') | cidr('2001:db8::/32') | cidr('0.0.0.0/0') | cidr('127.0.0.1/32')
quantity: quantity('0') | quantity('1k') | quantity('1Ki') | quantity('500m') | quantity('-1.5G') | quantity('9223372036854775807') | quantity('10E') | quantity('1e3') | quantity('0.0001')
semver: semver('1.2.3') | semver('0.0.0') | semver('1.2.3-alpha.1+build.5') | semver('10.20.30') | semver('1.2.3-alpha.beta') | semver('v1.2', true)
format: format.dns1123Label() | format.uuid() | format.date() | format.uri() | format.byte()
authorizer: authorizer | authorizer | authorizer.serviceAccount('ns', 'sa')
resource: authorizer.requestResource | authorizer.group('apps').resource('deployments')
group: authorizer.group('') | authorizer.group('kubeflow.org')
path: authorizer.path('/healthz')
decision: authorizer.requestResource.check('get') | authorizer.path('/x').check('fail') | authorizer.group('g').resource('r').check('deny')
small: 0 | 1 | 2 | 3 | 5 | -1 | 40 | 9223372036854775807
number: '0' | '12' | '-7' | '+5' | '1.5' | '1e3' | '0x1f' | '9223372036854775808' | '18446744073709551615' | ' 1' | '' | 'NaN' | 'inf' | '-Infinity' | '1_000' | '٣'
boolean: 'true' | 'TRUE' | 'True' | 't' | '1' | 'false' | 'F' | 'tRue' | 'yes' | '' | '0'
time: '2026-02-28T23:59:59Z' | '2026-02-29T00:00:00Z' | '2026-01-01' | '2026-01-01T00:00:00.1+01:00' | '0000-01-01T00:00:00Z' | '2026-01-01t00:00:00z' | '2026-01-01T24:00:00Z' | ''
span: '1h' | '-1m' | '1.5h' | '1d' | '1' | '0' | '' | '1h1h' | '9223372037s' | '.5s' | '1µs' | '+1s'
zone: 'UTC' | 'America/New_York' | 'Asia/Kolkata' | '+05:30' | '-08:00' | 'Mars/Base' | '02:00' | '' | 'Europe/Berlin' | '99:99'
regex: 'a' | '^a.*c$' | '[0-9]+' | '(a|b)*c' | '\\d{2,3}' | '(?i)ABC' | '\\pL+' | '.' | '' | '(unclosed' | 'a**' | '(?=x)' | '\\1' | '[[:alpha:]]+' | '(?P<n>x)' | 'a{1001}' | '\\bX' | '(?s).+'
name: '' | 'apps' | 'pods' | 'ns' | 'a.b' | ' ' | 'UPPER' | 'x/y' | 'default'
selector: 'a=b' | 'a!=b,c=d' | 'x in (a,b)' | '!x' | '' | 'a==b' | '==' | 'a in (' | 'a notin (b)' | 'a>1'
verb: 'get' | 'list' | 'deny' | 'fail' | 'create' | '' | '*'
label: 'ok' | 'Not-OK' | 'a.b' | '' | '-a' | '0123456789012345678901234567890123456789012345678901234567890123456789' | '2026-01-01' | '2026-13-01' | '2026-01-01T00:00:00Z' | '123e4567-e89b-12d3-a456-426614174000' | 'aGVsbG8=' | '!!' | 'http://x/y' | 'x/y' | 'kubernetes.io/name' | 'é'
`);

/** Pools whose name is also a type's: literals of strings that such a value is made from. */
export const texts = read(`
url: 'https://example.com:80/p?q=1#f' | '/abs' | 'relative' | 'http://[::1' | 'https://a b' | '' | 'http://x:y' | '//h/p' | 'HTTP://EX.com/%zz' | 'http://é.com/ü?ö=ä'
ip: '127.0.0.1' | '::1' | '::ffff:1.2.3.4' | 'fe80::1%eth0' | '1.2.3' | '01.2.3.4' | '' | '2001:DB8::1' | '256.0.0.1' | '224.0.0.1'
cidr: '10.0.0.0/8' | '10.0.0.1/33' | '::/0' | '10.0.0.0' | '::ffff:1.2.3.0/120' | '10.0.0.0/08' | 'fe80::%e/64' | '192.168.0.0/16' | ''
quantity: '1k' | '1Ki' | '1.5Gi' | '-5m' | '1e3' | '1E' | '1.0' | '0.0' | '+1' | '1 k' | 'abc' | '' | '9223372036854775808' | '1n' | '0.1n' | '1ki' | '12345678901234567890Ki'
semver: '1.2.3' | '1.2' | 'v1.2.3' | '1.2.3-rc.1' | '01.2.3' | '1.2.3+b' | 'a.b.c' | '' | '1.2.3-01' | '18446744073709551616.0.0' | 'v1' | '1.2.3.4'
format: 'dns1123Label' | 'uuid' | 'date' | 'unknown' | '' | 'qualifiedName' | 'datetime'
`);
