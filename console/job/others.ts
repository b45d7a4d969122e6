/** What became of the job meanwhile: by others, or by a write that nobody answered. */
import { Refused } from '../api/http.ts';
import { type Ref, readJob } from '../api/jobs.ts';
import { settings } from '../session/settings.ts';
import { parseYaml } from '../text/document.ts';
import { applyEdit, setAt } from '../text/edit.ts';
import { fieldsIn, type Merge, mergeOf, typed } from '../text/fields.ts';
import { valueAt } from '../text/value.ts';
import type { Draft } from './draft.ts';
import { unknownOutcome } from './verdict.ts';

/** The resourceVersion in a job's text. */
export function versionIn(text: string): string {
  const quick = /^ {2}resourceVersion: ['"]?(\d+)/m.exec(text)?.[1];
  return quick ?? String(valueAt(parseYaml(text).value, ['metadata', 'resourceVersion']) ?? '');
}

/** Nobody answered a write: the job says what became of it. */
export async function settle(draft: Draft): Promise<void> {
  const text = draft.text.peek();
  const live = await readOrNothing(draft.ref);
  if (live === undefined) {
    draft.verdict.value = unknownOutcome(draft.verdict.value, undefined);
    return;
  }
  const [wanted, now] = [draft.parsed.value, parseYaml(live)].map(({ value }) => [...fieldsIn(value, settings.layout)].sort());
  const version = versionIn(live);
  if (version === versionIn(draft.base.value ?? '')) draft.verdict.value = unknownOutcome(draft.verdict.value, version);
  else if (draft.text.peek() === text && JSON.stringify(wanted) === JSON.stringify(now)) {
    draft.adopt(live, { tone: 'good', text: `Saved as version ${version}: no answer came, but the job holds your changes.` });
  } else meet(draft, live);
}

/** Reads what others made of the job. */
export async function readTheirs(draft: Draft): Promise<void> {
  const live = await readOrNothing(draft.ref);
  if (live !== undefined) meet(draft, live);
}

function meet(draft: Draft, live: string): void {
  draft.theirs.value = live;
  draft.verdict.value = { ...draft.verdict.value, state: 'conflict', title: 'Someone else changed this job', detail: '', found: [] };
}

async function readOrNothing(ref: Ref): Promise<string | undefined> {
  try {
    return await readJob(ref);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return undefined;
  }
}

/** What I changed and what others changed, field by field. */
export function mergesOf(draft: Draft): Merge[] {
  const [base, mine, theirs] = [draft.baseParsed.value, draft.parsed.value, parseYaml(draft.theirs.value ?? '')].map(({ value }) =>
    fieldsIn(value, settings.layout),
  ) as [Map<string, string>, Map<string, string>, Map<string, string>];
  return mergeOf(base, mine, theirs);
}

/** Goes on from what others made: my changes are made to it again, where both changed a field only those in `mine`. */
export function rebase(draft: Draft, merges: readonly Merge[], mine: ReadonlySet<Merge>): void {
  const theirs = draft.theirs.value;
  if (theirs === undefined) return;
  let text = theirs;
  for (const merge of merges) {
    const isMine = merge.mine !== merge.base && merge.mine !== merge.theirs && (!merge.clash || mine.has(merge));
    if (isMine) text = applyEdit(text, setAt(parseYaml(text), merge.path, typed(merge.path, merge.mine)));
  }
  draft.adopt(theirs);
  draft.change(text);
}
