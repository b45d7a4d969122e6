import type { UserInfo } from '../callers/user-info.ts';
import { requireAccess } from '../policy/access.ts';
import type { Policies } from '../policy/policies.ts';
import type { Middleware } from '../runtime/chain.ts';
import { unauthorized } from '../status.ts';
import type { Asked, Authorized, EventRecord, Followed } from './request.ts';
import { senderOf } from './sender.ts';

/** Tells who sent an event: 401 where nobody can. `roleId` as for senderOf. */
export function identifySender(roleId: string): Middleware<EventRecord & Followed & Asked, Pick<Authorized, 'user'>> {
  return {
    before: (event) => {
      const user = senderOf(event, roleId, event.claims);
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
