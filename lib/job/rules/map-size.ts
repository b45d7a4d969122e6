import { getPath, isObject, type Json, type JsonObject, own } from '../../json/json.ts';
import type { StatusCause } from '../../status.ts';
import { fields, isMap, type MapName } from '../fields.ts';
import type { MapChange, Proposal } from '../judged.ts';
import { lastApplied } from './last-applied.ts';
import { ownPrefix } from './own-annotations.ts';

/** What the keys and values of all annotations may add up to, in bytes (ValidateAnnotationsSize), and those of all labels as well. */
export const mapLimit = 256 * 1024;
/**
 * How many members callers may bring a map to. An API server notes each in managedFields, at several times what a short one weighs, and
 * where a job gets too large it drops them all: then the next server-side apply takes over what others own.
 */
const maxMembers = 2000;
/** Bytes of the annotations that callers leave free for the administrator's next record of `kubectl apply` and for the markers of events. */
const reserved = 64 * 1024;

/** How many members a map has and how many bytes they are; `free` without those of the gateway itself and the live record. */
interface Size {
  members: number;
  bytes: number;
  free: number;
}

function sizeOf(map: JsonObject, live: JsonObject): Size {
  const record = own(live, lastApplied);
  const size = { members: 0, bytes: 0, free: typeof record === 'string' ? -bytesOf(lastApplied, record) : 0 };
  for (const key in map) {
    const bytes = bytesOf(key, map[key]);
    size.members += 1;
    size.bytes += bytes;
    if (!key.startsWith(ownPrefix)) size.free += bytes;
  }
  return size;
}

function bytesOf(key: string, value: Json | undefined): number {
  return Buffer.byteLength(key) + (typeof value === 'string' ? Buffer.byteLength(value) : 0);
}

/**
 * What is above a limit of labels or annotations, and above what the live ones have: a live job must stay updatable
 * (docs/decision.md, map-size).
 */
export function mapSize({ name, live, next }: MapChange, { invalid: causes }: Proposal): void {
  const [had, has] = [sizeOf(live, live), sizeOf(next, live)];
  const isAbove = (what: keyof Size, most: number): boolean => has[what] > most && has[what] > had[what];
  if (isAbove('bytes', mapLimit)) causes.add('map-size', () => tooLong(name, `${mapLimit} bytes`));
  else if (name === 'annotations' && isAbove('free', mapLimit - reserved)) {
    causes.add('map-size', () => tooLong(name, `${mapLimit - reserved} bytes beside kubectl's record and the gateway's own`));
  }
  if (!isAbove('members', maxMembers)) return;
  const message = `Too many: ${has.members}: must have at most ${maxMembers} items`;
  causes.add('map-size', () => ({ reason: 'FieldValueTooMany', message, field: `metadata.${name}` }));
}

/** In the words of ValidateAnnotationsSize. */
function tooLong(name: MapName, most: string): StatusCause {
  return { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${most}`, field: `metadata.${name}` };
}

const maps = fields.filter(isMap).map(({ name }) => name);

/** Whether a job's labels or annotations have used half of what they may: then no patch goes without a read. */
export function isCrowded(job: JsonObject): boolean {
  return maps.some((name) => {
    const map = getPath(job, ['metadata', name]);
    const { members, bytes } = isObject(map) ? sizeOf(map, map) : { members: 0, bytes: 0 };
    return members > maxMembers / 2 || bytes > mapLimit / 2;
  });
}
