import { type Json, parseExactJson } from '../job/json.ts';
import { parseRequested } from '../job/schema.ts';
import { badRequest } from '../job/status.ts';
import { duplicateFields } from '../job/strict.ts';
import type { Step } from './request.ts';

/**
 * Reads the job out of the body's text, JSON or YAML as Kubernetes reads it, and checks what it says of itself.
 * 400 for what cannot be read or is another object (parseRequested). Under Strict, duplicate fields are found for the decision.
 */
export function parseJob(): Step {
  return {
    before: async ({ event }) => {
      const text = event.body as unknown as string;
      const unreadable = `the object provided is unrecognized (must be of type ${event.kind.kind})`;
      if (text.trim() === '') throw badRequest('shape', `${unreadable}: Object 'Kind' is missing in an empty body`);
      event.duplicates = [];
      if (event.contentType.includes('yaml')) {
        // Few requests are YAML, so its parser is loaded by the first one.
        const { parseYaml, YamlError } = await import('./yaml.ts');
        try {
          const { value, duplicates } = parseYaml(text, event.options.strict);
          event.body = value;
          event.duplicates = duplicates;
        } catch (error) {
          if (error instanceof YamlError) throw badRequest('syntax', `${unreadable}: error converting YAML to JSON: ${error.message}`);
          throw error;
        }
      } else {
        event.body = parseJson(text, `${unreadable}: couldn't get version/kind; json parse error`);
        if (event.options.strict) event.duplicates = duplicateFields(text);
      }
      event.requested = parseRequested(event.kind, event.ref, event.body);
    },
  };
}

/** Reads the patch out of the body's text: 400 for what is no JSON. Under Strict, its duplicate fields are found for the decision. */
export function parsePatch(): Step {
  return {
    before: ({ event }) => {
      const text = event.body as unknown as string;
      event.body = parseJson(text, 'error decoding patch: json parse error');
      event.duplicates = event.options.strict ? duplicateFields(text) : [];
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
