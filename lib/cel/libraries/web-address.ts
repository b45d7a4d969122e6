import { parseAddress } from './address.ts';
import { fromByteString, goQuote, Malformed, toByteString } from './go-text.ts';

/** A URL as Go's net/url keeps it; all parts are strings of UTF-8 bytes, `user` stands as it is printed. */
export interface WebAddress {
  scheme: string;
  opaque: string;
  user?: string;
  host: string;
  path: string;
  rawPath: string;
  query: string | undefined;
  fragment: string;
  rawFragment: string;
  omitsHost: boolean;
}

// What must be escaped in each part.
const mustEscape = {
  path: /[^\w.~$&+,/:;=@-]/g,
  host: /[^\w.~!"$&'()*+,:;<=>[\]-]/g,
  user: /[^\w.~$&+,;=-]/g,
  fragment: /[^\w.~!$&()*+,/:;=?@-]/g,
};
type Part = keyof typeof mustEscape | 'zone' | 'query';

const isHostByte = (byte: string): boolean => byte.search(mustEscape.host) < 0;

function decode(text: string, part: Part): string {
  const isHost = part === 'host' || part === 'zone';
  if (isHost ? /^[\w.:-]*$/.test(text) : !/[%+]/.test(text)) return text;
  const pattern = isHost ? /%([\da-fA-F]{2})?|[^%]/g : /%([\da-fA-F]{2})?|\+/g;
  return text.replace(pattern, (found, digits?: string, at?: number) => {
    if (found[0] !== '%') {
      if (isHost && found < '\x80' && !isHostByte(found)) throw new Malformed(`invalid character ${goQuote(found)} in host name`);
      return found === '+' && part === 'query' ? ' ' : found;
    }
    const byte = digits && String.fromCharCode(Number.parseInt(digits, 16));
    const isForbidden = part === 'host' ? byte && byte < '\x80' : part === 'zone' && byte !== ' ' && byte && !isHostByte(byte);
    if (!byte || (isForbidden && found !== '%25')) throw new Malformed(`invalid URL escape ${quoteBytes(text.slice(at, (at ?? 0) + 3))}`);
    return byte;
  });
}

/** At most three bytes between quotes; those that are no UTF-8 as `\x` and two digits. */
function quoteBytes(bytes: string): string {
  const text = fromByteString(bytes);
  if (toByteString(text) === bytes) return goQuote(text);
  return `"${bytes.replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)}"`;
}

function encode(text: string, part: keyof typeof mustEscape): string {
  return text.replace(mustEscape[part], (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

/** Parses an absolute URL or path as Kubernetes' url() does: net/url's ParseRequestURI and then Parse. A string is the text of the error. */
export function parseUrl(text: string): WebAddress | string {
  const bytes = toByteString(text);
  const [beforeHash = '', ...afterHash] = bytes.split('#');
  const fragment = afterHash.join('#');
  let failing = text;
  try {
    parse(bytes, true);
    failing = fromByteString(beforeHash);
    const url = parse(beforeHash, false);
    failing = text;
    const plain = decode(fragment, 'fragment');
    return { ...url, fragment: plain, rawFragment: encode(plain, 'fragment') === fragment ? '' : fragment };
  } catch (error) {
    if (error instanceof Malformed) return `parse ${goQuote(failing)}: ${error.message}`;
    throw error;
  }
}

/** The error of net/url's ParseRequestURI, undefined where there is none. */
export function requestUriProblem(text: string): string | undefined {
  try {
    parse(toByteString(text), true);
    return undefined;
  } catch (error) {
    if (error instanceof Malformed) return `parse ${goQuote(text)}: ${error.message}`;
    throw error;
  }
}

function parse(text: string, isRequest: boolean): WebAddress {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\0-\x1f\x7f]/.test(text)) throw new Malformed('net/url: invalid control character in URL');
  if (!text && isRequest) throw new Malformed('empty url');
  const url: WebAddress = {
    scheme: '',
    opaque: '',
    host: '',
    path: text,
    rawPath: '',
    query: undefined,
    fragment: '',
    rawFragment: '',
    omitsHost: false,
  };
  if (text === '*') return url;
  if (text[0] === ':') throw new Malformed('missing protocol scheme');
  const scheme = /^[a-zA-Z][a-zA-Z\d+.-]*(?=:)/.exec(text)?.[0] ?? '';
  url.scheme = scheme.toLowerCase();
  const [, rest = '', query] = /^([^?]*)(?:\?(.*))?$/s.exec(scheme ? text.slice(scheme.length + 1) : text) ?? [];
  url.query = query;
  if (rest[0] === '/') return parseHierarchy(url, rest, isRequest);
  if (scheme) return { ...url, opaque: rest, path: '' };
  // Go takes a relative path where it is asked for no request; here that is asked first.
  throw new Malformed('invalid URI for request');
}

function parseHierarchy(url: WebAddress, rest: string, isRequest: boolean): WebAddress {
  const hasAuthority = rest.startsWith('//') && (url.scheme || !(isRequest || rest.startsWith('///')));
  if (!hasAuthority) return parsePath({ ...url, omitsHost: url.scheme !== '' }, rest);
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? [];
  return parsePath({ ...url, ...parseAuthority(url.scheme, authority) }, path);
}

function parsePath(url: WebAddress, text: string): WebAddress {
  const path = decode(text, 'path');
  return { ...url, path, rawPath: encode(path, 'path') === text ? '' : text };
}

function parseAuthority(scheme: string, authority: string): { host: string; user?: string } {
  const at = authority.lastIndexOf('@');
  const host = parseHost(scheme, authority.slice(at + 1));
  if (at < 0) return { host };
  const info = authority.slice(0, at);
  if (!/^[\w.:~!$&'()*+,;=%@-]*$/.test(info)) throw new Malformed('net/url: invalid userinfo');
  const [name = '', ...password] = info.split(':');
  const user = encode(decode(name, 'user'), 'user');
  return { host, user: password.length ? `${user}:${encode(decode(password.join(':'), 'user'), 'user')}` : user };
}

function parseHost(scheme: string, host: string): string {
  const open = host.lastIndexOf('[');
  if (open > 0) throw new Malformed('invalid IP-literal');
  if (open === 0) return parseLiteral(host);
  const [first, last] = [host.indexOf(':'), host.lastIndexOf(':')];
  if (first >= 0) checkPort(host.slice(/^https?$/.test(scheme) ? first : last));
  return decode(host, 'host');
}

/** A host between brackets, which must be an IPv6 address. */
function parseLiteral(host: string): string {
  const close = host.lastIndexOf(']');
  if (close < 0) throw new Malformed("missing ']' in host");
  checkPort(host.slice(close + 1));
  const name = host.slice(1, close);
  const zone = name.indexOf('%25');
  const plain = zone < 0 ? decode(name, 'host') : decode(name.slice(0, zone), 'host') + decode(name.slice(zone), 'zone');
  const address = parseAddress(fromByteString(plain));
  if (typeof address === 'string') throw new Malformed(`invalid host: ${address}`);
  if (address.bytes.length === 4) throw new Malformed('invalid IP-literal');
  return `[${plain}]${host.slice(close + 1)}`;
}

const isOptionalPort = (port: string): boolean => /^(:\d*)?$/.test(port);

function checkPort(port: string): void {
  if (!isOptionalPort(port)) throw new Malformed(`invalid port ${goQuote(fromByteString(port))} after host`);
}

/** The path as it stands in the URL. */
export function escapedPath({ path, rawPath }: WebAddress): string {
  if (rawPath && /^[\w.~!$&'()*+,;=:@[\]%/-]*$/.test(rawPath)) return rawPath;
  return path === '*' ? '*' : encode(path, 'path');
}

/** The host without port and brackets, and the port. */
export function hostAndPort({ host }: WebAddress): { name: string; port: string } {
  const colon = host.lastIndexOf(':');
  const hasPort = colon >= 0 && isOptionalPort(host.slice(colon));
  const name = hasPort ? host.slice(0, colon) : host;
  return { name: fromByteString(name.replace(/^\[(.*)\]$/s, '$1')), port: hasPort ? host.slice(colon + 1) : '' };
}

/** The parameters of the query in their order, with their values; what does not parse is left out, as Go leaves it out. */
export function queryValues({ query = '' }: WebAddress): Map<string, string[]> {
  const values = new Map<string, string[]>();
  const parameters = query.split('&');
  if (parameters.length > 10000) return values;
  for (const parameter of parameters) {
    if (!parameter || parameter.includes(';')) continue;
    const equals = parameter.indexOf('=');
    try {
      const key = fromByteString(decode(equals < 0 ? parameter : parameter.slice(0, equals), 'query'));
      const value = fromByteString(equals < 0 ? '' : decode(parameter.slice(equals + 1), 'query'));
      const known = values.get(key);
      if (known) known.push(value);
      else values.set(key, [value]);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
    }
  }
  return values;
}

/** The text of the whole URL, by which two are compared. */
export function urlText(url: WebAddress): string {
  const { scheme, opaque, query, fragment, rawFragment } = url;
  const start = scheme ? `${scheme}:` : '';
  const isRaw = rawFragment && /^[\w.~!$&'()*+,;=:@[\]%/?-]*$/.test(rawFragment);
  const end = fragment ? `#${isRaw ? rawFragment : encode(fragment, 'fragment')}` : '';
  return fromByteString(start + (opaque || hierarchyText(url)) + (query === undefined ? '' : `?${query}`) + end);
}

function hierarchyText(url: WebAddress): string {
  const { scheme, host, user, omitsHost } = url;
  const path = escapedPath(url);
  if (!host && user === undefined) {
    if (scheme) return omitsHost || !url.path ? path : `//${path}`;
    return /^[^/]*:/.test(path) ? `./${path}` : path;
  }
  const authority = `//${user === undefined ? '' : `${user}@`}${encode(host, 'host')}`;
  return authority + (host && path && path[0] !== '/' ? '/' : '') + path;
}
