import { isDeepStrictEqual } from 'node:util';
import type { Loose } from '../http.ts';
import type { Asked, Difference, Told } from './compare.ts';

/** A difference from kube-apiserver's audit log that is meant. One that no request shows any more fails the suite. */
interface Meant {
  id: string;
  reason: string;
  holds(difference: Difference, asked: Asked): boolean;
}

const statusOf = ({ answer: { status, body } }: Told) => ({ status, reason: status < 300 ? undefined : body?.reason });
/** Whether the two have not answered the same; the parts differential and admission say where they may. */
const answersDiffer = ({ direct, through }: Asked) => !isDeepStrictEqual(statusOf(direct), statusOf(through));
const noteOf = ({ lines }: Told, name: string): Loose => {
  const end = lines.map((line) => JSON.parse(line)).find(({ stage }) => stage === 'ResponseComplete');
  return end?.annotations?.[`tfjob-gateway/${name}`];
};
/** Rules that refuse before anybody is asked whether the caller may. */
const before = ['caller', 'impersonation', 'path', 'method'];
const onlyOf = (stages: readonly string[], omitted: string) => stages.filter((stage) => stage !== omitted);

export const meant: readonly Meant[] = [
  {
    id: 'who is nobody',
    reason: 'Of a request whose caller is unknown kube-apiserver tells ResponseStarted alone. We tell it as any other: received, and complete.',
    holds: ({ field, direct, through }, { caller }) =>
      caller === 'nobody' && field === 'stages' && onlyOf(direct, 'ResponseStarted').length === 0 && !through.includes('ResponseStarted'),
  },
  {
    id: 'no watch',
    reason: 'Nothing is watched here, so nothing is long-running and no answer starts before it is complete.',
    holds: ({ field, direct, through }, { sent: { path } }) =>
      /[?&]watch=|\/watch\//.test(path) && field === 'stages' && isDeepStrictEqual(onlyOf(direct, 'ResponseStarted'), through),
  },
];

/** The ids of the meant differences that a request has shown. */
export const shown = new Set<string>();

/** Whether a difference is meant. */
export function explains(asked: Asked, difference: Difference): boolean {
  const entry = meant.find((one) => one.holds(difference, asked));
  if (entry) shown.add(entry.id);
  return entry !== undefined;
}
