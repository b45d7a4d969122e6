import { createHmac, hash } from 'node:crypto';

/** An access key of the cloud; the token goes with temporary keys. */
export interface AccessKey {
  accessKey: string;
  secretKey: string;
  securityToken?: string | undefined;
}

/** What is signed. `path` is decoded and starts with `/`; query values are decoded; header names are in lower case. */
export interface Signable {
  method: string;
  host: string;
  path: string;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

const algorithm = 'SDK-HMAC-SHA256';

/**
 * Signs a request by SDK-HMAC-SHA256 (Huawei Cloud's AK/SK signing). Returns all headers to send, the given ones included,
 * with `host`, `x-sdk-date`, `x-security-token` for a temporary key, and `authorization`. Every one of them is signed.
 */
export function sign(request: Signable, key: AccessKey, now: Date): Record<string, string> {
  const date = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const headers: Record<string, string> = { ...request.headers, host: request.host, 'x-sdk-date': date };
  if (key.securityToken) headers['x-security-token'] = key.securityToken;
  const names = Object.keys(headers).sort();
  const signed = names.join(';');
  const canonical = [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query ?? {}),
    names.map((name) => `${name}:${headers[name]}\n`).join(''),
    signed,
    hash('sha256', request.body ?? ''),
  ].join('\n');
  const toSign = `${algorithm}\n${date}\n${hash('sha256', canonical)}`;
  const signature = createHmac('sha256', key.secretKey).update(toSign).digest('hex');
  headers.authorization = `${algorithm} Access=${key.accessKey}, SignedHeaders=${signed}, Signature=${signature}`;
  return headers;
}

/** Percent-encodes all but RFC 3986's unreserved characters. */
export function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function canonicalPath(path: string): string {
  if (/^[\w\-.~/]*$/.test(path)) return path.endsWith('/') ? path : `${path}/`;
  const encoded = path.split('/').map(encode).join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

function canonicalQuery(query: Record<string, string | string[]>): string {
  return Object.keys(query)
    .sort()
    .flatMap((name) =>
      [query[name] ?? '']
        .flat()
        .sort()
        .map((value) => `${encode(name)}=${encode(value)}`),
    )
    .join('&');
}
