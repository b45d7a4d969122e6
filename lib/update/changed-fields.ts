import { isMapName } from '../job/fields.ts';
import type { JobKind } from '../job/kinds.ts';
import { memberPath } from '../job/shown.ts';
import { getPath, isObject, type Json, type JsonObject, own } from '../json/json.ts';

/** The replaceable fields that a merge patch names, as `spec.cleanPodPolicy`. */
export function fieldsIn(kind: JobKind, patch: JsonObject): string[] {
  return kind.fields.filter(({ path }) => getPath(patch, path) !== undefined).map((field) => field.dotted);
}

/** Those of the fields that are not the same in two jobs. */
export function differingFields(fields: readonly string[], before: JsonObject, after: JsonObject): string[] {
  return fields.filter((field) => !isSame(before, after, field.split('.')));
}

/** How many paths are listed. */
const maxPaths = 100;

/** What is not the same in some fields of two jobs, as causes name it: `spec.cleanPodPolicy`, and each label and annotation by its key. */
export function changedPaths(fields: readonly string[], before: JsonObject, after: JsonObject): string[] {
  const paths = differingFields(fields, before, after).flatMap((field) => {
    const name = field.slice('metadata.'.length);
    if (field !== `metadata.${name}` || !isMapName(name)) return [field];
    const [a, b] = [before, after].map((job) => getPath(job, ['metadata', name]));
    const keys = new Set([a, b].flatMap((map) => (isObject(map) ? Object.keys(map) : [])));
    return [...keys].filter((key) => own(a, key) !== own(b, key)).map((key) => memberPath(name, key));
  });
  return paths.slice(0, maxPaths);
}

/** Whether a job's replaceable fields are those of another, and it is the same job. */
export function holdsSame(kind: JobKind, job: JsonObject, other: JsonObject): boolean {
  const uid = (of: JsonObject) => own(own(of, 'metadata'), 'uid');
  return uid(job) === uid(other) && kind.fields.every(({ path }) => isSame(job, other, path));
}

/** A job's resourceVersion, or that on which a patch insists. */
export function versionOf(job: JsonObject): Json | undefined {
  return getPath(job, ['metadata', 'resourceVersion']);
}

function isSame(job: JsonObject, other: JsonObject, path: readonly string[]): boolean {
  // No labels, or no annotations, are the same as an empty map of them.
  const none = path[0] === 'metadata' ? {} : null;
  return canonical(getPath(job, path) ?? none) === canonical(getPath(other, path) ?? none);
}

/** A field's value as one text: members in order of their names. */
function canonical(value: Json): string {
  return JSON.stringify(isObject(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : value);
}
