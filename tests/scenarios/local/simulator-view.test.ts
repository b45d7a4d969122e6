import { request as httpRequest } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { humanDuration } from '../../../local/cci/age.ts';
import { type Simulator, startSimulator } from '../../../local/cci/simulator.ts';
import { jobPath, key, officialHeaders, send } from './signed.ts';

const jobsPath = '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs';
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const partial = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
const partialList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator(key);
});
afterAll(() => simulator.close());

function get(path: string, accept: string, query: Record<string, string> = {}) {
  return send(simulator.url, { path, query, headers: { accept } });
}

describe('a table', () => {
  // What kubectl 1.37 sends.
  const kubectl = `${table},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;

  it('has a row for each job, with its name, its last true condition and its age', async () => {
    const answer = await get(jobsPath, kubectl, { limit: '500' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const { columnDefinitions, ...rest } = answer.json();
    expect(columnDefinitions.map(({ name, type, format }: Record<string, string>) => [name, type, format])).toEqual([
      ['Name', 'string', 'name'],
      ['State', 'string', ''],
      ['Age', 'date', ''],
    ]);
    expect(rest).toEqual({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '72447176' },
      rows: [
        {
          cells: ['tfjob-test', 'Running', expect.stringMatching(/^\d+y(\d+d)?$/)],
          object: {
            kind: 'PartialObjectMetadata',
            apiVersion: 'meta.k8s.io/v1',
            metadata: simulator.get('tfjobs', 'kube-test', 'tfjob-test')?.metadata,
          },
        },
      ],
    });
  });

  it('passes over a condition that is no longer true, and has no state where there is none', async () => {
    const rows = async (path: string) => (await get(path, table)).json().rows.map(({ cells }: { cells: unknown[] }) => cells[1]);
    expect(await rows('/apis/kubeflow.org/v1/mxjobs')).toEqual(['Succeeded']);
    const conditions = [
      { type: 'Created', status: 'True' },
      { type: 'Running', status: 'False' },
    ];
    simulator.put({ kind: 'PyTorchJob', metadata: { name: 'a', namespace: 'n' }, spec: {}, status: { conditions } });
    simulator.put({ kind: 'PyTorchJob', metadata: { name: 'b', namespace: 'n' }, spec: {} });
    expect(await rows('/apis/kubeflow.org/v1/namespaces/n/pytorchjobs')).toEqual(['Created', null]);
  });

  it('can be had of one job, and tells how a list goes on', async () => {
    const one = (await get(jobPath, table)).json();
    expect(one).toMatchObject({
      kind: 'Table',
      metadata: { resourceVersion: '72447176' },
      rows: [{ cells: ['tfjob-test', 'Running', {}] }],
    });
    simulator.put({ kind: 'MXJob', metadata: { name: 'z', namespace: 'z' }, spec: {} });
    const page = (await get('/apis/kubeflow.org/v1/mxjobs', table, { limit: '1' })).json();
    expect(page.metadata).toEqual({
      continue: expect.stringMatching(/^[\w-]+$/),
      remainingItemCount: 1,
      resourceVersion: expect.any(String),
    });
  });

  it('holds of each object what includeObject asks for', async () => {
    const object = async (includeObject: string) => (await get(jobPath, table, { includeObject })).json().rows[0].object;
    expect(await object('None')).toBeNull();
    expect(await object('Metadata')).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'tfjob-test' } });
    expect(await object('')).not.toHaveProperty('spec');
    expect(await object('Object')).toEqual(simulator.get('tfjobs', 'kube-test', 'tfjob-test'));
    expect((await get(jobPath, table, { includeObject: 'All' })).json()).toMatchObject({
      code: 400,
      message:
        "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty",
    });
  });
});

describe('the metadata alone', () => {
  it('can be had of one job and of a list', async () => {
    const one = (await get(jobPath, partial)).json();
    expect(one).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: simulator.get('tfjobs', 'kube-test', 'tfjob-test')?.metadata,
    });
    const { metadata, ...list } = (await get(jobsPath, partialList)).json();
    expect(list).toEqual({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', items: [one] });
    expect(metadata).toEqual({ resourceVersion: expect.any(String) });
  });

  it('of one job is not that of a list, nor the other way round', async () => {
    const refusals = [await get(jobPath, partialList), await get(jobsPath, partial)];
    expect(refusals.map((answer) => [answer.status, answer.json().reason, answer.json().message])).toEqual([
      [406, 'NotAcceptable', 'you requested PartialObjectMetadataList, but the requested object is not a list'],
      [406, 'NotAcceptable', 'you requested PartialObjectMetadata, but the requested object is a list'],
    ]);
  });
});

describe('what the Accept header names', () => {
  it.each([
    ['', 'TFJob'],
    ['*/*', 'TFJob'],
    ['application/*', 'TFJob'],
    ['application/json, */*', 'TFJob'],
    [`application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io,${table},application/json`, 'Table'],
    ['application/json;as=Table;v=v2;g=meta.k8s.io,application/json', 'TFJob'],
    [
      'application/json;as=Table;v=v1;g=example.com, application/json; as=PartialObjectMetadata; g=meta.k8s.io; v=v1',
      'PartialObjectMetadata',
    ],
    [`application/json;q=0.5,${table};q=0.9`, 'Table'],
    ['text/html,application/xml;q=0.9,*/*;q=0.8', 'TFJob'],
  ])('decides the form: %j gets a %s', async (accept, kind) => {
    const answer = await get(jobPath, accept);
    expect(answer.json().kind).toBe(kind);
  });

  it.each(['application/xml', 'application/json;as=Table', 'application/json;as=Pod;v=v1;g=meta.k8s.io', 'nonsense', 'application/yaml'])(
    'is 406 where nothing of it is served: %j',
    async (accept) => {
      for (const sent of [{ method: 'GET' }, { method: 'PUT', body: '{}' }]) {
        const answer = await send(simulator.url, { ...sent, headers: { accept } });
        expect([answer.status, answer.json()]).toEqual([
          406,
          {
            kind: 'Status',
            apiVersion: 'v1',
            metadata: {},
            status: 'Failure',
            message: 'only the following media types are accepted: application/json',
            reason: 'NotAcceptable',
            code: 406,
          },
        ]);
      }
    },
  );
});

describe('gzip', () => {
  function raw(path: string, encoding: string): Promise<{ encoding: unknown; vary: unknown; body: Buffer }> {
    const endpoint = simulator.url + path;
    const headers = { ...officialHeaders({ method: 'GET', endpoint, headers: {} }), 'accept-encoding': encoding };
    return new Promise((resolve, reject) => {
      httpRequest(endpoint, { headers }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ encoding: response.headers['content-encoding'], vary: response.headers.vary, body: Buffer.concat(chunks) });
      })
        .on('error', reject)
        .end();
    });
  }

  it('is used for an answer of some size, for who accepts it', async () => {
    const plain = simulator.text('tfjobs', 'kube-test', 'tfjob-test') as string;
    const zipped = await raw(jobPath, 'deflate, gzip');
    expect([zipped.encoding, zipped.vary]).toEqual(['gzip', 'Accept-Encoding']);
    expect(zipped.body.length).toBeLessThan(plain.length);
    expect(gunzipSync(zipped.body).toString()).toBe(plain);
    for (const encoding of ['identity', 'br', 'gzip;q=0']) {
      expect(await raw(jobPath, encoding)).toEqual({ encoding: undefined, vary: undefined, body: Buffer.from(plain) });
    }
  });

  it('is not used for a small answer', async () => {
    const answer = await raw(`${jobPath}-nope`, 'gzip');
    expect(answer.encoding).toBeUndefined();
    expect(JSON.parse(answer.body.toString()).code).toBe(404);
  });
});

describe('an age', () => {
  const second = 1000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  // What k8s.io/apimachinery's HumanDuration makes of the same spans.
  it.each([
    [-2 * second, '<invalid>'],
    [-1 * second, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [9 * minute + 59 * second, '9m59s'],
    [10 * minute + 5 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [7 * hour + 59 * minute, '7h59m'],
    [8 * hour + minute, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [7 * day + 23 * hour, '7d23h'],
    [8 * day, '8d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
    [731 * day, '2y1d'],
    [8 * 365 * day, '8y'],
  ])('of %i ms is %s', (span, age) => {
    expect(humanDuration(span)).toBe(age);
  });
});
