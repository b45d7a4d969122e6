/** A JSON object as the simulator keeps it. */
export interface JsonObject {
  [key: string]: unknown;
}

// Node 24 has source text access; TypeScript's library does not know it yet.
const json = JSON as unknown as {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/**
 * JSON.parse that keeps every number as written: one that a double cannot hold is written back by JSON.stringify letter for
 * letter. Throws SyntaxError as JSON.parse does. Not lib/job's parser, so that the simulator does not share its mistakes.
 */
export function parseExact(text: string): unknown {
  return json.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && source !== String(value) ? json.rawJSON(source) : value,
  );
}

/** Whether a value is a JSON object: not null, not an array, not a number kept as text. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !json.isRawJSON(value);
}
