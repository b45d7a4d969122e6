import { requestedVersion } from '../job/rules/resource-version.ts';
import type { JobUpdate } from '../update/job-update.ts';
import { patchUpdate } from '../update/patch.ts';
import { rulesOf } from './options.ts';
import type { Decoded, Identified, Parsed, Requested, Routed, WithOptions } from './request.ts';

type Asked = Identified & Routed & WithOptions & Parsed;

/** The update that a PUT asks for: the whole job as it is requested. */
export function updateOfPut(request: Asked & Requested, protectedKeys: readonly string[]): JobUpdate {
  const { kind, ref, caller, requested, options } = request;
  const conditional = requestedVersion(requested) !== undefined;
  const rules = rulesOf(request, protectedKeys);
  return { kind, ref, caller, requested: () => requested, conditional, rules, dryRun: options.dryRun };
}

/** The update that a PATCH asks for. Throws 400 as patchUpdate does. */
export function updateOfPatch(request: Asked & Decoded, protectedKeys: readonly string[]): JobUpdate {
  const { kind, ref, caller, contentType: type, parsed: patch, options } = request;
  return patchUpdate({ kind, ref, caller, type, patch, rules: rulesOf(request, protectedKeys), dryRun: options.dryRun });
}
