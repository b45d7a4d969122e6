import type { ServerResponse } from 'node:http';
import type { JobKind } from '../../lib/job/kinds.ts';
import { type JsonObject, parseExactJson } from '../../lib/json/json.ts';
import type { View } from './accept.ts';
import { parseFieldSelector } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';
import { badRequest, StatusError } from './status.ts';
import type { Change, Job, Storage } from './storage.ts';
import { viewOf } from './view.ts';
import { apiVersion } from './written.ts';

/** A watch that has begun: the lines that are sent at once, and what follows them. */
export interface Watch {
  readonly lines: readonly string[];
  /** Sends each further line as it comes. Returns how to end that. */
  follow(send: (line: string) => void, end: () => void): () => void;
}
/** What is watched, and in which form. */
export interface Watched {
  kind: JobKind;
  namespace: string | undefined;
  view: View | undefined;
}

const defaultSeconds = 1800;
/** As the API server, which sends one a minute, and one before the end. */
const bookmarkSeconds = 60;

/** To Kubernetes, every value but these is true, an empty one as well. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false';
}

/**
 * Begins to watch a kind's jobs as a GET with this query asks for it: the jobs that there are, or what has changed since a resourceVersion,
 * then each change. A version that the history does not reach back to is an ERROR with 410. Throws a Status.
 */
export function beginWatch(storage: Storage, watched: Watched, query: URLSearchParams): Watch {
  requireOptions(query);
  const selected = selectorOf(watched, query);
  const write = writerOf(watched, query);
  const since = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(since)) throw badRequest(`Invalid value: ${JSON.stringify(since)}: strconv.ParseUint: parsing: invalid syntax`);
  const wantsAll = query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : ['', '0'].includes(since);
  const bookmarks = isTrue(query.get('allowWatchBookmarks'));
  const changed = wantsAll || ['', '0'].includes(since) ? [] : storage.changesSince(BigInt(since));
  if (!changed) return { lines: [write('ERROR', tooOld(since, storage))], follow: (_send, end) => doneAt(0, end) };

  const initial = wantsAll ? storage.entries(watched.kind.plural, watched.namespace).filter(([, job]) => selected(job)) : [];
  const lines = [...initial.map(([, job]) => write('ADDED', job)), ...changed.flatMap((change) => lineOf(change, selected, write))];
  if (wantsAll && bookmarks && query.has('sendInitialEvents')) lines.push(write('BOOKMARK', bookmarkOf(watched, storage, true)));
  return {
    lines,
    follow(send, end) {
      const mark = () => send(write('BOOKMARK', bookmarkOf(watched, storage, false)));
      const stop = storage.subscribe((change) => lineOf(change, selected, write).forEach(send));
      const marks = bookmarks ? setInterval(mark, bookmarkSeconds * 1000).unref() : undefined;
      const stopEnd = doneAt((Number(query.get('timeoutSeconds')) || defaultSeconds) * 1000, end);
      return () => {
        stop();
        stopEnd();
        clearInterval(marks);
      };
    },
  };
}

/** Sends a watch as its answer, until its time is over or whoever asked is gone. */
export function sendWatch(response: ServerResponse, status: number, headers: Record<string, string>, { lines, follow }: Watch): void {
  response.writeHead(status, headers);
  response.flushHeaders();
  const stop = follow(
    (line) => void response.write(line),
    () => void response.end(),
  );
  response.on('close', stop);
  if (lines.length > 0) response.write(lines.join(''));
}

function doneAt(ms: number, end: () => void): () => void {
  const timer = setTimeout(end, ms).unref();
  return () => clearTimeout(timer);
}

function requireOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const message = query.has('sendInitialEvents')
    ? match !== 'NotOlderThan' && 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    : match !== '' && 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided';
  if (!message) return;
  const cause = { reason: 'FieldValueForbidden', message: `Forbidden: ${message}`, field: 'resourceVersionMatch' };
  throw new StatusError(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: ${message}`, {
    group: 'meta.k8s.io',
    kind: 'ListOptions',
    causes: [cause],
  });
}

type Selects = (job: Job) => boolean;
function selectorOf({ kind, namespace }: Watched, query: URLSearchParams): Selects & ((job: Job) => boolean) {
  const hasLabels = parseLabelSelector(query.get('labelSelector') ?? '');
  const hasFields = parseFieldSelector(query.get('fieldSelector') ?? '');
  return (job) =>
    job.kind === kind.kind &&
    (namespace === undefined || job.metadata.namespace === namespace) &&
    hasLabels(job.metadata.labels) &&
    hasFields(job);
}

type Write = (type: string, object: JsonObject) => string;
/** Only the first Table of a watch has the columns, as on the API server. */
function writerOf({ view }: Watched, query: URLSearchParams): Write {
  if (view === 'PartialObjectMetadataList') throw new StatusError(406, 'NotAcceptable', `you requested ${view}, but a watch has no lists`);
  let isFirst = true;
  return (type, object) => {
    const shown = view && type !== 'ERROR' ? viewOf(object, view, query) : object;
    if (view === 'Table' && type !== 'ERROR') {
      if (!isFirst) shown.columnDefinitions = null;
      isFirst = false;
    }
    return `${JSON.stringify({ type, object: shown })}\n`;
  };
}

/** What a change is to who has selected some of the jobs: a job that is selected no longer is DELETED, as it was, with the new version. */
function lineOf(change: Change, selected: Selects, write: Write): string[] {
  const { resourceVersion } = change;
  const { was, is } = jobsOf(change);
  const [wasIn, isIn] = [was !== undefined && selected(was), is !== undefined && selected(is)];
  if (is && isIn) return [write(wasIn ? 'MODIFIED' : 'ADDED', is)];
  return was && wasIn ? [write('DELETED', { ...was, metadata: { ...was.metadata, resourceVersion } })] : [];
}

const read = new WeakMap<Change, { was: Job | undefined; is: Job | undefined }>();
/** The job before and after a change, read once for all who watch. */
function jobsOf(change: Change): { was: Job | undefined; is: Job | undefined } {
  const jobOf = (text: string | undefined) => (text === undefined ? undefined : (parseExactJson(text) as Job));
  const jobs = read.get(change) ?? { was: jobOf(change.before), is: jobOf(change.after) };
  read.set(change, jobs);
  return jobs;
}

function bookmarkOf({ kind }: Watched, { revision }: Storage, isEndOfInitial: boolean): Job {
  const annotations = isEndOfInitial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  return { apiVersion, kind: kind.kind, metadata: { resourceVersion: revision, ...annotations } };
}

function tooOld(since: string, { oldestRevision }: Storage): JsonObject {
  const status = new StatusError(410, 'Expired', `too old resource version: ${since} (${oldestRevision})`);
  return JSON.parse(JSON.stringify(status)) as JsonObject;
}
