import { aggregatedType, type Document } from '../discovery/documents.ts';
import type { Json } from '../job/json.ts';
import { methodNotAllowed, notAcceptable, pathNotFound } from '../job/status.ts';
import { acceptedType } from './accept.ts';
import { readerOptions } from './options.ts';
import type { JobAnswer, JobRequest, Step } from './request.ts';

const json = 'application/json';
const aYear = 365 * 24 * 60 * 60;

/** A request once it is known which document it is about, and in which form. */
interface DocumentRequest extends JobRequest {
  document: Document;
  aggregated: boolean;
}

/** Finds the document that a request is about: 404 for any other path, 405 for any other verb than GET, as on the API server. */
export function routeToDocument(documents: Record<string, Document>): Step {
  return {
    before: ({ event }) => {
      const path = event.path.replace(/(.)\/$/, '$1');
      const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
      if (!document) throw pathNotFound();
      event.allow = 'GET';
      if (event.method !== 'GET') throw methodNotAllowed();
      event.options = readerOptions(event);
      Object.assign(event, { document });
    },
  };
}

/** Chooses aggregated discovery where the document has it and the caller prefers it; 406 if nothing of what is accepted is served. */
export function negotiateDocument(): Step {
  return {
    before: ({ event }) => {
      const { document } = event as DocumentRequest;
      const best = acceptedType(event.headers, document.aggregated === undefined ? [json] : [json, aggregatedType]);
      if (best === undefined) throw notAcceptable([json]);
      Object.assign(event, { aggregated: best === aggregatedType });
    },
  };
}

/** Answers the document. A client that named its hash may keep it: under another state it is asked for by another hash. */
export async function answerDocument(request: JobRequest): Promise<JobAnswer> {
  const { document, aggregated, query } = request as DocumentRequest;
  const hash = query.hash?.[0];
  const kept = hash !== undefined && hash === (await document.hash?.());
  const body = (aggregated ? document.aggregated : await document.read()) as Json;
  const headers = {
    ...(document.aggregated !== undefined && { Vary: 'Accept' }),
    ...(kept && { 'Cache-Control': `private, max-age=${aYear}, immutable` }),
  };
  return { outcome: 'document', answer: { status: 200, job: body, headers, ...(aggregated && { contentType: aggregatedType }) } };
}
