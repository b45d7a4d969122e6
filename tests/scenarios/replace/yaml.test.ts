import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { someOf } from '../../exhaustive.ts';
import { type Answer, calls, type Loose, liveJob, liveText, put, requested, reset, useGateway } from '../gateway.ts';

useGateway();

/** The stored job as YAML, with something of it written otherwise. */
function yamlOf(edit: (job: Loose) => void, replace: (text: string) => string = (text) => text): string {
  return replace(stringify(requested(edit), { version: '1.1' }));
}
const put1 = (body: string, query = ''): Promise<Answer> => put(body, { headers: { 'content-type': 'application/yaml' }, query });
/** Sends the job with one annotation, written as given. */
const annotated = (written: string, query = '') =>
  put1(
    yamlOf(
      ({ metadata }) => Object.assign(metadata, { annotations: { 'example.com/a': 'X' } }),
      (text) => text.replace('example.com/a: X', `example.com/a: ${written}`),
    ),
    query,
  );
/** The job with a volume whose mode is `live`; sends `written` for it. */
async function withMode(live: number, written: string): Promise<Answer> {
  await reset(({ spec }) =>
    Object.assign(spec.tfReplicaSpecs.Ps.template.spec, { volumes: [{ name: 'v', configMap: { name: 'c', defaultMode: live } }] }),
  );
  return put1(
    yamlOf(
      () => undefined,
      (text) => text.replace(`defaultMode: ${live}`, `defaultMode: ${written}`),
    ),
  );
}

describe('a YAML scalar that Kubernetes reads as a string', () => {
  it.each([
    ['a', 'a'],
    ['"0644"', '0644'],
    ["'yes'", 'yes'],
    ['1:30', '1:30'],
    ['190:20:30', '190:20:30'],
    ['2019-07-24', '2019-07-24'],
    ['2019-07-24T07:17:01Z', '2019-07-24T07:17:01Z'],
    ['2019-07-24 07:17:01', '2019-07-24 07:17:01'],
    ['~', ''],
    ['null', ''],
    ['', ''],
    ['!!str 0644', '0644'],
    ['!!str yes', 'yes'],
    ['"a\\u0041"', 'aA'],
    ['|\n      two\n      lines', 'two\nlines\n'],
    ['>-\n      two\n      lines', 'two lines'],
    ['tRUE', 'tRUE'],
    ['0x_', '0x_'],
    ['0xg', '0xg'],
    ['1.2.3', '1.2.3'],
    ['5Gi', '5Gi'],
    ['1e', '1e'],
    ['a #b', 'a'],
    ['a#b', 'a#b'],
  ])('is an annotation: %j', async (written, value) => {
    const answer = await annotated(written);
    expect([answer.status, answer.body.metadata.annotations]).toEqual([200, { 'example.com/a': value }]);
    expect(liveJob().metadata.annotations).toEqual({ 'example.com/a': value });
  });
});

