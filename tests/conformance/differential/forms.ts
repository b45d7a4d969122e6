import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import type { Loose, Sending } from '../http.ts';

/** The ways to ask for a change: the whole job, or a patch. */
export const forms = ['PUT', 'PUT as YAML', 'merge patch', 'JSON patch'] as const;
export type Form = (typeof forms)[number];

/** The request that turns `live` into `wanted` in a form. */
export function inForm(form: Form, path: string, live: Loose, wanted: Loose): Required<Sending> & { body: string } {
  const request = (method: string, type: string, body: string) => ({ method, path, headers: { 'content-type': type }, body });
  switch (form) {
    case 'PUT':
      return request('PUT', 'application/json', JSON.stringify(wanted));
    case 'PUT as YAML':
      return request('PUT', 'application/yaml', yamlOf(wanted));
    case 'merge patch':
      return request('PATCH', 'application/merge-patch+json', JSON.stringify(mergePatch(live, wanted)));
    case 'JSON patch':
      return request('PATCH', 'application/json-patch+json', JSON.stringify(jsonPatch(live, wanted)));
  }
}

/** YAML 1.1, in which every string that could be read as something else is quoted. */
export const yamlOf = (value: Loose): string =>
  stringify(value, { version: '1.1', defaultStringType: 'QUOTE_DOUBLE', aliasDuplicateObjects: false });

const isObject = (value: unknown): value is Record<string, Loose> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The merge patch (RFC 7386) from one value to another. */
export function mergePatch(from: Loose, to: Loose): Loose {
  if (!isObject(from) || !isObject(to)) return to;
  const patch: Record<string, Loose> = {};
  for (const key of Object.keys(from)) if (to[key] === undefined) patch[key] = null;
  for (const [key, value] of Object.entries(to)) {
    if (value === undefined || isDeepStrictEqual(from[key], value)) continue;
    // An empty object in a patch says nothing about an object that is there.
    patch[key] = isObject(from[key]) && isObject(value) ? mergePatch(from[key], value) : value;
  }
  return patch;
}

/** A JSON patch (RFC 6902) from one value to another; arrays element by element where they are as long. */
export function jsonPatch(from: Loose, to: Loose, path = ''): object[] {
  if (isDeepStrictEqual(from, to)) return [];
  const sameLength = Array.isArray(from) && Array.isArray(to) && from.length === to.length;
  if (!sameLength && !(isObject(from) && isObject(to))) return [{ op: 'replace', path, value: to }];
  const [before, after]: [Record<string, Loose>, Record<string, Loose>] = [from, to];
  const pointer = (key: string) => `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const removed = Object.keys(before).filter((key) => after[key] === undefined);
  return [
    ...removed.map((key) => ({ op: 'remove', path: pointer(key) })),
    ...Object.keys(after)
      .filter((key) => after[key] !== undefined)
      .flatMap((key): object[] =>
        before[key] === undefined
          ? [{ op: 'add', path: pointer(key), value: after[key] }]
          : jsonPatch(before[key], after[key], pointer(key)),
      ),
  ];
}
