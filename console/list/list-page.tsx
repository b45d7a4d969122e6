/** All jobs that somebody may see. */
import { useEffect, useRef } from 'preact/hooks';
import { Notice, Skeleton } from '../parts.tsx';
import { type Filter, setFilter } from '../route.ts';
import { access, logins } from '../session/session.ts';
import { settings } from '../session/settings.ts';
import { failures, filter, kinds, load, loading, mustName, namespaces, rows, shown, statuses } from './jobs.ts';
import { Table } from './table.tsx';

export function ListPage() {
  useEffect(() => {
    document.title = 'Jobs · tfjob-gateway';
  }, []);
  useEffect(() => {
    if (access.peek().state === 'in') void load();
  }, [logins.value]);
  // Before somebody is in there is nothing to count and nothing to narrow.
  const isKnown = access.value.state === 'in' || rows.value.length > 0;
  return (
    <main class="page" tabIndex={-1}>
      <div class="head">
        <h1>Jobs</h1>
        {isKnown && <Count />}
      </div>
      {isKnown && (
        <>
          <Filters />
          <Failures />
          <Content />
        </>
      )}
    </main>
  );
}

function Count() {
  return (
    <>
      <p class="count" role="status">
        {countOf()}
      </p>
      <button type="button" class="quiet push" onClick={() => void load()} disabled={loading.value}>
        Refresh
      </button>
    </>
  );
}

function countOf(): string {
  if (loading.value) return 'Loading…';
  const { length } = shown.value;
  return length === rows.value.length ? String(length) : `${length} of ${rows.value.length}`;
}

function Filters() {
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      const isTyping = event.target instanceof Element && event.target.matches('input, select, textarea');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      search.current?.focus();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
  const set = (name: keyof Filter) => (event: { currentTarget: { value: string } }) =>
    setFilter({ ...filter.peek(), [name]: event.currentTarget.value });
  const { text, kind, status } = filter.value;
  return (
    <search class="filters">
      <input
        ref={search}
        type="search"
        aria-label="Filter by name or label"
        placeholder="Filter by name or label (press /)"
        value={text}
        onInput={set('text')}
      />
      <NamespaceFilter />
      <select aria-label="Kind" value={kind} onChange={set('kind')}>
        <option value="">All kinds</option>
        <Options values={kinds.value.map((one) => one.kind)} chosen={kind} />
      </select>
      <select aria-label="Status" value={status} onChange={set('status')}>
        <option value="">Any status</option>
        <Options values={statuses.value} chosen={status} />
      </select>
    </search>
  );
}

function NamespaceFilter() {
  const { namespace } = filter.value;
  const offered = [...(settings.namespaces ?? []), ...namespaces.value];
  const choose = (value: string) => {
    setFilter({ ...filter.peek(), namespace: value.trim() });
    if (mustName.peek()) void load();
  };
  if (mustName.value && !settings.namespaces?.length) {
    return (
      <input aria-label="Namespace" placeholder="Namespace" value={namespace} onChange={(event) => choose(event.currentTarget.value)} />
    );
  }
  return (
    <select aria-label="Namespace" value={namespace} onChange={(event) => choose(event.currentTarget.value)}>
      <option value="">{mustName.value ? 'Choose a namespace' : 'All namespaces'}</option>
      <Options values={offered} chosen={namespace} />
    </select>
  );
}

/** Each value once, in order; the chosen one is there even where no job has it any more. */
function Options({ values, chosen }: { values: readonly string[]; chosen: string }) {
  const all = [...new Set(chosen === '' ? values : [...values, chosen])].sort();
  return (
    <>
      {all.map((value) => (
        <option key={value} value={value}>
          {value}
        </option>
      ))}
    </>
  );
}

function Failures() {
  const again = (
    <button type="button" onClick={() => void load()}>
      Try again
    </button>
  );
  return (
    <>
      {failures.value.map(({ what, error }) => (
        <Notice key={what} tone="bad" title={`${what} could not be read`} action={again}>
          <p>
            {error.message}
            {error.code > 0 && ` (${error.code})`}
            {error.requestId && (
              <>
                {' '}
                · request <code>{error.requestId.slice(0, 8)}</code>
              </>
            )}
          </p>
        </Notice>
      ))}
    </>
  );
}

function Content() {
  if (loading.value && rows.value.length === 0) return <Skeleton rows={8} label="Loading the jobs" />;
  if (shown.value.length > 0) return <Table rows={shown.value} />;
  if (rows.value.length > 0) return <Empty title="No job fits" text="Nothing has this name or label under these filters." clear />;
  if (mustName.value && filter.value.namespace === '')
    return <Empty title="Choose a namespace" text="You may not list the jobs of all namespaces. Name one whose jobs you may list." />;
  if (failures.value.length > 0) return null;
  return <Empty title="No jobs yet" text="Jobs are made on CCI itself. Here you see them, and change five fields of them." />;
}

function Empty({ title, text, clear = false }: { title: string; text: string; clear?: boolean }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      <p>{text}</p>
      {clear && (
        <button type="button" onClick={() => setFilter({ text: '', namespace: '', kind: '', status: '' })}>
          Clear the filters
        </button>
      )}
    </div>
  );
}
