import { parsePatched, parseRequested } from '../job/rules/shape.ts';
import { getPath } from '../json/json.ts';
import { applyMergePatch } from '../json/merge-patch.ts';
import { badRequest } from '../status.ts';
import type { JobUpdate } from '../update/job-update.ts';
import type { Asked, Authorized } from './request.ts';

/**
 * Makes an update of an event: its patch or its object becomes the requested object, with the event's preconditions. Never the one-trip
 * patch: the marker must be written with the change. Throws 400 for an object that is another job, or says otherwise than the event.
 */
export function eventUpdate({ asked, user, access }: Asked & Authorized, protectedKeys: readonly string[]): JobUpdate {
  const { kind, ref, detail, marker } = asked;
  const { uid, resourceVersion } = detail;
  const given = 'object' in detail ? detail.object : detail.patch;
  const preconditions = { ...(uid !== undefined && { uid }), ...(resourceVersion !== undefined && { resourceVersion }) };
  for (const [name, value] of Object.entries(preconditions)) {
    const own = getPath(given, ['metadata', name]) ?? '';
    if (own !== '' && own !== value) throw badRequest('identity', `metadata.${name} is another than the event's ${name}`);
  }
  const whole = 'object' in detail ? parseRequested(kind, ref, given) : undefined;
  return {
    kind,
    ref,
    user,
    mayRead: access.mayRead,
    requested: (live) => {
      const requested = whole ?? parsePatched(kind, ref, live.job, applyMergePatch(live.job, given));
      return { ...requested, metadata: { ...(requested.metadata as object), ...preconditions } };
    },
    // Even where the event insists on a version it may have met itself, carried out unheard: its marker on the live job tells.
    conditional: false,
    rules: { protectedKeys, patch: !whole },
    dryRun: false,
    marker,
  };
}
