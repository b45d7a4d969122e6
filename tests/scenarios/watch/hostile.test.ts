import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { key, type Loose, status, useGateway } from '../gateway.ts';
import { everywhere, jobObject, jobsPath, lineOf, metadataOnly, table, upstreamWatch, watchToEnd } from './watch.ts';

useGateway({ auth: 'none', env: { WATCH: 'on' } });

const foreign = 'of somebody else';
const internal = status(500, 'InternalError', expect.stringContaining('its log has the reason'), {});
const withNote = (job: Loose) => {
  job.metadata.annotations = { foreign };
};
const elsewhere = () =>
  jobObject((job) => {
    withNote(job);
    job.metadata.namespace = 'other';
  });
const secret = {
  kind: 'Secret',
  apiVersion: 'v1',
  metadata: { name: 'tfjob-test', namespace: 'kube-test', resourceVersion: '1' },
  data: { password: foreign },
};
const metadata = (edit?: (job: Loose) => void) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: jobObject(edit).metadata,
});
const tableOf = (...objects: unknown[]) => ({
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: { resourceVersion: '5' },
  columnDefinitions: null,
  rows: objects.map((object) => ({ cells: [foreign], object })),
});
const ok = () => lineOf('ADDED', jobObject());
const event = (object: unknown) => lineOf('MODIFIED', object);
const renamed = (name: string) => (job: Loose) => Object.assign(job.metadata, { name });

