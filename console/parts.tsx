/** What several pages show. */
import { type ComponentChildren, Fragment } from 'preact';
import type { Job } from './api/jobs.ts';
import { stateOf, type Tone } from './words.ts';

const shapes: Record<Tone, string> = {
  run: 'M8 2.5a5.5 5.5 0 1 1-5.5 5.5',
  good: 'M3 8.5l3.2 3.2L13 5',
  bad: 'M4 4l8 8M12 4l-8 8',
  warn: 'M8 3v6M8 12.4v.2',
  idle: 'M4 8h8',
};

/** A small drawing beside a word, which says the same. */
export function Sign({ shape, size = 12 }: { shape: string; size?: number }) {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <path d={shape} fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

export const cross = shapes.bad;

/** A job's state. */
export function State({ job }: { job: Job }) {
  const { word, tone, message } = stateOf(job);
  return (
    <span class={`state ${tone}`} title={message}>
      <Sign shape={shapes[tone]} />
      {word}
    </span>
  );
}

interface NoticeProps {
  tone: 'bad' | 'warn' | 'info';
  title: string;
  children?: ComponentChildren;
  action?: ComponentChildren;
}

/** Something that the reader should know, with what he can do about it. */
export function Notice({ tone, title, children, action }: NoticeProps) {
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <div class="said">
        <strong>{title}</strong>
        {children}
      </div>
      {action}
    </div>
  );
}

/** The shape of what is to come. */
export function Skeleton({ rows, label }: { rows: number; label: string }) {
  return (
    <div class="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} />
      ))}
    </div>
  );
}

/** A path, which may be broken before each of its members. */
export function Path({ path }: { path: string }) {
  const parts = path.split(/(?=[.[])/);
  return (
    <code>
      {parts.map((part, index) => (
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </code>
  );
}
