/** One job: what it is, the two ways to edit it, and beside them what the gateway says. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Job, Ref } from '../api/jobs.ts';
import { readRights } from '../api/rights.ts';
import { Notice, Skeleton, State } from '../parts.tsx';
import { backToList } from '../route.ts';
import { access, logins } from '../session/session.ts';
import { may, type Rights } from '../text/rules.ts';
import { valueAt } from '../text/value.ts';
import { ageOf } from '../words.ts';
import { Bar } from './bar.tsx';
import { Commands } from './commands-card.tsx';
import { type Draft, draftOf } from './draft.ts';
import { type EditorHandle, EditorTab } from './editor-tab.tsx';
import { Form } from './form.tsx';
import { Review } from './review.tsx';
import type { Finding } from './verdict.ts';

export function JobPage({ at }: { at: Ref }) {
  const draft = useRef<Draft>(null);
  draft.current ??= draftOf(at);
  const rights = useSignal<Rights | undefined>(undefined);
  const { base, failure } = draft.current;
  useEffect(() => {
    document.title = `${at.name} · tfjob-gateway`;
  }, []);
  useEffect(() => {
    if (access.peek().state === 'out') return;
    void draft.current?.open();
    void readRights(at.namespace).then((found) => {
      rights.value = found;
      // Who may do both puts the whole text, of which the gateway says more.
      const mayPut = may(found, 'update', at.plural, at.name);
      draft.current?.writeBy(!mayPut && may(found, 'patch', at.plural, at.name) ? 'patch' : 'update');
    });
  }, [logins.value]);
  return (
    <main class="page job" tabIndex={-1}>
      <nav class="crumbs" aria-label="Where you are">
        <a href={backToList()}>Jobs</a>
        <span aria-hidden="true">/</span>
        <span>{at.namespace}</span>
        <span aria-hidden="true">/</span>
        <span>{at.plural}</span>
      </nav>
      <h1 class="name">{at.name}</h1>
      {failure.value && <Failed draft={draft.current} />}
      {base.value === undefined && !failure.value && access.value.state === 'in' && <Skeleton rows={6} label="Loading the job" />}
      {base.value !== undefined && <Loaded draft={draft.current} rights={rights.value} />}
    </main>
  );
}

function Failed({ draft }: { draft: Draft }) {
  const error = draft.failure.value;
  if (!error || error.code === 401) return null;
  const again = (
    <button type="button" onClick={() => void draft.open()}>
      Try again
    </button>
  );
  return (
    <Notice tone="bad" title={error.code === 404 ? 'There is no such job' : 'The job could not be read'} action={again}>
      <p>{error.message}</p>
    </Notice>
  );
}

function Facts({ draft }: { draft: Draft }) {
  const job = draft.baseParsed.value.value;
  if (job === undefined) return null;
  const text = (path: string[]) => String(valueAt(job, path) ?? '');
  const facts: [string, preact.ComponentChildren][] = [
    ['Status', <State key="state" job={job as object as Job} />],
    ['Kind', text(['kind'])],
    ['Namespace', draft.ref.namespace],
    ['Age', ageOf(text(['metadata', 'creationTimestamp']))],
    ['Version', <code key="version">{text(['metadata', 'resourceVersion'])}</code>],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

type Tab = 'fields' | 'yaml';
const tabs: [Tab, string][] = [
  ['fields', 'Five fields'],
  ['yaml', 'Whole YAML'],
];

function Loaded({ draft, rights }: { draft: Draft; rights: Rights | undefined }) {
  const tab = useSignal<Tab>('fields');
  const editor = useRef<EditorHandle>({ go: () => undefined });
  const { plural, name } = draft.ref;
  const mayPatch = may(rights, 'patch', plural, name);
  const mayChange = mayPatch || may(rights, 'update', plural, name);
  const jump = (finding: Finding) => {
    tab.value = 'yaml';
    editor.current.go(finding.from);
  };
  useNextByKey(draft, tab.value === 'fields', jump);
  return (
    <>
      <Facts draft={draft} />
      {!mayChange && (
        <Notice tone="info" title="You may look at this job, and not change it">
          <p>The policies of this gateway say so. Your name at the top opens what you may do.</p>
        </Notice>
      )}
      <div class="split">
        <section class="edit" aria-label="Edit">
          <Tabs tab={tab.value} mayChange={mayChange} choose={(one) => (tab.value = one)} />
          <div role="tabpanel" id="panel-fields" aria-labelledby="tab-fields" hidden={tab.value !== 'fields'}>
            {tab.value === 'fields' && <FormTab draft={draft} mayChange={mayChange} toYaml={() => (tab.value = 'yaml')} />}
          </div>
          <div role="tabpanel" id="panel-yaml" aria-labelledby="tab-yaml" hidden={tab.value !== 'yaml'}>
            <EditorTab draft={draft} wanted={tab.value === 'yaml'} mayChange={mayChange} handle={editor} />
          </div>
        </section>
        <aside class="review" aria-label="Review">
          {mayChange && <Review draft={draft} jump={jump} />}
          <Commands draft={draft} mayPatch={mayPatch} />
        </aside>
      </div>
      {mayChange && <Bar draft={draft} />}
    </>
  );
}

/** F8 goes to the next thing that was found; in the editor it is the editor's own. */
function useNextByKey(draft: Draft, isForm: boolean, jump: (finding: Finding) => void): void {
  const latest = useRef(jump);
  latest.current = jump;
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const [first] = draft.verdict.peek().found;
      const saves = event.key === 's' && (event.ctrlKey || event.metaKey);
      if (event.key === 'F8' && isForm && first) latest.current(first);
      else if (saves) void draft.save();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, [draft, isForm]);
}

function Tabs({ tab, mayChange, choose }: { tab: Tab; mayChange: boolean; choose: (tab: Tab) => void }) {
  const turn = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowRight' && event.key !== 'ArrowLeft') return;
    const other = tab === 'yaml' ? 'fields' : 'yaml';
    choose(other);
    document.getElementById(`tab-${other}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Way to edit" onKeyDown={turn}>
      {tabs.map(([name, title]) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={tab === name}
          aria-controls={`panel-${name}`}
          tabIndex={tab === name ? 0 : -1}
          onClick={() => choose(name)}
        >
          {title}
        </button>
      ))}
      {mayChange && <span class="hint push">{tab === 'yaml' ? 'Ctrl+S saves · F8 next mark' : 'Ctrl+S saves'}</span>}
    </div>
  );
}

function FormTab({ draft, mayChange, toYaml }: { draft: Draft; mayChange: boolean; toYaml: () => void }) {
  const [error] = draft.parsed.value.errors;
  if (!error) return <Form draft={draft} mayChange={mayChange} />;
  const go = (
    <button type="button" onClick={toYaml}>
      Go to the YAML
    </button>
  );
  return (
    <div class="fields">
      <Notice tone="warn" title="The YAML cannot be read just now" action={go}>
        <p>{error.message}</p>
      </Notice>
    </div>
  );
}
