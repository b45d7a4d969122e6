import { eventUser } from '../callers/event-user.ts';
import type { UserInfo } from '../callers/user-info.ts';
import { requireAccess } from '../policy/access.ts';
import type { Policies } from '../policy/policies.ts';
import type { Middleware } from '../runtime/chain.ts';
import { unauthorized } from '../status.ts';
import { isFifo } from './parse.ts';
import type { Asked, Authorized, EventRecord, Followed } from './request.ts';

/**
 * Tells who sent an event: 401 where nobody can (docs/events.md). `roleId` is the unique id of this function's role, by which a dead
 * letter of its own is known.
 */
export function identifySender(roleId: string): Middleware<EventRecord & Followed & Asked, Pick<Authorized, 'user'>> {
  return {
    before: ({ attributes, messageAttributes, eventSourceARN, claims: { source, account } }) => {
      const door = isFifo(eventSourceARN) ? 'queue' : 'bus';
      const firstSender = decoded(messageAttributes?.sender?.stringValue);
      const user = eventUser({ senderId: attributes.SenderId, door, source, account, firstSender }, roleId);
      if (!user) throw unauthorized('nobody can tell who sent the event');
      return { user };
    },
  };
}

/** Lets an event pass if the policies allow its sender to `patch` the job, or to `update` it with an object; 403 as over HTTP. */
export function authorizeEvent(policies: Policies | undefined): Middleware<Asked & { user: UserInfo }, Pick<Authorized, 'access'>> {
  return {
    before: ({ user, asked: { kind, ref, detail } }) => {
      const verb = 'object' in detail ? 'update' : 'patch';
      return { access: requireAccess(policies, user, { verb, target: { ...ref, kind } }) };
    },
  };
}

/** As acknowledgeEvent wrote it; undefined for what it never writes. */
function decoded(sender: string | undefined): string | undefined {
  try {
    return sender && decodeURI(sender);
  } catch {
    return undefined;
  }
}
