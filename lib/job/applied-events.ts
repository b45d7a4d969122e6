import { getPath, isObject, type JsonObject, own, setOwn } from '../json/json.ts';
import { ownPrefix } from './rules/own-annotations.ts';

/** What an event leaves on the job that it changed: hashes of its id and of what it asks, and its number where its producer counts. */
export interface Marker {
  id: string;
  digest: string;
  sequence?: number | undefined;
}

/** The annotation that holds the markers: written in the same write as the change, so that there is never one without the other. */
export const appliedEvents = `${ownPrefix}applied-events`;
/**
 * How many ids a job remembers: an event that is delivered again comes three minutes later (the queue's visibility timeout), after all
 * that came meanwhile.
 */
export const maxIds = 128;

/**
 * Whether a job has an event already: `applied` if its id is remembered, `reused` if that was an event which asked something else,
 * `superseded` if a higher or the same sequence was applied. Undefined for an event that is new to it.
 */
export function seen(job: JsonObject, { id, digest, sequence }: Marker): 'applied' | 'reused' | 'superseded' | undefined {
  const applied = readApplied(job);
  const known = applied.events.find((event) => event.id === id);
  // Versions of the gateway that knew no digests are read as well, and write none.
  if (known) return known.digest === '' || known.digest === digest ? 'applied' : 'reused';
  return sequence !== undefined && applied.sequence !== undefined && sequence <= applied.sequence ? 'superseded' : undefined;
}

/** A job with an event's marker added to those that it has. The argument is not changed. */
export function withMarker(job: JsonObject, { id, digest, sequence }: Marker): JsonObject {
  const applied = readApplied(job);
  const events = [...applied.events, { id, digest }].slice(-maxIds);
  const highest = Math.max(applied.sequence ?? -1, sequence ?? -1);
  const uid = uidOf(job);
  const value = JSON.stringify({
    ...(uid !== undefined && { uid }),
    ...(highest >= 0 && { sequence: highest }),
    ids: events.map((event) => event.id),
    digests: events.map((event) => event.digest),
  });
  const metadata = own(job, 'metadata');
  const annotations = own(metadata, 'annotations');
  const next: JsonObject = isObject(annotations) ? { ...annotations } : {};
  setOwn(next, appliedEvents, value);
  return { ...job, metadata: { ...(metadata as JsonObject), annotations: next } };
}

interface Applied {
  events: Pick<Marker, 'id' | 'digest'>[];
  sequence?: number;
}

/** What the annotation says; nothing where it is missing, not as the gateway writes it, or of the job that this one was copied from. */
function readApplied(job: JsonObject): Applied {
  try {
    const value: unknown = JSON.parse(String(getPath(job, ['metadata', 'annotations', appliedEvents])));
    if (!isObject(value) || value.uid !== uidOf(job)) return { events: [] };
    const { sequence, ids, digests } = value;
    const texts = (list: unknown) => (Array.isArray(list) ? list.filter((text) => typeof text === 'string') : []);
    const [known, contents] = [texts(ids), texts(digests)];
    // Where an older version has added ids, nobody can tell whose the digests are.
    const paired = known.length === contents.length;
    return {
      events: known.map((id, index) => ({ id, digest: (paired && contents[index]) || '' })),
      ...(Number.isSafeInteger(sequence) && { sequence: sequence as number }),
    };
  } catch {
    return { events: [] };
  }
}

const uidOf = (job: JsonObject) => getPath(job, ['metadata', 'uid']);
