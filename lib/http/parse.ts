import { duplicateFields } from '../job/rules/field-validation.ts';
import { parseRequested } from '../job/rules/shape.ts';
import { type Json, parseExactJson } from '../json/json.ts';
import type { Middleware } from '../runtime/chain.ts';
import { badRequest } from '../status.ts';
import type { Decoded, Parsed, Requested, Routed, WithOptions } from './request.ts';

/** Reads a body's text, JSON or YAML as Kubernetes reads it: 400 for what cannot be read. Under Strict, duplicate fields are found for the decision. */
export function parseObject(): Middleware<Decoded & Routed & WithOptions, Parsed> {
  return {
    before: ({ text, contentType, kind, options: { strict } }) => {
      const unreadable = `the object provided is unrecognized (must be of type ${kind.kind})`;
      if (text.trim() === '') throw badRequest('shape', `${unreadable}: Object 'Kind' is missing in an empty body`);
      return contentType.includes('yaml') ? readYaml(text, strict, unreadable) : readJson(text, strict, unreadable);
    },
  };
}

/** Takes what was read for the job that is requested, and checks what it says of itself: 400 for another object (parseRequested). */
export function parseJob(): Middleware<Parsed & Routed, Requested> {
  return { before: ({ parsed, kind, ref }) => ({ requested: parseRequested(kind, ref, parsed) }) };
}

function readJson(text: string, strict: boolean, unreadable: string): Parsed {
  const parsed = parseJson(text, `${unreadable}: couldn't get version/kind; json parse error`);
  return { parsed, duplicates: strict ? duplicateFields(text) : [] };
}

async function readYaml(text: string, strict: boolean, unreadable: string): Promise<Parsed> {
  // Few requests are YAML, so its parser is loaded by the first one.
  const { parseYaml, YamlError } = await import('./yaml.ts');
  try {
    const { value, duplicates } = parseYaml(text, strict);
    return { parsed: value, duplicates };
  } catch (error) {
    if (error instanceof YamlError) throw badRequest('syntax', `${unreadable}: error converting YAML to JSON: ${error.message}`);
    throw error;
  }
}

/** Reads the patch out of the body's text: 400 for what is no JSON. Under Strict, its duplicate fields are found for the decision. */
export function parsePatch(): Middleware<Decoded & WithOptions, Parsed> {
  return {
    before: ({ text, options: { strict } }) => {
      const parsed = parseJson(text, 'error decoding patch: json parse error');
      return { parsed, duplicates: strict ? duplicateFields(text) : [] };
    },
  };
}

/**
 * JSON with each number and each name as written. To JSON.parse a member named `__proto__` is one like any other, and so it is to all
 * that follows (own, setOwn): it is judged as a name, where Middy's parser, which guards against it, refuses to read the body.
 */
function parseJson(text: string, mistake: string): Json {
  try {
    return parseExactJson(text);
  } catch (error) {
    // The parser's message quotes the body; only the place is ours to tell.
    const place = /position (\d+)/.exec(String((error as Error).message))?.[1];
    throw badRequest('syntax', `${mistake}${place ? ` at position ${place}` : ''}`);
  }
}
