import type { Attributes } from '../audit/config.ts';
import { isWatch, selectedName } from './authorize.ts';
import type { HttpRequest } from './request.ts';

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};
/** Verbs that an API server reads out of the path: `/api/v1/watch/pods`. */
const specialVerbs = new Set(['proxy', 'watch']);

/**
 * What a request is about, read out of method and URL alone as an API server does before it knows what it serves (apiserver's
 * RequestInfoFactory): so that what is refused with 404 or 405 has its verb and its object as well.
 */
export function requestInfo(request: HttpRequest): Attributes {
  const { method, query } = request;
  const path = request.path || decoded(request.sentPath);
  const [prefix, ...parts] = path.replace(/^\/+|\/+$/g, '').split('/');
  const [group, version, ...rest] = prefix === 'api' ? ['', ...parts] : parts;
  const isResource = (prefix === 'apis' || prefix === 'api') && version !== undefined && rest.length > 0;
  if (!isResource) return { verb: method.toLowerCase(), path };
  const [first = '', ...others] = rest;
  const special = others.length > 0 && specialVerbs.has(first) ? first : undefined;
  const { namespace, resource = '', name: named, subresource = '' } = placed(special ? others : rest);
  const isList = special === undefined && named === undefined && (method === 'GET' || method === 'HEAD');
  const name = named ?? (isList ? selectedName(query) : undefined) ?? '';
  const asked = { group: group ?? '', version, resource, subresource: special === 'proxy' ? '' : subresource, namespace, name };
  return { verb: special ?? verbOf(request, named), path, resource: asked };
}

/** A path that is not served for how it is written, as an API server would read it. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}

function verbOf({ method, query }: HttpRequest, name: string | undefined): string {
  const verb = verbs[method] ?? '';
  if (name !== undefined) return verb;
  if (verb === 'get') return isWatch(query) ? 'watch' : 'list';
  return verb === 'delete' ? 'deletecollection' : verb;
}

/** `namespaces/NS/RESOURCE/NAME/SUBRESOURCE`, or without a namespace; of a namespace itself it is both. */
function placed(parts: readonly string[]) {
  const [first, namespace, third] = parts;
  const isNamespaced = first === 'namespaces' && namespace !== undefined;
  const isWithin = isNamespaced && third !== undefined && third !== 'status' && third !== 'finalize';
  const [resource, name, subresource] = isWithin ? parts.slice(2) : parts;
  return { namespace: isNamespaced ? namespace : '', resource, name, subresource };
}
