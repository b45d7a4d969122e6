import { type Kind, kinds } from './crds.ts';
import { compare } from './differential/compare.ts';
import { yamlOf } from './differential/forms.ts';
import type { Loose } from './http.ts';
import { policyOf } from './jobs.ts';
import { checked, say } from './report.ts';
import type { Stage } from './run.ts';

/** What stands in the place of a line of the job's YAML, and what must be stored then; `code` is the API server's own answer. */
interface Line {
  title: string;
  /** Edits the text; whatever it is, both must read it alike. */
  edit(text: string): string;
  query?: string;
  stored?: (job: Loose, stage: Stage) => unknown;
  is?: unknown;
}

const ttl = (written: string, value: number): Line => ({
  title: `ttlSecondsAfterFinished: ${written} is ${value}`,
  edit: (text) => text.replace(/"ttlSecondsAfterFinished": 600/, `"ttlSecondsAfterFinished": ${written}`),
  stored: (job, { cluster }) => policyOf(cluster.layout, job).ttlSecondsAfterFinished,
  is: value,
});
const note = (written: string, value: string | undefined): Line => ({
  title: `the annotation ${JSON.stringify(written)} ${value === undefined ? 'is no string' : `is ${JSON.stringify(value)}`}`,
  edit: (text) => text.replace(/"note": "first"/, `"note": ${written}`),
  // One that is refused leaves what was there.
  stored: (job) => job.metadata.annotations.note,
  is: value ?? 'first',
});
const key = (written: string, value: string): Line => ({
  title: `the label key ${written} is ${JSON.stringify(value)}`,
  edit: (text) => text.replace(/"app": "mnist"/, `${written}: "v"`),
  stored: (job) => job.metadata.labels[value],
  is: 'v',
});

const lines: Line[] = [
  ...[
    ttl('0644', 420),
    ttl('1_000', 1000),
    ttl('0x10', 16),
    ttl('0o17', 15),
    ttl('1e3', 1000),
    ttl('0b11', 3),
    ttl('+5', 5),
    ttl('5.0', 5),
  ],
  {
    title: 'defaultMode: 0644 is 420, and so no change',
    edit: (text) => text.replaceAll(/"defaultMode": 420/g, '"defaultMode": 0644'),
    stored: (job) => job.metadata.generation,
    is: 1,
  },
  ...[note('1:30', '1:30'), note('2001-12-14', '2001-12-14'), note('2001-12-14t21:59:43.10-05:00', '2001-12-14t21:59:43.10-05:00')],
  ...['on', 'off', 'yes', 'no', 'y', 'n', 'True', 'false', 'OFF', '1', '1.5', '0x1f', '.inf'].map((word) => note(word, undefined)),
  ...[note('~', ''), note('', ''), note('null', ''), note('"on"', 'on'), note("'1'", '1'), note('plain text', 'plain text')],
  ...[
    note('|-\n      two\n      lines', 'two\nlines'),
    note('>-\n      folded\n      text', 'folded text'),
    note('0888', undefined),
    note('1.2.3', '1.2.3'),
  ],
  ...[note('!!str 5', '5'), note('!!binary aGk=', undefined), note('=', '='), note('1e400', '1e400'), note('"\\u00fc\\U0001F642"', 'ü🙂')],
  ...[key('1', '1'), key('on', 'true'), key('yes', 'true'), key('off', 'false'), key('1.5', '1.5'), key('0x10', '16')],
  {
    title: '<< merges',
    edit: (text) => text.replace(/"annotations":\n/, '"annotations":\n    <<: { merged: "yes", note: "ignored" }\n'),
    stored: (job) => job.metadata.annotations.merged,
    is: 'yes',
  },
  {
    title: 'an anchor and its alias',
    edit: (text) => text.replace(/"app": "mnist"/, '"app": &a "v"\n    "copy": *a'),
    stored: (job) => job.metadata.labels.copy,
    is: 'v',
  },
  ...['', '?fieldValidation=Strict'].map(
    (query): Line => ({
      title: `of a duplicate key the last wins${query && ', but not under Strict'}`,
      edit: (text) => text.replace(/"app": "mnist"/, '"app": "one"\n    "app": "two"'),
      query,
      stored: (job) => job.metadata.labels.app,
      is: query ? 'mnist' : 'two',
    }),
  ),
  { title: 'a label key ~', edit: (text) => text.replace('"app": "mnist"', '~: "v"') },
  { title: 'a second document', edit: (text) => `${text}---\na: b\n` },
  {
    title: 'a document marker before the only one',
    edit: (text) => `---\n${text.replace('"note": "first"', '"note": "marked"')}`,
    stored: (job) => job.metadata.annotations.note,
    is: 'marked',
  },
  { title: 'an empty text', edit: () => '' },
  { title: 'a comment alone', edit: () => '# nothing\n' },
  { title: 'a tab as indentation', edit: (text) => text.replace('    "note"', '\t"note"') },
  { title: 'a list', edit: () => '- a\n- b\n' },
  { title: 'an unknown alias', edit: (text) => text.replace('"first"', '*nope') },
];

/** Sends every line of YAML to both, as a PUT of the whole job. */
export async function yamlSuite(stages: Stage[]): Promise<void> {
  say('YAML');
  await Promise.all(
    stages.map(async (stage) => {
      const { layout } = stage.cluster;
      const kind = kinds[layout][0] as Kind;
      for (const [index, { title, edit, query = '', stored, is }] of lines.entries()) {
        await checked(`YAML, ${layout} layout`, title, async () => {
          const job = await compare(stage, kind, `yaml-${index}`, {
            title: `YAML: ${title}`,
            expected: 'alike',
            fields: [],
            sending: (path, live) => ({
              method: 'PUT',
              path: `${path}${query}`,
              headers: { 'content-type': 'application/yaml' },
              body: edit(yamlOf(live)),
            }),
          });
          const value = stored?.(job, stage);
          if (stored && value !== is) throw new Error(`stored is ${JSON.stringify(value)}, not ${JSON.stringify(is)}`);
        });
      }
    }),
  );
}
