import { duplicate, duplicateFields } from '../job/rules/field-validation.ts';
import { parseRequested } from '../job/rules/shape.ts';
import { type Json, parseExactJson } from '../json/json.ts';
import type { Middleware } from '../runtime/chain.ts';
import { badRequest } from '../status.ts';
import type { Decoded, Parsed, Requested, Routed, WithOptions } from './request.ts';

/**
 * Reads a body's text, JSON or YAML as Kubernetes reads it: 400 for what cannot be read. Duplicate fields are found for the decision, unless
 * nobody asks.
 */
export function parseObject(): Middleware<Decoded & Routed & WithOptions, Parsed> {
  return {
    before: ({ text, contentType, kind, options: { validation } }) => {
      const unreadable = `the object provided is unrecognized (must be of type ${kind.kind})`;
      if (text.trim() === '') throw badRequest('shape', `${unreadable}: Object 'Kind' is missing in an empty body`);
      const validated = validation !== undefined;
      return contentType.includes('yaml') ? readYaml(text, validated, unreadable) : readJson(text, validated, unreadable);
    },
  };
}

/** Takes what was read for the job that is requested, and checks what it says of itself: 400 for another object (parseRequested). */
export function parseJob(): Middleware<Parsed & Routed, Requested> {
  return { before: ({ parsed, kind, ref }) => ({ requested: parseRequested(kind, ref, parsed) }) };
}

function readJson(text: string, validated: boolean, unreadable: string): Parsed {
  const parsed = parseJson(text, `${unreadable}: couldn't get version/kind; json parse error`);
  return { parsed, duplicates: validated ? duplicateFields(text, parsed) : [] };
}

async function readYaml(text: string, validated: boolean, unreadable: string): Promise<Parsed> {
  // Few requests are YAML, so its parser is loaded by the first one.
  const { parseYaml, YamlError } = await import('./yaml.ts');
  try {
    const { value, duplicates } = parseYaml(text, validated);
    return { parsed: value, duplicates: duplicates.map((message) => duplicate(message)) };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const { message } = error;
    throw badRequest('syntax', `${unreadable}: error converting YAML to JSON: ${message}`, [{ message }]);
  }
}

/** Reads the patch out of the body's text: 400 for what is no JSON. Its duplicate fields are found for the decision. */
export function parsePatch(): Middleware<Decoded & WithOptions, Parsed> {
  return {
    before: ({ text, options: { validation } }) => {
      const parsed = parseJson(text, 'error decoding patch: json parse error');
      return { parsed, duplicates: validation ? duplicateFields(text, parsed) : [] };
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
    const line = text.slice(0, Number(place)).split('\n').length;
    const cause = { message: `line ${line}: this is no JSON` };
    throw badRequest('syntax', `${mistake}${place ? ` at position ${place}` : ''}`, place ? [cause] : []);
  }
}
