import { group, isJobName, isNamespace, jobKind, type Layout, version } from '../job/kinds.ts';
import { methodNotAllowed, pathNotFound } from '../job/status.ts';
import type { HttpRequest, Step } from './request.ts';

const root = `^/apis/${group.replaceAll('.', '\\.')}/${version}`;
const jobPath = new RegExp(`${root}/namespaces/([^/]+)/([^/]+)/([^/]+)$`);
const collectionPath = new RegExp(`${root}(?:/namespaces/([^/]+))?/([^/]+)$`);

// Of a job that is not there, kubectl asks whether its namespace is: told 404 of that, it would report it and not the job.
const namespacePath = /^\/api\/v1\/namespaces\/[^/]+$/;

function jobOf({ path }: HttpRequest, layout: Layout) {
  const [, namespace = '', plural = '', name = ''] = jobPath.exec(path) ?? [];
  const kind = jobKind(layout, plural);
  return kind && isNamespace(namespace) && isJobName(layout, name)
    ? { kind, ref: { kind, namespace, name }, allow: 'GET, PATCH, PUT' }
    : undefined;
}

function collectionOf({ path }: HttpRequest, layout: Layout) {
  const [, namespace, plural = ''] = collectionPath.exec(path) ?? [];
  const kind = jobKind(layout, plural);
  return kind && (namespace === undefined || isNamespace(namespace)) ? { kind, collection: { kind, namespace }, allow: 'GET' } : undefined;
}

/** Finds the job that a request is about: 404 for a path that names none, 405 for a verb that is not this handler's. */
export function routeToJob(layout: Layout, methods: readonly string[]): Step {
  return route((event) => jobOf(event, layout), methods);
}

/** Finds the job or the collection of jobs that a request is about; 404 and 405 as for a job. */
export function routeToJobs(layout: Layout, methods: readonly string[]): Step {
  return route((event) => jobOf(event, layout) ?? collectionOf(event, layout), methods);
}

function route(find: (event: HttpRequest) => object | undefined, methods: readonly string[]): Step {
  return {
    before: ({ event }) => {
      const found = find(event);
      if (!found) throw namespacePath.test(event.path) ? methodNotAllowed() : pathNotFound();
      Object.assign(event, found);
      if (!methods.includes(event.method)) throw methodNotAllowed();
    },
  };
}
