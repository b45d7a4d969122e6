import { at, isObject, type JsonObject, own, setOwn } from './json.ts';
import { ownPrefix } from './replaceable.ts';

/** What an event leaves on the job that it changed: a hash of its id, and its number where its producer counts. */
export interface Mark {
  id: string;
  sequence?: number | undefined;
}

/** The annotation that holds the marks: written in the same write as the change, so that there is never one without the other. */
export const appliedEvents = `${ownPrefix}applied-events`;
/** How many ids a job remembers. */
const mostIds = 32;

/**
 * Whether a job has an event already: `applied` if its id is remembered, `superseded` if a higher or the same sequence was applied.
 * Undefined for an event that is new to it.
 */
export function seen(job: JsonObject, { id, sequence }: Mark): 'applied' | 'superseded' | undefined {
  const applied = readApplied(job);
  if (applied.ids.includes(id)) return 'applied';
  return sequence !== undefined && applied.sequence !== undefined && sequence <= applied.sequence ? 'superseded' : undefined;
}

/** A job with an event's mark added to those that it has. The argument is not changed. */
export function withMark(job: JsonObject, { id, sequence }: Mark): JsonObject {
  const applied = readApplied(job);
  const ids = [...applied.ids, id].slice(-mostIds);
  const highest = Math.max(applied.sequence ?? -1, sequence ?? -1);
  const uid = uidOf(job);
  const value = JSON.stringify({ ...(uid !== undefined && { uid }), ...(highest >= 0 && { sequence: highest }), ids });
  const metadata = own(job, 'metadata');
  const annotations = own(metadata, 'annotations');
  const next: JsonObject = isObject(annotations) ? { ...annotations } : {};
  setOwn(next, appliedEvents, value);
  return { ...job, metadata: { ...(metadata as JsonObject), annotations: next } };
}

/** What the annotation says; nothing where it is missing, not as the gateway writes it, or of the job that this one was copied from. */
function readApplied(job: JsonObject): { sequence?: number; ids: string[] } {
  try {
    const value: unknown = JSON.parse(String(at(job, ['metadata', 'annotations', appliedEvents])));
    if (!isObject(value) || value.uid !== uidOf(job)) return { ids: [] };
    const { sequence, ids } = value;
    return {
      ids: Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [],
      ...(Number.isSafeInteger(sequence) && { sequence: sequence as number }),
    };
  } catch {
    return { ids: [] };
  }
}

const uidOf = (job: JsonObject) => at(job, ['metadata', 'uid']);