describe('a line of the upstream that is not what was asked for is an ERROR, and the end', () => {
  it.each<[what: string, line: () => string | Buffer]>([
    ['HTML', () => `<html>${foreign}</html>\n`],
    ['no JSON', () => `{"type":"ADDED","object":{"kind":"TFJob","x":"${foreign}"\n`],
    ['no UTF-8', () => Buffer.from(ok().replace('tensorflow', '\xff\xfe'), 'latin1')],
    ['a list', () => `[${JSON.stringify(foreign)}]\n`],
    ['a text', () => `${JSON.stringify(foreign)}\n`],
    // Signs that JavaScript takes for spaces, and JSON does not.
    ['a space that is none in JSON', () => ok().replace('"object":', '"object":\u00a0')],
    ['a line end that is none in JSON', () => ok().replace('\n', '\u2028\n')],
    ['a byte order mark', () => `\ufeff${ok()}`],
    ['a NUL', () => `\0${ok()}`],
    ['a job that is no event', () => `${JSON.stringify(elsewhere())}\n`],
    ['an event without an object', () => `{"type":"ADDED","foreign":"${foreign}"}\n`],
    ['an event whose object is none', () => event(foreign)],
    ['an event whose object is null', () => event(null)],
    ['an event whose object is a list', () => event([elsewhere()])],
    ['a type that is not known', () => lineOf('SYNCED', elsewhere())],
    ['a type in small letters', () => ok().replace('ADDED', 'added')],
    ['something beside the object', () => ok().replace(/\}\n$/, `,"more":"${foreign}"}\n`)],
    ['two objects', () => `{"type":"ADDED","object":${JSON.stringify(secret)},"object":${JSON.stringify(jobObject())}}\n`],
    ['two types', () => `{"type":"ERROR","type":"ADDED","object":${JSON.stringify(jobObject())}}\n`],
    ['something before the type', () => `{"more":"${foreign}","type":"ADDED","object":${JSON.stringify(jobObject())}}\n`],
    ['something after the event', () => ok().replace('\n', `${JSON.stringify(secret)}\n`)],
    ['a Secret', () => event(secret)],
    ['another kind of job', () => event({ ...elsewhere(), kind: 'MXJob' })],
    ['another version', () => event({ ...jobObject(), apiVersion: 'kubeflow.org/v2' })],
    ['no version', () => event({ ...jobObject(), apiVersion: undefined })],
    ['another group', () => event({ ...jobObject(), apiVersion: 'example.com/v1' })],
    ['another namespace', () => event(elsewhere())],
    ['no namespace', () => event(jobObject((job) => Object.assign(job.metadata, { namespace: undefined, foreign })))],
    ['no name', () => event(jobObject(renamed('')))],
    ['no metadata', () => event({ ...jobObject(), metadata: undefined })],
    ['a list of jobs', () => event({ kind: 'TFJobList', apiVersion: 'kubeflow.org/v1', metadata: {}, items: [elsewhere()] })],
    ['a Table that nobody has asked for', () => event(tableOf(jobObject()))],
    ['metadata that nobody has asked for', () => event(metadata())],
    ['a Status that is no ERROR', () => event({ kind: 'Status', apiVersion: 'v1', message: foreign })],
    [
      'a line of 6 MiB',
      () => event(jobObject((job) => Object.assign(job.metadata, { annotations: { foreign: 'x'.repeat(6 * 2 ** 20) } }))),
    ],
  ])('%s', async (_what, line) => {
    const first = ok();
    upstreamWatch(async (response) => {
      response.write(first);
      await sleep(20);
      response.write(line());
      response.write(ok());
    });
    const { status: code, text, end } = await watchToEnd();
    expect([code, end]).toEqual([200, 'clean']);
    const [passed, error, ...more] = text.split('\n');
    expect([`${passed}\n`, more]).toEqual([first, ['']]);
    expect(JSON.parse(error as string)).toEqual({ type: 'ERROR', object: internal });
    expect(text.includes(foreign)).toBe(false);
  });

  it('also where it is the first, and where no line ends', async () => {
    for (const sent of [event(secret), JSON.stringify(secret), 'x'.repeat(7 * 2 ** 20)]) {
      upstreamWatch((response) => response.end(sent));
      const { text } = await watchToEnd();
      expect(JSON.parse(text)).toEqual({ type: 'ERROR', object: internal });
    }
  });

  it.each<[what: string, query: string, path: string, accept: string, object: () => unknown]>([
    ['a job by another name', 'fieldSelector=metadata.name%3Dother', jobsPath, '', () => jobObject(withNote)],
    [
      'a job by another name, among others',
      'fieldSelector=metadata.namespace%3Dkube-test%2Cmetadata.name%3D%3Dother',
      jobsPath,
      '',
      () => jobObject(withNote),
    ],
    [
      'a job without a namespace, over all',
      '',
      everywhere,
      '',
      () => jobObject((job) => Object.assign(job.metadata, { namespace: undefined })),
    ],
    [
      'a row of another namespace',
      '',
      jobsPath,
      table,
      () =>
        tableOf(
          metadata(),
          metadata((job) => Object.assign(job.metadata, { namespace: 'other' })),
        ),
    ],
    ['a row by another name', 'fieldSelector=metadata.name%3Dother', jobsPath, table, () => tableOf(metadata())],
    ['a row of a Secret', '', jobsPath, table, () => tableOf(metadata(), secret)],
    ['a row that holds no object', '', jobsPath, table, () => tableOf(metadata(), null)],
    ['a row that holds a foreign object, where none was wanted', 'includeObject=None', jobsPath, table, () => tableOf(null, secret)],
    ['a Table without rows', '', jobsPath, table, () => ({ ...tableOf(), rows: undefined })],
    ['a Table of another version', '', jobsPath, table, () => ({ ...tableOf(metadata()), apiVersion: 'v1' })],
    ['a Secret where a Table was asked for', '', jobsPath, table, () => secret],
    ['a whole job where metadata was asked for', '', jobsPath, metadataOnly, () => jobObject(withNote)],
    [
      'metadata of another namespace',
      '',
      jobsPath,
      metadataOnly,
      () => metadata((job) => Object.assign(job.metadata, { namespace: 'other' })),
    ],
  ])('by how it was asked: %s', async (_what, query, path, accept, object) => {
    upstreamWatch((response) => response.write(event(object())));
    const { text } = await watchToEnd(query, { path, headers: accept ? { accept } : {} });
    expect(JSON.parse(text)).toEqual({ type: 'ERROR', object: internal });
  });

  it.each<[what: string, mark: unknown]>([
    ['a whole job', () => 0],
    ['a name', { metadata: { resourceVersion: '1', name: foreign } }],
    ['a label', { metadata: { resourceVersion: '1', labels: { foreign } } }],
    ['an annotation', { metadata: { resourceVersion: '1', annotations: { foreign } } }],
    ['a spec', { metadata: { resourceVersion: '1' }, spec: { foreign } }],
    ['anything else', { metadata: { resourceVersion: '1' }, foreign }],
    ['no version', { metadata: {} }],
    ['another kind', { metadata: { resourceVersion: '1' }, kind: 'Secret' }],
  ])('a bookmark with %s', async (_what, mark) => {
    const object = typeof mark === 'function' ? jobObject(withNote) : { kind: 'TFJob', apiVersion: 'kubeflow.org/v1', ...(mark as object) };
    upstreamWatch((response) => response.write(lineOf('BOOKMARK', object)));
    const { text } = await watchToEnd('allowWatchBookmarks=1');
    expect(JSON.parse(text)).toEqual({ type: 'ERROR', object: internal });
  });
});

