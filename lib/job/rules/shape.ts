import * as v from 'valibot';
import { getPath, isObject, type Json, type JsonObject, own } from '../../json/json.ts';
import { badRequest, invalidPatch, type JobRef } from '../../status.ts';
import { isMapName } from '../fields.ts';
import type { JobKind } from '../kinds.ts';
import { ObjectMeta, text } from '../schema.ts';
import { memberPath } from '../shown.ts';
import { checkIdentity, checkPatchedApiVersion, checkPatchedUid } from './identity.ts';
import { checkPatchedVersion } from './resource-version.ts';

/** What a request must be before anything is read: an object that says which one it is. */
const RequestedJob = v.looseObject({ apiVersion: text, kind: text, metadata: v.nullish(ObjectMeta) });

/**
 * Checks what a PUT's body says of itself (docs/decision.md, shape and identity) and returns it as an object. Throws 400 for a wrong shape, a missing kind,
 * apiVersion or name, or one that is not the URL's. Another kind or version of the object is settled against the live job.
 */
export function parseRequested(kind: JobKind, ref: JobRef, body: Json): JsonObject {
  const asKind = `must be of type ${kind.kind}`;
  if (!isObject(body)) throw badRequest('shape', `the object provided is unrecognized (${asKind}): it is not a JSON object`);
  for (const [key, name] of [
    ['kind', 'Kind'],
    ['apiVersion', 'apiVersion'],
  ] as const) {
    if ((own(body, key) ?? '') === '') {
      throw badRequest('shape', `the object provided is unrecognized (${asKind}): Object '${name}' is missing`);
    }
  }
  const { issues } = v.safeParse(RequestedJob, body, { abortEarly: true });
  if (issues) {
    const { message } = issues[0];
    const path = v.getDotPath(issues[0]) ?? 'metadata';
    const cause = { reason: 'FieldValueTypeInvalid', message, field: fieldOf(path, body) };
    throw badRequest('shape', `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${path}: ${message}`, [
      cause,
    ]);
  }
  checkIdentity(kind, ref, body);
  checkReplicaTypes(kind, body);
  return body;
}

/** Where it is wrong: of labels and annotations the first that is no text. */
function fieldOf(path: string, body: JsonObject): string {
  const name = path.slice('metadata.'.length);
  const map = isMapName(name) ? getPath(body, ['metadata', name]) : undefined;
  const wrong = isObject(map) ? Object.keys(map).find((key) => map[key] !== null && typeof map[key] !== 'string') : undefined;
  return isMapName(name) && wrong !== undefined ? memberPath(name, wrong) : path;
}

/**
 * Checks what a patch made of the live job before it is decided, and returns it as an object. On a PATCH the API server answers 422
 * where a PUT's mistake is 400 or 409, and the resourceVersion may not be emptied.
 */
export function parsePatched(kind: JobKind, ref: JobRef, live: JsonObject, patched: Json): JsonObject {
  if (!isObject(patched)) throw invalidPatch('shape', 'the result is not an object');
  const metadata = own(patched, 'metadata') ?? {};
  if (!isObject(metadata)) throw invalidPatch('shape', 'metadata: must be an object');
  if ((own(patched, 'kind') ?? '') === '') throw invalidPatch('shape', "Object 'Kind' is missing");
  const version = own(metadata, 'resourceVersion') ?? '';
  const { issues } = v.safeParse(RequestedJob, patched, { abortEarly: true });
  const wrong = issues && (v.getDotPath(issues[0]) ?? 'metadata');
  if (issues && !(wrong === 'metadata.resourceVersion' && typeof version === 'string')) {
    throw invalidPatch('shape', `${wrong}: ${issues[0].message}`);
  }
  checkPatchedApiVersion(kind, ref, patched);
  checkIdentity(kind, ref, patched);
  checkReplicaTypes(kind, patched);
  checkPatchedVersion(kind, ref, patched);
  checkPatchedUid(kind, ref, live, patched);
  return patched;
}

/** Throws 400 for a replica type that stands twice, in different cases: nobody could tell which one is meant. */
function checkReplicaTypes(kind: JobKind, body: JsonObject): void {
  const replicas = own(own(body, 'spec'), kind.replicaSpecs);
  if (!isObject(replicas)) return;
  const seen = new Map<string, string>();
  for (const name of Object.keys(replicas)) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      const both = `${JSON.stringify(other.slice(0, 63))} and ${JSON.stringify(name.slice(0, 63))}`;
      throw badRequest('shape', `spec.${kind.replicaSpecs}: ${both} name the same replica type`);
    }
    seen.set(name.toLowerCase(), name);
  }
}
