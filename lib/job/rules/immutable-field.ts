import { compare, type Difference } from '../compare.ts';
import type { Judged, Proposal } from '../judged.ts';
import type { JobKind } from '../kinds.ts';
import { shown, shownPath } from '../shown.ts';
import { helpFor } from './way-out.ts';

/** Nothing but the replaceable fields may differ in meaning: one cause for each path that does, the first 100 (docs/decision.md, immutable-field). */
export function immutableField({ kind, live, requested }: Judged, { forbidden }: Proposal): void {
  const { found, total } = compare(live, requested, kind.semantics);
  const causes = found.map((difference) => ({
    reason: 'FieldValueForbidden',
    message: describeDifference(kind, difference),
    field: shownPath(difference.path),
  }));
  forbidden.addAll('immutable-field', causes, total);
}

// What may hold a secret is named, but never shown: environment, command lines, headers, anything of a secret,
// and what stands under a name so long that it was cut, as nobody knows what that is.
const hidden = /(?:^|[.[])(?:env|envFrom|args|command|httpHeaders)(?:$|[.[])|secret|token|password|…/i;
const isElement = /\[\d+\]$/;
// Whether it was never there, or the upstream did not keep it: a manifest that has it will be refused again and again.
const leaveOut = ' (the live job does not have it: leave it out of the manifest)';

/**
 * What is said of a difference that may not be: both values, cut short, unless the path may hold a secret;
 * and what to do where a field stands in the wrong place, is misspelt, or is none that the live job has (docs/decision.md, way-out).
 */
function describeDifference(kind: JobKind, { path, live, requested }: Difference): string {
  const help = requested === undefined ? undefined : helpFor(kind, path);
  if (help) return `may not be changed (${help})`;
  const values = hidden.test(path) ? '' : `: ${shown(live)} → ${shown(requested)}`;
  return `may not be changed${values}${live === undefined && !isElement.test(path) ? leaveOut : ''}`;
}
