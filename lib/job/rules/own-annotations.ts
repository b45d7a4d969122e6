import { type Json, type JsonObject, own, setOwn } from '../../json/json.ts';
import type { Judged, MapChange, Proposal } from '../judged.ts';

/** The annotations under this prefix are the gateway's own: kept as live, whatever the request says (docs/decision.md, own-annotations). */
export const ownPrefix = 'tfjob-gateway/';

/** Keeps the gateway's own annotations as they are, and warns of those that the request would have changed: it is carried out without them. */
export function ownAnnotations({ patch }: Judged, { name, live, next }: MapChange, { warnings }: Proposal): void {
  if (name !== 'annotations') return;
  const kept = keepOwn(live, next, patch);
  if (kept.length === 0) return;
  const more = kept.length > 2 ? ` and ${kept.length - 2} more` : '';
  const names = kept.slice(0, 2).map((key) => (key.length > 64 ? `${key.slice(0, 64)}...` : key));
  warnings.push(`annotations under ${ownPrefix} are the gateway's own and stay as they are: ${names.join(', ')}${more}`);
}

/** Returns the keys of those that would have changed; one that is left out only counts where a patch took it away. */
function keepOwn(live: JsonObject, next: JsonObject, patched: boolean): string[] {
  const isKept = (key: string) => key.startsWith(ownPrefix);
  const mine = Object.keys(live).filter(isKept);
  const theirs = Object.keys(next).filter(isKept);
  const kept = theirs.filter((key) => own(live, key) !== next[key]);
  if (patched) kept.push(...mine.filter((key) => !Object.hasOwn(next, key)));
  for (const key of theirs) delete next[key];
  for (const key of mine) setOwn(next, key, live[key] as Json);
  return kept;
}
