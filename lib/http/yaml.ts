import {
  defineMappingTag,
  defineScalarTag,
  EVENT_DOCUMENT,
  FAILSAFE_SCHEMA,
  type LoadOptions,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  parseEvents,
  YAMLException,
} from 'js-yaml';
import { isObject, type Json, type JsonObject, maxDepth, rawInteger, setOwn } from '../json/json.ts';

/** What is wrong with a YAML text, with the line where it is known; never quotes the text. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

// No JSON text within the body limit holds more values than this, so what aliases expand to beyond it is a bomb.
const maxValues = 1_500_000;
// Empty documents are passed over; a body of nothing else would cost more than any job.
const maxMarkers = 100;
const marker = /^(?:---|\.\.\.)(?=\s|$)/gm;

const scalar = (tag: string, test: RegExp, read: (text: string) => unknown) =>
  defineScalarTag(`tag:yaml.org,2002:${tag}`, {
    implicit: true,
    resolve: (text) => (test.test(text) ? read(text) : NOT_RESOLVED),
    identify: () => false,
  });

/** Integers as Go's ParseInt with base 0 reads them: 0644 and 0o17 are octal, 0x10 and 0b1 as usual, underscores are dropped. */
function integer(text: string): unknown {
  const [, sign, digits = ''] = /^([-+]?)(.*)$/.exec(text.replaceAll('_', '')) ?? [];
  const prefixed = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  if (prefixed.length > 80) return finite(sign === '-' ? -Number(prefixed) : Number(prefixed), text);
  return rawInteger(BigInt(prefixed) * (sign === '-' ? -1n : 1n));
}

/** What YAML 1.1 reads as an integer, and as another number. */
export const wholeNumber = /^[-+]?(?:0[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|0[bB]_*[01][01_]*|0[oO]_*[0-7][0-7_]*|0[0-7_]*|[1-9][0-9_]*)$/;
export const fraction = /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/;
const infinite = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const isTrue = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const isFalse = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;

/** Whether a key was written over while a text was read: by one that stands twice, or beside a merge. */
let sawAgain = false;

/** A map with keys as JSON has them: 1 is "1", on is "true"; Kubernetes refuses what is no scalar. */
const map = defineMappingTag<JsonObject>('tag:yaml.org,2002:map', {
  create: () => ({}),
  addPair: (object, key, value) => {
    const name = keyName(key);
    if (name === undefined) return 'unsupported map key';
    if (Object.hasOwn(object, name)) sawAgain = true;
    setOwn(object, name, value as Json);
    return '';
  },
  has: (object, key) => Object.hasOwn(object, keyName(key) ?? ''),
  keys: Object.keys,
  get: (object, key) => object[String(key)],
  identify: isObject,
});

function keyName(key: unknown): string | undefined {
  return typeof key === 'string' ? key : typeof key === 'number' || typeof key === 'boolean' ? String(key) : undefined;
}

/**
 * The plain scalars of YAML 1.1 as sigs.k8s.io/yaml resolves them: on/off/yes/no/y/n are booleans, dates and sexagesimal
 * numbers stay strings. A YAML 1.2 reading of `defaultMode: 0644` would be a false refusal.
 */
const schema = FAILSAFE_SCHEMA.withTags(
  map,
  mergeTag,
  scalar('null', /^(?:~|null|Null|NULL)?$/, () => null),
  scalar('bool', new RegExp(`${isTrue.source}|${isFalse.source}`), (text) => isTrue.test(text)),
  scalar('int', wholeNumber, integer),
  scalar('float', new RegExp(`${fraction.source}|${infinite.source}`), (text) =>
    wholeNumber.test(text) ? NOT_RESOLVED : finite(Number(text.replaceAll('_', '')), text),
  ),
);

// Go reads what overflows a double as a string; what is written as infinite is a number, which JSON cannot hold.
function finite(number: number, text: string): unknown {
  if (infinite.test(text)) throw new YamlError('an infinite number, or one that is none');
  return Number.isFinite(number) ? number : text;
}

/**
 * Reads one YAML document as Kubernetes reads it (sigs.k8s.io/yaml): of a duplicate key the last wins, and if `validated` the first is told.
 * Throws YamlError for what is no YAML, for a second document (a meant difference: the API server ignores it) unless it is empty, as
 * after a `---` at the end, for nesting above 500 levels and for aliases that expand beyond any body.
 */
export function parseYaml(text: string, validated: boolean): { value: Json; duplicates: string[] } {
  if ((text.match(marker)?.length ?? 0) > maxMarkers) throw new YamlError('too many documents');
  sawAgain = false;
  const value = read(text, { json: true }) as Json;
  if (text.includes('*')) countValues(value);
  if (!validated || !sawAgain) return { value, duplicates: [] };
  try {
    read(text, { json: false });
    return { value, duplicates: [] };
  } catch (error) {
    if (error instanceof YamlError) return { value, duplicates: [error.message] };
    throw error;
  }
}

function read(text: string, options: LoadOptions): unknown {
  try {
    const [document, ...others] = loadAll(text, { schema, maxDepth, maxTotalMergeKeys: 100_000, ...options });
    if (document === undefined) throw new YamlError('expected a document, but the input is empty');
    const second = others.findIndex((other) => other !== null) + 1;
    if (second > 0) throw new YamlError(`line ${lineOf(text, second)}: expected a single document in the stream, but found more`);
    return document;
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    // The parser's message quotes the text. Its reason does so from the first quote, bracket or colon on.
    const [reason] = error.reason.split(/ (?:"|!<)|: /, 1);
    throw new YamlError(error.mark ? `line ${error.mark.line + 1}: ${reason}` : reason);
  }
}

/** The line, from 1, at which the content of a document begins; the first document is number 0. */
function lineOf(text: string, number: number): number {
  const events = parseEvents(text, { maxDepth });
  const documents = events.flatMap(({ type }, index) => (type === EVENT_DOCUMENT ? index : []));
  const content = Object.entries(events[(documents[number] ?? 0) + 1] ?? {});
  const starts = content.flatMap(([name, at]) => (/start$/i.test(name) && at >= 0 ? [at as number] : []));
  return text.slice(0, Math.min(...starts)).split(/\r\n?|\n/).length;
}

/** Counts what aliases expand to; not on the stack, since they may lead as deep as they like, or round in a circle. */
function countValues(root: Json): void {
  const open: Json[] = [root];
  for (let count = 0; open.length > 0; count++) {
    const value = open.pop();
    if (count + open.length > maxValues) throw new YamlError('its aliases expand to too much');
    if (Array.isArray(value)) for (const element of value) open.push(element);
    else if (isObject(value)) for (const key in value) open.push(value[key] as Json);
  }
}
