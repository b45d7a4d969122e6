import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { expectRefused, type Loose, liveText, put, refusedUnread, requested, status, useGateway } from '../gateway.ts';

useGateway();

const unreadable = 'the object provided is unrecognized (must be of type TFJob): ';
const limit = 3 * 1024 * 1024;
/** Of a map, the key that is wrong is named. */
const fields: Record<string, string> = {
  'a label that is no string': 'metadata.labels[a]',
  'an annotation that is no string': 'metadata.annotations[a]',
};

describe('400 BadRequest', () => {
  it.each<[string, string, string]>([
    ['broken JSON', '{bad', "couldn't get version/kind; json parse error at position 1"],
    ['JSON that is cut off', '{"kind":"TFJob","metadata":', "couldn't get version/kind; json parse error"],
    ['JSON after a byte order mark', '\ufeff{}', "couldn't get version/kind; json parse error"],
    ['two JSON texts', '{}{}', "couldn't get version/kind; json parse error at position 2"],
    ['an empty body', '', "Object 'Kind' is missing in an empty body"],
    ['a blank body', ' \n\t', "Object 'Kind' is missing in an empty body"],
    ['null', 'null', 'it is not a JSON object'],
    ['an array', '[]', 'it is not a JSON object'],
    ['a string', '"TFJob"', 'it is not a JSON object'],
    ['a number that a double cannot hold', '1.0', 'it is not a JSON object'],
    ['an empty object', '{}', "Object 'Kind' is missing"],
    ['no apiVersion', '{"kind":"TFJob"}', "Object 'apiVersion' is missing"],
    ['kind null', '{"kind":null,"apiVersion":"kubeflow.org/v1"}', "Object 'Kind' is missing"],
  ])('answers %s', async (_title, body, message) => {
    const details = / at position \d+$/.test(message) ? { causes: [{ message: 'line 1: this is no JSON' }] } : undefined;
    await refusedUnread(body, {}, 400, 'BadRequest', unreadable + message, details);
  });

  it.each<[string, (job: Loose) => void, string]>([
    [
      'another name',
      ({ metadata }) => Object.assign(metadata, { name: 'other' }),
      'the name of the object (other) does not match the name on the URL (tfjob-test)',
    ],
    [
      'no name',
      ({ metadata }) => delete metadata.name,
      'the name of the object (tfjob-test based on URL) was undeterminable: name must be provided',
    ],
    [
      'no metadata',
      (job) => delete job.metadata,
      'the name of the object (tfjob-test based on URL) was undeterminable: name must be provided',
    ],
    [
      'another namespace',
      ({ metadata }) => Object.assign(metadata, { namespace: 'other' }),
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'another apiVersion',
      (job) => Object.assign(job, { apiVersion: 'kubeflow.org/v2' }),
      'the API version in the data (kubeflow.org/v2) does not match the expected API version (kubeflow.org/v1)',
    ],
    [
      'a replica type twice',
      ({ spec }) => Object.assign(spec.tfReplicaSpecs, { PS: {} }),
      'spec.tfReplicaSpecs: "Ps" and "PS" name the same replica type',
    ],
  ])('answers %s', async (_title, edit, message) => {
    await refusedUnread(requested(edit), {}, 400, 'BadRequest', message);
  });

  it.each<[string, (job: Loose) => void, string]>([
    [
      'a resourceVersion that is a number',
      ({ metadata }) => Object.assign(metadata, { resourceVersion: 72447176 }),
      'metadata.resourceVersion: must be a string',
    ],
    [
      'a resourceVersion that is no number',
      ({ metadata }) => Object.assign(metadata, { resourceVersion: 'abc' }),
      'metadata.resourceVersion: must be a decimal string',
    ],
    [
      'a label that is no string',
      ({ metadata }) => Object.assign(metadata, { labels: { a: 1 } }),
      'metadata.labels: must be a map of strings',
    ],
    ['labels that are no map', ({ metadata }) => Object.assign(metadata, { labels: [] }), 'metadata.labels: must be a map of strings'],
    [
      'an annotation that is no string',
      ({ metadata }) => Object.assign(metadata, { annotations: { a: true } }),
      'metadata.annotations: must be a map of strings',
    ],
    ['metadata that is no object', (job) => Object.assign(job, { metadata: 'x' }), 'metadata: must be an object'],
    ['a kind that is no string', (job) => Object.assign(job, { kind: 5 }), 'kind: must be a string'],
  ])('answers %s', async (title, edit, message) => {
    const [path = '', rule] = message.split(': ');
    await refusedUnread(requested(edit), {}, 400, 'BadRequest', `TFJob in version "v1" cannot be handled as a TFJob: ${message}`, {
      causes: [{ reason: 'FieldValueTypeInvalid', message: rule, field: fields[title] ?? path }],
    });
  });

  it('answers invalid UTF-8, and what is no gzip', async () => {
    const job = Buffer.from(JSON.stringify(requested()));
    const at = job.indexOf('"test"') + 1;
    for (const bytes of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80]]) {
      const spoilt = Buffer.concat([job.subarray(0, at), Buffer.from(bytes), job.subarray(at)]);
      await refusedUnread(spoilt, {}, 400, 'BadRequest', 'the body is not valid UTF-8');
      await refusedUnread(gzipSync(spoilt), { headers: { 'content-encoding': 'gzip' } }, 400, 'BadRequest', 'the body is not valid UTF-8');
    }
    for (const body of [job, gzipSync(job).subarray(0, -20), Buffer.alloc(0)]) {
      await refusedUnread(body, { headers: { 'content-encoding': 'gzip' } }, 400, 'BadRequest', 'the body is not valid gzip');
    }
  });

  it('answers duplicate and unknown fields under fieldValidation=Strict, all of them', async () => {
    const before = liveText();
    const text = JSON.stringify(requested(({ spec }) => Object.assign(spec, { nope: 1, activeDeadlineSecond: 5 })));
    const answer = await put(text.replace('"backoffLimit":6', '"backoffLimit":6,"backoffLimit":6'), { query: '?fieldValidation=Strict' });
    const help = '(unknown field; did you mean spec.activeDeadlineSeconds?)';
    const mistakes = `duplicate field "spec.backoffLimit", unknown field "spec.nope", unknown field "spec.activeDeadlineSecond" ${help}`;
    const message = `TFJob in version "v1" cannot be handled as a TFJob: strict decoding error: ${mistakes}`;
    const fields = ['spec.backoffLimit', 'spec.nope', 'spec.activeDeadlineSecond'];
    const details = { causes: fields.map((field) => expect.objectContaining({ field })) };
    expectRefused(answer, before, 400, status(400, 'BadRequest', message, details));
  });
});