/** The beginning of an object, and in it one in another, many times. */
const deep = (beginning: string) => `${beginning},"x":${'{"x":'.repeat(200_000)}null${'}'.repeat(200_001)}`;

describe('what is nested too deeply', () => {
  it.each([
    ['a bookmark', 'BOOKMARK', '{"kind":"TFJob","apiVersion":"kubeflow.org/v1","metadata":{"resourceVersion":"1"}'],
    ['an ERROR', 'ERROR', '{"kind":"Status","code":500'],
  ])('is no connection that was lost: %s', async (_what, type, beginning) => {
    upstreamWatch((response) => response.write(`{"type":"${type}","object":${deep(beginning)}}\n`));
    const { text, end } = await watchToEnd('allowWatchBookmarks=1');
    expect(end).toBe('clean');
    expect(JSON.parse(text)).toEqual({ type: 'ERROR', object: internal });
  });

  it('passes in a job, as it came', async () => {
    const line = `{"type":"ADDED","object":${deep(JSON.stringify(jobObject()).slice(0, -1))}}\n`;
    upstreamWatch((response) => response.end(line));
    expect((await watchToEnd()).text).toBe(line);
  });
});

describe('an ERROR of the upstream', () => {
  const sent = async (object: unknown) => {
    upstreamWatch((response) => {
      response.write(`${ok()}${lineOf('ERROR', object)}${event(secret)}`);
    });
    const { text, end } = await watchToEnd();
    expect(end).toBe('clean');
    const [first, error, ...more] = text.split('\n');
    expect([`${first}\n`, more]).toEqual([ok(), ['']]);
    const { type, object: told } = JSON.parse(error as string);
    expect(type).toBe('ERROR');
    return told;
  };

  it('is told as any error of its, and ends the watch', async () => {
    const expired = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'too old', reason: 'Expired', code: 410 };
    expect(await sent(expired)).toEqual(expired);
    expect(await sent({ ...expired, code: 500, message: foreign, reason: 'InternalError' })).toEqual(internal);
    expect(await sent({ ...expired, code: 401, message: foreign })).toEqual(internal);
    expect(await sent({ ...expired, code: 504 })).toMatchObject({ code: 504, reason: 'Timeout' });
    expect(await sent({ ...expired, code: '410' })).toEqual(internal);
  });

  it('that is none says nothing', async () => {
    for (const object of [secret, elsewhere(), { code: 410, data: { foreign } }]) {
      const told = await sent(object);
      expect(JSON.stringify(told)).not.toContain(foreign);
      expect(told).toMatchObject({ kind: 'Status', status: 'Failure' });
    }
  });

  it('holds no credential of the gateway', async () => {
    const told = await sent({
      kind: 'Status',
      message: `signed by ${key.secretKey} with ${key.securityToken}`,
      code: 403,
      details: { name: key.secretKey, causes: [{ message: key.securityToken }] },
    });
    expect(told).toMatchObject({ code: 403, reason: 'Forbidden', message: 'signed by … with …' });
    for (const value of Object.values(key).slice(1)) expect(JSON.stringify(told)).not.toContain(value);
  });
});

describe('what may stand between the lines', () => {
  it('is nothing, or spaces, and lines come in pieces of any size', async () => {
    const lines = [
      ok(),
      event(jobObject((job) => Object.assign(job.metadata, { annotations: { note: '任务😀\\n' } }))),
      lineOf('DELETED', jobObject()),
    ];
    const bytes = Buffer.from(lines.join(''));
    for (const size of [1, 7, 4096]) {
      upstreamWatch(async (response) => {
        for (let from = 0; from < bytes.length; from += size) {
          response.write(bytes.subarray(from, from + size));
          if (size > 1 || from % 500 === 0) await sleep(0);
        }
        response.end('\n\n');
      });
      expect(await watchToEnd()).toEqual({ status: 200, text: lines.join(''), end: 'clean' });
    }
    const spaced = ok().replace('{"type":"ADDED","object":', ' { "type" : "ADDED" , "object" : ');
    upstreamWatch((response) => response.end(spaced.trimEnd()));
    expect((await watchToEnd()).text).toBe(`${spaced.trimEnd()}\n`);
  });
});
