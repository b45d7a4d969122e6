import { aggregatedType, type Document } from '../discovery/documents.ts';
import type { Json } from '../json/json.ts';
import type { Middleware } from '../runtime/chain.ts';
import { methodNotAllowed, notAcceptable, pathNotFound } from '../status.ts';
import { acceptedType } from './accept.ts';
import { readerOptions } from './options.ts';
import type { HttpRequest, JobAnswer, WithOptions } from './request.ts';

const json = 'application/json';
const aYear = 365 * 24 * 60 * 60;

/** Which document a request is about. */
interface RoutedToDocument {
  document: Document;
}
/** In which form it is answered. */
interface Aggregated {
  aggregated: boolean;
}

/** Finds the document that a request is about: 404 for any other path, 405 for any other verb than GET, as on the API server. */
export function routeToDocument(documents: Record<string, Document>): Middleware<HttpRequest, RoutedToDocument & WithOptions> {
  return {
    before: (event) => {
      const path = event.path.replace(/(.)\/$/, '$1');
      const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
      if (!document) throw pathNotFound();
      if (event.method !== 'GET') throw methodNotAllowed('GET');
      return { document, options: readerOptions(event) };
    },
  };
}

/** Chooses aggregated discovery where the document has it and the caller prefers it; 406 if nothing of what is accepted is served. */
export function negotiateDocument(): Middleware<HttpRequest & RoutedToDocument, Aggregated> {
  return {
    before: ({ headers, document }) => {
      const best = acceptedType(headers, document.aggregated === undefined ? [json] : [json, aggregatedType]);
      if (best === undefined) throw notAcceptable([json]);
      return { aggregated: best === aggregatedType };
    },
  };
}

/** Answers the document. A client that named its hash may keep it: under another state it is asked for by another hash. */
export async function answerDocument({ document, aggregated, query }: HttpRequest & RoutedToDocument & Aggregated): Promise<JobAnswer> {
  const hash = query.hash?.[0];
  const kept = hash !== undefined && hash === (await document.hash?.());
  const body = (aggregated ? document.aggregated : await document.read()) as Json;
  const headers = {
    ...(document.aggregated !== undefined && { Vary: 'Accept' }),
    ...(kept && { 'Cache-Control': `private, max-age=${aYear}, immutable` }),
  };
  return { outcome: 'document', answer: { status: 200, job: body, headers, ...(aggregated && { contentType: aggregatedType }) } };
}
