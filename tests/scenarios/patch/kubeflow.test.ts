import { describe, expect, it } from 'vitest';
import { liveJob, liveText, reset, useGateway } from '../gateway.ts';
import { patch, sent, trips } from './request.ts';

useGateway({ auth: 'none', env: { LAYOUT: 'kubeflow', PROTECTED_KEYS: 'team,p.io/*' } });

const withRunPolicy = () =>
  reset((job) => {
    delete job.spec.backoffLimit;
    job.spec.runPolicy = { backoffLimit: 6, cleanPodPolicy: 'None' };
    job.metadata.labels = { app: 'test', team: 'red' };
  });

describe('a merge patch of a job whose policies are in runPolicy', () => {
  it.each([
    '{"spec":{"runPolicy":{"ttlSecondsAfterFinished":60,"cleanPodPolicy":null}}}',
    '{"metadata":{"labels":{"teams":"blue","q.io/x":"y"}}}',
  ])('costs one call: %s', async (body) => {
    await withRunPolicy();
    expect((await patch(body)).status).toBe(200);
    expect([trips(), sent(), liveJob().spec.runPolicy.backoffLimit]).toEqual(['PATCH', body, 6]);
  });

  it.each([
    ['{"spec":{"runPolicy":null}}', 'spec.runPolicy.backoffLimit'],
    ['{"spec":{"runPolicy":{"backoffLimit":null}}}', 'spec.runPolicy.backoffLimit'],
    ['{"spec":{"runPolicy":{"suspend":true}}}', 'spec.runPolicy.suspend'],
    ['{"spec":{"runPolicy":[]}}', 'spec.runPolicy'],
    ['{"spec":{"RunPolicy":{"ttlSecondsAfterFinished":5}}}', 'spec.RunPolicy'],
    ['{"spec":{"ttlSecondsAfterFinished":5}}', 'spec.ttlSecondsAfterFinished'],
    ['{"metadata":{"labels":{"team":"blue"}}}', 'metadata.labels'],
    ['{"metadata":{"labels":{"team":null}}}', 'metadata.labels'],
    ['{"metadata":{"labels":null}}', 'metadata.labels'],
    ['{"metadata":{"annotations":{"p.io/x":"y"}}}', 'metadata.annotations'],
  ])('is refused with 403 where it would change more: %s', async (body, field) => {
    await withRunPolicy();
    const before = liveText();
    const answer = await patch(body);
    expect(answer.body).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(answer.body.details.causes.map((cause: { field: string }) => cause.field)).toEqual([expect.stringContaining(field)]);
    expect([trips(), liveText()]).toEqual(['GET', before]);
  });

  it('that takes away a protected label which is not there, or keeps one, changes nothing of it', async () => {
    await withRunPolicy();
    expect((await patch({ metadata: { labels: { team: 'red', 'p.io/x': null, a: 'b' } } })).status).toBe(200);
    expect([trips(), liveJob().metadata.labels]).toEqual(['GET PUT', { app: 'test', team: 'red', a: 'b' }]);
  });

  it('makes no runPolicy where there was none and none is asked for', async () => {
    await reset();
    await patch({ metadata: { labels: { a: 'b' } }, spec: { runPolicy: {} } });
    expect([trips(), 'runPolicy' in liveJob().spec]).toEqual(['PATCH', false]);
  });
});
