import httpJsonBodyParser from '@middy/http-json-body-parser';
import { type Json, parseExactJson } from '../job/json.ts';
import { parseRequested } from '../job/schema.ts';
import { badRequest } from '../job/status.ts';
import { duplicateFields } from '../job/strict.ts';
import type { Step, StepRequest } from './request.ts';

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
      if (event.contentType.includes('yaml')) {
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
        event.body = parseJson(request, text, `${unreadable}: couldn't get version/kind; json parse error`, jsonParser);
        if (event.options.strict) event.duplicates = duplicateFields(text);
      }
      event.requested = parseRequested(event.kind, event.ref, event.body);
    },
  };
}

/** Reads the patch out of the body's text: 400 for what is no JSON. Under Strict, its duplicate fields are found for the decision. */
export function parsePatch(): Step {
  const jsonParser = httpJsonBodyParser({ disableContentTypeCheck: true });
  return {
    before: (request) => {
      const { event } = request;
      const text = event.body as unknown as string;
      event.body = parseJson(request, text, 'error decoding patch: json parse error', jsonParser);
      event.duplicates = event.options.strict ? duplicateFields(text) : [];
    },
  };
}

// The keys against which Middy's parser guards, in any spelling: an escape may hide them.
const guarded = /__proto__|constructor|\\u/;

/**
 * Middy's parser calls a function for every value, to refuse keys that could reach a prototype: four times the cost of JSON.parse.
 * So it reads the texts that may hold one, and all others, of which it would make the same, are read exactly.
 */
function parseJson(request: StepRequest, text: string, mistake: string, jsonParser: ReturnType<typeof httpJsonBodyParser>): Json {
  try {
    if (guarded.test(text)) jsonParser.before?.(request as never);
    return parseExactJson(text);
  } catch (error) {
    // The messages of both parsers quote the body; only the place is ours to tell.
    const said = String((error as { cause?: { message?: unknown } }).cause?.message ?? (error as Error).message);
    const place = /position (\d+)/.exec(said)?.[1];
    throw badRequest(`${mistake}${place ? ` at position ${place}` : ''}`);
  }
}
