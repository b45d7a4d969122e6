import { describe, expect, it } from 'vitest';
import { type Loose, status, useGateway } from '../gateway.ts';
import { everywhere, jobObject, jobsPath, metadataOnly, table } from '../watch/watch.ts';
import { answerWith, read } from './request.ts';

useGateway();

const foreign = 'of somebody else';
const one = 'fieldSelector=metadata.name%3Dtfjob-test';
const of = (name: string, namespace: string) =>
  jobObject((job) => Object.assign(job.metadata, { name, namespace, annotations: { foreign } }));
const only = (name: string, namespace: string) => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: of(name, namespace).metadata,
});
const rowsOf = (object: Loose) => ({
  kind: 'Table',
  rows: [
    { cells: [], object: null },
    { cells: [], object },
  ],
});
const metadataList = metadataOnly.replace('Metadata', 'MetadataList');

describe('a list', () => {
  it.each<[what: string, path: string, accept: string, answer: () => unknown]>([
    ['a job of another namespace', jobsPath, '', () => ({ kind: 'TFJobList', items: [jobObject(), of('tfjob-test', 'other')] })],
    ['a job by another name', `${jobsPath}?${one}`, '', () => ({ kind: 'TFJobList', items: [jobObject(), of('other', 'kube-test')] })],
    ['a job by another name, of all', `${everywhere}?${one}`, '', () => ({ kind: 'TFJobList', items: [of('other', 'other')] })],
    [
      'metadata of another namespace',
      jobsPath,
      metadataList,
      () => ({ kind: 'PartialObjectMetadataList', items: [only('tfjob-test', 'other')] }),
    ],
    ['a row of another namespace', jobsPath, table, () => rowsOf(only('tfjob-test', 'other'))],
    ['a row by another name', `${jobsPath}?${one}`, table, () => rowsOf(only('other', 'kube-test'))],
  ])('that holds %s, for which nobody has asked, is a 500', async (_what, path, accept, answer) => {
    answerWith(JSON.stringify(answer()));
    const { body, text } = await read(path, accept ? { accept } : {});
    expect(body).toEqual(status(500, 'InternalError', expect.stringContaining('its log has the reason'), {}));
    expect(text).not.toContain(foreign);
  });

  it.each([
    ['all over', everywhere],
    ['where a name is left out', `${jobsPath}?fieldSelector=metadata.name!%3Da`],
  ])('is as CCI has it %s', async (_where, path) => {
    const list = { kind: 'TFJobList', items: [jobObject(), of('two', path === everywhere ? 'other' : 'kube-test')] };
    answerWith(JSON.stringify(list));
    expect((await read(path)).body).toEqual(list);
  });
});
