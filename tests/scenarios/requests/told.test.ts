import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jobPath, type Loose, liveJob, liveText, now, put, requested, useGateway } from '../gateway.ts';
import { patch } from '../patch/request.ts';

useGateway();

/** A write that is answered in the form that it asks for. */
async function write(body: string, headers: Record<string, string>, query = '', method = 'PUT') {
  const response = await fetch(`${now.gateway.url}${jobPath}${query}`, { method, body, headers });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text(), headers: response.headers };
}
const json = 'application/json';
const yaml = 'application/yaml';
const withTtl = (seconds: number) => requested(({ spec }) => Object.assign(spec, { ttlSecondsAfterFinished: seconds }));
const changed = ({ headers }: { headers: Headers }) => headers.get('x-changed-fields');
const warning = ({ headers }: { headers: Headers }) => headers.get('warning');

describe('a write that asks for YAML', () => {
  it('is answered with the job as YAML, whole and exact', async () => {
    const answer = await write(JSON.stringify(withTtl(77)), { 'content-type': json, accept: yaml });
    expect([answer.status, answer.type, parse(answer.text)]).toEqual([200, yaml, liveJob()]);
    expect(liveJob().spec.ttlSecondsAfterFinished).toBe(77);
  });

  it('may be a dry run or a patch, and takes JSON where it prefers that', async () => {
    const dry = await write(JSON.stringify(withTtl(78)), { 'content-type': json, accept: yaml }, '?dryRun=All');
    expect([dry.type, parse(dry.text).spec.ttlSecondsAfterFinished]).toEqual([yaml, 78]);
    const patched = await write(
      '{"spec":{"ttlSecondsAfterFinished":79}}',
      { 'content-type': 'application/merge-patch+json', accept: yaml },
      '',
      'PATCH',
    );
    expect([patched.type, parse(patched.text).spec.ttlSecondsAfterFinished]).toEqual([yaml, 79]);
    const both = await write(JSON.stringify(withTtl(80)), { 'content-type': json, accept: `${yaml};q=0.5, ${json}` });
    expect([both.type, JSON.parse(both.text).spec.ttlSecondsAfterFinished]).toEqual([json, 80]);
  });

  it('that is refused gets a Status in JSON', async () => {
    const answer = await write(JSON.stringify(withTtl(-1)), { 'content-type': json, accept: yaml });
    expect([answer.status, answer.type, JSON.parse(answer.text).reason]).toEqual([422, json, 'Invalid']);
  });

  it('and for nothing that is served is 406, which names both forms', async () => {
    const answer = await write(JSON.stringify(withTtl(1)), { 'content-type': json, accept: 'text/html' });
    expect([answer.status, JSON.parse(answer.text).message]).toEqual([
      406,
      `only the following media types are accepted: ${json}, ${yaml}`,
    ]);
  });
});

describe('fieldValidation=Warn', () => {
  const unknown = '299 - "unknown field \\"spec.nope\\""';
  const sayNope = (value: unknown) => requested(({ spec }) => Object.assign(spec, { ttlSecondsAfterFinished: 5, nope: value }));

  it.each(['', '?fieldValidation=Warn', '?fieldValidation='])(
    'warns of an unknown field that means nothing, and carries out the rest (%j)',
    async (query) => {
      const answer = await put(sayNope(null), { query });
      expect([answer.status, warning(answer), liveJob().spec.ttlSecondsAfterFinished]).toEqual([200, unknown, 5]);
    },
  );

  it('warns of one that is refused as well', async () => {
    const answer = await put(sayNope(1));
    expect([answer.status, warning(answer)]).toEqual([403, unknown]);
  });

  it('warns of fields that stand twice, in JSON, in YAML and in a patch', async () => {
    const twice = JSON.stringify(withTtl(6)).replace('"backoffLimit":6', '"backoffLimit":6,"backoffLimit":6');
    expect(warning(await put(twice))).toBe('299 - "duplicate field \\"spec.backoffLimit\\""');
    const lines = [
      'apiVersion: kubeflow.org/v1',
      'kind: TFJob',
      'kind: TFJob',
      `metadata: ${JSON.stringify(requested().metadata)}`,
      `spec: ${JSON.stringify(withTtl(7).spec)}`,
    ];
    const read = await write(lines.join('\n'), { 'content-type': yaml });
    expect([read.status, warning(read), liveJob().spec.ttlSecondsAfterFinished]).toEqual([
      200,
      '299 - "line 3: duplicated mapping key"',
      7,
    ]);
    const patched = await write(
      '{"spec":{"ttlSecondsAfterFinished":8,"ttlSecondsAfterFinished":9}}',
      { 'content-type': 'application/merge-patch+json' },
      '',
      'PATCH',
    );
    expect([patched.status, warning(patched), liveJob().spec.ttlSecondsAfterFinished]).toEqual([
      200,
      '299 - "duplicate field \\"spec.ttlSecondsAfterFinished\\""',
      9,
    ]);
  });

  it('says nothing of a merge in YAML, nor where nobody asks (Ignore)', async () => {
    const merged = [
      'apiVersion: kubeflow.org/v1',
      'kind: TFJob',
      `metadata: {<<: {name: other}, ${JSON.stringify(requested().metadata).slice(1)}`,
      `spec: ${JSON.stringify(withTtl(7).spec)}`,
    ];
    const read = await write(merged.join('\n'), { 'content-type': yaml });
    expect([read.status, warning(read)]).toEqual([200, null]);
    expect(warning(await put(sayNope(null), { query: '?fieldValidation=Ignore' }))).toBeNull();
  });
});

