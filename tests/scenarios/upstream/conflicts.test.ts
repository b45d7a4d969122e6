import { describe, expect, it } from 'vitest';
import { client, type Fault, refusal, reply, requestOf, times, type Upstream, upstream, useUpstream } from './harness.ts';

useUpstream();

/** Another client is faster, each time with another change. */
let edits = 0;
const overtaken =
  (change: (job: ReturnType<Upstream['job']>) => void): Fault =>
  (response, serve) => {
    upstream.edit(change);
    reply(serve())(response);
  };
const byStatus: Fault = overtaken((job) => {
  edits += 1;
  // A finalizer is as live where a request leaves it out, so that the request stays a lawful one.
  job.metadata.finalizers = [`example.com/f${edits}`];
});

/** The documented request without a resourceVersion, in one of its spellings. */
const unfenced = (version?: string) => {
  const request = requestOf(upstream, { fenced: false });
  return version === undefined ? request : { ...request, metadata: { ...(request.metadata as object), resourceVersion: version } };
};

describe('a conflict', () => {
  it.each([undefined, '', '0'])('of a request with the resourceVersion %j is decided anew on what is live now', async (version) => {
    upstream.next.PUT.push(byStatus, byStatus);
    const { answer, changed } = await client.update(unfenced(version));
    expect(changed).toEqual(['spec.ttlSecondsAfterFinished']);
    expect(upstream.methods()).toBe('GET PUT GET PUT GET PUT');
    expect(answer.job).toEqual(upstream.job());
    expect(upstream.job()).toMatchObject({
      metadata: { finalizers: [`example.com/f${edits}`], resourceVersion: '72447179' },
      spec: { ttlSecondsAfterFinished: 1000 },
    });
  });

  it('is met five times at most, and then told', async () => {
    upstream.next.PUT.push(...times(9, byStatus));
    const { status } = await refusal(client.update(unfenced()));
    expect(status).toMatchObject({ code: 409, reason: 'Conflict', errorCode: 'CCI.02.409101', details: { name: 'tfjob-test' } });
    expect(upstream.methods()).toBe(Array(5).fill('GET PUT').join(' '));
    expect(upstream.job().spec).not.toHaveProperty('ttlSecondsAfterFinished');
  });

  it('of a request with a resourceVersion is told at once', async () => {
    upstream.next.PUT.push(byStatus);
    const { status } = await refusal(client.update(requestOf(upstream)));
    expect(status).toMatchObject({ code: 409, reason: 'Conflict', errorCode: 'CCI.02.409101' });
    expect(status.message).toMatch(/the object has been modified/);
    expect(upstream.methods()).toBe('GET PUT');
  });

  it('that a request is too late for is told before anything is written', async () => {
    const request = requestOf(upstream);
    upstream.edit((job) => Object.assign(job.metadata, { labels: { app: 'newer' } }));
    const { status } = await refusal(client.update(request));
    expect(status).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(upstream.methods()).toBe('GET');
  });

  it('with a change that the caller may not undo is refused, and that change stays', async () => {
    upstream.next.PUT.push(
      overtaken((job) => {
        job.spec.backoffLimit = 9;
      }),
    );
    const { status } = await refusal(client.update(unfenced()));
    expect(status).toMatchObject({ code: 403, reason: 'Forbidden', details: { causes: [{ field: 'spec.backoffLimit' }] } });
    expect(upstream.methods()).toBe('GET PUT GET');
    expect(upstream.job().spec).toMatchObject({ backoffLimit: 9 });
  });

  it('with somebody who made the same change is success, without another write', async () => {
    upstream.next.PUT.push(
      overtaken((job) => {
        job.spec.ttlSecondsAfterFinished = 1000;
      }),
    );
    expect((await client.update(unfenced())).outcome).toBe('unchanged');
    expect(upstream.methods()).toBe('GET PUT GET');
  });

  it('with a job that was made anew under its name is told where the request names the uid', async () => {
    upstream.next.PUT.push((response, serve) => {
      const { uid: _uid, ...metadata } = upstream.job().metadata;
      upstream.storage.seed({ ...upstream.job(), metadata: { ...metadata, resourceVersion: '72447200' } });
      reply(serve())(response);
    });
    const { status } = await refusal(client.update(unfenced()));
    expect(status).toMatchObject({ code: 409, reason: 'Conflict' });
    expect(status.message).toMatch(/Precondition failed: UID/);
    expect(upstream.methods()).toBe('GET PUT GET');
  });

  it('never sends anything but the live object with the replaceable fields, and its version', async () => {
    upstream.next.PUT.push(byStatus, byStatus);
    await client.update({
      ...unfenced(),
      status: { startTime: 'never' },
      metadata: { ...(unfenced().metadata as object), generation: 99 },
    });
    const [first, second, third] = upstream.arrived.filter(({ method }) => method === 'PUT').map(({ body }) => JSON.parse(body));
    expect([first, second, third].map(({ metadata }) => metadata.resourceVersion)).toEqual(['72447176', '72447177', '72447178']);
    expect(first.status.startTime).toBe('2019-07-24T07:16:13Z');
    expect(third).toEqual({ ...upstream.job(), metadata: { ...upstream.job().metadata, resourceVersion: '72447178', generation: 2 } });
  });
});
