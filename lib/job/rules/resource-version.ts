import { getPath, type JsonObject, own } from '../../json/json.ts';
import { conflict, invalid, type JobRef, type StatusError } from '../../status.ts';
import type { Judged } from '../judged.ts';
import type { JobKind } from '../kinds.ts';
import { shown, wrongValue } from '../shown.ts';

/** The resourceVersion that a PUT insists on; `""` and `"0"` count as absent (docs/decision.md, resource-version). */
export function requestedVersion(requested: JsonObject): string | undefined {
  const version = getPath(requested, ['metadata', 'resourceVersion']);
  return typeof version === 'string' && version !== '' && version !== '0' ? version : undefined;
}

const modified = 'the object has been modified; please apply your changes to the latest version and try again';

/** A resourceVersion that is given must be the live one: 409, which names that one. */
export function resourceVersion({ ref, live, requested }: Judged): StatusError | undefined {
  const version = requestedVersion(requested);
  const liveVersion = getPath(live, ['metadata', 'resourceVersion']);
  if (version === undefined || version === liveVersion) return undefined;
  const message = `the live one is ${shown(liveVersion)}`;
  return conflict(ref, modified, 'resource-version', [{ reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' }]);
}

/** Throws 422 where a patch has emptied the resourceVersion: then it would have to be specified. */
export function checkPatchedVersion(kind: JobKind, ref: JobRef, patched: JsonObject): void {
  if (/^[1-9]\d*$/.test(String(own(patched.metadata, 'resourceVersion') ?? ''))) return;
  // Here, and nowhere else, the API server names the resource and not the kind.
  const named = { group: kind.group, kind: kind.plural };
  throw invalid('resource-version', named, ref.name, [wrongValue('metadata.resourceVersion', 0, 'must be specified for an update')]);
}
