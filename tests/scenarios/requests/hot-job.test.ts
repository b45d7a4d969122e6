import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { calls, handlerOf, invoke, jobEvent, type Loose, liveJob, liveText, now, requested, useGateway } from '../gateway.ts';

// The handler is loaded anew for every test, with the cache that a deployment has.
useGateway({ auth: 'none', env: { LIVE_CACHE: 'on' } });
let put: (job: Loose) => ReturnType<typeof invoke>;
beforeEach(async () => {
  const handler = await handlerOf('replace-job', 'new');
  put = (job) => invoke(handler, eventOf(job));
});

function eventOf(job: object) {
  const identity = { userArn: 'arn:aws:iam::123456789012:user/a' };
  const asked = { requestId: randomUUID(), requestTimeEpoch: Date.now(), identity };
  return jobEvent('PUT', asked, { body: JSON.stringify(job), isBase64Encoded: false });
}
const withTtl = (ttl: number) =>
  requested((job) => {
    job.spec.ttlSecondsAfterFinished = ttl;
  });
/** The stored job as others would change it. */
function others(edit: (job: Loose) => void): void {
  const job = liveJob();
  edit(job);
  delete job.metadata.resourceVersion;
  now.simulator.put(job);
}

describe('a job that was just written', () => {
  it('is written again in one call', async () => {
    expect((await put(withTtl(1))).status).toBe(200);
    const answer = await put(withTtl(2));
    expect([answer.status, answer.body.spec.ttlSecondsAfterFinished]).toEqual([200, 2]);
    expect(answer.body).toEqual(liveJob());
    expect(calls()).toEqual(['GET 200', 'PUT 200', 'PUT 200']);
  });

  it('is read before each write for a while where others write to it too, since a stale copy costs a call more than none', async () => {
    await put(withTtl(1));
    const requests = [2, 3, 4].map(withTtl);
    others((job) => {
      job.metadata.finalizers = ['example.com/theirs'];
    });
    for (const request of requests) expect((await put(request)).status).toBe(200);
    expect(calls().slice(2)).toEqual(['PUT 409', 'GET 200', 'PUT 200', 'GET 200', 'PUT 200', 'GET 200', 'PUT 200']);
  });

  it('is read anew where others wrote to it meanwhile, and nothing of theirs is lost', async () => {
    await put(withTtl(1));
    const next = withTtl(2);
    others((job) => {
      job.metadata.finalizers = ['example.com/theirs'];
    });
    expect((await put(next)).status).toBe(200);
    expect(liveJob().metadata.finalizers).toEqual(['example.com/theirs']);
    expect(liveJob().spec.ttlSecondsAfterFinished).toBe(2);
    expect(calls()).toEqual(['GET 200', 'PUT 200', 'PUT 409', 'GET 200', 'PUT 200']);
  });

  it('is read anew before a refusal, which others may have made untrue', async () => {
    await put(withTtl(1));
    others((job) => {
      job.spec.backoffLimit = 9;
    });
    const answer = await put(
      requested((job) => {
        job.spec.ttlSecondsAfterFinished = 2;
      }),
    );
    expect([answer.status, liveJob().spec.backoffLimit, liveJob().spec.ttlSecondsAfterFinished]).toEqual([200, 9, 2]);
  });

  it('is read anew before "nothing to do", which others may have made untrue', async () => {
    await put(withTtl(1));
    const before = requested();
    others((job) => {
      job.spec.ttlSecondsAfterFinished = 77;
    });
    expect((await put(before)).body.spec.ttlSecondsAfterFinished).toBe(1);
    expect(liveJob().spec.ttlSecondsAfterFinished).toBe(1);
  });

  it('is not found where it was deleted meanwhile', async () => {
    await put(withTtl(1));
    const again = withTtl(2);
    now.upstream.answer = (_received, response) =>
      void response.writeHead(404, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          kind: 'Status',
          status: 'Failure',
          reason: 'NotFound',
          message: 'tfjobs.kubeflow.org "tfjob-test" not found',
          code: 404,
        }),
      );
    const answer = await put(again);
    expect([answer.status, answer.body.reason]).toEqual([404, 'NotFound']);
    expect(now.upstream.received.map(({ method }) => method)).toEqual(['GET', 'PUT', 'PUT', 'GET']);
  });

  it('is told a stale resourceVersion as if it had been read', async () => {
    const stale = JSON.parse(liveText());
    await put(withTtl(1));
    const answer = await put(stale);
    expect([answer.status, answer.body.reason]).toEqual([409, 'Conflict']);
    expect(calls().filter((call) => call === 'PUT 200')).toHaveLength(1);
  });
});