describe('413 RequestEntityTooLarge', () => {
  const message = `Request entity too large: limit is ${limit}`;

  it('answers 4 MB, and one byte above 3 MiB, but not 3 MiB', async () => {
    await refusedUnread(' '.repeat(4_000_000), {}, 413, 'RequestEntityTooLarge', message);
    await refusedUnread(' '.repeat(limit + 1), {}, 413, 'RequestEntityTooLarge', message);
    const job = JSON.stringify(requested(({ spec }) => Object.assign(spec, { ttlSecondsAfterFinished: 3 })));
    const answer = await put(job + ' '.repeat(limit - job.length));
    expect([answer.status, answer.body.spec.ttlSecondsAfterFinished]).toEqual([200, 3]);
  });

  it('answers a gzip bomb, whatever it would become, but not 3 MiB in a gzip', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, ' '), { level: 9 });
    const gzip = { headers: { 'content-encoding': 'gzip' } };
    await refusedUnread(bomb, gzip, 413, 'RequestEntityTooLarge', message);
    await refusedUnread(gzipSync(' '.repeat(limit + 1)), gzip, 413, 'RequestEntityTooLarge', message);
    const manyMembers = Buffer.concat(Array.from({ length: 40 }, () => gzipSync(' '.repeat(100_000))));
    await refusedUnread(manyMembers, gzip, 413, 'RequestEntityTooLarge', message);
    const job = JSON.stringify(requested());
    expect((await put(gzipSync(job + ' '.repeat(limit - job.length)), gzip)).status).toBe(200);
  });
});

describe('415 UnsupportedMediaType', () => {
  const message = 'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml';

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/x+json',
    'application/jsonp',
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
    'application/vnd.kubernetes.protobuf',
    'application/json, text/plain',
    '*/*',
    'json',
  ])('answers %s', async (type) => {
    await refusedUnread(requested(), { headers: { 'content-type': type } }, 415, 'UnsupportedMediaType', message);
  });

  it.each(['br', 'deflate', 'zstd', 'gzip, gzip', 'gzip, identity', 'chunked'])('answers the encoding %s', async (encoding) => {
    await refusedUnread(requested(), { headers: { 'content-encoding': encoding } }, 415, 'UnsupportedMediaType', message);
  });

  it.each(['application/json', 'APPLICATION/JSON', 'application/json;charset=latin1', 'application/json ; a=b; c="d;e"', ''])(
    'does not answer %j',
    async (type) => {
      expect(
        (await put(requested(), { headers: type === '' ? {} : { 'content-type': type, 'content-encoding': 'identity' } })).status,
      ).toBe(200);
    },
  );

  it('comes before 413 and 400', async () => {
    await refusedUnread(' '.repeat(4_000_000), { headers: { 'content-type': 'text/plain' } }, 415, 'UnsupportedMediaType', message);
    await refusedUnread('{bad', { headers: { 'content-type': 'text/plain' } }, 415, 'UnsupportedMediaType', message);
  });
});
