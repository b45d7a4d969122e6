import type { MiddlewareObj, Request } from '@middy/core';
import type { Trace } from '../cci/trace.ts';
import type { Json, JsonObject } from '../job/json.ts';
import type { JobKind } from '../job/kinds.ts';
import type { JobRef } from '../job/status.ts';

/** A request in one form, whatever kind of event brought it. Header names are in lower case. */
export interface HttpRequest {
  method: string;
  /** The path, or where API Gateway routed, the resource's template with its decoded parameters beside it. */
  path: string;
  pathParameters: Record<string, string | undefined>;
  query: Record<string, string[]>;
  headers: Record<string, string>;
  body: unknown;
  isBase64Encoded: boolean;
  /** The authenticated principal, from requestContext alone. */
  caller: string | undefined;
  requestId: string;
  /** When API Gateway took the request, milliseconds of wall clock. */
  acceptedAt: number | undefined;
}
/** A request as the chain has completed it by the time it reaches the handler. */
export interface JobRequest extends HttpRequest {
  trace: Trace;
  kind: JobKind;
  ref: JobRef;
  options: UpdateOptions;
  duplicates: string[];
  body: Json;
  requested: JsonObject;
  /** What the log says of a success. */
  said: { outcome: string; changed: string[] };
}
/** The query parameters of a write, checked. */
export interface UpdateOptions {
  pretty: boolean;
  dryRun: boolean;
  strict: boolean;
  fieldManager: string | undefined;
}
/** What a handler returns: a job, as an object or as the upstream's own text, and what to say of it in the log. */
export interface JobAnswer {
  outcome: string;
  answer: { status: number; job: JsonObject; text?: string };
  changed: string[];
}
/** A step of a chain. */
export type Step = MiddlewareObj<JobRequest, unknown>;
export type StepRequest = Request<JobRequest, unknown>;