describe('a YAML scalar that Kubernetes reads as something else', () => {
  const booleans = ['on', 'On', 'ON', 'off', 'yes', 'Yes', 'no', 'NO', 'y', 'Y', 'n', 'N', 'true', 'True', 'FALSE'];
  const numbers = ['0644', '1_000', '0x10', '0o17', '0b11', '1e3', '1', '-1', '+1', '1.5', '.5', '-0', '08', '1_0.5'];

  it.each(someOf([...booleans, ...numbers, '[a]', '{a: b}'], 3))('is no annotation: %s', async (written) => {
    const before = liveText();
    const answer = await annotated(written);
    const message = 'TFJob in version "v1" cannot be handled as a TFJob: metadata.annotations: must be a map of strings';
    expect([answer.status, answer.body.message, liveText(), calls()]).toEqual([400, message, before, []]);
  });

  it.each([
    [0o644, '0644'],
    [0o644, '0o644'],
    [0o644, '0x1a4'],
    [0o644, '0b110100100'],
    [0o644, '4_20'],
    [0o644, '4.2e2'],
    [0o644, '420.0'],
    [0o644, '+420'],
    [0o644, '~'],
    [0o644, '!!int "420"'],
    [0o400, '0400'],
  ])('is the same file mode: %i as %s', async (live, written) => {
    const answer = await withMode(live, written);
    expect([answer.status, calls()]).toEqual([200, ['GET 200']]);
  });

  it.each([
    [0o644, '"0644"', '420 → "0644"'],
    [0o644, '644', '420 → 644'],
    [0o644, '0o400', '420 → 256'],
    [0o400, '7:00', '256 → "7:00"'],
  ])('is another file mode: %i as %s', async (live, written, shown) => {
    const answer = await withMode(live, written);
    const field = 'spec.tfReplicaSpecs.Ps.template.spec.volumes[0].configMap.defaultMode';
    expect([answer.status, answer.body.details.causes]).toEqual([
      403,
      [{ reason: 'FieldValueForbidden', message: `may not be changed: ${shown}`, field }],
    ]);
  });

  it.each([
    ['1e3', 1000],
    ['1_000', 1000],
    ['0x10', 16],
    ['010', 8],
    ['0o17', 15],
    ['1000.0', 1000],
  ])('is a TTL: %s', async (written, value) => {
    const answer = await put1(
      yamlOf(
        ({ spec }) => Object.assign(spec, { ttlSecondsAfterFinished: 77 }),
        (text) => text.replace('ttlSecondsAfterFinished: 77', `ttlSecondsAfterFinished: ${written}`),
      ),
    );
    expect([answer.status, liveJob().spec]).toEqual([200, expect.objectContaining({ ttlSecondsAfterFinished: value })]);
  });

  it.each(['1:30', '2019-07-24', 'yes', '1.5', '-1', '99999999999999999999', '1e400'])('is no TTL: %s', async (written) => {
    const before = liveText();
    const answer = await put1(
      yamlOf(
        ({ spec }) => Object.assign(spec, { ttlSecondsAfterFinished: 77 }),
        (text) => text.replace('ttlSecondsAfterFinished: 77', `ttlSecondsAfterFinished: ${written}`),
      ),
    );
    expect([answer.status, answer.body.details.causes[0].field, liveText()]).toEqual([422, 'spec.ttlSecondsAfterFinished', before]);
  });

  it.each(['.inf', '-.Inf', '+.INF', '.nan', '.NaN'])('is no number that JSON can hold: %s', async (written) => {
    const before = liveText();
    const answer = await put1(
      yamlOf(
        (job) => job,
        (text) => `${text}\nmore: ${written}\n`,
      ),
    );
    expect([answer.status, liveText()]).toEqual([400, before]);
    expect(answer.body.message).toMatch(/error converting YAML to JSON: an infinite number, or one that is none$/);
  });
});

describe('a YAML key', () => {
  it.each([
    ['1', '1'],
    ['on', 'true'],
    ['no', 'false'],
    ['0x10', '16'],
    ['1.5', '1.5'],
    ['2019-07-24', '2019-07-24'],
    ['"on"', 'on'],
    ['constructor', 'constructor'],
  ])('is a string in JSON: %s', async (written, name) => {
    const body = yamlOf(
      ({ metadata }) => Object.assign(metadata, { annotations: { X: 'x' } }),
      (text) => text.replace('X: x', `${written}: x`),
    );
    expect((await put1(body)).status).toBe(200);
    expect(liveJob().metadata.annotations).toEqual({ [name]: 'x' });
  });

  it('<< merges, and what stands beside it wins', async () => {
    const body = yamlOf(
      ({ metadata }) => Object.assign(metadata, { labels: { app: 'test' } }),
      (text) =>
        text.replace('  labels:\n    app: test\n', '  annotations: &a {app: from, team: vision}\n  labels:\n    <<: *a\n    app: test\n'),
    );
    expect((await put1(body)).status).toBe(200);
    expect(liveJob().metadata.labels).toEqual({ app: 'test', team: 'vision' });
  });

  it('that stands twice counts as its last word, and is refused under Strict', async () => {
    const body = yamlOf(
      ({ spec }) => Object.assign(spec, { ttlSecondsAfterFinished: 77 }),
      (text) => text.replace('ttlSecondsAfterFinished: 77', 'ttlSecondsAfterFinished: 1\n  ttlSecondsAfterFinished: 2'),
    );
    const before = liveText();
    const strict = await put1(body, '?fieldValidation=Strict');
    expect([strict.status, strict.body.message, liveText()]).toEqual([
      400,
      expect.stringMatching(/strict decoding error: .*duplicated mapping key/),
      before,
    ]);
    expect([(await put1(body)).status, liveJob().spec]).toEqual([200, expect.objectContaining({ ttlSecondsAfterFinished: 2 })]);
  });

  it('that a merge brings and that stands beside it is not one that stands twice', async () => {
    const body = yamlOf(
      () => undefined,
      (text) => text.replace('    app: test\n', '    <<: {app: other}\n    app: test\n'),
    );
    expect((await put1(body, '?fieldValidation=Strict')).status).toBe(200);
  });
});

