import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import type { Middleware } from '../runtime/chain.ts';
import { badRequest, tooLarge, unsupportedMediaType } from '../status.ts';
import type { Decoded, HttpRequest } from './request.ts';

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

/**
 * Turns the body into text, and settles its content type: 415 for a type or encoding that is not read, 413 above the limit
 * (decompression stops there), 400 for what is no base64, gzip or UTF-8.
 */
export function decodeBody({ served, also, byDefault }: BodyTypes): Middleware<HttpRequest, Decoded> {
  return {
    before: (event) => {
      const type = (event.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() || byDefault;
      const encoding = (event.headers['content-encoding'] ?? '').trim().toLowerCase() || 'identity';
      if (!served.includes(type) && !also.includes(type)) throw unsupportedMediaType(served);
      if (encoding !== 'identity' && encoding !== 'gzip') throw unsupportedMediaType(served);
      const sent = bytesOf(event);
      const bytes = encoding === 'gzip' ? gunzip(sent) : sent;
      if (bytes.length > bodyLimit) throw tooLarge('body-size', bodyLimit);
      if (!isUtf8(bytes)) throw badRequest('syntax', 'the body is not valid UTF-8');
      return { contentType: type, text: bytes.toString('utf8') };
    },
  };
}

function bytesOf({ body, isBase64Encoded }: HttpRequest): Buffer {
  const text = typeof body === 'string' ? body : '';
  if (!isBase64Encoded) return Buffer.from(text, 'utf8');
  if (text.length > bodyLimit * 1.4) throw tooLarge('body-size', bodyLimit);
  // Buffer stops at what is no base64, or skips it.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 === 1) throw badRequest('syntax', 'the body is not valid base64');
  return Buffer.from(text, 'base64');
}

function gunzip(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: bodyLimit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge('body-size', bodyLimit);
    throw badRequest('syntax', 'the body is not valid gzip');
  }
}
