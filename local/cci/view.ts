import { getPath, isObject, type JsonObject } from '../../lib/json/json.ts';
import type { View } from './accept.ts';
import { humanDuration } from './age.ts';
import { badRequest, StatusError } from './status.ts';
import type { Job } from './written.ts';

const apiVersion = 'meta.k8s.io/v1';
const columnDefinitions: JsonObject[] = [
  { name: 'Name', type: 'string', format: 'name', description: 'Name of the job, unique within its namespace.', priority: 0 },
  { name: 'State', type: 'string', format: '', description: 'Type of the last condition in .status.conditions that is true.', priority: 0 },
  { name: 'Age', type: 'date', format: '', description: 'Time since .metadata.creationTimestamp.', priority: 0 },
];

/** A job or a list of jobs in another form; `query` may hold includeObject, which is about tables. Throws a Status. */
export function viewOf(object: JsonObject, view: View, query: URLSearchParams): JsonObject {
  const jobs = Array.isArray(object.items) ? (object.items as Job[]) : undefined;
  if (view === 'Table') return tableOf(object, jobs ?? [object as Job], query.get('includeObject') ?? '');
  if (view === 'PartialObjectMetadata') {
    if (jobs) throw notAcceptable(view, 'a list');
    return partialOf(object as Job);
  }
  if (!jobs) throw notAcceptable(view, 'not a list');
  return { kind: view, apiVersion, metadata: listMetadata(object), items: jobs.map(partialOf) };
}

function tableOf(object: JsonObject, jobs: readonly Job[], include: string): JsonObject {
  if (!['', 'None', 'Metadata', 'Object'].includes(include)) {
    const why = `includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`;
    throw badRequest(`Unable to convert to Table as requested: ${why}`);
  }
  const shown = (job: Job) => (include === 'Object' ? job : partialOf(job));
  return {
    kind: 'Table',
    apiVersion,
    metadata: listMetadata(object),
    columnDefinitions,
    rows: jobs.map((job) => ({
      cells: [job.metadata.name ?? null, stateOf(job), ageOf(job)],
      object: include === 'None' ? null : shown(job),
    })),
  };
}

function stateOf({ status }: Job): string | null {
  const conditions = getPath(status, ['conditions']);
  const last = Array.isArray(conditions) ? conditions.findLast((condition) => getPath(condition, ['status']) === 'True') : undefined;
  const type = getPath(last, ['type']);
  return typeof type === 'string' ? type : null;
}

function ageOf({ metadata: { creationTimestamp } }: Job): string {
  const created = typeof creationTimestamp === 'string' ? Date.parse(creationTimestamp) : Number.NaN;
  return Number.isNaN(created) ? '<unknown>' : humanDuration(Date.now() - created);
}

function partialOf({ metadata }: Job): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion, metadata };
}

/** Unlike a list of jobs itself, these forms leave out what is empty. */
function listMetadata({ metadata }: JsonObject): JsonObject {
  const listed = isObject(metadata) ? metadata : {};
  const names = ['resourceVersion', 'continue', 'remainingItemCount'];
  return Object.fromEntries(names.flatMap((name) => (listed[name] ? [[name, listed[name]]] : [])));
}

function notAcceptable(view: View, what: string): StatusError {
  return new StatusError(406, 'NotAcceptable', `you requested ${view}, but the requested object is ${what}`);
}
