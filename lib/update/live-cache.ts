import type { Answer } from '../cci/read-answer.ts';
import type { JobRef } from '../status.ts';

/** The live objects of a process's own last reads and writes. Only ever used to save a read: see update. */
export interface LiveCache {
  get(ref: JobRef): Answer | undefined;
  set(ref: JobRef, answer: Answer): void;
  delete(ref: JobRef): void;
  /** Forgets a job to which others write as well, and does not know it for half an hour: a stale copy costs a call more than none. */
  avoid(ref: JobRef): void;
}

/** Bytes of JSON that are kept; parsed they take several times as much. */
const maxBytes = 4 * 1024 * 1024;
/** Milliseconds (wall clock) after which others have probably written, so that trying would only cost a call. */
const maxAge = 60_000;
/**
 * Milliseconds for which a job is left alone after a conflict. Longer than a copy lives: each process meets a conflict of its own, and
 * where many share a job one in a minute costs more than all copies save.
 */
const contestedFor = 30 * 60_000;
/** Jobs of which is known that others write to them. */
const maxContested = 1000;

/** Keeps jobs by kind, namespace and name, those that were longest not read or written upstream first to go; keeps nothing where it is turned off. */
export function createLiveCache(on: boolean): LiveCache {
  const entries = new Map<string, { answer: Answer; at: number }>();
  /** When a copy last met a conflict. */
  const contested = new Map<string, number>();
  let bytes = 0;
  const remove = (key: string): void => {
    bytes -= entries.get(key)?.answer.text.length ?? 0;
    entries.delete(key);
  };
  const isContested = (key: string): boolean => isYoung(contested.get(key) ?? 0, contestedFor);
  return {
    get(ref) {
      const key = keyOf(ref);
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (isYoung(entry.at, maxAge)) return entry.answer;
      remove(key);
      return undefined;
    },
    set(ref, answer) {
      const key = keyOf(ref);
      remove(key);
      if (!on || answer.text.length > maxBytes || isContested(key)) return;
      entries.set(key, { answer, at: Date.now() });
      bytes += answer.text.length;
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) break;
        remove(oldest);
      }
    },
    delete: (ref) => remove(keyOf(ref)),
    avoid(ref) {
      const key = keyOf(ref);
      remove(key);
      // The newest is the last, so that the oldest is forgotten first.
      contested.delete(key);
      contested.set(key, Date.now());
      const [oldest] = contested.keys();
      if (oldest !== undefined && contested.size > maxContested) contested.delete(oldest);
    },
  };
}

/** Whether a time is no longer ago than that; a clock that was set back makes it unknown. */
function isYoung(at: number, most: number): boolean {
  return Math.abs(Date.now() - at) <= most;
}

const keyOf = ({ kind, namespace, name }: JobRef): string => `${kind.plural}/${namespace}/${name}`;
