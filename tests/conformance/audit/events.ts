import { isDeepStrictEqual } from 'node:util';
import { comparable } from '../differential/twins.ts';
import type { Answer, Loose, Sending } from '../http.ts';
import type { Caller } from './callers.ts';

/** What one side answered, and the events that it told of it, each as it was printed. */
export interface Told {
  answer: Answer;
  lines: readonly string[];
  /** The job before, as this side has it. */
  live: Loose;
}
/** One request under one policy. */
export interface Asked {
  title: string;
  caller: Caller;
  sent: Sending;
  direct: Told;
  through: Told;
}
/** Where the events of the two sides differ; without a stage, which stages there are. */
export interface Difference {
  stage: string | undefined;
  field: string;
  direct: Loose;
  through: Loose;
}

const decision = 'authorization.k8s.io/decision';
const reason = 'authorization.k8s.io/reason';
const truncated = 'audit.k8s.io/truncated';
/** What no audit event of ours shows. */
const secretive = ['env', 'args', 'command'];

/** Members that are looked at for themselves, or that only one side may have to say. */
const apart = ['objectRef', 'responseStatus', 'requestObject', 'responseObject', 'annotations'];

/** What of an event both sides must tell alike, by its name. What is another on each side (times, ids, versions) is none of it. */
const fields: Record<string, (event: Loose, told: Told) => Loose> = {
  level: ({ level }) => level,
  requestURI: ({ requestURI }) => requestURI,
  verb: ({ verb }) => verb,
  user: ({ user }) => user,
  impersonatedUser: ({ impersonatedUser }) => impersonatedUser,
  sourceIPs: ({ sourceIPs }) => sourceIPs,
  userAgent: ({ userAgent }) => userAgent,
  objectRef: ({ objectRef }, { live }) => objectRef && withNames(objectRef, live),
  responseStatus: ({ responseStatus: status }) => status && { code: status.code, status: status.status, reason: status.reason },
  'requestObject is there': ({ requestObject }) => requestObject !== undefined,
  'responseObject is there': ({ responseObject }) => responseObject !== undefined,
  'managedFields are there': ({ requestObject, responseObject }) => [requestObject, responseObject].map(hasManagedFields),
  requestObject: ({ requestObject }) => requestObject && hidden(comparable(requestObject)),
  responseObject: ({ responseObject }) => responseObject && hidden(comparable(responseObject)),
  decision: ({ annotations }) => annotations?.[decision],
  reason: ({ annotations }) => annotations?.[reason],
  truncated: ({ annotations }) => annotations?.[truncated],
  members: (event) => Object.keys(event).filter((name) => !apart.includes(name)),
  'annotations are sorted': ({ annotations }) => isDeepStrictEqual(Object.keys(annotations ?? {}), Object.keys(annotations ?? {}).sort()),
};

/** All differences of what both sides told of a request. */
export function differencesOf({ direct, through }: Asked): Difference[] {
  const [theirs, ours] = [direct, through].map(({ lines }) => lines.map((line) => JSON.parse(line))) as [Loose[], Loose[]];
  const found: Difference[] = [];
  const compare = (field: string, stage: string | undefined, a: Loose, b: Loose) => {
    if (!isDeepStrictEqual(a, b)) found.push({ field, stage, direct: a, through: b });
  };
  const stagesOf = (events: Loose[]) => events.map(({ stage }) => stage);
  compare('stages', undefined, stagesOf(theirs), stagesOf(ours));
  for (const their of theirs) {
    const our = ours.find(({ stage }) => stage === their.stage);
    if (!our) continue;
    for (const [name, read] of Object.entries(fields)) compare(name, their.stage, read(their, direct), read(our, through));
    compare('order', their.stage, orderOf(their, our), orderOf(our, their));
  }
  return found;
}

/** An object's reference, in which what is the live job's own on this side has a name. */
function withNames({ uid, resourceVersion, ...rest }: Loose, { metadata }: Loose): Loose {
  const named = (value: string | undefined, own: string, name: string) => (value === own ? name : value);
  return { ...rest, uid: named(uid, metadata.uid, 'live'), resourceVersion: named(resourceVersion, metadata.resourceVersion, 'live') };
}

/** Whether an object or one that it holds has managed fields. */
export function hasManagedFields(object: Loose): boolean {
  return JSON.stringify(object ?? null).includes('"managedFields":[');
}

/** An object without what no event of ours shows. */
export function hidden(value: Loose): Loose {
  if (Array.isArray(value)) return value.map(hidden);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, secretive.includes(name) ? 'not shown' : hidden(member)]));
}

/** In which order an event and what it is made of were printed, of the members that the other side's event has as well. */
function orderOf(event: Loose, other: Loose): string[][] {
  const common = (one: Loose, another: Loose) => Object.keys(one ?? {}).filter((name) => Object.hasOwn(another ?? {}, name));
  const ofParts = ['user', 'objectRef', 'responseStatus'].map((part) => common(event[part], other[part]));
  return [common(event, other), ...ofParts, common(event.responseStatus?.details, other.responseStatus?.details)];
}
