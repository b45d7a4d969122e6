import { childPath } from './compare.ts';
import { at, isObject, type JsonObject, own } from './json.ts';
import type { JobKind } from './kinds.ts';
import { knownFields, ReplicaSpec } from './schema.ts';

/**
 * Paths of the requested fields that neither the schema nor the live object knows, at root, metadata, spec, runPolicy and
 * replica-spec level (design 3.12). Nothing below a template is ever unknown, as on the API server.
 */
export function unknownFields(kind: JobKind, live: JsonObject, requested: JsonObject): string[] {
  const levels = [...knownFields(kind)];
  const replicas = at(requested, ['spec', kind.replicaSpecs]);
  if (isObject(replicas)) for (const name of Object.keys(replicas)) levels.push([['spec', kind.replicaSpecs, name], ReplicaSpec.entries]);
  return levels.flatMap(([path, fields]) => {
    const object = at(requested, path);
    if (!isObject(object)) return [];
    const liveObject = at(live, path);
    return Object.keys(object)
      .filter((key) => !Object.hasOwn(fields, key) && own(liveObject, key) === undefined)
      .map((key) => childPath(path.reduce(childPath, ''), key));
  });
}

/** An object or array that is open while a text is scanned; `keys` only for an object. */
interface Open {
  keys: Set<string> | undefined;
  key: string;
  index: number;
}

/** What Kubernetes says of members that stand twice in one object of a (valid) JSON text. Linear in the text; at most 100. */
export function duplicateFields(text: string): string[] {
  const structural = /[{}[\],:"]/g;
  const open: Open[] = [];
  const found = new Set<string>();
  let string = '';
  for (let match = structural.exec(text); match; match = structural.exec(text)) {
    const top = open.at(-1);
    switch (match[0]) {
      case '{':
      case '[':
        open.push({ keys: match[0] === '{' ? new Set() : undefined, key: '', index: 0 });
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
        if (top?.keys && isRepeated(top, string) && found.size < 100) found.add(pathOf(open));
    }
  }
  return [...found].map((path) => `duplicate field "${path}"`);
}

function isRepeated(top: Open, string: string): boolean {
  top.key = JSON.parse(string) as string;
  const repeated = top.keys?.has(top.key) ?? false;
  top.keys?.add(top.key);
  return repeated;
}

/** The index after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  for (let before = end - 1; end !== -1; before = end - 1) {
    while (text[before] === '\\') before -= 1;
    if ((end - before) % 2 === 1) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

function pathOf(open: Open[]): string {
  return open.slice(0, 50).reduce((path, { keys, key, index }) => (keys ? childPath(path, key) : `${path}[${index}]`), '');
}
