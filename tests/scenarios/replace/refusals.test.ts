import { describe, expect, it } from 'vitest';
import {
  calls,
  expectRefused,
  jobPath,
  type Loose,
  liveText,
  put,
  refusedUnread,
  requested,
  reset,
  status,
  useGateway,
} from '../gateway.ts';

useGateway();

const about = { name: 'tfjob-test', group: 'kubeflow.org', kind: 'tfjobs' };

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
  it.each(['POST', 'DELETE', 'OPTIONS'])('answers %s', async (method) => {
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

describe('of several mistakes', () => {
  const mistakes: [code: number, spoil: (job: Loose) => void][] = [
    [400, ({ metadata }) => Object.assign(metadata, { namespace: 'other' })],
    [409, ({ metadata }) => Object.assign(metadata, { resourceVersion: '1' })],
    [400, (job) => Object.assign(job, { unknown: true })],
    [403, ({ spec }) => Object.assign(spec, { backoffLimit: 7 })],
    [422, ({ spec }) => Object.assign(spec, { cleanPodPolicy: 'Some' })],
  ];

  it('the first in order is answered: 400, 409, unknown fields under Strict, 403, 422', async () => {
    const before = liveText();
    for (const [index, [code]] of mistakes.entries()) {
      const job = requested();
      for (const [, spoil] of mistakes.slice(index)) spoil(job);
      expect((await put(job, { query: '?fieldValidation=Strict' })).status).toBe(code);
    }
    expect(liveText()).toBe(before);
  });

  it('a job that does not exist comes before them, but not before what is wrong with the body', async () => {
    const job = requested();
    for (const [, spoil] of mistakes.slice(1)) spoil(job);
    job.metadata.name = 'nope';
    const path = jobPath.replace('tfjob-test', 'nope');
    expect((await put(job, { path })).status).toBe(404);
    expect((await put('{bad', { path })).status).toBe(400);
  });
});
