import type { Asked, Audit, Ended, Trail } from '../audit/trail.ts';
import { type Json, parseExactJson } from '../json/json.ts';
import type { Around } from '../runtime/chain.ts';
import { type Status, StatusError } from '../status.ts';
import type { Authorized, HttpRequest, InContext, Parsed, Questioned, Routed, Told } from './request.ts';
import { requestInfo } from './request-info.ts';
import type { ProxyResult } from './respond.ts';

/** What tells of this request. */
interface Audited {
  trail: Trail;
}
type Known = HttpRequest & InContext & Audited & Partial<Routed & Authorized & Parsed & Questioned & Told>;

/** Parameters of Kubernetes, whose values are shown; another may be a signature or a token. */
const known = new Set(
  `pretty dryRun fieldManager fieldValidation force labelSelector fieldSelector limit continue watch resourceVersion resourceVersionMatch
  timeoutSeconds timeout allowWatchBookmarks sendInitialEvents includeObject hash propagationPolicy gracePeriodSeconds
  orphanDependents`.split(/\s+/),
);
const notShown = 'not-shown';
/** A review of oneself changes nothing, though it is a POST. */
const review = /^\/apis\/auth(?:entic|oriz)ation\.k8s\.io\//;
/** Characters of an answer that is parsed to be shown: what is longer could not stand in an event. */
const maxShown = 1024 * 1024;

/**
 * Tells the audit trail of a request: that it was received before anything is done for it, and how it ended once its answer is there. Where
 * a stream must acknowledge the first, no write goes upstream before that.
 */
export function auditRequest(audit: Audit): Around<HttpRequest & InContext, Audited, ProxyResult, ProxyResult, Omit<Known, keyof Audited>> {
  return {
    before: (event) => {
      const trail = audit.begin(askedOf(event));
      event.context.mayWrite = trail.received;
      return { trail };
    },
    after: async (event, result) => {
      const ended = endedOf(event, answerOf(event, result));
      const watching = event.answered?.watching;
      // Of what takes its time, its beginning is a stage of its own.
      if (watching) {
        await event.trail.started(ended);
        watching.onEnd((watched) => event.trail.end({ ...ended, watched }));
      } else await event.trail.end(ended);
      return result;
    },
    onError: async (event, error) => {
      if (event.trail && error instanceof StatusError) await event.trail.end(endedOf(event as Known, error));
      return undefined;
    },
  };
}

function askedOf(event: HttpRequest): Asked {
  const { requestId, uniqueId, method, path, user, sourceIp, headers } = event;
  return {
    auditID: requestId,
    requestURI: uriOf(event),
    attributes: requestInfo(event),
    user,
    sourceIPs: sourceIp === undefined ? [] : [sourceIp],
    userAgent: headers['user-agent'],
    isRead: ['GET', 'HEAD', 'OPTIONS'].includes(method) || review.test(path),
    ...(uniqueId && { annotations: { 'tfjob-gateway/unique-id': uniqueId } }),
  };
}

function uriOf({ path, sentPath, query, sentQuery }: HttpRequest): string {
  const text = sentQuery === undefined ? rebuilt(query) : sentQuery.split('&').map(shownPair).join('&');
  return `${path || sentPath}${text === '' ? '' : `?${text}`}`;
}

/** A query of which only the decoded values are known, as Go's clients write it. */
function rebuilt(query: HttpRequest['query']): string {
  const pairs = Object.entries(query).flatMap(([name, values]) =>
    values.map((value) => `${escaped(name)}=${known.has(name) ? escaped(value) : notShown}`),
  );
  return pairs.join('&');
}

function escaped(text: string): string {
  const hex = (sign: string) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, hex)
    .replaceAll('%20', '+');
}

function shownPair(pair: string): string {
  const [name = ''] = new URLSearchParams(pair).keys();
  const end = pair.indexOf('=');
  return known.has(name) || end < 0 ? pair : `${pair.slice(0, end)}=${notShown}`;
}

function endedOf(event: Known, answer: Ended['answer']): Ended {
  const { context, kind, said, access, parsed, question, answered } = event;
  return {
    answer,
    context,
    kind,
    outcome: said?.outcome,
    access,
    requestObject: parsed ?? question,
    responseObject: () => answered && objectOf(answered),
  };
}

function objectOf({ job, text, watching }: NonNullable<Told['answered']>): Json | undefined {
  if (watching) return undefined;
  if (job !== null || text === undefined) return job;
  return text.length <= maxShown ? parseExactJson(text) : undefined;
}

/** An answer that turned out too large to be sent is a refusal to whoever reads it. */
function answerOf({ refusedBy }: Known, { statusCode, body }: ProxyResult): Ended['answer'] {
  return refusedBy === undefined ? statusCode : new StatusError(JSON.parse(body) as Status, {}, refusedBy);
}
