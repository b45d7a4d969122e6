/** What can be done with the draft, always in sight. */
import type { Draft } from './draft.ts';
import type { State, Verdict } from './verdict.ts';

const tones: Record<State, string> = {
  clean: 'idle',
  checking: 'idle',
  ready: 'good',
  idle: 'idle',
  refused: 'bad',
  conflict: 'warn',
  unknown: 'warn',
  unreached: 'warn',
};

/** The verdict in one line: what was just done, or what the gateway says. */
export function lineOf(draft: Draft): { tone: string; text: string } {
  const verdict: Verdict = draft.verdict.value;
  return draft.said.value ?? { tone: tones[verdict.state], text: verdict.title };
}

export function Bar({ draft }: { draft: Draft }) {
  const { tone, text } = lineOf(draft);
  const isSaving = draft.saving.value;
  const isReady = draft.canSave() && !isSaving;
  return (
    <div class="bar">
      <button type="button" class={`verdict ${tone}`} onClick={() => document.querySelector('.review')?.scrollIntoView({ block: 'start' })}>
        {isSaving ? 'Saving…' : text}
      </button>
      <button type="button" class="push" disabled={!draft.isDirty.value || isSaving} onClick={() => draft.discard()}>
        Discard
      </button>
      <button type="button" class="primary" disabled={!isReady} onClick={() => void draft.save()}>
        Save
      </button>
    </div>
  );
}
