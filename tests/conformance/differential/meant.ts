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

const keyless = (cause: string) => cause.replace(/^(metadata\.(?:labels|annotations))\[.*\](?=: )/s, '$1');
const fieldOf = (cause: string) => keyless(cause).split(': ')[0];
/** The gateway names nothing that the API server does not, and misses nothing but causes that have no field of their own. */
function sameFields({ answers }: Outcome): boolean {
  const [direct, through] = [causes(answers.direct), causes(answers.through)];
  const named = new Set(through.map(fieldOf));
  return through.length > 0 && direct.every((cause) => named.has(fieldOf(cause)) || cause.startsWith('<nil>'));
}

export const meant: Meant[] = [
  {
    id: 'dry runs are made here',
    reason:
      'dryRun=All answers the object that would be sent, without what the server would add at the write: generation, and (a slip of its own) a selfLink.',
    holds: (outcome, differences) => {
      if (!outcome.title.includes('dryRun=All') || !only(differences, 'body') || !isCodes(outcome, 200, 200)) return false;
      const [direct, through] = [outcome.answers.direct, outcome.answers.through].map(({ body }) => comparable(body));
      through.metadata.generation = direct.metadata.generation;
      delete direct.metadata.selfLink;
      return isDeepStrictEqual(direct, through) && untouched(outcome);
    },
  },
  {
    id: 'bad requests in own words',
    reason: "The server quotes its parsers, which name Go's types or the request's bytes; ours says what is wrong and where.",
    holds: (outcome, differences) => only(differences, 'words', 'causes') && isCodes(outcome, 400, 400),
  },
  {
    id: 'labels by their keys',
    reason: 'The server names the map that a wrong label or annotation is in; ours names the key as well, so that it can be found.',
    holds: ({ answers, ...outcome }, differences) =>
      only(differences, 'causes') &&
      isCodes({ answers, ...outcome }, 422, 422) &&
      isDeepStrictEqual([...new Set(causes(answers.through).map(keyless))].sort(), causes(answers.direct)),
  },
  {
    id: 'a conflict names the version',
    reason: 'Of a stale resourceVersion the server says only that it is one; ours names the live one, as a cause.',
    holds: (outcome, differences) =>
      only(differences, 'causes', 'words') &&
      isCodes(outcome, 409, 409) &&
      isDeepStrictEqual(causes(outcome.answers.through), ['metadata.resourceVersion: FieldValueInvalid']),
  },
  {
    id: 'fewer media types',
    reason: 'The lists in 406 and 415 name what is served here: no protobuf, no apply patches, no single PartialObjectMetadata of a list.',
    holds: (outcome, differences) => only(differences, 'words') && (isCodes(outcome, 406, 406) || isCodes(outcome, 415, 415)),
  },
  {
    id: 'no server-side apply',
    reason: 'An apply patch owns fields and removes them later: 415, as kubectl understands.',
    holds: (outcome) => outcome.title.includes('application/apply-patch') && outcome.answers.through.status === 415 && untouched(outcome),
  },
  {
    id: 'other names of YAML',
    reason: 'text/yaml and application/x-yaml are read as a convenience.',
    holds: (outcome) => outcome.title.includes('text/yaml') && isCodes(outcome, 415, 200),
  },
  {
    id: 'without a resourceVersion',
    reason: 'A PUT without one (or with "" or "0") means "whatever the version", and is settled here.',
    holds: (outcome) => /must be specified for an update/.test(outcome.answers.direct.text) && isCodes(outcome, 422, 200),
  },
  {
    id: 'a resourceVersion that is no number',
    reason: 'The server fails on it (500); it is the mistake of the caller.',
    holds: (outcome) =>
      /strconv\.ParseUint/.test(outcome.answers.direct.text) && (isCodes(outcome, 500, 400) || isCodes(outcome, 500, 422)),
  },
  {
    id: 'unknown fields are refused',
    reason: 'The server drops them with a warning; to the gateway they are a change that cannot be made.',
    holds: (outcome) => /nope|an unknown field/.test(outcome.title) && isCodes(outcome, 200, 403) && untouched(outcome),
  },
  {
    id: 'a fieldManager in own words',
    reason: 'The server quotes the unprintable character.',
    holds: (outcome, differences) =>
      only(differences, 'words') && causes(outcome.answers.through).some((cause) => cause.startsWith('fieldManager:')),
  },
  {
    id: 'null is no JSON patch',
    reason: 'Go reads null as an empty list; RFC 6902 wants a list.',
    holds: (outcome) => outcome.request.endsWith(' null') && isCodes(outcome, 200, 400) && untouched(outcome),
  },
  {
    id: 'no watch',
    reason: 'A Lambda cannot hold a request open: 405 and a sentence that says what to do.',
    holds: (outcome) => /watch=(true|1)/.test(outcome.title) && isCodes(outcome, 200, 405),
  },
  {
    id: 'no negative limit',
    reason: 'The server takes a negative limit for none; nobody means that.',
    holds: (outcome) => outcome.title.includes('limit=-1') && isCodes(outcome, 200, 400),
  },
  {
    id: 'a patch without an apiVersion',
    reason: 'The server fails on it (500); it is the mistake of the caller.',
    holds: (outcome) => /no apiVersion field/.test(outcome.answers.direct.text) && isCodes(outcome, 500, 422),
  },
  {
    id: 'names that cannot be',
    reason: 'Nothing can have such a name, so the path is 404 and the server is not asked.',
    holds: (outcome) =>
      /A_b|a name that cannot be/.test(outcome.title) &&
      outcome.answers.through.status === 404 &&
      [200, 404].includes(outcome.answers.direct.status),
  },
  {
    id: 'one YAML document',
    reason: 'The server reads the first document and drops the others without a word; whoever sends two means two.',
    holds: (outcome) => outcome.title === 'YAML: a second document' && isCodes(outcome, 200, 400) && untouched(outcome),
  },
  {
    id: 'no binary in YAML',
    reason: 'The tag !!binary, which nobody writes in a job, is not read.',
    holds: (outcome) => outcome.request.includes('!!binary') && isCodes(outcome, 200, 400) && untouched(outcome),
  },
  {
    id: 'details of the URL',
    reason: "Of another kind or apiVersion the server puts the data's own group and kind into the details (nothing at all under Strict).",
    holds: (outcome, differences) => {
      const { direct, through } = outcome.answers;
      const nameless = outcome.title.includes('Strict') && isDeepStrictEqual(causes(direct), ['patch: FieldValueInvalid']);
      const alike = only(differences, 'details') || (nameless && only(differences, 'details', 'causes', 'words'));
      return alike && isCodes(outcome, 422, 422) && /^(kind|apiVersion): /.test(causes(through)[0] ?? '');
    },
  },
  {
    id: 'no delete, no create',
    reason: 'Jobs are made and ended elsewhere: 405.',
    holds: (outcome) => /^(DELETE|POST) /.test(outcome.title) && outcome.answers.through.status === 405 && untouched(outcome),
  },
  {
    id: 'one spelling of a path',
    reason: 'A policy of the caller has judged the path as sent, so what is acted on must be written like that: 404.',
    holds: (outcome) => outcome.title.includes('under another spelling') && isCodes(outcome, 200, 404) && untouched(outcome),
  },
  {
    id: 'no subresources',
    reason: 'status is written by an operator, and scale is not allowed here: both paths are 404.',
    holds: (outcome) => /of its (status|scale)/.test(outcome.title) && outcome.answers.through.status === 404 && untouched(outcome),
  },
  {
    id: 'a Status for every path',
    reason: 'The server answers an unknown path in plain text; every answer of the gateway is a Status.',
    holds: (outcome) =>
      isCodes(outcome, 404, 404) &&
      outcome.answers.direct.text === '404 page not found\n' &&
      outcome.answers.through.body?.kind === 'Status',
  },
  {
    id: 'force means nothing here',
    reason: 'It is a parameter of apply patches, which are not served, and is ignored as all others are.',
    holds: (outcome) => outcome.title.includes('?force=true') && isCodes(outcome, 422, 200),
  },
  {
    id: 'parameters that mean nothing here',
    reason: 'What the gateway does not know of a query is ignored and not passed on.',
    holds: (outcome) => outcome.title.includes('sendInitialEvents') && isCodes(outcome, 422, 200),
  },
  {
    id: 'a patch that breaks the metadata is not quoted',
    reason: 'The server puts the whole patched job, environment included, into its message; ours names the field.',
    holds: (outcome, differences) =>
      only(differences, 'words') &&
      isCodes(outcome, 422, 422) &&
      isDeepStrictEqual(causes(outcome.answers.through), ['patch: FieldValueInvalid']),
  },
  {
    id: 'wrong types in own words',
    reason:
      'The server tells a wrong type of a field up to three times (its type, its format without a field, its enumeration); ours once.',
    holds: (outcome, differences) =>
      only(differences, 'causes', 'words') &&
      isCodes(outcome, 422, 422) &&
      causes(outcome.answers.through).some((cause) => cause.endsWith('FieldValueTypeInvalid')) &&
      sameFields(outcome),
  },
  {
    id: 'nothing is unknown below a field',
    reason: 'Where one of the three scalar fields holds an object, Strict calls its members unknown; ours says that the type is wrong.',
    holds: (outcome) => {
      const { direct, through } = outcome.answers;
      return (
        /strict decoding error: .*unknown field \\*"spec\.[\w.]+\.a\\*"/.test(direct.text.replaceAll('\\', '')) &&
        through.status === 422 &&
        untouched(outcome)
      );
    },
  },
  {
    id: 'out of range with the field',
    reason: 'Of a number beyond int32 the server names no field, of one beyond int64 a wrong type; ours names the field and the limit.',
    holds: (outcome, differences) =>
      only(differences, 'causes', 'words') &&
      isCodes(outcome, 422, 422) &&
      /format int(32|64)/.test(outcome.answers.direct.body.message) &&
      namesLimit(outcome),
  },
];

function namesLimit(outcome: Outcome): boolean {
  const told = outcome.answers.through.body.details.causes as { message: string }[];
  return told.some(({ message }) => /should be less than or equal to (2147483647|9007199254740991)$/.test(message)) && sameFields(outcome);
}

/** Which entries an outcome has shown; the suite asks at its end for those that none has. */
export const shown = new Set<string>();

/** The meant difference that explains an outcome, or undefined. */
export function explanation(outcome: Outcome, differences: readonly Difference[]): Meant | undefined {
  const found = meant.find((entry) => entry.holds(outcome, differences));
  if (found) shown.add(found.id);
  return found;
}
