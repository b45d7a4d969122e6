import type { Causes } from './causes.ts';
import { at, isObject, type JsonObject, own } from './json.ts';
import { lastApplied, type MapField, ownPrefix } from './replaceable.ts';
import type { StatusCause } from './status.ts';

/** What the keys and values of all annotations may add up to, in bytes (ValidateAnnotationsSize), and those of all labels as well. */
export const mapLimit = 256 * 1024;
/**
 * How many members callers may bring a map to. An API server notes each in managedFields, at several times what a short one weighs, and
 * where a job gets too large it drops them all: then the next server-side apply takes over what others own.
 */
const mostMembers = 2000;
/** Bytes of the annotations that callers leave free for the administrator's next record of `kubectl apply` and for the marks of events. */
const reserved = 64 * 1024;

function sizeOf(map: JsonObject, counts: (key: string) => boolean = () => true): number {
  let size = 0;
  for (const key in map) {
    const value = map[key];
    if (counts(key)) size += Buffer.byteLength(key) + (typeof value === 'string' ? Buffer.byteLength(value) : 0);
  }
  return size;
}

/** What is above a limit of labels or annotations, and above what the live ones have: a live job must stay updatable. */
export function judgeSize(name: MapField, live: JsonObject, next: JsonObject, causes: Causes): void {
  const isAbove = (most: number, size: (map: JsonObject) => number): boolean => size(next) > most && size(next) > size(live);
  if (isAbove(mapLimit, sizeOf)) causes.add(() => tooLong(name, `${mapLimit} bytes`));
  else if (name === 'annotations' && isAbove(mapLimit - reserved, callersPart(live))) {
    causes.add(() => tooLong(name, `${mapLimit - reserved} bytes beside kubectl's record and the gateway's own`));
  }
  if (!isAbove(mostMembers, (map) => Object.keys(map).length)) return;
  const message = `Too many: ${Object.keys(next).length}: must have at most ${mostMembers} items`;
  causes.add(() => ({ reason: 'FieldValueTooMany', message, field: `metadata.${name}` }));
}

/** The bytes of annotations that callers have brought, and with them what the record has grown. */
function callersPart(live: JsonObject): (map: JsonObject) => number {
  const record = own(live, lastApplied);
  const had = typeof record === 'string' ? Buffer.byteLength(record) + lastApplied.length : 0;
  return (map) => sizeOf(map, (key) => !key.startsWith(ownPrefix)) - had;
}

/** In the words of ValidateAnnotationsSize. */
function tooLong(name: MapField, most: string): StatusCause {
  return { reason: 'FieldValueTooLong', message: `Too long: may not be more than ${most}`, field: `metadata.${name}` };
}

/** Whether a job's labels or annotations have used half of what they may: then no patch goes without a read. */
export function isCrowded(job: JsonObject): boolean {
  return ['labels', 'annotations'].some((name) => {
    const map = at(job, ['metadata', name]);
    return isObject(map) && (Object.keys(map).length > mostMembers / 2 || sizeOf(map) > mapLimit / 2);
  });
}
