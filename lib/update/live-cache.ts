import type { Answer } from '../cci/client.ts';
import type { JobRef } from '../job/status.ts';

/** The live objects of a process's own last reads and writes. Only ever used to save a read: see update. */
export interface LiveCache {
  get(ref: JobRef): Answer | undefined;
  set(ref: JobRef, answer: Answer): void;
  delete(ref: JobRef): void;
}

/** Bytes of JSON that are kept; parsed they take several times as much. */
const mostBytes = 4 * 1024 * 1024;
/** Milliseconds (wall clock) after which others have probably written, so that trying would only cost a call. */
const mostAge = 60_000;

/** Keeps jobs by kind, namespace and name, those that were longest not read or written upstream first to go; keeps nothing where it is turned off. */
export function createLiveCache(on: boolean): LiveCache {
  const entries = new Map<string, { answer: Answer; at: number }>();
  let bytes = 0;
  const remove = (key: string): void => {
    bytes -= entries.get(key)?.answer.text.length ?? 0;
    entries.delete(key);
  };
  return {
    get(ref) {
      const key = keyOf(ref);
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (Math.abs(Date.now() - entry.at) <= mostAge) return entry.answer;
      remove(key);
      return undefined;
    },
    set(ref, answer) {
      const key = keyOf(ref);
      remove(key);
      if (!on || answer.text.length > mostBytes) return;
      entries.set(key, { answer, at: Date.now() });
      bytes += answer.text.length;
      for (const oldest of entries.keys()) {
        if (bytes <= mostBytes) break;
        remove(oldest);
      }
    },
    delete: (ref) => remove(keyOf(ref)),
  };
}

const keyOf = ({ kind, namespace, name }: JobRef): string => `${kind.plural}/${namespace}/${name}`;
