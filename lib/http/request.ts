import type { UserInfo } from '../callers/user-info.ts';
import type { Collection } from '../cci/read-answer.ts';
import type { JobKind } from '../job/kinds.ts';
import type { Json, JsonObject } from '../json/json.ts';
import type { Access } from '../policy/access.ts';
import type { Question } from '../reviews/review.ts';
import type { Rule } from '../rule.ts';
import type { RequestContext } from '../runtime/request-context.ts';
import type { JobRef, StatusCause } from '../status.ts';
import type { Watching } from './watch-stream.ts';

/** A request in one form, whatever kind of event brought it. Header names are in lower case. */
export interface HttpRequest {
  method: string;
  /** The path as it was authorized, without a stage or base path; empty where it is not what API Gateway decoded (pathOf). */
  path: string;
  /** The path as it was sent, for the log and the audit trail alone. */
  sentPath: string;
  query: Record<string, string[]>;
  /** The query as it was sent, for the audit trail alone; undefined where the event has only what was decoded. */
  sentQuery: string | undefined;
  headers: Record<string, string>;
  body: unknown;
  isBase64Encoded: boolean;
  /** Who was authenticated, from requestContext alone. */
  user: UserInfo | undefined;
  /** From where, by requestContext alone. */
  sourceIp: string | undefined;
  requestId: string;
  /** Like it, but never the caller's own: API Gateway REST takes a requestId from a header (X-Amzn-RequestId). */
  uniqueId: string | undefined;
  /** When API Gateway took the request, milliseconds of wall clock. */
  acceptedAt: number | undefined;
}

// What the steps of the chains add to it, each by a name of its own.
/** Its deadline, and what it does upstream. */
export interface InContext {
  context: RequestContext;
}
/** Somebody is known to ask. */
export interface Identified {
  user: UserInfo;
}
/** He may do what he asks for. */
export interface Authorized {
  access: Access;
}
/** The job that it is about. */
export interface Routed {
  kind: JobKind;
  ref: JobRef;
}
/** The job or the collection that a read is about. */
export interface RoutedRead {
  kind: JobKind;
  target: JobRef | Collection;
}
export interface WithOptions {
  options: UpdateOptions;
}
/** The body's bytes, unpacked, and its media type, settled. */
export interface RawBody {
  contentType: string;
  bytes: Buffer;
}
/** The body's text, and its media type, settled. */
export interface Decoded {
  contentType: string;
  text: string;
}
/** The body's JSON and, unless nobody asks, which of its fields stand twice. */
export interface Parsed {
  parsed: Json;
  duplicates: StatusCause[];
}
/** What a review asks. */
export interface Questioned {
  question: Question;
}
/** The job that a replace asks for. */
export interface Requested {
  requested: JsonObject;
}
/** What the log says of a success, once there is one. */
export interface Told {
  said: { outcome: Said; changed?: string[]; sent?: string[]; warnings?: string[] } | undefined;
  /** What the answer was made of. */
  answered?: JobAnswer['answer'];
  /** The rule that refused an answer which could not be sent. */
  refusedBy?: Rule;
  /** The answer may be of any length. */
  isStreamed?: boolean;
}
/** How a read is answered. */
export interface Represented {
  representation: Representation;
}
/** Query parameters that go upstream with a read, checked. */
export interface UpstreamQuery {
  upstreamQuery: Record<string, string>;
}
/** That it is a watch: for how many seconds, and what may stand in it. */
export interface Watched {
  watch: {
    seconds: number;
    /** When it must be over, however late it began, in milliseconds by the process's own clock. */
    until: number;
    bookmarks: boolean;
    /** The one job that is selected. */
    name: string | undefined;
    /** Rows of a Table hold their objects. */
    hasObjects: boolean;
  };
}
/** What the log calls a success. */
export type Said = 'changed' | 'written' | 'unchanged' | 'dry-run' | 'applied' | 'superseded' | 'read' | 'watching' | 'document';
/** The forms in which reads are answered: as JSON or YAML, or made by the upstream as a Table or as metadata alone. */
export type Representation = 'json' | 'yaml' | 'table' | 'metadata';
/** The query parameters of a write, checked. */
export interface UpdateOptions {
  pretty: boolean;
  dryRun: boolean;
  /** What becomes of unknown and duplicate fields; undefined: they are passed over. */
  validation: 'Strict' | 'Warn' | undefined;
  /** Those that were asked for, as they were sent, without pretty. */
  sent: JsonObject;
}
/** What a read is answered, as the upstream's text, or as a watch that has begun. */
export interface ReadText {
  status: number;
  text: string;
  watching?: Watching;
}
/** What a handler returns: a job, as an object or as the upstream's own text, and what to say of it in the log. */
export interface JobAnswer {
  outcome: Said;
  answer: { status: number; job: Json; text?: string; watching?: Watching; contentType?: string; headers?: Record<string, string> };
  changed?: string[];
  sent?: string[];
  /** The paths that a write changed or would change, where that is known. */
  changedPaths?: readonly string[] | undefined;
  /** What of the request was passed over, for the caller. */
  warnings?: string[] | undefined;
  /** What admission policies warn of, for the caller. */
  policyWarnings?: string[] | undefined;
}
