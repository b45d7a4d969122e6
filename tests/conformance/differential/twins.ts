import { isDeepStrictEqual } from 'node:util';
import type { Layout } from '../crds.ts';
import type { Answer, Loose } from '../http.ts';

/** The two sides of a comparison: the API server asked directly, and through the gateway. Each has a namespace with twin objects. */
export type Side = 'direct' | 'through';

/** What became of one request on both sides. `stored` and `before` are the twins as the API server has them. */
export interface Outcome {
  title: string;
  layout: Layout;
  request: string;
  answers: Record<Side, Answer>;
  before: Record<Side, Loose>;
  stored: Record<Side, Loose>;
}
/** Where the two sides differ. */
export type Difference = 'status' | 'reason' | 'details' | 'causes' | 'words' | 'body' | 'stored' | 'type';

/** All differences of an outcome, but for what two objects cannot share (versions, ids, times, who wrote them, the namespace). */
export function differencesOf({ answers, stored }: Outcome): Difference[] {
  const { direct, through } = answers;
  const found: Difference[] = [];
  const compare = (name: Difference, ...[a, b]: [unknown, unknown]) => {
    if (!isDeepStrictEqual(a, b)) found.push(name);
  };
  compare('status', direct.status, through.status);
  compare('stored', comparable(stored.direct), comparable(stored.through));
  compare('type', mediaType(direct), mediaType(through));
  if (direct.status < 300 && through.status < 300) compare('body', answerOf(direct), answerOf(through));
  else if (direct.status >= 300 && through.status >= 300) {
    compare('reason', direct.body?.reason, through.body?.reason);
    compare('details', identity(direct), identity(through));
    compare('causes', causes(direct), causes(through));
    compare('words', words(direct), words(through));
  }
  return found;
}

/** An answer's object, or its text where it is no JSON. */
const answerOf = ({ body, text }: Answer): Loose => (body === undefined ? withoutLines(text) : comparable(body));

/** A YAML answer without the lines that two objects cannot share. */
function withoutLines(text: string): string {
  return text
    .replace(/^ *managedFields:\n(?: *-.*\n(?: {4,}.*\n)*)+/m, '')
    .replace(/^ *(?:resourceVersion|uid|creationTimestamp|namespace|generation):.*\n/gm, '');
}

/** An object or list without what twins cannot share. */
export function comparable(value: Loose): Loose {
  if (Array.isArray(value?.items)) {
    const { resourceVersion, continue: more, ...metadata } = value.metadata ?? {};
    return { ...value, metadata: { ...metadata, continue: more && 'more' }, items: value.items.map(comparable) };
  }
  if (Array.isArray(value?.rows)) {
    const rows = value.rows.map((row: Loose) => ({
      name: row.cells[0],
      state: row.cells[1],
      count: row.cells.length,
      object: comparable(row.object),
    }));
    const { resourceVersion, continue: more, ...metadata } = value.metadata ?? {};
    return { ...value, metadata: { ...metadata, continue: more && 'more' }, rows };
  }
  if (typeof value?.metadata !== 'object') return value;
  const { resourceVersion, uid, creationTimestamp, managedFields, namespace, ...metadata } = value.metadata;
  return { ...value, metadata };
}

const mediaType = ({ headers }: Answer) => headers['content-type']?.split(';')[0];

function identity({ body }: Answer): Loose {
  const { causes: _, uid, ...details } = body?.details ?? {};
  return details;
}

/** What the causes are about, in an order of their own; of the same mistake told twice, one. */
export function causes({ body }: Answer): string[] {
  const texts = (body?.details?.causes ?? []).map(({ reason, field }: Loose) => `${field}: ${reason}`);
  return [...new Set<string>(texts)].sort();
}

/**
 * What is said of the causes or, where there is none, of the whole. Which id an object has is its own, and whether the server names
 * its storage's key before that sentence hangs on which of its caches answered.
 */
function words({ body }: Answer): string[] {
  const texts: string[] = body?.details?.causes?.map(({ message }: Loose) => message) ?? [body?.message ?? ''];
  return [
    ...new Set(
      texts.map((text) =>
        text.replace(/StorageError: .*AdditionalErrorMsg: /, '').replace(/UID in object meta: [\w-]+/, 'UID in object meta'),
      ),
    ),
  ].sort();
}

/** Both answers in a few lines, for whoever reads a failure. */
export function shownAnswers({ request, answers }: Outcome): string {
  const line = ({ status, text }: Answer) => `${status} ${text.replace(/\s+/g, ' ').slice(0, 1500)}`;
  return `${request.replaceAll('\n', '⏎').slice(0, 700)}\ndirect:  ${line(answers.direct)}\nthrough: ${line(answers.through)}`;
}
