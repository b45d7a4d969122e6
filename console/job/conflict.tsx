/** Others changed the job meanwhile: field by field what they did and what I did, and whose word is to count where both did. */
import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { parseYaml } from '../text/document.ts';
import { type Merge, showPath } from '../text/fields.ts';
import { seen } from '../text/unseen.ts';
import { valueAt } from '../text/value.ts';
import { Changes } from './changes.tsx';
import type { Draft } from './draft.ts';
import { mergesOf, rebase } from './others.ts';

export function Conflict({ draft }: { draft: Draft }) {
  const theirs = draft.theirs.value ?? '';
  const merges = useMemo(() => mergesOf(draft), [theirs]);
  const version = useMemo(() => String(valueAt(parseYaml(theirs).value, ['metadata', 'resourceVersion'])), [theirs]);
  const chosen = useSignal<ReadonlyMap<Merge, boolean>>(new Map());
  const clashes = merges.filter(({ clash }) => clash);
  const others = merges.filter(({ base, mine, theirs }) => theirs !== base && mine === base);
  const alike = merges.filter(({ base, mine, theirs }) => theirs !== base && mine === theirs);
  const own = merges.filter(({ clash, base, mine, theirs }) => !clash && mine !== base && theirs === base);
  const mine = () => new Set(clashes.filter((merge) => chosen.value.get(merge)));
  return (
    <div class="conflict">
      <p class="detail">
        It is at version <code>{version}</code> now. Nothing of yours was written.
      </p>
      {clashes.map((merge) => (
        <Choice
          key={showPath(merge.path)}
          merge={merge}
          isMine={chosen.value.get(merge)}
          choose={(isMine) => (chosen.value = new Map(chosen.value).set(merge, isMine))}
        />
      ))}
      {others.length > 0 && <h3>Changed by others, kept</h3>}
      <Changes changes={others.map(({ path, base, theirs }) => ({ path, before: base, after: theirs }))} />
      {alike.length > 0 && <h3>Changed by both of you alike</h3>}
      <Changes changes={alike.map(({ path, base, theirs }) => ({ path, before: base, after: theirs }))} />
      {own.length > 0 && <h3>Yours, made again</h3>}
      <Changes changes={own.map(({ path, base, mine }) => ({ path, before: base, after: mine }))} />
      {merges.length === 0 && <p class="detail">They changed none of the five fields (its status, perhaps).</p>}
      <div class="actions">
        <button
          type="button"
          class="primary"
          disabled={clashes.some((one) => !chosen.value.has(one))}
          onClick={() => rebase(draft, merges, mine())}
        >
          Apply mine to theirs
        </button>
        <button type="button" onClick={() => rebase(draft, [], new Set())}>
          Take theirs only
        </button>
      </div>
    </div>
  );
}

function Choice({ merge, isMine, choose }: { merge: Merge; isMine: boolean | undefined; choose: (isMine: boolean) => void }) {
  const path = showPath(merge.path);
  const ways = [
    ['Mine', true, merge.mine],
    ['Theirs', false, merge.theirs],
  ] as const;
  return (
    <fieldset>
      <legend>
        <code>{path}</code> <span class="tag">both of you</span>
      </legend>
      {ways.map(([title, way, value]) => (
        <label key={title}>
          <input type="radio" name={path} checked={isMine === way} onChange={() => choose(way)} />
          <span>{title}</span>
          <b>{value === undefined ? <i>not set</i> : seen(value) || '""'}</b>
        </label>
      ))}
      <p class="was">Before: {seen(merge.base ?? 'not set')}</p>
    </fieldset>
  );
}
