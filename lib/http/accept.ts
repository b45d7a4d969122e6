import Negotiator from 'negotiator';

// Beside these, parameters (charset, pretty …) say nothing of the form of an answer: the API server passes over them.
const otherParameter = /;(?!\s*(?:as|g|v|q)\s*=)(?:"(?:[^"\\]|\\.)*"|[^;,"])*/gi;
// To the API server, a lone asterisk is any type.
const anything = /(?<=^|,)\s*\*\s*(?=[;,]|$)/g;

/** Which of the types an Accept header takes first; without a header the first of them, undefined where it takes none. */
export function acceptedType({ accept }: Record<string, string>, types: readonly string[]): string | undefined {
  if (!accept) return types[0];
  const read = accept.replace(otherParameter, '').replace(anything, '*/*');
  return new Negotiator({ headers: { accept: read } }).mediaTypes([...types])[0];
}
