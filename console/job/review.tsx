/** What the gateway says of the draft: what would change, what would be refused and where, and the difference as lines. */
import { useMemo } from 'preact/hooks';
import { Notice, Path } from '../parts.tsx';
import { diffLines, hunksOf } from '../text/lines.ts';
import { seen } from '../text/unseen.ts';
import { brief } from '../words.ts';
import { lineOf } from './bar.tsx';
import { Changes } from './changes.tsx';
import { Conflict } from './conflict.tsx';
import type { Draft } from './draft.ts';
import { readTheirs, settle } from './others.ts';
import type { Finding } from './verdict.ts';

export function Review({ draft, jump }: { draft: Draft; jump: (finding: Finding) => void }) {
  const { state, detail, changes, found, notes } = draft.verdict.value;
  const { tone, text } = lineOf(draft);
  const isSettled = state !== 'checking';
  return (
    <div class="card">
      <h2>Review</h2>
      <div role="status" class={`verdict ${tone}`}>
        {text}
      </div>
      {detail && <p class="detail">{detail}</p>}
      <WayOn draft={draft} />
      {state === 'conflict' && draft.theirs.value !== undefined && <Conflict draft={draft} key={draft.theirs.value} />}
      {isSettled && notes.map((note) => <Note key={note} text={note} />)}
      {state === 'ready' && <Changes changes={changes} />}
      {isSettled && found.length > 0 && <Findings found={found} jump={jump} />}
      {state !== 'conflict' && draft.isDirty.value && <Lines before={draft.base.value ?? ''} after={draft.text.value} />}
      {state === 'clean' && !draft.said.value && (
        <p class="detail">Change a field, or the YAML. The gateway says here what would become of it, before anything is written.</p>
      )}
    </div>
  );
}

function Note({ text }: { text: string }) {
  return (
    <Notice tone="warn" title="Warning">
      <p>{text}</p>
    </Notice>
  );
}

/** What somebody can do where the gateway could not say. */
function WayOn({ draft }: { draft: Draft }) {
  const { state } = draft.verdict.value;
  if (state === 'unreached') return <Again text="Check again" act={() => draft.check()} />;
  if (state === 'unknown') return <Again text="Read the job again" act={() => settle(draft)} />;
  if (state === 'conflict' && draft.theirs.value === undefined)
    return <Again text="Read what they changed" act={() => readTheirs(draft)} />;
  return null;
}

function Again({ text, act }: { text: string; act: () => Promise<void> }) {
  return (
    <button type="button" onClick={() => void act()}>
      {text}
    </button>
  );
}

function Findings({ found, jump }: { found: readonly Finding[]; jump: (finding: Finding) => void }) {
  return (
    <ol class="found">
      {found.map((finding) => (
        <li key={finding.path + finding.message} class={finding.level}>
          <button type="button" onClick={() => jump(finding)} aria-label={`Line ${finding.line}: go to it`}>
            line {finding.line}
          </button>
          <div>
            {finding.path && <Path path={finding.path} />}
            <p>{brief(finding.message)}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}

const marks = { '+': 'plus', '-': 'minus', ' ': 'same' } as const;

function Lines({ before, after }: { before: string; after: string }) {
  const hunks = useMemo(() => hunksOf(diffLines(before, after)).filter(({ lines }) => lines.length > 0), [before, after]);
  return (
    <details class="lines" open>
      <summary>As lines</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <section class="scroller" tabIndex={0} aria-label="The changes as lines">
        <pre>
          {hunks.map(({ lines, skipped }, index) => (
            <span key={index}>
              {skipped > 0 && <span class="skipped">{`⋯ ${skipped} lines\n`}</span>}
              {lines.map(({ kind, text }, n) => (
                <span key={n} class={marks[kind]}>{`${kind} ${seen(text)}\n`}</span>
              ))}
            </span>
          ))}
        </pre>
      </section>
    </details>
  );
}
