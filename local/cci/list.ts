import type { JobKind } from '../../lib/job/kinds.ts';
import { isObject, type JsonObject } from '../../lib/json/json.ts';
import { parseFieldSelector } from './field-selector.ts';
import { parseLabelSelector } from './label-selector.ts';
import { badRequest } from './status.ts';
import type { Storage } from './storage.ts';
import { apiVersion } from './written.ts';

const tokenVersion = 'meta.k8s.io/v1';

/**
 * The list of a kind's jobs in a namespace or in all, as a GET with this query asks for it: labelSelector, fieldSelector, limit and
 * continue. A continued list goes on in what is stored now, as no history is kept. Throws a Status.
 */
export function listJobs(storage: Storage, kind: JobKind, namespace: string | undefined, query: URLSearchParams): JsonObject {
  const limit = readLimit(query.get('limit'));
  const labelSelector = query.get('labelSelector') ?? '';
  const fieldSelector = query.get('fieldSelector') ?? '';
  const hasLabels = parseLabelSelector(labelSelector);
  const hasFields = parseFieldSelector(fieldSelector);
  const start = readContinue(query);

  const found = storage
    .entries(kind.plural, namespace)
    .filter(([key, job]) => key >= start && hasLabels(job.metadata.labels) && hasFields(job));
  const page = limit > 0 ? found.slice(0, limit) : found;
  const left = found.length - page.length;
  const metadata: JsonObject = { continue: '', resourceVersion: storage.revision };
  if (left > 0) {
    metadata.continue = writeContinue(page.at(-1)?.[0] as string);
    // As Kubernetes, which does not count what a selector would leave.
    if (!labelSelector && !fieldSelector) metadata.remainingItemCount = left;
  }
  return { apiVersion, items: page.map(([, job]) => job), kind: `${kind.kind}List`, metadata };
}

/** 0 and less mean no limit. */
function readLimit(value: string | null): number {
  if (value === null) return 0;
  if (/^[+-]?\d{1,18}$/.test(value)) return Number(value);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
}

/** Names the key after which a list goes on, in the form of Kubernetes' own tokens; rv -1 stands for "in what is stored then". */
function writeContinue(lastKey: string): string {
  return Buffer.from(JSON.stringify({ v: tokenVersion, rv: -1, start: `${lastKey}\0` })).toString('base64url');
}

function readContinue(query: URLSearchParams): string {
  const token = query.get('continue');
  if (!token) return '';
  const invalid = (why: string) => badRequest(`invalid continue token: continue key is not valid: ${why}`);
  if (!/^[\w-]+$/.test(token)) throw invalid('illegal base64 data');
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw invalid('it holds no JSON');
  }
  if (!isObject(read) || read.v !== tokenVersion) throw invalid('server does not recognize this encoded version');
  const { rv, start } = read;
  if (typeof rv !== 'number' || rv === 0) throw invalid(`incorrect encoded start resourceVersion (version ${tokenVersion})`);
  if (typeof start !== 'string' || start === '') throw invalid(`encoded start key empty (version ${tokenVersion})`);
  if (start.split('/').some((segment) => /^\.{0,2}$/.test(segment))) throw invalid(start);
  if (!['', '0'].includes(query.get('resourceVersion') ?? '')) {
    throw badRequest('specifying resource version is not allowed when using continue');
  }
  return start;
}
