import { isUtf8 } from 'node:buffer';
import { gunzipSync } from 'node:zlib';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import { type Json, parseExactJson } from '../job/json.ts';
import { parseRequested } from '../job/schema.ts';
import { badRequest, tooLarge, unsupportedMediaType } from '../job/status.ts';
import { duplicateFields } from '../job/strict.ts';
import type { JobRequest, Step, StepRequest } from './request.ts';

/** Kubernetes' own limit of a request body, in bytes, after base64 and gzip. */
export const bodyLimit = 3 * 1024 * 1024;

const served = ['application/json', 'application/yaml'];
const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml'];

function mediaType(event: JobRequest): string {
  return (event.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() || 'application/json';
}

/**
 * Turns the body into text: 415 for a content type or encoding that is not read, 413 above the limit (decompression stops there),
 * 400 for what is no base64, gzip or UTF-8.
 */
export function decodeBody(): Step {
  return {
    before: ({ event }) => {
      const type = mediaType(event);
      const encoding = (event.headers['content-encoding'] ?? '').trim().toLowerCase() || 'identity';
      if (!served.includes(type) && !yamlTypes.includes(type)) throw unsupportedMediaType(served);
      if (encoding !== 'identity' && encoding !== 'gzip') throw unsupportedMediaType(served);
      const sent = bytesOf(event);
      const bytes = encoding === 'gzip' ? gunzip(sent) : sent;
      if (bytes.length > bodyLimit) throw tooLarge(bodyLimit);
      if (!isUtf8(bytes)) throw badRequest('the body is not valid UTF-8');
      event.body = bytes.toString('utf8');
      event.isBase64Encoded = false;
    },
  };
}

function bytesOf({ body, isBase64Encoded }: JobRequest): Buffer {
  const text = typeof body === 'string' ? body : '';
  if (!isBase64Encoded) return Buffer.from(text, 'utf8');
  if (text.length > bodyLimit * 1.4) throw tooLarge(bodyLimit);
  const bytes = Buffer.from(text, 'base64');
  // Buffer stops at, or skips, what is no base64; so the length tells.
  if (bytes.length !== Math.floor((text.replace(/={1,2}$/, '').length * 3) / 4)) throw badRequest('the body is not valid base64');
  return bytes;
}

function gunzip(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: bodyLimit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bodyLimit);
    throw badRequest('the body is not valid gzip');
  }
}

/**
 * Reads the job out of the body's text, JSON by Middy's parser or YAML as Kubernetes reads it, and checks what it says of itself.
 * 400 for what cannot be read or is another object (parseRequested). Under Strict, duplicate fields are found for the decision.
 */
export function parseJob(): Step {
  const jsonParser = httpJsonBodyParser({ disableContentTypeCheck: true });
  return {
    before: async (request) => {
      const { event } = request;
      const text = event.body as unknown as string;
      const unreadable = `the object provided is unrecognized (must be of type ${event.kind.kind})`;
      if (text.trim() === '') throw badRequest(`${unreadable}: Object 'Kind' is missing in an empty body`);
      event.duplicates = [];
      if (yamlTypes.includes(mediaType(event))) {
        // Few requests are YAML, so its parser is loaded by the first one.
        const { parseYaml, YamlError } = await import('./yaml.ts');
        try {
          const { value, duplicates } = parseYaml(text, event.options.strict);
          event.body = value;
          event.duplicates = duplicates;
        } catch (error) {
          if (error instanceof YamlError) throw badRequest(`${unreadable}: error converting YAML to JSON: ${error.message}`);
          throw error;
        }
      } else {
        event.body = parseJson(request, text, unreadable, jsonParser);
        if (event.options.strict) event.duplicates = duplicateFields(text);
      }
      event.requested = parseRequested(event.kind, event.ref, event.body);
    },
  };
}

// The keys against which Middy's parser guards, in any spelling: an escape may hide them.
const guarded = /__proto__|constructor|\\u/;

/**
 * Middy's parser calls a function for every value, to refuse keys that could reach a prototype: four times the cost of JSON.parse.
 * So it reads the texts that may hold one, and all others, of which it would make the same, are read exactly.
 */
function parseJson(request: StepRequest, text: string, unreadable: string, jsonParser: ReturnType<typeof httpJsonBodyParser>): Json {
  try {
    if (guarded.test(text)) jsonParser.before?.(request as never);
    return parseExactJson(text);
  } catch (error) {
    // The messages of both parsers quote the body; only the place is ours to tell.
    const said = String((error as { cause?: { message?: unknown } }).cause?.message ?? (error as Error).message);
    const place = /position (\d+)/.exec(said)?.[1];
    throw badRequest(`${unreadable}: couldn't get version/kind; json parse error${place ? ` at position ${place}` : ''}`);
  }
}
