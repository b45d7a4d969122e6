import { endOfString, getPath, isObject, type Json, type JsonObject, own } from '../../json/json.ts';
import { badRequest, invalidPatch, type StatusCause, type StatusError } from '../../status.ts';
import { maxListed } from '../causes.ts';
import { childPath } from '../compare.ts';
import type { Judged } from '../judged.ts';
import type { JobKind } from '../kinds.ts';
import { knownFields, ReplicaSpec } from '../schema.ts';
import { helpFor } from './way-out.ts';

/** Under Strict there may be no unknown and no duplicate field: 400, on a PATCH 422 (docs/decision.md, field-validation). */
export function fieldValidation(judged: Judged): StatusError | undefined {
  if (judged.validation?.mode !== 'Strict') return undefined;
  const { kind, patch } = judged;
  const mistakes = unknownAndDuplicate(judged);
  if (mistakes.length === 0) return undefined;
  const listed = mistakes.map(({ message }) => message).join(', ');
  if (patch) return invalidPatch('field-validation', `strict decoding error: ${listed}`);
  const message = `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${listed}`;
  return badRequest('field-validation', message, mistakes);
}

/** What a caller is warned of unless he wants it otherwise: the same, and the request is judged as if nobody had looked. */
export function fieldWarnings(judged: Judged): string[] {
  return judged.validation?.mode === 'Warn' ? unknownAndDuplicate(judged).map(({ message }) => message) : [];
}

/** The first 100 fields that stand twice or are unknown, each with its path where it has one. */
function unknownAndDuplicate({ kind, live, requested, validation }: Judged): StatusCause[] {
  const unknown = unknownFields(kind, live, requested).map((path): StatusCause => {
    const help = helpFor(kind, path);
    return { reason: 'FieldValueInvalid', message: `unknown field "${path}"${help ? ` (${help})` : ''}`, field: path };
  });
  return [...(validation?.duplicates ?? []), ...unknown].slice(0, maxListed);
}

/**
 * Paths of the requested fields that neither the schema nor the live object knows, at root, metadata, spec, runPolicy and
 * replica-spec level (docs/decision.md, field-validation), the first 100. Nothing below a template is ever unknown, as on the API server.
 */
export function unknownFields(kind: JobKind, live: JsonObject, requested: JsonObject): string[] {
  const found: string[] = [];
  const findIn = (path: string[], fields: object, liveObject: Json | undefined): void => {
    const object = getPath(requested, path);
    if (!isObject(object)) return;
    for (const key in object) {
      if (found.length === maxListed) return;
      const isKnown = Object.hasOwn(fields, key) || own(liveObject, key) !== undefined;
      if (!isKnown) found.push(childPath(path.reduce(childPath, ''), key));
    }
  };
  const replicas = getPath(requested, ['spec', kind.replicaSpecs]);
  const liveReplicas = getPath(live, ['spec', kind.replicaSpecs]);
  // The live job may spell a replica type in another case.
  const spelling = new Map(isObject(liveReplicas) ? Object.keys(liveReplicas).map((name) => [name.toLowerCase(), name]) : []);
  for (const [path, fields] of knownFields(kind)) findIn(path, fields, getPath(live, path));
  for (const name of isObject(replicas) ? Object.keys(replicas) : []) {
    const liveName = spelling.get(name.toLowerCase()) ?? name;
    findIn(['spec', kind.replicaSpecs, name], ReplicaSpec.entries, own(liveReplicas, liveName));
  }
  return found;
}

/** An object or array that is open while a text is scanned; `keys` only for an object: whether each was told to be repeated. */
interface Open {
  keys: Map<string, boolean> | undefined;
  key: string;
  index: number;
}

const [quote, colon] = [34, 58];
// Many duplicates may have one path, and a path may be long: this bounds how many are made.
const maxPaths = 1000;

/** A member that stands twice, as Kubernetes says it; `where` is its path, or the line. */
export function duplicate(message: string, field?: string): StatusCause {
  return { reason: 'FieldValueDuplicate', message, ...(field !== undefined && { field }) };
}

/**
 * The members that stand twice in one object of a JSON text, of which `parsed` was read. Linear in the text; at most 100. Nearly no
 * text has any, so whether there are more colons than members is asked first.
 */
export function duplicateFields(text: string, parsed: Json): StatusCause[] {
  return colonsIn(text) === membersOf(parsed) ? [] : repeatedFields(text);
}

function colonsIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at) - 1;
    else if (code === colon) count++;
  }
  return count;
}

function membersOf(root: Json): number {
  const open = [root];
  let count = 0;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const members = Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
    if (!Array.isArray(value)) count += members.length;
    for (const member of members) if (typeof member === 'object' && member !== null) open.push(member);
  }
  return count;
}

function repeatedFields(text: string): StatusCause[] {
  const structural = /[{}[\],:"]/g;
  const open: Open[] = [];
  const found = new Set<string>();
  let paths = 0;
  let string = '';
  for (let match = structural.exec(text); match; match = structural.exec(text)) {
    const top = open.at(-1);
    switch (match[0]) {
      case '{':
      case '[':
        open.push({ keys: match[0] === '{' ? new Map() : undefined, key: '', index: 0 });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (top) top.index += 1;
        break;
      case '"':
        structural.lastIndex = endOfString(text, match.index);
        string = text.slice(match.index, structural.lastIndex);
        break;
      default:
        if (top?.keys && isRepeated(top, string)) {
          found.add(pathOf(open));
          paths += 1;
        }
    }
    if (found.size === maxListed || paths === maxPaths) break;
  }
  return [...found].map((path) => duplicate(`duplicate field "${path}"`, path));
}

/** Whether a member stands for the second time in its object; a third is no news. */
function isRepeated(top: Open, string: string): boolean {
  top.key = JSON.parse(string) as string;
  const told = top.keys?.get(top.key);
  top.keys?.set(top.key, told !== undefined);
  return told === false;
}

function pathOf(open: Open[]): string {
  return open.slice(0, 50).reduce((path, { keys, key, index }) => (keys ? childPath(path, key) : `${path}[${index}]`), '');
}
