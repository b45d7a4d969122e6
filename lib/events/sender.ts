import type { SQSRecord } from 'aws-lambda';
import { eventUser } from '../callers/event-user.ts';
import type { UserInfo } from '../callers/user-info.ts';
import { claimsOf, isFifo, readMessage } from './parse.ts';

type Message = Pick<SQSRecord, 'body' | 'attributes' | 'messageAttributes' | 'eventSourceARN'>;

/**
 * Who sent a message (docs/events.md); undefined where nobody can tell. `roleId` is the unique id of this function's role, by which a dead
 * letter of its own is known.
 */
export function senderOf(message: Message, roleId: string, claims = claimsOf(readMessage(message))): UserInfo | undefined {
  const { attributes, messageAttributes, eventSourceARN } = message;
  const { source, account } = claims;
  const firstSender = decoded(messageAttributes?.sender?.stringValue);
  const door = isFifo(eventSourceARN) ? 'queue' : 'bus';
  // arn:PARTITION:sqs:REGION:ACCOUNT:NAME
  const home = eventSourceARN.split(':')[4];
  return eventUser({ senderId: attributes.SenderId, door, source, account, home, firstSender }, roleId);
}

/** What a dead letter says of who sent it; an attribute may hold only what XML can. */
export function senderNote(user: UserInfo | undefined): { sender?: string } {
  return user ? { sender: encodeURI(user.username) } : {};
}

/** Undefined for what senderNote never writes. */
function decoded(sender: string | undefined): string | undefined {
  try {
    return sender && decodeURI(sender);
  } catch {
    return undefined;
  }
}
