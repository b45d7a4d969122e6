import { isDeepStrictEqual } from 'node:util';
import type { Loose } from '../http.ts';
import type { Asked, Difference, Said } from './compare.ts';

/** A difference from the API server that is meant. One that no request shows any more fails the suite. */
interface Meant {
  id: string;
  reason: string;
  /** Whether an outcome shows exactly this, with everything that must hold then. */
  holds(asked: Asked, differences: readonly Difference[], manifests: readonly Loose[]): boolean;
}

const only = (differences: readonly Difference[], ...allowed: Difference[]) => differences.every((name) => allowed.includes(name));
const untouched = ({ before, stored }: Asked) => isDeepStrictEqual(before.through, stored.through);
const isDenied = ({ message }: Said) =>
  / is forbidden: ValidatingAdmissionPolicy '.*' with binding '.*' denied request/.test(message ?? '');
const causesOf = ({ details }: Said): string[] => (details.causes ?? []).map(({ message }: Loose) => message);
const asciiOf = (text: string) => text.replace(/[^\x20-\x7e]/gu, (character) => '?'.repeat(character.length));
/** A warning or a denial without what an expression said. */
const withoutMessage = (text: string) => text.replace(/(with binding '[^']+'(?: denied request)?): [\s\S]*$/, '$1');

const asciiWarnings = 'warnings in ASCII';

export const meant: Meant[] = [
  {
    id: 'all that deny are told',
    reason: 'The API server tells one denial, of no order; ours go by name, the first is the message, and each is a cause.',
    holds: (asked, differences, manifests) => {
      const { direct, through } = asked;
      if (!only(differences, 'status', 'reason', 'message', 'details') || !isDenied(direct) || !isDenied(through)) return false;
      const [theirs = '', ours] = [causesOf(direct)[0], causesOf(through)];
      return (
        ours.length > 1 && ours.includes(theirs) && hasReason(direct, theirs, manifests) && isOurFirst(asked, theirs) && untouched(asked)
      );
    },
  },
  {
    id: 'nothing that changes nothing is judged',
    reason: 'What a request leaves as it is, is not written, so there is nothing to admit.',
    holds: (asked) => {
      const { direct, through } = asked;
      return (
        (isDenied(direct) || direct.warnings.length > 0) &&
        through.status === 200 &&
        through.warnings.length === 0 &&
        untouched(asked) &&
        isSameJob(asked)
      );
    },
  },
  {
    id: 'what no caller may change is refused before',
    reason: 'The gateway lets five fields be changed, whatever the policies say of others.',
    holds: (asked) =>
      asked.title.includes('an image') &&
      asked.through.status === 403 &&
      /an image|image/.test(asked.through.message ?? '') &&
      !isDenied(asked.through) &&
      untouched(asked),
  },
  {
    id: 'no values to whoever may not read',
    reason:
      'Whoever may change a job and may not get it is told which policy denied or warned, and not with what words; of a success, the identity.',
    holds: (asked) => asked.caller === 'dan' && toldWithoutValues(asked),
  },
  {
    id: asciiWarnings,
    reason: 'API Gateway hands on no other characters in a header, so each is a question mark.',
    // It may come with any of the others, so withAsciiWarnings takes it away before they are asked.
    holds: () => false,
  },
  {
    id: 'dry runs are made here',
    reason: 'A dry run answers the object that would be sent, without what the server adds at the write: generation, and a selfLink.',
    holds: ({ title, direct, through }, differences) => {
      if (!title.includes('dryRun=All') || !only(differences, 'body')) return false;
      const { selfLink, generation, ...metadata } = direct.body.metadata;
      const { generation: _, ...ours } = through.body.metadata;
      return isDeepStrictEqual({ ...direct.body, metadata }, { ...through.body, metadata: ours });
    },
  },
];

/** The same with the API server's warnings in ASCII, if that is how the gateway tells them. */
export function withAsciiWarnings(asked: Asked): Asked {
  const warnings = asked.direct.warnings.map(asciiOf).sort();
  if (isDeepStrictEqual(asked.direct.warnings, warnings) || !isDeepStrictEqual(asked.through.warnings, warnings)) return asked;
  shown.add(asciiWarnings);
  return { ...asked, direct: { ...asked.direct, warnings } };
}

/** The reason is one that the policy gives. */
function hasReason({ reason, status }: Said, cause: string, manifests: readonly Loose[]): boolean {
  const name = /^ValidatingAdmissionPolicy '([^']+)'/.exec(cause)?.[1];
  const { spec } = manifests.find(({ kind, metadata }) => kind === 'ValidatingAdmissionPolicy' && metadata.name === name) ?? {};
  const reasons = new Set<string>(['Invalid', ...(spec?.validations ?? []).map(({ reason: one = 'Invalid' }: Loose) => one)]);
  const codes: Record<string, number> = { Invalid: 422, Forbidden: 403, RequestEntityTooLarge: 413 };
  return reason !== undefined && reasons.has(reason) && codes[reason] === status;
}

/** Where the API server tells the one that we tell first, all but the causes is the same. */
function isOurFirst({ direct, through }: Asked, theirs: string): boolean {
  if (causesOf(through)[0] !== theirs) return true;
  return direct.status === through.status && direct.reason === through.reason && direct.message === through.message;
}

function isSameJob({ before, through }: Asked): boolean {
  const { name, namespace } = before.through.metadata;
  return through.body.metadata.name === name && (through.body.metadata.namespace ?? namespace) === namespace;
}

const fieldsOf = ({ details }: Said): string[] => (details.causes ?? []).map(({ reason, field }: Loose) => `${field}: ${reason}`);

/** What of a job the caller is told who may not get it: no template, no status. */
function hasIdentityAlone({ spec = {}, status }: Loose): boolean {
  return status === undefined && !Object.keys(spec).some((name) => name.endsWith('ReplicaSpecs'));
}

function toldWithoutValues(asked: Asked): boolean {
  const { direct, through } = asked;
  if (!isDeepStrictEqual(direct.warnings.map(withoutMessage).sort(), through.warnings)) return false;
  if (direct.status < 300) return through.status === direct.status && hasIdentityAlone(through.body);
  if (direct.reason === 'Invalid' && !isDenied(direct))
    return through.reason === 'Invalid' && isDeepStrictEqual(fieldsOf(direct), fieldsOf(through));
  const ours = causesOf(through);
  return (
    isDenied(direct) &&
    isDenied(through) &&
    causesOf(direct)
      .map(withoutMessage)
      .every((cause) => ours.includes(cause)) &&
    untouched(asked)
  );
}

/** Which entries an outcome has shown. */
export const shown = new Set<string>();

/** The meant difference that explains an outcome, or undefined. */
export function explanation(asked: Asked, differences: readonly Difference[], manifests: readonly Loose[]): Meant | undefined {
  const found = meant.find((entry) => entry.holds(asked, differences, manifests));
  if (found) shown.add(found.id);
  return found;
}
