import { isDeepStrictEqual } from 'node:util';
import { causes, comparable, type Difference, type Outcome } from './twins.ts';

/** A difference from the API server that is meant. One that no request shows any more fails the suite. */
export interface Meant {
  id: string;
  reason: string;
  /** Whether an outcome shows exactly this, with everything that must hold then. */
  holds(outcome: Outcome, differences: readonly Difference[]): boolean;
}

const only = (differences: readonly Difference[], ...allowed: Difference[]) => differences.every((name) => allowed.includes(name));
const codes = ({ answers }: Outcome) => [answers.direct.status, answers.through.status] as const;
const isCodes = (outcome: Outcome, direct: number, through: number) => isDeepStrictEqual(codes(outcome), [direct, through]);
/** The gateway's twin is the very object that it was. */
export const untouched = ({ before, stored }: Outcome) => isDeepStrictEqual(before.through, stored.through);

const fieldOf = (cause: string) => cause.split(': ')[0];
/** The gateway names nothing that the API server does not, and misses nothing but causes that have no field of their own. */
function sameFields({ answers }: Outcome): boolean {
  const [direct, through] = [causes(answers.direct), causes(answers.through)];
  const named = new Set(through.map(fieldOf));
  return through.length > 0 && direct.every((cause) => named.has(fieldOf(cause)) || cause.startsWith('<nil>'));
}

export const meant: Meant[] = [
  {
    id: 'dry runs are made here',
    reason: 'dryRun=All answers the object that would be sent, without what the server would add at the write: generation, and (a slip of its own) a selfLink.',
    holds: (outcome, differences) => {
      if (!outcome.title.includes('dryRun=All') || !only(differences, 'body') || !isCodes(outcome, 200, 200)) return false;
      const [direct, through] = [outcome.answers.direct, outcome.answers.through].map(({ body }) => comparable(body));
      through.metadata.generation = direct.metadata.generation;
      delete direct.metadata.selfLink;
      return isDeepStrictEqual(direct, through) && untouched(outcome);
    },
  },
  {
    id: 'decoding errors in own words',
    reason: 'The server quotes the message of its decoder, which names Go types; ours names the field.',
    holds: (outcome, differences) =>
      only(differences, 'words') && isCodes(outcome, 400, 400) && /cannot be handled as|unrecognized/.test(outcome.answers.direct.body.message),
  },
  {
    id: 'a patch that breaks the metadata is not quoted',
    reason: 'The server puts the whole patched job, environment included, into its message; ours names the field.',
    holds: (outcome, differences) =>
      only(differences, 'words') && isCodes(outcome, 422, 422) && isDeepStrictEqual(causes(outcome.answers.through), ['patch: FieldValueInvalid']),
  },
  {
    id: 'wrong types in own words',
    reason: 'The server tells a wrong type of a field up to three times (its type, its format without a field, its enumeration); ours once.',
    holds: (outcome, differences) =>
      only(differences, 'causes', 'words') &&
      isCodes(outcome, 422, 422) &&
      causes(outcome.answers.through).some((cause) => cause.endsWith('FieldValueTypeInvalid')) &&
      sameFields(outcome),
  },
  {
    id: 'beyond int32 with its field',
    reason: 'Of a number beyond int32 the server says no field; ours names the field and the limit.',
    holds: (outcome, differences) =>
      only(differences, 'causes', 'words') && isCodes(outcome, 422, 422) && /format int32/.test(outcome.answers.direct.body.message) && sameInt32(outcome),
  },
];

function sameInt32(outcome: Outcome): boolean {
  const limit = (outcome.answers.through.body.details.causes as { message: string }[]).some(({ message }) => message.endsWith('equal to 2147483647'));
  return limit && sameFields(outcome);
}

/** Which entries an outcome has shown; the suite asks at its end for those that none has. */
export const shown = new Set<string>();

/** The meant difference that explains an outcome, or undefined. */
export function explanation(outcome: Outcome, differences: readonly Difference[]): Meant | undefined {
  const found = meant.find((entry) => entry.holds(outcome, differences));
  if (found) shown.add(found.id);
  return found;
}
