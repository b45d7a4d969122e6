/** Where in the page somebody is: the list with its filter, or one job. The address says it, so that it can be kept and sent. */
import { signal } from '@preact/signals';
import type { Ref } from './api/jobs.ts';

/** What the list is narrowed to; empty is all. */
export interface Filter {
  text: string;
  namespace: string;
  kind: string;
  status: string;
}
export type Route = { page: 'list'; filter: Filter } | { page: 'job'; ref: Ref };

const names = { text: 'q', namespace: 'ns', kind: 'kind', status: 'status' } as const;

export const route = signal<Route>(readRoute(location.hash));
addEventListener('hashchange', () => {
  route.value = readRoute(location.hash);
});

/** Reads the part of the address after the #. What cannot be read is the list. */
export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const [namespace, plural, name, ...rest] = path.split('/').map(decoded);
  if (namespace && plural && name && rest.length === 0) return { page: 'job', ref: { namespace, plural, name } };
  const given = new URLSearchParams(query);
  const [text, ns, kind, status] = Object.values(names).map((short) => given.get(short) ?? '') as [string, string, string, string];
  return { page: 'list', filter: { text, namespace: ns, kind, status } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return '';
    throw error;
  }
}

/** The address of a job. */
export function jobHash({ namespace, plural, name }: Ref): string {
  return `#/${[namespace, plural, name].map(encodeURIComponent).join('/')}`;
}

/** The address of the list under a filter. */
export function listHash(filter: Filter): string {
  const query = new URLSearchParams();
  for (const [key, short] of Object.entries(names)) {
    const value = filter[key as keyof Filter];
    if (value) query.set(short, value);
  }
  return query.size > 0 ? `#/?${query}` : '#/';
}

/** Narrows the list. The way back leads to what was before the list, not through every letter. */
export function setFilter(filter: Filter): void {
  history.replaceState(null, '', listHash(filter));
  lastList = listHash(filter);
  route.value = { page: 'list', filter };
}

let lastList = '#/';
/** The list as it was last seen. */
export function backToList(): string {
  return lastList;
}
