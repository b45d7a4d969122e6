import { group, isJobName, isNamespace, jobKind, type Layout, version } from '../job/kinds.ts';
import { methodNotAllowed, pathNotFound } from '../job/status.ts';
import type { HttpRequest, Step } from './request.ts';

const jobPath = new RegExp(`^/apis/${group.replaceAll('.', '\\.')}/${version}/namespaces/([^/]+)/([^/]+)/([^/]+)$`);

/** The job that a path names, each part decoded by API Gateway at most once and never here; undefined if it names none. */
function jobOf({ path, pathParameters }: HttpRequest, layout: Layout) {
  const parts = jobPath.exec(path)?.slice(1) ?? [];
  const [namespace = '', plural = '', name = ''] = parts.map((part) =>
    /^\{\w+\}$/.test(part) ? (pathParameters[part.slice(1, -1)] ?? '') : part,
  );
  const kind = jobKind(layout, plural);
  return kind && isNamespace(namespace) && isJobName(layout, name) ? { kind, ref: { kind, namespace, name } } : undefined;
}

/** Finds the job that a request is about: 404 for a path that names none, 405 for a verb that is not this handler's. */
export function routeToJob(layout: Layout, methods: readonly string[]): Step {
  return {
    before: ({ event }) => {
      const job = jobOf(event, layout);
      if (!job) throw pathNotFound();
      if (!methods.includes(event.method)) throw methodNotAllowed();
      Object.assign(event, job);
    },
  };
}
