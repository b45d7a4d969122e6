import { getPath, isObject, type Json, type JsonObject, own, setOwn, withMember } from '../../json/json.ts';
import { sameValue } from '../compare.ts';
import type { MapName, PlacedField } from '../fields.ts';
import type { Judged, MapChange, Proposal } from '../judged.ts';
import { canonicalValue, judgeMember, valueCauses } from './field-value.ts';
import { lastApplied, lastAppliedRecord } from './last-applied.ts';
import { mapSize } from './map-size.ts';
import { ownAnnotations } from './own-annotations.ts';
import { protectedKey } from './protected-key.ts';

/**
 * What is sent is the live object with nothing but the replaceable fields taken from the request, each as it was checked
 * (docs/decision.md, checked-is-written): a scalar field, if it is another.
 */
export function takeScalar({ live, requested }: Judged, { path, dotted: field, value }: PlacedField, proposal: Proposal): void {
  const mine = getPath(live, path) ?? undefined;
  const theirs = getPath(requested, path) ?? undefined;
  if (sameValue(mine, theirs)) return;
  const next = theirs === undefined ? undefined : canonicalValue(theirs);
  if (next === mine) return;
  const causes = next === undefined ? [] : valueCauses(value, field, next);
  proposal.invalid.addAll('field-value', causes);
  if (causes.length === 0) proposal.permitted.add(path, next ?? null);
  proposal.object = withMember(proposal.object, path, next);
  proposal.changed.push(field);
}

/** The same for labels or annotations: the rules of maps in their order, and those of each member that is not as before. */
export function takeMap(judged: Judged, { path, dotted: field, name }: PlacedField & { name: MapName }, proposal: Proposal): void {
  const liveValue = getPath(judged.live, path);
  const live = isObject(liveValue) ? liveValue : {};
  const change: MapChange = { name, live, next: stringMap(getPath(judged.requested, path), live) };
  ownAnnotations(judged, change, proposal);
  lastAppliedRecord(judged, change, proposal);
  const keys = changedKeys(live, change.next);
  if (keys.length === 0) return;
  for (const key of keys) takeMember(judged, change, key, proposal);
  mapSize(change, proposal);
  proposal.object = withMember(proposal.object, path, Object.keys(change.next).length > 0 ? change.next : undefined);
  proposal.changed.push(field);
}

function takeMember(judged: Judged, { name, next }: MapChange, key: string, proposal: Proposal): void {
  if (protectedKey(judged, name, key, proposal)) return;
  const value = own(next, key);
  const problems = proposal.invalid.total;
  if (value !== undefined) judgeMember(name, key, value, proposal.invalid);
  const isRecord = name === 'annotations' && key === lastApplied;
  if (!isRecord && proposal.invalid.total === problems) proposal.permitted.add(['metadata', name, key], value ?? null);
}

/**
 * A requested map of labels or annotations as it will be sent: null is `""`, and a lone surrogate is U+FFFD, as in Go.
 * What equals a member of the live map stays exactly that; what is no text stays as it came, for field-value.
 */
function stringMap(requested: Json | undefined, live: JsonObject): JsonObject {
  const map: JsonObject = {};
  if (!isObject(requested)) return map;
  for (const key in requested) {
    const value = requested[key];
    const mine = own(live, key);
    if (mine !== undefined && sameValue(mine, value)) setOwn(map, key, mine);
    else setOwn(map, key.toWellFormed(), typeof value === 'string' ? value.toWellFormed() : (value ?? ''));
  }
  return map;
}

/** The keys of a map that a request adds, changes or removes. */
function changedKeys(live: JsonObject, next: JsonObject): string[] {
  const keys: string[] = [];
  for (const key in live) if (own(next, key) !== live[key]) keys.push(key);
  for (const key in next) if (!Object.hasOwn(live, key)) keys.push(key);
  return keys;
}
