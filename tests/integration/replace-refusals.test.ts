import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  calls,
  expectRefused,
  jobPath,
  type Loose,
  liveText,
  now,
  put,
  requested,
  reset,
  type Sending,
  status,
  useGateway,
} from './gateway.ts';

useGateway();

const unreadable = 'the object provided is unrecognized (must be of type TFJob): ';
const limit = 3 * 1024 * 1024;
const about = { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs' };

/** A PUT that is refused before anything is read upstream. */
async function refusedUnread(
  body: string | Buffer | object,
  sending: Sending,
  code: number,
  reason: string,
  message: unknown,
  details?: unknown,
) {
  const before = liveText();
  const answer = await put(body, sending);
  expectRefused(answer, before, code, status(code, reason, message, details));
  expect(now.upstream.received).toEqual([]);
}

describe('400 BadRequest', () => {
  it.each<[string, string, string]>([
    ['broken JSON', '{bad', "couldn't get version/kind; json parse error at position 1"],
    ['JSON that is cut off', '{"kind":"TFJob","metadata":', "couldn't get version/kind; json parse error"],
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
    await refusedUnread(body, {}, 400, 'BadRequest', unreadable + message);
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
  ])('answers %s', async (_title, edit, message) => {
    await refusedUnread(requested(edit), {}, 400, 'BadRequest', `TFJob in version "v1" cannot be handled as a TFJob: ${message}`);
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
    expectRefused(answer, before, 400, status(400, 'BadRequest', message));
  });
});

describe('404 NotFound', () => {
  const nowhere = 'the server could not find the requested resource';

  it('answers a job that does not exist, as the upstream says it', async () => {
    const before = liveText();
    const answer = await put(
      requested(({ metadata }) => Object.assign(metadata, { name: 'nope' })),
      { path: jobPath.replace('tfjob-test', 'nope') },
    );
    expectRefused(answer, before, 404, status(404, 'NotFound', 'tfjobs.kubeflow.org "nope" not found', { ...about, name: 'nope' }));
    expect(calls()).toEqual(['GET 404']);
  });

  it.each([
    '/',
    '/healthz',
    '/apis',
    '/apis/kubeflow.org/v1/namespaces/kube-test/tfjobs',
    '/apis/kubeflow.org/v1/namespaces/kube-test/pods/tfjob-test',
    '/apis/kubeflow.org/v2/namespaces/kube-test/tfjobs/tfjob-test',
    '/apis/batch.volcano.sh/v1/namespaces/kube-test/tfjobs/tfjob-test',
    `${jobPath}/status`,
    jobPath.replace('tfjob-test', 'TFJOB'),
    jobPath.replace('tfjob-test', 'a.b'),
    jobPath.replace('tfjob-test', 'a'.repeat(64)),
    jobPath.replace('tfjob-test', '..%2Ftfjob-test'),
    jobPath.replace('tfjob-test', 'tfjob-test%2Fstatus'),
    jobPath.replace('tfjob-test', 'tfjob-test%252Fstatus'),
    jobPath.replace('tfjob-test', 'tfjob-test%00'),
    jobPath.replace('tfjob-test', 'tfjob-test%0A'),
    jobPath.replace('tfjob-test', '%7Bname%7D'),
    jobPath.replace('kube-test', 'kube.test'),
    jobPath.replace('kube-test', '..%2F..'),
  ])('answers the path %s', async (path) => {
    await refusedUnread(requested(), { path }, 404, 'NotFound', nowhere, {});
  });
});

describe('405 MethodNotAllowed', () => {
  it.each(['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS'])('answers %s', async (method) => {
    const message = 'the server does not allow this method on the requested resource';
    await refusedUnread('{}', { method }, 405, 'MethodNotAllowed', message, {});
    expect((await put('{}', { method })).headers.get('allow')).toContain('PUT');
  });
});

describe('409 Conflict and 422 Invalid', () => {
  it('answer another uid before anything is compared', async () => {
    const before = liveText();
    const job = requested(({ metadata, spec }) => {
      metadata.uid = 'x';
      spec.backoffLimit = 7;
    });
    const why = 'Precondition failed: UID in precondition: x, UID in object meta: 083cc6df-ade3-11e9-aaa4-340a9837e413';
    const message = `Operation cannot be fulfilled on tfjobs.kubeflow.org "tfjob-test": ${why}`;
    expectRefused(await put(job), before, 409, status(409, 'Conflict', message, about));
  });

  it('answer another kind', async () => {
    const before = liveText();
    const cause = { reason: 'FieldValueInvalid', message: 'Invalid value: "PyTorchJob": must be TFJob', field: 'kind' };
    const message = `TFJob.kubeflow.org "tfjob-test" is invalid: kind: ${cause.message}`;
    const answer = await put(requested((job) => Object.assign(job, { kind: 'PyTorchJob' })));
    expectRefused(answer, before, 422, status(422, 'Invalid', message, { ...about, kind: 'TFJob', causes: [cause] }));
  });

  it('answer a changed deletionTimestamp, which is immutable', async () => {
    await reset(({ metadata }) => Object.assign(metadata, { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 }));
    const before = liveText();
    const answer = await put(requested(({ metadata }) => Object.assign(metadata, { deletionTimestamp: '2027-01-01T00:00:00Z' })));
    const cause = {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: "2027-01-01T00:00:00Z": field is immutable',
      field: 'metadata.deletionTimestamp',
    };
    const message = `TFJob.kubeflow.org "tfjob-test" is invalid: ${cause.field}: ${cause.message}`;
    expectRefused(answer, before, 422, status(422, 'Invalid', message, { ...about, kind: 'TFJob', causes: [cause] }));
    expect(
      (await put(requested(({ metadata }) => Object.assign(metadata, { deletionTimestamp: '2026-01-01T00:00:00.000Z' })))).status,
    ).toBe(200);
  });

  it.each([
    [
      'activeDeadlineSeconds',
      0,
      'FieldValueInvalid',
      'Invalid value: 0: spec.activeDeadlineSeconds in body should be greater than or equal to 1',
    ],
    [
      'activeDeadlineSeconds',
      '60',
      'FieldValueTypeInvalid',
      'Invalid value: "string": spec.activeDeadlineSeconds in body must be of type integer: "string"',
    ],
    [
      'activeDeadlineSeconds',
      1.5,
      'FieldValueTypeInvalid',
      'Invalid value: "number": spec.activeDeadlineSeconds in body must be of type integer: "number"',
    ],
    [
      'ttlSecondsAfterFinished',
      -1,
      'FieldValueInvalid',
      'Invalid value: -1: spec.ttlSecondsAfterFinished in body should be greater than or equal to 0',
    ],
    [
      'ttlSecondsAfterFinished',
      2 ** 31,
      'FieldValueInvalid',
      'Invalid value: 2147483648: spec.ttlSecondsAfterFinished in body should be less than or equal to 2147483647',
    ],
    ['cleanPodPolicy', 'running', 'FieldValueNotSupported', 'Unsupported value: "running": supported values: "All", "Running", "None"'],
    [
      'cleanPodPolicy',
      ['All'],
      'FieldValueTypeInvalid',
      'Invalid value: "array": spec.cleanPodPolicy in body must be of type string: "array"',
    ],
  ])('answer %s %j', async (name, value, reason, message) => {
    const before = liveText();
    const answer = await put(requested(({ spec }) => Object.assign(spec, { [name]: value })));
    const details = { ...about, kind: 'TFJob', causes: [{ reason, message, field: `spec.${name}` }] };
    expectRefused(
      answer,
      before,
      422,
      status(422, 'Invalid', `TFJob.kubeflow.org "tfjob-test" is invalid: spec.${name}: ${message}`, details),
    );
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
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024, ' '), { level: 9 });
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
