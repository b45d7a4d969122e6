/** What a Kubernetes API server checks of an object that a PUT or a PATCH would store, in its order and its words. */

import { group, type JobKind, version } from '../../lib/job/kinds.ts';
import { isObject, type Json, type JsonObject, parseExactJson } from '../../lib/json/json.ts';
import { mergePatch } from './merge-patch.ts';
import { badRequest, type StatusDetails, StatusError } from './status.ts';

/** A stored job: a JSON object that has metadata. */
export interface Job extends JsonObject {
  metadata: JsonObject;
}

/** Which job a request is about. */
export interface Target {
  plural: string;
  namespace: string;
  name: string;
}

export const apiVersion = `${group}/${version}`;

/** The object that a PUT sends. Throws a 400 Status for what is no job, or not the one that the URL names. */
export function readPut({ kind }: JobKind, target: Target, body: string): Job {
  const unrecognized = (why: string) => badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why}`);
  let sent: Json;
  try {
    sent = body === '' ? {} : parseExactJson(body);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw unrecognized(`couldn't get version/kind; json parse error: ${error.message}`);
  }
  if (!isObject(sent)) throw unrecognized("couldn't get version/kind; json parse error: cannot unmarshal into an object");
  const start = body.length > 30 ? `${body.slice(0, 30)} ...` : body;
  if (!sent.kind) throw unrecognized(`Object 'Kind' is missing in '${start}'`);
  if (!sent.apiVersion) throw unrecognized(`Object 'apiVersion' is missing in '${start}'`);
  if (sent.apiVersion !== apiVersion) {
    throw badRequest(`the API version in the data (${sent.apiVersion}) does not match the expected API version (${apiVersion})`);
  }
  const metadata = sent.metadata ?? {};
  if (!isObject(metadata)) throw badRequest('json: cannot unmarshal metadata into Go value of type v1.ObjectMeta');
  for (const field of ['name', 'namespace', 'uid', 'resourceVersion']) {
    if (typeof (metadata[field] ?? '') !== 'string')
      throw badRequest(`json: cannot unmarshal metadata.${field} into Go value of type string`);
  }
  checkName(metadata, target);
  return { ...sent, metadata };
}

/** Checks what a PUT sends against the live job: 409 for another uid or resourceVersion, 422 for none and for another kind. */
export function checkPut(kind: JobKind, target: Target, sent: Job, live: Job): void {
  const { uid } = sent.metadata;
  if (uid && uid !== live.metadata.uid) {
    throw conflict(target, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`);
  }
  checkVersion(target, sent, live);
  if (sent.kind !== kind.kind)
    throw invalid(kind.kind, target, 'kind', `Invalid value: ${JSON.stringify(sent.kind)}: must be ${kind.kind}`);
}

/**
 * What a merge patch makes of the live job. Throws a 400 Status for what is no patch or gives the job another name, 409 for another
 * resourceVersion, 422 where the outcome is no job of this kind, has no resourceVersion or another uid.
 */
export function applyPatch(kind: JobKind, target: Target, patch: JsonObject, live: Job): Job {
  const merged = mergePatch(live, patch) as JsonObject;
  const metadata = merged.metadata ?? {};
  if (merged.kind !== kind.kind || merged.apiVersion !== apiVersion || !isObject(metadata)) {
    const message = `Invalid value: ${JSON.stringify(JSON.stringify(merged))}: it is no ${kind.kind} of ${apiVersion}`;
    throw new StatusError(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
      causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
    });
  }
  checkName(metadata, target);
  const patched: Job = { ...merged, metadata };
  checkVersion(target, patched, live);
  const { uid } = metadata;
  if (uid && uid !== live.metadata.uid) {
    throw invalid(kind.kind, target, 'metadata.uid', `Invalid value: ${JSON.stringify(uid)}: field is immutable`);
  }
  return patched;
}

/** The patch that a request sends. Throws a 400 Status for what is no JSON object. */
export function readPatch(body: string): JsonObject {
  let patch: Json;
  try {
    patch = parseExactJson(body);
  } catch (error) {
    if (error instanceof SyntaxError) throw badRequest('invalid JSON patch');
    throw error;
  }
  if (!isObject(patch)) throw badRequest('Invalid JSON Patch');
  return patch;
}

/** What a Status says about which job it is. */
export function detailsOf({ plural, name }: Target): StatusDetails {
  return { name, group, kind: plural };
}

function checkName(metadata: JsonObject, { namespace, name }: Target): void {
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name !== name) throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
}

function checkVersion(target: Target, sent: Job, live: Job): void {
  const { resourceVersion } = sent.metadata;
  // The store names the plural here where every other Invalid names the kind.
  if (typeof resourceVersion !== 'string' || resourceVersion === '' || resourceVersion === '0') {
    throw invalid(target.plural, target, 'metadata.resourceVersion', 'Invalid value: 0: must be specified for an update');
  }
  if (resourceVersion !== live.metadata.resourceVersion) {
    throw conflict(target, 'the object has been modified; please apply your changes to the latest version and try again');
  }
}

function conflict(target: Target, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${target.plural}.${group} "${target.name}": ${why}`;
  return new StatusError(409, 'Conflict', message, detailsOf(target));
}

function invalid(kind: string, target: Target, field: string, message: string): StatusError {
  return new StatusError(422, 'Invalid', `${kind}.${group} "${target.name}" is invalid: ${field}: ${message}`, {
    ...detailsOf(target),
    kind,
    causes: [{ reason: 'FieldValueInvalid', message, field }],
  });
}
