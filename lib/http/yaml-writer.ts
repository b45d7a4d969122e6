import { DUMP_SCHEMA, dump, type ScalarTagDefinition } from 'js-yaml';
import { escaped, isObject, type Json, type JsonObject, maxDepth, numberText, setOwn } from '../json/json.ts';
import { madeLimit } from './indent.ts';
import { fraction, wholeNumber } from './yaml.ts';

// The writer holds some hundred bytes for each value that it writes at once.
const slice = 2000;
// What the writer asks of a text, whether it can do without quotes, does not end well for one of a megabyte.
const longText = 100_000;

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

const options = { schema: DUMP_SCHEMA.withTags(...numberTags), noRefs: true, lineWidth: -1 };

/**
 * A JSON value as YAML that both YAML 1.1 and 1.2 readers take for the same. Undefined where it would become longer than `madeLimit`,
 * or is nested deeper than 500 levels or more than the writer's stack holds. Written a slice at a time: at once, 4 MiB of JSON took half a gigabyte.
 */
export function dumpYaml(value: Json): string | undefined {
  try {
    if (sizeOf(value) <= slice) return dump(value, options);
    let made = '';
    for (const text of slicesOf(value as Json[] | JsonObject, '')) {
      if (text === undefined || made.length + text.length > madeLimit) return undefined;
      made += text;
    }
    return made;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** The lines of an array or object: its small members by the slice, and a large one slice by slice under its name or hyphen. */
function* slicesOf(holder: Json[] | JsonObject, indent: string): Generator<string | undefined> {
  const isArray = Array.isArray(holder);
  let small: Json[] | JsonObject = isArray ? [] : {};
  let size = 0;
  const written = (): string => {
    const text = size === 0 ? '' : indented(dump(small, options), indent);
    small = isArray ? [] : {};
    size = 0;
    return text;
  };
  if (indent.length > maxDepth * 2) yield undefined;
  else
    for (const key of isArray ? holder.keys() : Object.keys(holder)) {
      const member = (holder as JsonObject)[key] as Json;
      const more = sizeOf(member);
      if (size + more > slice) yield written();
      if (more > slice) yield* largeMember(key, member as string | Json[] | JsonObject, indent);
      else {
        if (Array.isArray(small)) small.push(member);
        else setOwn(small, key as string, member);
        size += more;
      }
    }
  yield written();
}

function* largeMember(key: string | number, member: string | Json[] | JsonObject, indent: string): Generator<string | undefined> {
  const within = `${indent}  `;
  const text = typeof member === 'string' ? ` ${quoted(member)}\n` : '\n';
  if (typeof key === 'string') yield indented(dump({ [key]: null }, options), indent).replace(/ null\n$/, () => text);
  else if (typeof member === 'string') yield `${indent}-${text}`;
  if (typeof member === 'string') return;
  let hyphen = typeof key === 'number';
  for (const lines of slicesOf(member, within)) {
    yield hyphen && lines ? `${indent}- ${lines.slice(within.length)}` : lines;
    if (lines) hyphen = false;
  }
}

/** A text as JSON has it, which is YAML once what is a line break or nothing to some YAML readers is escaped. */
function quoted(text: string): string {
  const unprintable = /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g;
  return JSON.stringify(text).replace(unprintable, escaped);
}

// After a text that ends in empty lines the writer ends the document, which it is not.
function indented(text: string, indent: string): string {
  return text.replace(/\n\.\.\.\n$/, '\n').replace(/(^|\n)(?=[^\n])/g, `$1${indent}`);
}

/** How many values are in a value, counted up to one more than a slice may hold; a long text counts as so many. */
function sizeOf(value: Json): number {
  const open = [value];
  let size = 0;
  for (let next = open.pop(); next !== undefined && size <= slice; next = open.pop()) {
    const members = Array.isArray(next) ? next : isObject(next) ? Object.values(next) : [];
    size += typeof next === 'string' && next.length > longText ? slice + 1 : 1;
    if (members.length > slice) return members.length;
    open.push(...members);
  }
  return size;
}
