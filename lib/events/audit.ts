import type { Asked, Audit, Ended, Trail } from '../audit/trail.ts';
import type { Layout } from '../job/fields.ts';
import { jobKinds } from '../job/kinds.ts';
import { getPath, own } from '../json/json.ts';
import type { Around } from '../runtime/chain.ts';
import { surpriseNote } from '../runtime/surprise.ts';
import { StatusError, surprised } from '../status.ts';
import { claimsOf, readMessage } from './parse.ts';
import type { Asked as AskedUpdate, Authorized, EventRecord, Followed, Read } from './request.ts';
import { senderOf } from './sender.ts';

/** What tells of this event. */
interface Audited extends Read {
  trail: Trail;
}
type Known = EventRecord & Followed & Audited & Partial<AskedUpdate & Authorized>;

/**
 * Reads what a message says, and tells the audit trail of it: that it was received before anything is done for it, and how it ended. Each
 * delivery of a message is told apart, under the same id. `roleId` as for senderOf.
 */
export function auditEvent(
  audit: Audit,
  layout: Layout,
  roleId: string,
): Around<EventRecord & Followed, Audited, true, true, AskedUpdate & Authorized> {
  return {
    before: (event) => {
      const message = readMessage(event);
      event.claims = claimsOf(message);
      const trail = audit.begin(askedOf({ ...event, message }, layout, roleId));
      event.context.mayWrite = trail.received;
      return { message, trail };
    },
    after: async (event, answer) => {
      await event.trail.end(endedOf(event, 200));
      return answer;
    },
    onError: async (event, error) => {
      const known = error instanceof StatusError ? error : surprised(surpriseNote(error));
      if (event.trail) await event.trail.end(endedOf(event as Known, known));
      return undefined;
    },
  };
}

/** An event has no URI, so that of the job it is about stands for it; what it says of itself is told as it is, and decides nothing. */
function askedOf(event: EventRecord & Followed & Read, layout: Layout, roleId: string): Asked {
  const { messageId, message, claims, attributes, eventSourceARN } = event;
  const { kind: named, namespace = '', name = '', id, sequence, reason } = claims;
  const kind = jobKinds[layout].find((known) => known.kind === named);
  const verb = own(own(message, 'detail'), 'object') === undefined ? 'patch' : 'update';
  const { group, version, plural: resource } = kind ?? { group: '', version: '', plural: '' };
  const path = kind ? `/apis/${group}/${version}/namespaces/${namespace}/${resource}/${name}` : '';
  return {
    auditID: messageId,
    requestURI: path,
    attributes: { verb, path, resource: kind && { group, version, resource, subresource: '', namespace, name } },
    user: senderOf(event, roleId, claims),
    sourceIPs: [],
    userAgent: undefined,
    isRead: false,
    annotations: {
      'tfjob-gateway/queue': eventSourceARN,
      'tfjob-gateway/delivery': attributes.ApproximateReceiveCount,
      ...(id !== undefined && { 'tfjob-gateway/event-id': id }),
      ...(sequence !== undefined && { 'tfjob-gateway/event-sequence': String(sequence) }),
      ...(reason !== undefined && { 'tfjob-gateway/event-reason': reason }),
    },
  };
}

function endedOf({ context, asked, access, message }: Known, answer: Ended['answer']): Ended {
  const detail = own(message, 'detail');
  return {
    answer,
    context,
    kind: asked?.kind,
    outcome: undefined,
    access,
    requestObject: getPath(detail, ['object']) ?? getPath(detail, ['patch']),
    responseObject: undefined,
  };
}
