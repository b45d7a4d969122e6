import type { MiddlewareObj, Request } from '@middy/core';
import type { SQSRecord } from 'aws-lambda';
import type { Trace } from '../cci/trace.ts';
import type { Updated } from '../update/update.ts';
import type { Claims, JobUpdate } from './parse.ts';

/** What became of an event, as the log and the result event tell it. */
export type EventOutcome = 'Succeeded' | 'Superseded' | 'Refused' | 'Failed';

/** One message of a queue, as the chain completes it on its way to the update. */
export interface EventRequest extends SQSRecord {
  trace: Trace;
  claims: Claims;
  update: JobUpdate;
  /** It came as a batch of its own. */
  alone: boolean;
  /** How often this message has failed, this time included; 0 where nobody counted. */
  attempts: number;
  /** Undefined where the message goes back to its queue. */
  settled: { outcome: EventOutcome; changed?: string[]; warnings?: string[] } | undefined;
}

/** A step of the chain; the handler under it returns what became of the update. */
export type EventStep = MiddlewareObj<EventRequest, Updated | true>;
export type EventStepRequest = Request<EventRequest, Updated | true>;
