import { authenticated, eventsGroup, type UserInfo } from './user-info.ts';

/** Who sent a message, and what it says of that. */
export interface EventSender {
  /** SQS's own word: who sent the message to the queue. */
  senderId: string;
  /** Whether it came by the queue of producers, or by that behind the bus, to which EventBridge alone may send. */
  door: 'bus' | 'queue';
  /** The envelope's, which behind the bus is EventBridge's own word. */
  source: string | undefined;
  account: string | undefined;
  /** What a dead letter says of who sent it first. */
  firstSender: string | undefined;
}

/** The unique id of an IAM user or role, or an account: so SQS calls a sender, and so no source of events may be called. */
const principal = /^(?:A(?:IDA|ROA)[0-9A-Z]*|\d{12})$/;

/**
 * The user of an event: `event:SOURCE` by the bus, `event:` and the sender's unique id by the queue. A dead letter that is sent again comes
 * from this function's role (`roleId`), and counts for who sent it first. Undefined where that cannot be told: no source, one that looks like
 * a sender's id, or a dead letter that does not say who sent it first.
 */
export function eventUser({ senderId, door, source, account, firstSender }: EventSender, roleId: string): UserInfo | undefined {
  const [id = '', session] = senderId.split(/:(.*)/s);
  const isDeadLetter = id === roleId;
  if (door === 'bus') {
    const username = `event:${source}`;
    const isUnknown = !source || principal.test(source) || (isDeadLetter && firstSender !== username);
    return isUnknown ? undefined : userOf(username, '', { account });
  }
  const sender = isDeadLetter ? /^event:(.+)$/s.exec(firstSender ?? '')?.[1] : id;
  return sender ? userOf(`event:${sender}`, sender, { principalId: sender, sessionName: isDeadLetter ? undefined : session }) : undefined;
}

function userOf(username: string, uid: string, extra: Record<string, string | undefined>): UserInfo {
  const told = Object.entries(extra).flatMap(([key, value]) => (value ? [[key, [value]]] : []));
  return { username, uid, groups: [eventsGroup, authenticated], extra: Object.fromEntries(told) };
}
