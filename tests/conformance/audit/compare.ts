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
  order: (event) => orderOf(event),
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
    if (our) for (const [name, read] of Object.entries(fields)) compare(name, their.stage, read(their, direct), read(our, through));
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

/** What must hold on each side alone: the end is told as it was answered, and times and their order are as they must be. */
function mistakesOf({ answer, lines }: Told, side: string): string[] {
  const events = lines.map((line) => JSON.parse(line));
  const wrong = events.flatMap((event) => (isTimely(event) ? [] : [`${side}: the times of ${event.stage} are wrong`]));
  const told = events.find(({ stage }) => stage === 'ResponseComplete')?.responseStatus;
  if (told && told.code !== answer.status) wrong.push(`${side}: answered ${answer.status}, told ${told.code}`);
  if (told && answer.body?.kind === 'Status' && answer.status >= 300) {
    const { message, details, reason: why } = answer.body;
    if (!isDeepStrictEqual([told.message, told.details, told.reason], [message, details, why]))
      wrong.push(`${side}: told another Status than was answered: ${shortly(told)}, ${shortly(answer.body)}`);
  }
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

/** The names of the members of an event and of what it is made of, as they were printed. */
function orderOf({ user, objectRef, responseStatus, annotations, ...event }: Loose): Loose {
  const namesOf = (value: Loose) => Object.keys(value ?? {});
  const keys = namesOf(annotations);
  return {
    event: namesOf(event),
    user: namesOf(user),
    objectRef: namesOf(objectRef).filter((name) => name !== 'uid' && name !== 'resourceVersion'),
    responseStatus: namesOf(responseStatus),
    details: namesOf(responseStatus?.details),
    annotations: isDeepStrictEqual(keys, [...keys].sort()),
  };
}

const shortly = (value: Loose): string => JSON.stringify(value)?.slice(0, 700) ?? 'none';
