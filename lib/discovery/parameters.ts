import type { JsonSchema } from './json-schema.ts';

/** A parameter as both versions of OpenAPI have it. */
export interface Parameter {
  name: string;
  in: 'path' | 'query';
  description: string;
  required?: true;
  schema: JsonSchema;
}

function query(name: string, schema: JsonSchema, description: string): Parameter {
  return { name, in: 'query', description, schema };
}

const text = { type: 'string' };
const count = { type: 'integer', format: 'int64', minimum: 0, maximum: 999_999_999_999_999 };
// The commonest of what is not printable: not every reader of patterns knows the classes of Unicode.
const unprintable = '^[^\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\ufeff]*$';
const selector = { type: 'string', pattern: '^[ -~]*$', maxLength: 8192 };

/** For every answer that is JSON. */
export const pretty = query('pretty', text, 'If 1, t, T, true, True or TRUE, the answer is indented.');

/** The query parameters of a write (lib/http/options.ts). */
export const writeParameters: Parameter[] = [
  pretty,
  query(
    'dryRun',
    { type: 'string', enum: ['All'] },
    'All: everything is checked, and the answer is the job as it would be; nothing is written.',
  ),
  query(
    'fieldManager',
    { type: 'string', maxLength: 128, pattern: unprintable },
    'Checked, and not passed on: the gateway writes under its own name. At most 128 bytes of printable characters.',
  ),
  query(
    'fieldValidation',
    { type: 'string', enum: ['', 'Ignore', 'Strict', 'Warn'] },
    'Strict: fields that are unknown or stand twice are an error of their own. Otherwise an unknown field is a change that is forbidden, and Warning headers name it and what stands twice, but with Ignore.',
  ),
];

const version = query(
  'resourceVersion',
  { type: 'string', pattern: '^[0-9]{0,18}$' },
  'How old the answer may be, as Kubernetes means it.',
);

/** The query parameters of a read of one job (lib/http/list-options.ts). */
export const readParameters: Parameter[] = [pretty, version];

/** The query parameters of a list. */
export const listParameters: Parameter[] = [
  pretty,
  query('labelSelector', selector, 'Only jobs whose labels match.'),
  query('fieldSelector', selector, 'Only jobs whose fields match: metadata.name, metadata.namespace.'),
  query('limit', count, 'At most so many jobs; metadata.continue of the answer says where the list goes on.'),
  query(
    'continue',
    { type: 'string', pattern: '^[A-Za-z0-9_=-]*$', maxLength: 8192 },
    'Where the list goes on: metadata.continue of the part before.',
  ),
  version,
  query('resourceVersionMatch', { type: 'string', enum: ['', 'Exact', 'NotOlderThan'] }, 'How resourceVersion is meant.'),
  query('timeoutSeconds', count, 'How many seconds the upstream may take.'),
];

const flag = { type: 'boolean' };

/** What a list that can be watched takes besides (lib/http/watch.ts). */
export const watchParameters: Parameter[] = [
  query('watch', flag, 'true: the changes of the list, as they come, instead of the list. It ends after 270 seconds at most.'),
  query('allowWatchBookmarks', flag, 'true: among the changes may stand bookmarks, which tell how far one has seen.'),
  query('sendInitialEvents', flag, 'true: a watch begins with what there is, and a bookmark after that.'),
];

/** The namespace in a path. */
export const namespaceParameter: Parameter = {
  name: 'namespace',
  in: 'path',
  description: 'The namespace of the job.',
  required: true,
  schema: text,
};
/** The name in a path. */
export const nameParameter: Parameter = { name: 'name', in: 'path', description: 'The name of the job.', required: true, schema: text };
