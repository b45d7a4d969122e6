/** The editor of the whole YAML, loaded when it is first looked at. */
import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Notice } from '../parts.tsx';
import { diffLines } from '../text/lines.ts';
import type { Draft } from './draft.ts';
import type { Mark, YamlEditor } from './editor.ts';

/** How the page reaches the editor, be it loaded or not. */
export interface EditorHandle {
  go(place: number): void;
}

interface Props {
  draft: Draft;
  wanted: boolean;
  mayChange: boolean;
  handle: RefObject<EditorHandle>;
}

export function EditorTab({ draft, wanted, mayChange, handle }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const editor = useSignal<YamlEditor | undefined>(undefined);
  const failed = useSignal(false);
  const place = useRef<number>(null);
  const go = () => {
    if (!editor.peek() || place.current === null) return;
    editor.peek()?.go(place.current);
    place.current = null;
  };
  handle.current = {
    go: (at) => {
      place.current = at;
      // The panel may be hidden until the next frame.
      requestAnimationFrame(go);
    },
  };
  useEffect(() => {
    if (!wanted || editor.peek()) return;
    failed.value = false;
    import('./editor.ts').then(
      ({ YamlEditor }) => {
        const calls = { changed: (text: string) => draft.change(text), save: () => void draft.save() };
        const made = new YamlEditor(draft.text.peek(), `YAML of ${draft.ref.name}`, calls);
        box.current?.replaceChildren(made.host);
        editor.value = made;
        go();
      },
      () => (failed.value = true),
    );
  }, [wanted]);
  useEffect(() => editor.value?.lock(!mayChange), [editor.value, mayChange]);
  useMarks(draft, editor.value, wanted);
  return (
    <>
      {failed.value && (
        <Notice tone="bad" title="The editor could not be loaded">
          <p>Choose the tab again to try once more. Your changes are kept.</p>
        </Notice>
      )}
      <div class="editor" ref={box}>
        <p class="wait">Loading the editor…</p>
      </div>
    </>
  );
}

/** The text, the marks of lines and what was found follow the draft. */
function useMarks(draft: Draft, editor: YamlEditor | undefined, wanted: boolean): void {
  const [base, text, verdict] = [draft.base.value ?? '', draft.text.value, draft.verdict.value];
  useEffect(() => {
    // Also while it is not looked at, so that its undo knows every text; and the text as it is by now, for somebody may have typed on.
    editor?.setText(draft.text.peek());
    if (!editor || !wanted) return;
    const marks = new Map<number, Mark>();
    for (const { kind, at } of base === text ? [] : diffLines(base, text)) if (kind === '+') marks.set((at ?? 0) + 1, 'changed');
    const found = verdict.state === 'checking' ? [] : verdict.found;
    for (const { line, level } of found) marks.set(line, level === 'error' ? 'refused' : 'noted');
    editor.show(marks, found);
  }, [editor, wanted, base, text, verdict]);
}
