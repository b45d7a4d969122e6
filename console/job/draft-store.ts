/** The drafts of this page, by the paths of their jobs: whoever goes away and comes back finds his. */
import { pathOf, type Ref } from '../api/jobs.ts';

/** As much of a draft as the whole page must know of. */
export interface Kept {
  ref: Ref;
  base: string;
  text: string;
}
/** Tells what of a draft is not saved; undefined where nothing is. */
export interface Keeps {
  unsaved(): Kept | undefined;
}

const key = 'tfjob-gateway drafts';
const drafts = new Map<string, Keeps>();
/** What was kept over a login, until its job is opened. */
const waiting = new Map<string, Kept>();

/** The draft of a job that is there already. */
export function storedDraft(ref: Ref): Keeps | undefined {
  return drafts.get(pathOf(ref));
}

/** Keeps a draft as long as the page is there. Returns what is to be taken up in it. */
export function storeDraft(ref: Ref, draft: Keeps): Kept | undefined {
  const path = pathOf(ref);
  drafts.set(path, draft);
  const kept = waiting.get(path);
  waiting.delete(path);
  return kept;
}

/** All that is not saved. */
export function unsaved(): Kept[] {
  return [...[...drafts.values()].flatMap((draft) => draft.unsaved() ?? []), ...waiting.values()];
}

/** Keeps what is not saved while the browser is away to log in. */
export function keepDrafts(): void {
  const all = unsaved();
  if (all.length > 0) sessionStorage.setItem(key, JSON.stringify(all));
}

/** Takes up what was kept, and leaves nothing of it in the browser. */
export function restoreDrafts(): void {
  const text = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  for (const kept of text === null ? [] : (JSON.parse(text) as Kept[])) waiting.set(pathOf(kept.ref), kept);
}
