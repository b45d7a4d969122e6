import type { Kind, Layout } from '../crds.ts';
import type { Loose, Sending } from '../http.ts';
import { allowed, type Change, forbidden, mistakes, shapeMistakes, spellings } from './changes.ts';
import { type Form, forms, inForm } from './forms.ts';
import type { Random } from './random.ts';

/** What a request is meant to be: answered alike, refused by the gateway alone, or no change to the gateway alone. */
export type Expected = 'alike' | 'forbidden' | 'same meaning';

/** A generated request: made for each twin from the twin as it is stored. */
export interface Generated {
  title: string;
  expected: Expected;
  /** Paths that a refusal must name. */
  fields: string[];
  sending(path: string, live: Loose): Sending;
}

const queries = [
  '',
  '?fieldManager=suite',
  '?pretty=true',
  '?dryRun=All',
  '?fieldValidation=Strict',
  '?fieldValidation=Ignore',
  '?unknown=1',
];

/** Draws one request. */
export function draw(random: Random, layout: Layout, kind: Kind): Generated {
  const form = random.pick(forms);
  const lists = { allowed, mistakes, shapeMistakes, forbidden, spellings };
  const list = random.pick([
    'allowed',
    'allowed',
    'allowed',
    'mistakes',
    'mistakes',
    'shapeMistakes',
    'forbidden',
    'forbidden',
    'spellings',
  ] as const);
  const count = list === 'shapeMistakes' ? 1 : random.integer(1, 3);
  const changes = random.some<(typeof allowed)[number]>(lists[list], count).map((drawn) => drawn(random, layout, kind));
  // A refusal must come whatever else is asked for; and a mistake beside a good change is still a mistake.
  if (list !== 'allowed' && list !== 'spellings' && list !== 'shapeMistakes' && random.chance(0.3))
    changes.push(random.pick(allowed)(random, layout, kind));
  const query = random.chance(0.6) ? '' : random.pick(queries);
  const expected = list === 'forbidden' ? 'forbidden' : list === 'spellings' ? 'same meaning' : 'alike';
  return request(form, query, changes, expected);
}

function request(form: Form, query: string, changes: Change[], expected: Expected): Generated {
  return {
    title: `${form}${query}: ${changes.map(({ title }) => title).join(', ')}`,
    expected,
    fields: changes.flatMap(({ field }) => (field ? [field] : [])),
    sending: (path, live) => {
      const wanted = structuredClone(live);
      for (const change of changes) change.apply(wanted);
      return inForm(form, `${path}${query}`, live, wanted);
    },
  };
}
