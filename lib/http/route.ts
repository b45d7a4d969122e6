import type { Layout } from '../job/fields.ts';
import { group, isJobName, isNamespace, jobKind, version } from '../job/kinds.ts';
import type { Middleware } from '../runtime/chain.ts';
import { methodNotAllowed, pathNotFound } from '../status.ts';
import type { HttpRequest, Routed, RoutedRead } from './request.ts';

const root = `^/apis/${group.replaceAll('.', '\\.')}/${version}`;
const jobPath = new RegExp(`${root}/namespaces/([^/]+)/([^/]+)/([^/]+)$`);
const collectionPath = new RegExp(`${root}(?:/namespaces/([^/]+))?/([^/]+)$`);

// Of a job that is not there, kubectl asks whether its namespace is: told 404 of that, it would report it and not the job.
const namespacePath = /^\/api\/v1\/namespaces\/[^/]+$/;

const verbsOfJob = 'GET, PATCH, PUT';

function jobOf({ path }: HttpRequest, layout: Layout) {
  const [, namespace = '', plural = '', name = ''] = jobPath.exec(path) ?? [];
  const kind = jobKind(layout, plural);
  return kind && isNamespace(namespace) && isJobName(layout, name) ? { kind, ref: { kind, namespace, name } } : undefined;
}

function collectionOf({ path }: HttpRequest, layout: Layout) {
  const [, namespace, plural = ''] = collectionPath.exec(path) ?? [];
  const kind = jobKind(layout, plural);
  return kind && (namespace === undefined || isNamespace(namespace)) ? { kind, target: { kind, namespace } } : undefined;
}

/** Finds the job that a request is about: 404 for a path that names none, 405 for a verb that is not this handler's. */
export function routeToJob(layout: Layout, methods: readonly string[]): Middleware<HttpRequest, Routed> {
  return {
    before: (event) => found(event, jobOf(event, layout), methods, verbsOfJob),
  };
}

/** Finds the job or the collection of jobs that a request is about; 404 and 405 as for a job. */
export function routeToJobs(layout: Layout, methods: readonly string[]): Middleware<HttpRequest, RoutedRead & Partial<Routed>> {
  return {
    before: (event) => {
      const job = jobOf(event, layout);
      if (job) return found(event, { ...job, target: job.ref }, methods, verbsOfJob);
      return found(event, collectionOf(event, layout), methods, 'GET');
    },
  };
}

function found<T>({ path, method }: HttpRequest, what: T | undefined, methods: readonly string[], allow: string): T {
  if (!what) throw namespacePath.test(path) ? methodNotAllowed() : pathNotFound();
  if (!methods.includes(method)) throw methodNotAllowed(allow);
  return what;
}