describe('a YAML document', () => {
  it.each<[string, (text: string) => string]>([
    ['after a marker', (text) => `---\n${text}`],
    ['after a directive', (text) => `%YAML 1.1\n---\n${text}`],
    ['before an end marker', (text) => `${text}...\n`],
    ['before a marker', (text) => `${text}---\n`],
    ['before a marker without an end of line', (text) => `${text}---`],
    ['before a marker and a comment', (text) => `${text}---\n# the end\n`],
    ['before a comment on a marker', (text) => `${text}--- # the end\n`],
    ['before an end marker and another', (text) => `${text}...\n---\n...\n`],
    ['between markers', (text) => `# one\n---\n${text}---\n---\n`],
    ['with Windows line ends', (text) => text.replaceAll('\n', '\r\n')],
    ['with a byte order mark', (text) => `\ufeff${text}`],
    ['with comments', (text) => `# one\n${text}# two\n`],
    ['that is JSON', () => JSON.stringify(requested())],
  ])('is read %s', async (_title, edit) => {
    expect([(await put1(edit(yamlOf(() => undefined)))).status, calls()]).toEqual([200, ['GET 200']]);
  });

  const more = 'expected a single document in the stream, but found more';
  it.each<[string, (text: string, lines: number) => [body: string, why: string]]>([
    ['twice', (text, lines) => [`${text}---\n${text}`, `line ${lines + 2}: ${more}`]],
    ['before another after a comment', (text, lines) => [`${text}---\n# two\n\nkind: TFJob\n`, `line ${lines + 4}: ${more}`]],
    ['before another after an end marker', (text, lines) => [`${text}...\nkind: TFJob\n`, `line ${lines + 2}: ${more}`]],
    ['before another on its marker', (text, lines) => [`${text}--- {}\n`, `line ${lines + 1}: ${more}`]],
    ['before an empty text', (text, lines) => [`${text}---\n''\n`, `line ${lines + 2}: ${more}`]],
    ['before another after empty ones', (text, lines) => [`${text}---\n---\n---\n- a\n`, `line ${lines + 4}: ${more}`]],
    ['after an empty one', (text) => [`---\n---\n${text}`, `line 3: ${more}`]],
    ['before what is no YAML', (text, lines) => [`${text}---\na: [\n`, `line ${lines + 3}: `]],
    ['before more empty ones than anybody writes', (text) => [text + '---\n'.repeat(500_000), 'too many documents']],
    ['with nothing in it', () => ['# nothing\n', 'expected a document, but the input is empty']],
  ])('is refused %s, though Kubernetes would read the first', async (_title, edit) => {
    const text = yamlOf(() => undefined);
    const [body, why] = edit(text, text.split('\n').length - 1);
    const answer = await put1(body);
    expect([answer.status, answer.body.message, calls()]).toEqual([400, expect.stringContaining(why), []]);
  });
});
