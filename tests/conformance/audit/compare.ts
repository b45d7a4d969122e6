import { isDeepStrictEqual } from 'node:util';
import { comparable } from '../differential/twins.ts';
import type { Answer, Loose, Sending } from '../http.ts';
import type { Caller } from './callers.ts';
import { explains } from './meant.ts';

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

/** What is wrong with what was told of a request, or undefined where both told the same, or differ as they are meant to. */
export function compareTold(asked: Asked): string | undefined {
  const wrong = [...mistakesOf(asked.direct, 'direct'), ...mistakesOf(asked.through, 'through')];
  const unexplained = differencesOf(asked).filter((difference) => !explains(asked, difference));
  const shown = unexplained.map(
    ({ stage = '', field, direct, through }) => `${stage} ${field}: ${shortly(direct)} directly, ${shortly(through)} through the gateway`,
  );
  return [...wrong, ...shown].join('\n') || undefined;
}

/** What must hold on each side alone: times and their order are as they must be, and the end is told as it was answered. */
function mistakesOf({ answer, lines }: Told, side: 'direct' | 'through'): string[] {
  const events: Loose[] = lines.map((line) => JSON.parse(line));
  const wrong = events.flatMap((event) => (isTimely(event) ? [] : [`${side}: the times of ${event.stage} are wrong`]));
  const end = events.find(({ stage }) => stage === 'ResponseComplete');
  if (end && end.responseStatus.code !== answer.status) wrong.push(`${side}: answered ${answer.status}, told ${end.responseStatus.code}`);
  return side === 'through' && end ? [...wrong, ...notAsAnswered(answer, end)] : wrong;
}

/** Where the gateway has told another Status or object than it has answered. */
function notAsAnswered({ status, body, headers }: Answer, { responseStatus: told, responseObject: object }: Loose): string[] {
  const wrong: string[] = [];
  const { message, details, reason: why } = body ?? {};
  if (status >= 300 && body && !isDeepStrictEqual([told.message, told.details, told.reason], [message, details, why]))
    wrong.push(`another Status was told than was answered: ${shortly(told)}, ${shortly(body)}`);
  const isJson = headers['content-type']?.includes('json');
  if (object && isJson && !isDeepStrictEqual(hidden(comparable(object)), hidden(comparable(body))))
    wrong.push(`another object was told than was answered: ${shortly(object)}, ${shortly(body)}`);
  return wrong;
}

function isTimely({ requestReceivedTimestamp: received, stageTimestamp: at, stage }: Loose): boolean {
  const isTime = (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text);
  return isTime(received) && isTime(at) && (stage === 'RequestReceived' ? at === received : at >= received);
}

/** An object's reference, in which what is the live job's own on this side has a name. */
function withNames({ uid, resourceVersion, ...rest }: Loose, { metadata }: Loose): Loose {
  const named = (value: string | undefined, own: string, name: string) => (value === own ? name : value);
  return { ...rest, uid: named(uid, metadata.uid, 'live'), resourceVersion: named(resourceVersion, metadata.resourceVersion, 'live') };
}

function hasManagedFields(object: Loose): boolean {
  return JSON.stringify(object ?? null).includes('"managedFields":[');
}

/** An object without what no event of ours shows. */
function hidden(value: Loose): Loose {
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

const shortly = (value: Loose): string => JSON.stringify(value)?.slice(0, 700) ?? 'none';
