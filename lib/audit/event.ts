import type { UserInfo } from '../callers/user-info.ts';
import { escaped, type Json } from '../json/json.ts';
import type { AuditLevel, AuditStage } from '../policy/manifests.ts';
import type { Status } from '../status.ts';

/** What a request is about; what is not known is left out. Of a list it has no name. */
export interface ObjectReference {
  resource?: string;
  namespace?: string;
  name?: string;
  uid?: string;
  apiGroup?: string;
  apiVersion?: string;
  resourceVersion?: string;
  subresource?: string;
}
/** How a request was answered: of a success the code alone, of a failure its Status. */
export type ResponseStatus = Pick<Status, 'code'> & Partial<Pick<Status, 'status' | 'message' | 'reason' | 'details'>>;

/** One stage of a request, as an Event of audit.k8s.io/v1 tells it. Times are milliseconds of wall clock, with a fraction. */
export interface AuditEvent {
  level: AuditLevel;
  auditID: string;
  stage: AuditStage;
  requestURI: string;
  verb: string;
  user: UserInfo | undefined;
  sourceIPs: readonly string[];
  userAgent: string | undefined;
  objectRef: ObjectReference | undefined;
  responseStatus?: ResponseStatus | undefined;
  requestObject?: Json | undefined;
  responseObject?: Json | undefined;
  receivedAt: number;
  stageAt: number;
  annotations: Readonly<Record<string, string>>;
}

/** Bytes of an event, as kube-apiserver's --audit-log-truncate-max-event-size has it by default. */
export const maxEventBytes = 102_400;
const maxText = 4096;
const maxUserAgent = 1024;
/** What tells of a write: bounded where it is made, and never cut, since it is JSON. */
const ofWrites = new Set(['outcome', 'changed', 'sent', 'values', 'keys'].map((name) => `tfjob-gateway/${name}`));
/** What a terminal acts on or does not show, and what some readers take for the end of a line: written with JSON's escapes. */
const unprintable = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * An event as one line of JSON, with kube-apiserver's members in kube-apiserver's order. One that is too large loses its objects and is
 * marked so, as by the option --audit-log-truncate-enabled; where that is not enough, what is long in it is cut, since none is left out.
 */
export function eventLine(event: AuditEvent): string {
  const line = serialize(event);
  if (fits(line)) return line;
  const { requestObject: _, responseObject: __, ...bare } = event;
  const truncated = { ...bare, annotations: { ...bare.annotations, 'audit.k8s.io/truncated': 'true' } };
  let shorter = serialize(truncated);
  for (let most = maxText; !fits(shorter) && most >= 1; most /= 2) shorter = serialize(withShortTexts(truncated, most));
  return shorter;
}

function fits(line: string): boolean {
  // No character of UTF-16 is more than three bytes.
  return line.length * 3 <= maxEventBytes || Buffer.byteLength(line) <= maxEventBytes;
}

function serialize(event: AuditEvent): string {
  const { level, auditID, stage, requestURI, verb, user, sourceIPs, userAgent, objectRef, responseStatus } = event;
  const text = JSON.stringify({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID,
    stage,
    requestURI,
    verb,
    user: userOf(user),
    ...(sourceIPs.length > 0 && { sourceIPs }),
    ...(userAgent && { userAgent: shortAgent(userAgent) }),
    ...(objectRef && { objectRef: referenceOf(objectRef) }),
    ...(responseStatus && { responseStatus: statusOf(responseStatus) }),
    ...(event.requestObject !== undefined && { requestObject: event.requestObject }),
    ...(event.responseObject !== undefined && { responseObject: event.responseObject }),
    requestReceivedTimestamp: microTime(event.receivedAt),
    stageTimestamp: microTime(event.stageAt),
    ...(Object.keys(event.annotations).length > 0 && { annotations: sorted(event.annotations) }),
  });
  return text.replace(unprintable, escaped);
}

function userOf(user: UserInfo | undefined): object {
  if (!user) return {};
  const { username, uid, groups, extra } = user;
  return {
    ...(username && { username }),
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(Object.keys(extra).length > 0 && { extra: sorted(extra) }),
  };
}

function referenceOf({ resource, namespace, name, uid, apiGroup, apiVersion, resourceVersion, subresource }: ObjectReference): object {
  const members = { resource, namespace, name, uid, apiGroup, apiVersion, resourceVersion, subresource };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value));
}

function statusOf({ status, message, reason, details, code }: ResponseStatus): object {
  return { metadata: {}, ...(status && { status }), ...(message && { message }), ...(reason && { reason }), details, code };
}

function shortAgent(agent: string): string {
  return agent.length > maxUserAgent ? `${agent.slice(0, maxUserAgent)}...TRUNCATED` : agent;
}

/** A map as Go writes it: by its keys. */
function sorted<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Kubernetes' MicroTime: UTC, to the microsecond. */
export function microTime(ms: number): string {
  const whole = Math.floor(ms);
  const micros = String(Math.floor((ms - whole) * 1000)).padStart(3, '0');
  return new Date(whole).toISOString().replace('Z', `${micros}Z`);
}

/** No text is longer than `most`, nor are there more than 100 of a kind. Annotations of policies go before the gateway's own. */
function withShortTexts(event: AuditEvent, most: number): AuditEvent {
  const { responseStatus, annotations, requestURI, userAgent, user, objectRef } = event;
  const short = (text: string): string => (text.length > most ? `${text.slice(0, most)}...TRUNCATED` : text);
  const each = (map: Readonly<Record<string, string>>) => Object.entries(map).map(([key, value]): [string, string] => [key, short(value)]);
  const { details: _, ...status } = responseStatus ?? { code: 0 };
  const own = Object.entries(annotations).sort(([a], [b]) => Number(isOwn(b)) - Number(isOwn(a)));
  return {
    ...event,
    requestURI: short(requestURI),
    userAgent: userAgent && short(userAgent),
    user: user && { username: short(user.username), uid: short(user.uid), groups: user.groups.slice(0, 100).map(short), extra: {} },
    objectRef: objectRef && Object.fromEntries(each(objectRef as Record<string, string>)),
    responseStatus: responseStatus && { ...status, ...(status.message && { message: short(status.message) }) },
    annotations: Object.fromEntries(own.slice(0, 100).map(([key, value]) => [short(key), ofWrites.has(key) ? value : short(value)])),
  };
}

function isOwn(key: string): boolean {
  return /^(?:tfjob-gateway|authorization\.k8s\.io|audit\.k8s\.io)\//.test(key);
}
