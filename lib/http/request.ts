import type { MiddlewareObj, Request } from '@middy/core';
import type { Collection } from '../cci/client.ts';
import type { Trace } from '../cci/trace.ts';
import type { Json, JsonObject } from '../job/json.ts';
import type { JobKind } from '../job/kinds.ts';
import type { Rule } from '../job/rule.ts';
import type { JobRef } from '../job/status.ts';

/** A request in one form, whatever kind of event brought it. Header names are in lower case. */
export interface HttpRequest {
  method: string;
  /** The path as it was authorized, without a stage or base path; empty where it is not what API Gateway decoded (pathOf). */
  path: string;
  query: Record<string, string[]>;
  headers: Record<string, string>;
  body: unknown;
  isBase64Encoded: boolean;
  /** The authenticated principal, from requestContext alone. */
  caller: string | undefined;
  /** The caller's groups as one JSON string, where a token named any. They are logged, and decide nothing. */
  groups?: string | undefined;
  requestId: string;
  /** When API Gateway took the request, milliseconds of wall clock. */
  acceptedAt: number | undefined;
}
/** A request as the chain has completed it by the time it reaches the handler. */
export interface JobRequest extends HttpRequest {
  trace: Trace;
  kind: JobKind;
  ref: JobRef;
  /** Instead of `ref` where the path names a collection. */
  collection: Collection | undefined;
  /** The verbs of the path, for an answer of 405. */
  allow: string;
  options: UpdateOptions;
  /** How a read is answered. */
  representation: Representation;
  /** Query parameters that go upstream with a read, checked. */
  upstreamQuery: Record<string, string>;
  /** The body's media type, settled. */
  contentType: string;
  duplicates: string[];
  body: Json;
  requested: JsonObject;
  /** What the log says of a success. */
  said: { outcome: Said; changed?: string[]; sent?: string[]; warnings?: string[]; rule?: Rule };
}
/** What the log calls a success. */
export type Said = 'changed' | 'written' | 'unchanged' | 'dry-run' | 'read' | 'document';
/** The forms in which reads are answered: as JSON or YAML, or made by the upstream as a Table or as metadata alone. */
export type Representation = 'json' | 'yaml' | 'table' | 'metadata';
/** The query parameters of a write, checked. */
export interface UpdateOptions {
  pretty: boolean;
  dryRun: boolean;
  strict: boolean;
}
/** What a handler returns: a job, as an object or as the upstream's own text, and what to say of it in the log. */
export interface JobAnswer {
  outcome: Said;
  answer: { status: number; job: Json; text?: string; contentType?: string; headers?: Record<string, string> };
  changed?: string[];
  sent?: string[];
  /** What of the request was passed over, for the caller. */
  warnings?: string[] | undefined;
}
/** A step of a chain. */
export type Step = MiddlewareObj<JobRequest, unknown>;
export type StepRequest = Request<JobRequest, unknown>;
