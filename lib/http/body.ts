import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import type { Middleware } from '../runtime/chain.ts';
import { badRequest, tooLarge, unsupportedMediaType } from '../status.ts';
import type { Decoded, HttpRequest, RawBody } from './request.ts';

/** Kubernetes' own limit of a request body, in bytes, after base64 and gzip. */
export const bodyLimit = 3 * 1024 * 1024;

/** What a body may be: the types that are named to a caller, others that are read as well, and what none means. */
interface BodyTypes {
  served: readonly string[];
  also: readonly string[];
  byDefault: string;
}
/** The body of a PUT: a whole job. */
export const jobTypes: BodyTypes = {
  served: ['application/json', 'application/yaml'],
  also: ['application/x-yaml', 'text/yaml'],
  byDefault: 'application/json',
};
/** The body of a PATCH; what a patch is must be said. */
export const patchTypes: BodyTypes = { served: ['application/json-patch+json', 'application/merge-patch+json'], also: [], byDefault: '' };

/** Turns the body into text, and settles its content type. Throws as decodeBytes does, and 400 for what is no UTF-8. */
export function decodeBody(types: BodyTypes): Middleware<HttpRequest, Decoded> {
  const decode = decodeBytes(types, bodyLimit);
  return {
    before: (event) => {
      const { contentType, bytes } = decode(event);
      if (!isUtf8(bytes)) throw badRequest('syntax', 'the body is not valid UTF-8');
      return { contentType, text: bytes.toString('utf8') };
    },
  };
}

/** Keeps the body as bytes, at most `limit` of them, and settles its content type. Throws as decodeBytes does. */
export function unpackBody(types: BodyTypes, limit: number): Middleware<HttpRequest, RawBody> {
  return { before: decodeBytes(types, limit) };
}

/**
 * Makes what takes the bytes of a body out of a request, and settles its content type: 415 for a type or encoding that is not read, 413 above
 * the limit (decompression stops there), 400 for what is no base64 or gzip.
 */
function decodeBytes({ served, also, byDefault }: BodyTypes, limit: number): (event: HttpRequest) => RawBody {
  return (event) => {
    const type = (event.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() || byDefault;
    const encoding = (event.headers['content-encoding'] ?? '').trim().toLowerCase() || 'identity';
    if (!served.includes(type) && !also.includes(type)) throw unsupportedMediaType(served);
    if (encoding !== 'identity' && encoding !== 'gzip') throw unsupportedMediaType(served);
    const sent = bytesOf(event, limit);
    const bytes = encoding === 'gzip' ? gunzip(sent, limit) : sent;
    if (bytes.length > limit) throw tooLarge('body-size', limit);
    return { contentType: type, bytes };
  };
}

function bytesOf({ body, isBase64Encoded }: HttpRequest, limit: number): Buffer {
  const text = typeof body === 'string' ? body : '';
  if (!isBase64Encoded) return Buffer.from(text, 'utf8');
  if (text.length > limit * 1.4) throw tooLarge('body-size', limit);
  // Buffer stops at what is no base64, or skips it.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 === 1) throw badRequest('syntax', 'the body is not valid base64');
  return Buffer.from(text, 'base64');
}

function gunzip(bytes: Buffer, limit: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('body-size', limit);
    throw badRequest('syntax', 'the body is not valid gzip');
  }
}
