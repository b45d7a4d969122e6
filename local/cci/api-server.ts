import type { IncomingMessage } from 'node:http';
import { type JobKind, jobKind } from '../../lib/job/kinds.ts';
import { type JsonObject, parseExactJson } from '../../lib/json/json.ts';
import { negotiate } from './accept.ts';
import { listJobs } from './list.ts';
import { StatusError, tooLarge } from './status.ts';
import type { Storage } from './storage.ts';
import { viewOf } from './view.ts';
import { beginWatch, isTrue, type Watch } from './watch.ts';
import type { Target } from './written.ts';

/** The largest body that a Kubernetes API server reads, in bytes. */
export const maxBody = 3 * 1024 * 1024;

const jobsPath = /^\/apis\/kubeflow\.org\/v1\/(?:namespaces\/([^/]+)\/)?([^/]+)$/;
const jobPath = /^\/apis\/kubeflow\.org\/v1\/namespaces\/([^/]+)\/([^/]+)\/([^/]+)$/;

/**
 * Serves GET, PUT and PATCH of one job and GET of many, as a Kubernetes API server does; with `dryRun` it stores nothing, whatever the
 * request says. Returns the body of a 200, or of a watch its beginning; throws a Status.
 */
export function serve(request: IncomingMessage, body: Buffer, storage: Storage, dryRun = false): string | Watch {
  const [path = '', queryText = ''] = (request.url ?? '').split(/\?(.*)/s);
  const query = new URLSearchParams(queryText);
  const resource = resourceOf(path);
  const method = request.method ?? '';
  if (!(resource.target ? ['GET', 'PUT', 'PATCH'] : ['GET']).includes(method)) {
    throw new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
  }
  // The API server, too, looks at Accept before a PUT's content type and after a PATCH's.
  if (method === 'PATCH') requireType(request.headers['content-type'] ?? '', 'application/merge-patch+json');
  const view = negotiate(request.headers.accept);
  if (method === 'PUT') requireType(request.headers['content-type'] ?? 'application/json', 'application/json');

  if (!resource.target && isTrue(query.get('watch'))) {
    return beginWatch(storage, { kind: resource.kind, namespace: resource.namespace, view }, query);
  }
  const text = resource.target
    ? serveOne(method, resource.target, query, body, storage, dryRun)
    : JSON.stringify(listJobs(storage, resource.kind, resource.namespace, query));
  return view ? JSON.stringify(viewOf(parseExactJson(text) as JsonObject, view, query)) : text;
}

function serveOne(method: string, target: Target, query: URLSearchParams, body: Buffer, storage: Storage, dryRun: boolean): string {
  if (method === 'GET') return storage.read(target);
  if (body.length > maxBody) throw tooLarge(maxBody);
  const text = body.toString();
  if (method === 'PUT') return storage.replace(target, text, isDryRun(query, 'UpdateOptions') || dryRun);
  return storage.patch(target, text, isDryRun(query, 'PatchOptions') || dryRun);
}

/** What a path names: one job, or all of a kind in a namespace or everywhere. Throws a 404 Status. */
function resourceOf(path: string): { kind: JobKind; namespace?: string | undefined; target?: Target } {
  const [, namespaceOfOne = '', pluralOfOne = '', name = ''] = jobPath.exec(path) ?? [];
  const [, namespace, plural = pluralOfOne] = jobsPath.exec(path) ?? [];
  const kind = jobKind('cci', plural);
  if (!kind) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});
  return name ? { kind, target: { plural, namespace: namespaceOfOne, name } } : { kind, namespace };
}

function requireType(contentType: string, accepted: string): void {
  if (contentType.split(';')[0]?.trim().toLowerCase() === accepted) return;
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted}`;
  throw new StatusError(415, 'UnsupportedMediaType', message);
}

function isDryRun(query: URLSearchParams, kind: string): boolean {
  const values = query.getAll('dryRun');
  if (values.every((value) => value === 'All')) return values.length > 0;
  const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
  throw new StatusError(422, 'Invalid', `${kind}.meta.k8s.io "" is invalid: dryRun: ${message}`, {
    group: 'meta.k8s.io',
    kind,
    causes: [{ reason: 'FieldValueNotSupported', message, field: 'dryRun' }],
  });
}
