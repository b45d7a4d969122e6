import { isDeepStrictEqual } from 'node:util';
import { comparable } from '../differential/twins.ts';
import type { Answer, Loose } from '../http.ts';
import { type Asked, differencesOf, hidden, type Told } from './events.ts';
import { explains } from './meant.ts';

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
function notAsAnswered({ status, body }: Answer, { responseStatus: told, responseObject: object }: Loose): string[] {
  const wrong: string[] = [];
  const { message, details, reason: why } = body ?? {};
  if (status >= 300 && body && !isDeepStrictEqual([told.message, told.details, told.reason], [message, details, why]))
    wrong.push(`another Status was told than was answered: ${shortly(told)}, ${shortly(body)}`);
  // To a HEAD there is none, and another form than JSON is not read here.
  if (object && body && !isDeepStrictEqual(hidden(comparable(object)), hidden(comparable(body))))
    wrong.push(`another object was told than was answered: ${shortly(object)}, ${shortly(body)}`);
  return wrong;
}

function isTimely({ requestReceivedTimestamp: received, stageTimestamp: at, stage }: Loose): boolean {
  const isTime = (text: string) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text);
  return isTime(received) && isTime(at) && (stage === 'RequestReceived' ? at === received : at >= received);
}

const shortly = (value: Loose): string => JSON.stringify(value)?.slice(0, 700) ?? 'none';
