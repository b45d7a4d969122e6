import { isDeepStrictEqual } from 'node:util';
import { comparable } from '../differential/twins.ts';
import type { Loose } from '../http.ts';
import { type Asked, type Difference, hasManagedFields, hidden, type Told } from './events.ts';

/** A difference from kube-apiserver's audit log that is meant. One that no request shows any more fails the suite. */
interface Meant {
  id: string;
  reason: string;
  holds(difference: Difference, asked: Asked): boolean;
}

type Holds = Meant['holds'];
const endOf = ({ lines }: Told): Loose => lines.map((line) => JSON.parse(line)).find(({ stage }) => stage === 'ResponseComplete');
const ruleOf = (told: Told): string | undefined => endOf(told)?.annotations['tfjob-gateway/rule'];
const without = (stages: readonly string[], omitted: string) => stages.filter((stage) => stage !== omitted);
const pathOf = ({ sent }: Asked) => sent.path.replace(/\?.*/, '');
const isReview = (asked: Asked) => /^\/apis\/auth(?:entic|oriz)ation\.k8s\.io\//.test(pathOf(asked));
/** Both answers, as far as two clusters share them. */
const answersOf = ({ direct, through }: Asked) => [direct, through].map(({ answer: { status, body } }) => [status, comparable(body)]);
const answersDiffer = (asked: Asked) => !isDeepStrictEqual(...(answersOf(asked) as [Loose, Loose]));
const answersDifferIn = (asked: Asked, another: boolean) => another || asked.direct.answer.status !== asked.through.answer.status;
/** Rules that refuse before anybody is asked whether the caller may. */
const before = ['caller', 'impersonation', 'path', 'method'];

/** What was answered otherwise: that each side's event tells its own answer compare.ts sees to. */
const answeredOtherwise: Holds = ({ field, direct, through }, asked) => {
  if (field === 'responseStatus') return asked.direct.answer.status !== asked.through.answer.status || direct?.reason !== through?.reason;
  if (field === 'managedFields are there') {
    const [theirs, ours] = [asked.direct, asked.through].map(({ answer }) => hasManagedFields(answer.body));
    // A HEAD is answered without a body.
    const isToldSo = asked.sent.method === 'HEAD' || (direct[1] === theirs && through[1] === ours);
    return direct[0] === through[0] && answersDifferIn(asked, theirs !== ours) && isToldSo;
  }
  return ['responseObject', 'responseObject is there'].includes(field) && answersDiffer(asked);
};

/** What the gateway could parse and kube-apiserver refused before it had an object. */
const shownThoughRefused: Holds = ({ field, direct, through }, { sent, through: { answer } }) => {
  if (answer.status < 400 || !/^requestObject|^managedFields/.test(field)) return false;
  if (field === 'requestObject') return direct === undefined && isDeepStrictEqual(through, hidden(comparable(sentObject(sent.body))));
  return field === 'requestObject is there' ? through : !direct[0] && through[0] && direct[1] === through[1];
};

const sentObject = (body: Loose): Loose => (typeof body === 'string' ? JSON.parse(body) : body);

/** Another reference than that of kube-apiserver in nothing but what more is known of the job. */
const knowsMore: Holds = ({ field, direct, through }) => {
  if (field !== 'objectRef' || !direct || !through) return false;
  const { uid, resourceVersion, ...rest } = through;
  const { uid: theirUid, resourceVersion: theirVersion, ...theirs } = direct;
  const isOurs = (our: Loose, their: Loose) => (their === undefined ? true : our === their);
  return (
    isDeepStrictEqual(rest, theirs) && isOurs(uid, theirUid) && isOurs(resourceVersion, theirVersion) && [undefined, 'live'].includes(uid)
  );
};

const rebuilt: Holds = ({ field, direct, through }) => {
  if (field !== 'requestURI') return false;
  const [[path, query], [ourPath, ourQuery]] = [direct.split('?'), through.split('?')];
  return path === ourPath && isDeepStrictEqual([...new URLSearchParams(query)], [...new URLSearchParams(ourQuery)]);
};

