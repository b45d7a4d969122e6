/** The same by command: what the page reads or would change, for a shell. */
import { useSignal } from '@preact/signals';
import { hasToken } from '../session/session.ts';
import { root } from '../session/settings.ts';
import { curlCommand, kubectlCommand } from '../text/commands.ts';
import type { Draft } from './draft.ts';

const tools = { kubectl: kubectlCommand, curl: curlCommand } as const;
type Tool = keyof typeof tools;

export function Commands({ draft, mayPatch }: { draft: Draft; mayPatch: boolean }) {
  const tool = useSignal<Tool>('kubectl');
  const copied = useSignal({ text: '', said: '' });
  const { state, changes } = draft.verdict.value;
  const wanted = state === 'ready' && mayPatch ? changes : [];
  const text = tools[tool.value]({ root, ...draft.ref, withToken: hasToken.value }, wanted);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copied.value = { text, said: 'Copied' };
    } catch {
      copied.value = { text, said: 'Select it and copy it by hand' };
    }
  };
  return (
    <div class="card">
      <div class="row">
        <h2>The same by command</h2>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be a group of form fields */}
        <div class="choice" role="group" aria-label="Tool">
          {(Object.keys(tools) as Tool[]).map((one) => (
            <button key={one} type="button" aria-pressed={tool.value === one} onClick={() => (tool.value = one)}>
              {one}
            </button>
          ))}
        </div>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="scroller" tabIndex={0} aria-label="Command">
        <pre class="command">{text}</pre>
      </section>
      <div class="row">
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <span role="status" class="detail">
          {copied.value.text === text ? copied.value.said : whatItDoes(wanted.length > 0, mayPatch)}
        </span>
      </div>
    </div>
  );
}

function whatItDoes(changes: boolean, mayPatch: boolean): string {
  if (!mayPatch) return 'Reads the job. What changes it would be a patch, which you may not do.';
  return changes ? 'Makes these changes.' : 'Reads the job. With changes, it makes them.';
}
