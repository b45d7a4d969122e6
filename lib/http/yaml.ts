import {
  DUMP_SCHEMA,
  defineMappingTag,
  defineScalarTag,
  dump,
  FAILSAFE_SCHEMA,
  type LoadOptions,
  load,
  mergeTag,
  NOT_RESOLVED,
  type ScalarTagDefinition,
  YAMLException,
} from 'js-yaml';
import { isObject, type Json, type JsonObject, numberText, rawInteger, setOwn } from '../job/json.ts';
import { tooDeep } from '../job/status.ts';

/** What is wrong with a YAML text, with the line where it is known; never quotes the text. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

const deepest = 500;
// No JSON text within the body limit holds more values than this, so what aliases expand to beyond it is a bomb.
const mostValues = 1_500_000;

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

const wholeNumber = /^[-+]?(?:0[xX]_*[0-9a-fA-F][0-9a-fA-F_]*|0[bB]_*[01][01_]*|0[oO]_*[0-7][0-7_]*|0[0-7_]*|[1-9][0-9_]*)$/;
const fraction = /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/;
const infinite = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const isTrue = /^(?:y|Y|yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const isFalse = /^(?:n|N|no|No|NO|false|False|FALSE|off|Off|OFF)$/;

/** A map with keys as JSON has them: 1 is "1", on is "true"; Kubernetes refuses what is no scalar. */
const map = defineMappingTag<JsonObject>('tag:yaml.org,2002:map', {
  create: () => ({}),
  addPair: (object, key, value) => {
    const name = keyName(key);
    if (name === undefined) return 'unsupported map key';
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
 * Reads one YAML document as Kubernetes reads it (sigs.k8s.io/yaml): of a duplicate key the last wins, and under `strict` it is told.
 * Throws YamlError for what is no YAML, for a second document (a meant difference: the API server ignores it), for nesting above
 * 500 levels and for aliases that expand beyond any body.
 */
export function parseYaml(text: string, strict: boolean): { value: Json; duplicates: string[] } {
  const value = read(text, { json: true }) as Json;
  if (text.includes('*')) countValues(value);
  if (!strict) return { value, duplicates: [] };
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
    return load(text, { schema, maxDepth: deepest, maxTotalMergeKeys: 100_000, ...options });
  } catch (error) {
    // The parser's message quotes the text. Its reason does so from the first quote, bracket or colon on.
    if (error instanceof YAMLException)
      throw new YamlError(`line ${(error.mark?.line ?? 0) + 1}: ${error.reason.split(/ (?:"|!<)|: /, 1)[0]}`);
    throw error;
  }
}

/** Counts what aliases expand to; not on the stack, since they may lead as deep as they like, or round in a circle. */
function countValues(root: Json): void {
  const open: Json[] = [root];
  for (let count = 0; open.length > 0; count++) {
    const value = open.pop();
    if (count + open.length > mostValues) throw new YamlError('its aliases expand to too much');
    if (Array.isArray(value)) for (const element of value) open.push(element);
    else if (isObject(value)) for (const key in value) open.push(value[key] as Json);
  }
}

/** A tag that writes the numbers of one form as they came, also one that a double cannot hold; a text of that form is quoted. */
function numberTag(name: 'int' | 'float', form: RegExp, read: RegExp): ScalarTagDefinition {
  const tag = DUMP_SCHEMA.lookupScalarTag(`tag:yaml.org,2002:${name}`) as ScalarTagDefinition;
  return {
    ...tag,
    resolve: (text, ...rest) => (read.test(text) ? text : tag.resolve(text, ...rest)),
    identify: (value) => form.test(numberText(value) ?? ''),
    represent: (value) => numberText(value) ?? '',
  };
}

const numberTags = [numberTag('int', /^-?\d+$/, wholeNumber), numberTag('float', /[.e]/i, fraction)];

/** A JSON value as YAML that both YAML 1.1 and 1.2 readers take for the same. Throws 500 for what is nested too deeply to be written. */
export function dumpYaml(value: Json): string {
  try {
    return dump(value, { schema: DUMP_SCHEMA.withTags(...numberTags), noRefs: true, lineWidth: -1 });
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    throw error;
  }
}
