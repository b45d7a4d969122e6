import type { Answer } from '../cci/read-answer.ts';
import { parsePatched } from '../job/rules/shape.ts';
import { getPath, type Json, type JsonObject } from '../json/json.ts';
import { applyJsonPatch, operationsOf } from '../json/json-patch.ts';
import { applyMergePatch } from '../json/merge-patch.ts';
import { badRequest } from '../status.ts';
import type { JobUpdate } from './job-update.ts';
import { passThroughPatch } from './pass-through.ts';

/** A request to patch one job; `type` is the patch's media type. */
export type PatchRequest = Pick<JobUpdate, 'kind' | 'ref' | 'user' | 'mayRead' | 'rules' | 'dryRun' | 'options'> & {
  type: string;
  patch: Json;
};

/**
 * Makes an update of a patch: the requested object is what the patch makes of the live job. A merge patch of nothing but replaceable
 * fields may go upstream as it is checked, without a read, unless the decision is wanted for more (dry run, Strict).
 */
export function patchUpdate({ type, patch, ...request }: PatchRequest): JobUpdate {
  const { kind, ref, rules, dryRun } = request;
  const isMerge = type === 'application/merge-patch+json';
  if (isMerge && (typeof patch !== 'object' || patch === null || Array.isArray(patch)))
    throw badRequest('patch', 'a merge patch must be an object');
  if (!isMerge) operationsOf(patch);
  const requested = (live: Answer): JsonObject => {
    const patched = isMerge ? applyMergePatch(live.job, patch) : applyJsonPatch(live.text, patch);
    return parsePatched(kind, ref, live.job, patched);
  };
  return {
    ...request,
    rules: { ...rules, patch: true },
    requested,
    conditional: isMerge && getPath(patch, ['metadata', 'resourceVersion']) !== undefined,
    passThrough:
      isMerge && !dryRun && rules.validation?.mode !== 'Strict' ? passThroughPatch(kind, ref, patch, rules.protectedKeys ?? []) : undefined,
  };
}