describe('X-Changed-Fields', () => {
  const labels = (map: object) => (job: Loose) => Object.assign(job.metadata, { labels: map });
  it('names what a dry run would change and what a write has changed, each label by its key', async () => {
    const job = requested((wanted) => {
      labels({ team: 'vision', 'example.com/stage': 'canary' })(wanted);
      Object.assign(wanted.spec, { ttlSecondsAfterFinished: 5 });
    });
    const paths = 'metadata.labels[app], metadata.labels[team], metadata.labels[example.com/stage], spec.ttlSecondsAfterFinished';
    const before = liveText();
    expect(changed(await put(job, { query: '?dryRun=All' }))).toBe(paths);
    expect(liveText()).toBe(before);
    expect(changed(await put(job))).toBe(paths);
    expect(changed(await put(requested()))).toBe('none');
  });

  it('is left out where that is not known: of a merge patch that went unread', async () => {
    const answer = await patch({ spec: { ttlSecondsAfterFinished: 11 } });
    expect([answer.status, changed(answer)]).toEqual([200, null]);
  });

  it('has 2 KB at the most, and says how many more there are', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`example.com/${'k'.repeat(50)}${index}`, '1']));
    const value = changed(await put(requested(labels({ app: 'test', ...many })))) as string;
    expect(value.length).toBeLessThan(2100);
    expect(value).toMatch(/, and \d+ more$/);
  });
});

describe('the causes of a refusal', () => {
  it('name the key of a label and of an annotation, in the message too', async () => {
    const job = requested(({ metadata }) => Object.assign(metadata, { labels: { 'a b': 'c' }, annotations: { 'n/m/o': 'v' } }));
    const { body } = await put(job);
    expect(body.details.causes.map(({ field }: Loose) => field)).toEqual(['metadata.labels[a b]', 'metadata.annotations[n/m/o]']);
    expect(body.message).toContain('metadata.labels[a b]: Invalid value: "a b": name part must consist of');
  });

  it('under Strict have the path of each field that is unknown or stands twice', async () => {
    const text = JSON.stringify(requested(({ spec }) => Object.assign(spec, { nope: 1 })));
    const { body } = await put(text.replace('"backoffLimit":6', '"backoffLimit":6,"backoffLimit":6'), { query: '?fieldValidation=Strict' });
    expect([body.code, body.details.causes]).toEqual([
      400,
      [
        { reason: 'FieldValueDuplicate', message: 'duplicate field "spec.backoffLimit"', field: 'spec.backoffLimit' },
        { reason: 'FieldValueInvalid', message: 'unknown field "spec.nope"', field: 'spec.nope' },
      ],
    ]);
  });

  it('say at which line YAML or JSON cannot be read', async () => {
    const broken = await write('apiVersion: kubeflow.org/v1\nkind: TFJob\nmetadata: [\n', { 'content-type': yaml });
    expect([broken.status, JSON.parse(broken.text).details.causes]).toEqual([400, [{ message: expect.stringMatching(/^line 4: \w/) }]]);
    const { body } = await put('{\n"kind": "TFJob",\n}');
    expect([body.code, body.details.causes]).toEqual([400, [{ message: 'line 3: this is no JSON' }]]);
  });

  it('of a 409 name the live resourceVersion', async () => {
    const { body } = await put(requested(({ metadata }) => Object.assign(metadata, { resourceVersion: '1' })));
    const message = `the live one is "${liveJob().metadata.resourceVersion}"`;
    expect([body.code, body.details.causes]).toEqual([409, [{ reason: 'FieldValueInvalid', message, field: 'metadata.resourceVersion' }]]);
  });
});
