import { requestedVersion } from '../job/rules/resource-version.ts';
import type { JobUpdate } from '../update/job-update.ts';
import { patchUpdate } from '../update/patch.ts';
import { rulesOf } from './options.ts';
import type { Authorized, Decoded, Identified, Parsed, Requested, Routed, WithOptions } from './request.ts';

type Asked = Identified & Authorized & Routed & WithOptions & Parsed;

/** The update that a PUT asks for: the whole job as it is requested. */
export function updateOfPut(request: Asked & Requested, protectedKeys: readonly string[]): JobUpdate {
  const { kind, ref, user, access, requested, options } = request;
  const conditional = requestedVersion(requested) !== undefined;
  const rules = rulesOf(request, protectedKeys);
  const { dryRun, sent } = options;
  return { kind, ref, user, mayRead: access.mayRead, requested: () => requested, conditional, rules, dryRun, options: sent };
}

/** The update that a PATCH asks for. Throws 400 as patchUpdate does. */
export function updateOfPatch(request: Asked & Decoded, protectedKeys: readonly string[]): JobUpdate {
  const { kind, ref, user, access, contentType: type, parsed: patch, options } = request;
  const rules = rulesOf(request, protectedKeys);
  const { dryRun, sent } = options;
  return patchUpdate({ kind, ref, user, mayRead: access.mayRead, type, patch, rules, dryRun, options: sent });
}
