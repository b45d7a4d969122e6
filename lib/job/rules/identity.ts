import { getPath, type JsonObject, own } from '../../json/json.ts';
import { badRequest, conflict, invalid, type JobRef, type StatusError } from '../../status.ts';
import type { Judged } from '../judged.ts';
import type { JobKind } from '../kinds.ts';
import { shown, wrongValue } from '../shown.ts';

const expectedVersion = ({ group, version }: JobKind): string => `${group}/${version}`;
const cut = (value: unknown): string => String(value).slice(0, 253);

/** It must be the job of the URL: throws 400 for another apiVersion, name or namespace (docs/decision.md, identity). */
export function checkIdentity(kind: JobKind, ref: JobRef, body: JsonObject): void {
  const expected = expectedVersion(kind);
  if (body.apiVersion !== expected) {
    throw badRequest(
      'identity',
      `the API version in the data (${cut(body.apiVersion)}) does not match the expected API version (${expected})`,
    );
  }
  const name = own(body.metadata, 'name') ?? '';
  const namespace = own(body.metadata, 'namespace') ?? '';
  if (name === '')
    throw badRequest('identity', `the name of the object (${ref.name} based on URL) was undeterminable: name must be provided`);
  if (name !== ref.name)
    throw badRequest('identity', `the name of the object (${cut(name)}) does not match the name on the URL (${ref.name})`);
  if (namespace !== '' && namespace !== ref.namespace) {
    throw badRequest('identity', 'the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** Throws 422 where a patch has made another apiVersion. */
export function checkPatchedApiVersion(kind: JobKind, ref: JobRef, patched: JsonObject): void {
  const expected = expectedVersion(kind);
  const apiVersion = patched.apiVersion ?? '';
  if (apiVersion !== expected) throw invalid('identity', kind, ref.name, [wrongValue('apiVersion', apiVersion, `must be ${expected}`)]);
}

/** Throws 422 where a patch has made another uid than the live one. */
export function checkPatchedUid(kind: JobKind, ref: JobRef, live: JsonObject, patched: JsonObject): void {
  const uid = own(patched.metadata, 'uid') ?? '';
  if (uid !== '' && uid !== getPath(live, ['metadata', 'uid'])) {
    throw invalid('identity', kind, ref.name, [wrongValue('metadata.uid', uid, 'field is immutable')]);
  }
}

/** A uid that is given must be the live one: 409. */
export function identityOfUid({ ref, live, requested }: Judged): StatusError | undefined {
  const uid = getPath(requested, ['metadata', 'uid']);
  const liveUid = getPath(live, ['metadata', 'uid']);
  if (typeof uid !== 'string' || uid === '' || uid === liveUid) return undefined;
  const inLive = typeof liveUid === 'string' ? liveUid : '';
  return conflict(ref, `Precondition failed: UID in precondition: ${uid.slice(0, 63)}, UID in object meta: ${inLive}`, 'identity');
}

/** It must be of the URL's kind: 422. */
export function identityOfKind({ kind, ref, requested }: Judged): StatusError | undefined {
  if (requested.kind === kind.kind) return undefined;
  const cause = { reason: 'FieldValueInvalid', message: `Invalid value: ${shown(requested.kind)}: must be ${kind.kind}`, field: 'kind' };
  return invalid('identity', kind, ref.name, [cause]);
}
