/** The table of jobs. It grows as somebody scrolls: thousands of rows at once would stop the page for a moment. */
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { fieldsOf } from '../../lib/job/fields.ts';
import type { Job } from '../api/jobs.ts';
import { storedDraft } from '../job/draft-store.ts';
import { State } from '../parts.tsx';
import { jobHash } from '../route.ts';
import { settings } from '../session/settings.ts';
import { ageOf, durationOf } from '../words.ts';
import type { Row } from './jobs.ts';

const chunkSize = 20;
const columns: [title: string, full?: string | undefined, isNumber?: boolean][] = [
  ['Name'],
  ['Status'],
  ['Kind'],
  ['Namespace'],
  ['Age', undefined, true],
  ['Deadline', 'activeDeadlineSeconds', true],
  ['TTL', 'ttlSecondsAfterFinished', true],
  ['Clean pods', 'cleanPodPolicy'],
  ['Labels'],
  ['Annot.', 'Annotations', true],
];

export function Table({ rows }: { rows: readonly Row[] }) {
  const chunks = Math.ceil(rows.length / chunkSize);
  const [grown, setGrown] = useState({ rows, chunks: 1 });
  const open = Math.min(chunks, grown.rows === rows ? grown.chunks : 1);
  const made = useRef<{ rows: readonly Row[]; nodes: VNode[]; turn: number }>({ rows, nodes: [], turn: 0 });
  if (made.current.rows !== rows) made.current = { rows, nodes: [], turn: made.current.turn + 1 };
  const { nodes, turn } = made.current;
  // What is the same node as before is not looked at again.
  for (let index = nodes.length; index < open; index++)
    nodes.push(<Chunk key={index} rows={rows.slice(index * chunkSize, (index + 1) * chunkSize)} />);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by keyboard */}
      <section class="scroll" aria-label="Jobs" tabIndex={0}>
        {/* A new one for other rows: it is quicker to leave thousands at once than one by one. */}
        <table class="table jobs" key={turn}>
          <thead>
            <tr>
              {columns.map(([title, full, isNumber]) => (
                <th key={title} scope="col" class={isNumber ? 'num' : undefined}>
                  {full === undefined ? title : <abbr title={full}>{title}</abbr>}
                </th>
              ))}
            </tr>
          </thead>
          {nodes.slice(0, open)}
        </table>
      </section>
      {open < chunks && <More key={open} reached={() => setGrown({ rows, chunks: open + 1 })} left={rows.length - open * chunkSize} />}
    </>
  );
}

/** The end of what is shown: as soon as it comes near, more is. */
function More({ reached, left }: { reached: () => void; left: number }) {
  const end = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const watching = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && reached(), { rootMargin: '1200px' });
    watching.observe(end.current as Element);
    return () => watching.disconnect();
  }, []);
  return (
    <button type="button" class="quiet more-rows" ref={end} onClick={reached}>
      {left} more
    </button>
  );
}

function Chunk({ rows }: { rows: readonly Row[] }) {
  return (
    <tbody>
      {rows.map((row) => (
        <JobRow key={row.job.metadata.uid ?? row.job.metadata.name} {...row} />
      ))}
    </tbody>
  );
}

function JobRow({ kind, job }: Row) {
  const { name, namespace, creationTimestamp } = job.metadata;
  const ref = { plural: kind.name, namespace, name };
  return (
    <tr>
      <th scope="row">
        <a href={jobHash(ref)}>{name}</a>
        {storedDraft(ref)?.unsaved() && <span class="tag">not saved</span>}
      </th>
      <td>
        <State job={job} />
      </td>
      <td data-label="Kind">{kind.kind}</td>
      <td data-label="Namespace">{namespace}</td>
      <td class="num" data-label="Age">
        <time dateTime={creationTimestamp} title={creationTimestamp}>
          {ageOf(creationTimestamp)}
        </time>
      </td>
      <Cell label="Deadline" value={scalar(job, 'activeDeadlineSeconds')} unit />
      <Cell label="TTL" value={scalar(job, 'ttlSecondsAfterFinished')} unit />
      <Cell label="Clean pods" value={scalar(job, 'cleanPodPolicy')} />
      <Labels labels={job.metadata.labels ?? {}} />
      <td class="num" data-label="Annotations">
        {Object.keys(job.metadata.annotations ?? {}).length || <None />}
      </td>
    </tr>
  );
}

function scalar(job: Job, name: string): string | undefined {
  const path = fieldsOf(settings.layout).find((field) => field.name === name)?.path ?? [];
  let value: unknown = job;
  for (const key of path) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  return value === undefined || value === null ? undefined : String(value);
}

function Cell({ label, value, unit = false }: { label: string; value: string | undefined; unit?: boolean }) {
  return (
    <td class={unit ? 'num' : undefined} data-label={label}>
      {value === undefined ? <None /> : <span title={unit ? durationOf(value) : undefined}>{unit ? `${value} s` : value}</span>}
    </td>
  );
}

function None(): ComponentChildren {
  return <span class="none">–</span>;
}

const shownLabels = 2;

function Labels({ labels }: { labels: Record<string, string> }) {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const more = pairs.length - shownLabels;
  return (
    <td class="labels" data-label="Labels">
      {pairs.length === 0 && <None />}
      {pairs.slice(0, shownLabels).map((pair) => (
        <span class="chip" key={pair} title={pair}>
          {pair}
        </span>
      ))}
      {more > 0 && (
        <span class="more" title={pairs.slice(shownLabels).join('\n')}>
          +{more}
        </span>
      )}
    </td>
  );
}
