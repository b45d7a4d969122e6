import type { Middleware } from '../runtime/chain.ts';
import { badRequest, invalid, methodNotAllowed, type StatusError } from '../status.ts';
import { isTrue, isWatch } from './authorize.ts';
import { readerOptions } from './options.ts';
import type { HttpRequest, RoutedRead, UpstreamQuery, Watched, WithOptions } from './request.ts';

const watchNotServed = 'watch is not served by this gateway: list again instead, from time to time';
const longest = 8192;
const printable = /^[\x20-\x7e]*$/;
const whole = /^\d{1,18}$/;
const count = /^\d{1,15}$/;

/** The parameters of a LIST that go upstream, with what each may be; all others are ignored. */
const listParameters: Record<string, RegExp> = {
  labelSelector: printable,
  fieldSelector: printable,
  limit: count,
  continue: /^[A-Za-z0-9_=-]*$/,
  resourceVersion: whole,
  resourceVersionMatch: /^(?:Exact|NotOlderThan)$/,
  timeoutSeconds: count,
  includeObject: /^(?:None|Metadata|Object)$/,
};
/** Those that a watch has besides. */
const watchFlags = ['allowWatchBookmarks', 'sendInitialEvents'];
const getParameters = { resourceVersion: whole, includeObject: /^(?:None|Metadata|Object)$/ };

/** Reads the query of a GET, a LIST or a watch: 400 for a value that cannot be one, 405 for a watch where none is served. */
export function readListOptions(): Middleware<HttpRequest & RoutedRead & Partial<Watched>, UpstreamQuery & WithOptions> {
  return {
    before: (event) => {
      const { query, target, watch } = event;
      const isCollection = !('name' in target);
      if (isCollection && isWatch(query) && !watch) throw methodNotAllowed('GET', watchNotServed);
      const upstreamQuery: Record<string, string> = {};
      for (const [name, pattern] of Object.entries(isCollection ? listParameters : getParameters)) {
        const [value] = query[name] ?? [];
        // An empty text is none to the API server, and an empty number is a mistake.
        if (value === undefined || (value === '' && pattern !== count)) continue;
        if (value.length > longest || !pattern.test(value)) throw notValid(name, value);
        upstreamQuery[name] = value;
      }
      if (watch) Object.assign(upstreamQuery, { ...flagsIn(query), watch: 'true', timeoutSeconds: String(watch.seconds) });
      return { upstreamQuery, options: readerOptions(event) };
    },
  };
}

function flagsIn(query: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(watchFlags.flatMap((name) => (query[name] ? [[name, String(isTrue(query[name]))]] : [])));
}

function notValid(name: string, value: string): StatusError {
  if (name !== 'resourceVersionMatch') return badRequest('query', `the query parameter ${name} is not valid`);
  const message = `Unsupported value: ${JSON.stringify(value.slice(0, 64))}: supported values: "Exact", "NotOlderThan", ""`;
  return invalid('query', { group: 'meta.k8s.io', kind: 'ListOptions' }, '', [{ reason: 'FieldValueNotSupported', message, field: name }]);
}
