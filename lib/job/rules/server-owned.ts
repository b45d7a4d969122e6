import { getPath, type Json } from '../../json/json.ts';
import { sameMoment, sameValue } from '../compare.ts';
import type { Judged, Proposal } from '../judged.ts';
import { shown } from '../shown.ts';
import { canonicalValue } from './field-value.ts';

/**
 * What the server owns is ignored; but the end of a job that is being deleted is not moved: 422, in the words of the API server
 * (docs/decision.md, server-owned).
 */
export function serverOwned({ live, requested }: Judged, { invalid }: Proposal): void {
  for (const name of ['deletionTimestamp', 'deletionGracePeriodSeconds']) {
    const mine = getPath(live, ['metadata', name]) ?? undefined;
    const theirs = getPath(requested, ['metadata', name]) ?? undefined;
    if (theirs === undefined || isSame(mine, theirs)) continue;
    const message = `Invalid value: ${shown(theirs)}: field is immutable`;
    invalid.add('server-owned', () => ({ reason: 'FieldValueInvalid', message, field: `metadata.${name}` }));
  }
}

function isSame(mine: Json | undefined, theirs: Json): boolean {
  if (mine === undefined) return false;
  if (sameValue(canonicalValue(mine), canonicalValue(theirs))) return true;
  return typeof mine === 'string' && typeof theirs === 'string' && sameMoment(mine, theirs);
}
