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
  /** The account of the queue, and so of the gateway. */
  home: string | undefined;
  /** What a dead letter says of who sent it first. */
  firstSender: string | undefined;
}

/** The unique id of an IAM user or role, or an account, alone or before a source: so others are called, and so no source of events may be. */
const principal = /^(?:A(?:IDA|ROA)[0-9A-Z]*|\d{12}|\d{12}:.*)$/s;

/**
 * The user of an event: `event:SOURCE` by the bus, or `event:ACCOUNT:SOURCE` where another account put it there, which may write any source;
 * `event:` and the sender's unique id by the queue. A dead letter that is sent again comes
 * from this function's role (`roleId`), and counts for who sent it first. Undefined where that cannot be told: no source, one that looks like
 * a sender's id, or a dead letter that does not say who sent it first.
 */
export function eventUser({ senderId, door, source, account, home, firstSender }: EventSender, roleId: string): UserInfo | undefined {
  const [id = '', session] = senderId.split(/:(.*)/s);
  const isDeadLetter = id === roleId;
  if (door === 'bus') {
    const isForeign = account !== undefined && home !== undefined && account !== home;
    const username = isForeign ? `event:${account}:${source}` : `event:${source}`;
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
