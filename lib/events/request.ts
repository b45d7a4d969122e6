import type { SQSRecord } from 'aws-lambda';
import type { UserInfo } from '../callers/user-info.ts';
import type { Json } from '../json/json.ts';
import type { Access } from '../policy/access.ts';
import type { RequestContext } from '../runtime/request-context.ts';
import type { AskedUpdate, Claims } from './parse.ts';

/** What became of an event, as the log and the result event tell it. */
export type EventOutcome = 'Succeeded' | 'Superseded' | 'Refused' | 'Failed';

/** One message of a queue. */
export interface EventRecord extends SQSRecord {
  /** It came as a batch of its own. */
  alone: boolean;
}
/** An event on its way through the chain, and what becomes of it. */
export interface Followed {
  startedAt: number;
  context: RequestContext;
  claims: Claims;
  /** How often this message has failed, this time included; 0 where nobody counted. */
  attempts: number;
  /** Undefined where the message goes back to its queue. */
  settled: { outcome: EventOutcome; changed?: string[]; warnings?: string[] } | undefined;
}
/** The JSON of its body; undefined where it is none. */
export interface Read {
  message: Json | undefined;
}
/** Who sent it, and that he may do what it asks for. */
export interface Authorized {
  user: UserInfo;
  access: Access;
}
/** The update that an event asks for. */
export interface Asked {
  asked: AskedUpdate;
}
