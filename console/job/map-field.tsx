/** Labels or annotations in the form: each pair with its key and value, what was taken away with a way back, and a way to add one. */
import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { MapName } from '../../lib/job/fields.ts';
import { cross, Sign } from '../parts.tsx';
import { renameAt, setAt } from '../text/edit.ts';
import { showPath } from '../text/fields.ts';
import { seen } from '../text/unseen.ts';
import { isRecord, type Value, valueAt } from '../text/value.ts';
import { Causes } from './causes.tsx';
import type { Draft } from './draft.ts';
import type { Finding } from './verdict.ts';

interface Props {
  draft: Draft;
  name: MapName;
  found: readonly Finding[];
}

const membersOf = (job: Value | undefined, name: MapName): { [key: string]: Value } => {
  const map = valueAt(job, ['metadata', name]);
  return isRecord(map) ? map : {};
};

export function MapField({ draft, name, found }: Props) {
  const box = useRef<HTMLFieldSetElement>(null);
  const now = membersOf(draft.parsed.value.value, name);
  const was = membersOf(draft.baseParsed.value.value, name);
  const one = name.slice(0, -1);
  const keys = Object.keys(now);
  const gone = Object.keys(was).filter((key) => !Object.hasOwn(now, key));
  const restore = (key: string) => draft.edit(setAt(draft.parsed.peek(), ['metadata', name, key], String(was[key] ?? '')));
  const wanted = useRef<string>(null);
  // At once: who types on must not type into what is gone.
  useLayoutEffect(() => {
    const found = wanted.current === null ? null : box.current?.querySelector<HTMLElement>(wanted.current);
    if (!found) return;
    wanted.current = null;
    found.focus();
  });
  const focus = (selector: string) => {
    wanted.current = selector;
  };
  return (
    <fieldset class="map" ref={box}>
      <legend>
        {name} <span class="count">{keys.length}</span>
      </legend>
      <div class="pairs">
        {keys.map((key) => (
          <Member key={key} {...{ draft, name, found, id: key, now, was }} removed={() => focus('.add')} />
        ))}
        {gone.map((key) => (
          <div class="pair gone" key={`gone ${key}`}>
            <span class="key">{key}</span>
            <span class="value">{seen(String(was[key]))}</span>
            <button type="button" class="text" aria-label={`Restore ${one} ${key}`} onClick={() => restore(key)}>
              Restore
            </button>
          </div>
        ))}
        <Adding draft={draft} name={name} taken={keys} added={(key) => focus(`[data-value="${CSS.escape(key)}"]`)} />
      </div>
      <Causes found={found} path={`metadata.${name}`} id={`causes-${name}`} />
    </fieldset>
  );
}

interface MemberProps extends Props {
  id: string;
  now: { [key: string]: Value };
  was: { [key: string]: Value };
  removed: () => void;
}

// The gateway's own: whatever is asked, they stay as they are.
const isOwn = (name: MapName, key: string) => name === 'annotations' && key.startsWith('tfjob-gateway/');

function Member({ draft, name, found, id: key, now, was, removed }: MemberProps) {
  const path = ['metadata', name, key];
  const shown = showPath(path);
  const causes = `causes-${name}-${encodeURIComponent(key)}`;
  const one = name.slice(0, -1);
  const kept = isOwn(name, key);
  const state = !Object.hasOwn(was, key) ? 'pair added' : was[key] === now[key] ? 'pair' : 'pair dirty';
  const isWrong = found.some((finding) => finding.path === shown && finding.level === 'error');
  const rename = (input: HTMLInputElement) => {
    const to = input.value.trim();
    if (to === '' || to === key || Object.hasOwn(now, to)) input.value = key;
    else draft.edit(renameAt(draft.parsed.peek(), path, to));
  };
  const remove = () => {
    removed();
    draft.edit(setAt(draft.parsed.peek(), path, undefined));
  };
  return (
    <div class={state}>
      <input
        class="key"
        aria-label={`Key of ${one} ${key}`}
        value={key}
        readOnly={kept}
        spellcheck={false}
        onChange={(event) => rename(event.currentTarget)}
      />
      <input
        class="value"
        data-value={key}
        aria-label={`Value of ${one} ${key}`}
        aria-invalid={isWrong}
        aria-describedby={causes}
        value={String(now[key] ?? '')}
        readOnly={kept || String(now[key]).includes('\n')}
        spellcheck={false}
        onInput={(event) => draft.edit(setAt(draft.parsed.peek(), path, event.currentTarget.value))}
      />
      {kept ? (
        <span />
      ) : (
        <button type="button" class="icon" aria-label={`Remove ${one} ${key}`} title="Remove" onClick={remove}>
          <Sign shape={cross} size={14} />
        </button>
      )}
      <Causes found={found} path={shown} id={causes} />
    </div>
  );
}

interface AddingProps {
  draft: Draft;
  name: MapName;
  taken: readonly string[];
  added: (key: string) => void;
}

function Adding({ draft, name, taken, added }: AddingProps) {
  const isOpen = useSignal(false);
  const input = useRef<HTMLInputElement>(null);
  const one = name.slice(0, -1);
  useLayoutEffect(() => {
    if (isOpen.value) input.current?.focus();
  }, [isOpen.value]);
  if (!isOpen.value) {
    return (
      <button type="button" class="add text" onClick={() => (isOpen.value = true)}>
        + Add {one}
      </button>
    );
  }
  const add = (key: string) => {
    if (key === '' || taken.includes(key)) return;
    isOpen.value = false;
    added(key);
    draft.edit(setAt(draft.parsed.peek(), ['metadata', name, key], ''));
  };
  return (
    <div class="pair added">
      <input
        ref={input}
        class="key"
        aria-label={`Key of the new ${one}`}
        placeholder="key"
        spellcheck={false}
        onKeyDown={(event) => {
          if (event.key === 'Escape') isOpen.value = false;
        }}
        onChange={(event) => add(event.currentTarget.value.trim())}
      />
      <span class="value later">then its value</span>
      <button type="button" class="icon" aria-label={`Add no ${one}`} onClick={() => (isOpen.value = false)}>
        <Sign shape={cross} size={14} />
      </button>
    </div>
  );
}