export const meant: readonly Meant[] = [
  {
    id: 'nobody is told of as others are',
    reason:
      'Of a caller whom it does not know kube-apiserver tells ResponseStarted alone; we tell that he was received, and what he was answered.',
    holds: ({ field, direct, through }, { caller }) =>
      caller === 'nobody' && field === 'stages' && without(direct, 'ResponseStarted').length === 0 && !through.includes('ResponseStarted'),
  },
  {
    id: 'nothing is watched',
    reason: 'A watch is refused here, so no answer starts long before it is complete.',
    holds: ({ field, direct, through }, { sent: { path } }) =>
      /[?&]watch=|\/watch\//.test(path) && field === 'stages' && isDeepStrictEqual(without(direct, 'ResponseStarted'), through),
  },
  {
    id: 'nothing is dropped',
    reason: 'An event that is too large without its objects as well kube-apiserver drops; we cut what is long in it.',
    holds: ({ field, direct, through }, asked) =>
      field === 'stages' && asked.direct.answer.text.length > 100_000 && isDeepStrictEqual(direct, without(through, 'ResponseComplete')),
  },
  {
    id: 'every answer is shown',
    reason: 'kube-apiserver writes some documents past what tells of them.',
    holds: ({ field, direct, through }, asked) =>
      /^\/(?:version|openapi)\b/.test(pathOf(asked)) &&
      (field === 'responseObject' ? direct === undefined : field === 'responseObject is there' && through),
  },
  {
    id: 'a refusal is told in full',
    reason: 'Where it cannot answer in the form that is asked for, kube-apiserver tells the code alone.',
    holds: ({ field, direct, through }, asked) =>
      endOf(asked.direct)?.responseStatus.status === undefined &&
      asked.direct.answer.body?.kind === 'Status' &&
      ((field === 'responseStatus' && direct.code === through.code) || (/^responseObject/.test(field) && !direct)),
  },
  {
    id: 'what was answered otherwise is told otherwise',
    reason: 'Where the gateway is meant to answer otherwise (differential/meant.ts), its event tells what it answered.',
    holds: answeredOtherwise,
  },
  {
    id: 'refused before authorization',
    reason:
      'A path, a method or an impersonation that is not served is refused before anybody asks whether the caller may: there is no decision.',
    holds: ({ field, through }, asked) =>
      ['decision', 'reason'].includes(field) && through === undefined && before.includes(ruleOf(asked.through) ?? ''),
  },
  {
    id: 'everybody may discover',
    reason: 'What an API server allows by its own roles (discovery, reviews of oneself) needs no role here.',
    holds: ({ field, direct, through }) =>
      field === 'reason' && through === '' && direct?.startsWith('RBAC: allowed by ClusterRoleBinding "system:') === true,
  },
  {
    id: 'no value of an unknown parameter',
    reason: 'A parameter that Kubernetes does not know may be a signature or a token.',
    holds: ({ field, direct, through }) =>
      field === 'requestURI' && /\?(?:unknown|a)=/.test(direct) && through === direct.replace(/=.*/, '=not-shown'),
  },
  {
    id: 'a query is written anew',
    reason: 'API Gateway REST hands on what it has decoded; we write it as Go’s clients do, so of kubectl it is what was sent.',
    holds: rebuilt,
  },
  {
    id: 'no address out of a header',
    reason: 'The caller’s address is what API Gateway saw; headers can say anything.',
    holds: ({ field, direct, through }) => field === 'sourceIPs' && direct.length > 1 && isDeepStrictEqual(through, direct.slice(-1)),
  },
  {
    id: 'the live job is referred to',
    reason:
      'Of a patch, and of a refusal, we tell the uid and the version that was live or that the patch insists on, where they are known.',
    holds: knowsMore,
  },
  {
    id: 'what was refused is shown',
    reason: 'kube-apiserver shows no object that it could not take for one of its kind; we show what could be parsed.',
    holds: shownThoughRefused,
  },
  {
    id: 'a review is shown as it was posted',
    reason: 'kube-apiserver shows it with what it adds when it reads one: metadata and an empty status.',
    holds: ({ field, direct, through }, asked) =>
      isReview(asked) &&
      field === 'requestObject' &&
      isDeepStrictEqual(through, asked.sent.body) &&
      isDeepStrictEqual({ ...direct, metadata: undefined, status: undefined }, { ...through, metadata: undefined, status: undefined }),
  },
];

/** The ids of the meant differences that a request has shown. */
export const shown = new Set<string>();

/** Whether a difference is meant. */
export function explains(asked: Asked, difference: Difference): boolean {
  const entry = meant.find(({ holds }) => holds(difference, asked));
  if (entry) shown.add(entry.id);
  return entry !== undefined;
}
