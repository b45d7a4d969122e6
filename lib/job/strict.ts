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

/** Paths of members that stand twice in one object of a JSON text, which must be valid JSON. Linear in the text. */
export function duplicateFields(text: string): string[] {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;
  const open: { keys: Set<string> | undefined; key: string; index: number }[] = [];
  const found: string[] = [];
  let string = '';
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const [lexeme] = match;
    const top = open.at(-1);
    if (lexeme === '{' || lexeme === '[') open.push({ keys: lexeme === '{' ? new Set() : undefined, key: '', index: 0 });
    else if (lexeme === '}' || lexeme === ']') open.pop();
    else if (lexeme === ',') top && (top.index += 1);
    else if (lexeme !== ':') string = lexeme;
    else if (top?.keys) {
      top.key = JSON.parse(string) as string;
      if (top.keys.has(top.key) && found.length < 100) found.push(pathOf(open));
      top.keys.add(top.key);
    }
  }
  return [...new Set(found)];
}

function pathOf(open: { keys: Set<string> | undefined; key: string; index: number }[]): string {
  return open.slice(0, 50).reduce((path, { keys, key, index }) => (keys ? childPath(path, key) : `${path}[${index}]`), '');
}
