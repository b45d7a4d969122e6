import { isDeepStrictEqual } from 'node:util';
import type { Layout } from '../../../lib/job/fields.ts';
import { mergePatch } from '../../../local/cci/merge-patch.ts';
import type { Loose } from '../http.ts';
import { applyChanges, type Change, holderOf, type Request } from './requests.ts';

export const marker = 'tfjob-gateway/applied-events';

/** What a request sends, made from the job that its caller has read, and what it makes of a job that is live by then. */
export interface Asked {
  /** The body of an HTTP request, or an event's `patch` or `object`. */
  body: Loose;
  makes(live: Loose): Loose;
}

/** How a request is put, by a model of its own: what a caller edits, and what the standards say a patch makes of a job. */
export function asked({ door, kind: { layout }, changes }: Request, read: Loose): Asked {
  const wanted = structuredClone(read);
  applyChanges(wanted, layout, changes);
  if (door !== 'PUT of a version') delete wanted.metadata.resourceVersion;
  if (door === 'JSON patch') {
    const operations = operationsOf(read, layout, changes);
    return { body: operations, makes: (live) => operate(live, operations) };
  }
  if (door === 'merge patch' || door === 'event with patch' || door === 'event by the queue') {
    const patch = mergePatchOf(layout, changes);
    return { body: patch, makes: (live) => mergePatch(live, patch) };
  }
  return { body: wanted, makes: (live) => withFieldsOf(live, wanted, layout) };
}

/**
 * The job that the gateway would write: without maps of metadata that hold nothing, as an API server drops them, without a runPolicy that
 * a patch made only to take nothing away from it, and with the generation that it would have.
 */
export function storedOf(live: Loose, made: Loose, isEvent: boolean): Loose {
  const job = structuredClone(made);
  for (const map of ['labels', 'annotations']) if (isEmpty(job.metadata[map])) delete job.metadata[map];
  if (isEmpty(job.spec.runPolicy) && live.spec.runPolicy === undefined) delete job.spec.runPolicy;
  if (!isDeepStrictEqual(job.spec, live.spec)) job.metadata.generation = live.metadata.generation + 1;
  // What it says is nobody's to foretell; no expression reads it.
  if (isEvent) job.metadata.annotations = { ...job.metadata.annotations, [marker]: 'x' };
  return job;
}

function mergePatchOf(layout: Layout, changes: readonly Change[]): Loose {
  const patch: Loose = {};
  for (const { where, key, value } of changes) {
    const [parent, name] = holderOf(where, layout);
    const members = { [key]: value ?? null };
    patch[parent] = { ...patch[parent], ...(name === '' ? members : { [name]: { ...patch[parent]?.[name], ...members } }) };
  }
  return patch;
}

type Operation = { op: 'add'; path: string; value: unknown } | { op: 'remove'; path: string };

function operationsOf(read: Loose, layout: Layout, changes: readonly Change[]): Operation[] {
  const operations: Operation[] = [];
  let job = read;
  const push = (operation: Operation) => {
    operations.push(operation);
    job = operate(job, [operation]);
  };
  for (const { where, key, value } of changes) {
    const [parent, name] = holderOf(where, layout);
    const path = name === '' ? `/${parent}` : `/${parent}/${name}`;
    const holder = name === '' ? job[parent] : job[parent][name];
    if (value !== undefined && holder === undefined) push({ op: 'add', path, value: {} });
    const member = `${path}/${key.replaceAll('/', '~1')}`;
    if (value !== undefined) push({ op: 'add', path: member, value });
    else if (holder?.[key] !== undefined) push({ op: 'remove', path: member });
  }
  return operations;
}

/** RFC 6902, for members of objects alone. Throws where one is not there. */
function operate(job: Loose, operations: readonly Operation[]): Loose {
  const made = structuredClone(job);
  for (const operation of operations) {
    const keys = operation.path
      .slice(1)
      .split('/')
      .map((key) => key.replaceAll('~1', '/'));
    const last = keys.pop() as string;
    const holder = keys.reduce((within, key) => within?.[key], made);
    if (holder === undefined || (operation.op === 'remove' && !(last in holder))) throw new RangeError(`no ${operation.path}`);
    if (operation.op === 'remove') delete holder[last];
    else holder[last] = structuredClone(operation.value);
  }
  return made;
}

/** The live job with the five fields of another: what a PUT may change. */
function withFieldsOf(live: Loose, wanted: Loose, layout: Layout): Loose {
  const made = structuredClone(live);
  for (const map of ['labels', 'annotations'] as const) take(made.metadata, wanted.metadata, map);
  const path = layout === 'cci' ? undefined : 'runPolicy';
  if (path) made.spec[path] = { ...made.spec[path] };
  const [to, from] = path ? [made.spec[path], wanted.spec[path] ?? {}] : [made.spec, wanted.spec];
  for (const name of ['ttlSecondsAfterFinished', 'activeDeadlineSeconds', 'cleanPodPolicy']) take(to, from, name);
  // A PUT of who has not read the marker leaves it.
  const kept = live.metadata.annotations?.[marker];
  if (kept !== undefined) made.metadata.annotations = { ...made.metadata.annotations, [marker]: kept };
  return made;
}

function isEmpty(map: Loose): boolean {
  return map !== undefined && Object.keys(map).length === 0;
}

function take(to: Loose, from: Loose, name: string): void {
  if (from[name] === undefined) delete to[name];
  else to[name] = structuredClone(from[name]);
}
