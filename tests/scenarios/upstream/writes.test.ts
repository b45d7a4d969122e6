import { describe, expect, it } from 'vitest';
import {
  client,
  drop,
  type Fault,
  newContext,
  refusal,
  reply,
  requestOf,
  serveThen,
  times,
  type Upstream,
  upstream,
  useUpstream,
} from './harness.ts';

useUpstream();

const unavailable = reply({ status: 503 });
const ttl = () => upstream.job().spec.ttlSecondsAfterFinished;
/** Another client's change of the same field. */
const overwrite: Fault = (response, serve) => {
  upstream.edit((job) => {
    job.spec.ttlSecondsAfterFinished = 5;
  });
  reply(serve())(response);
};

describe.each([
  ['with a resourceVersion', true],
  ['without a resourceVersion', false],
])('a write %s', (_title, fenced) => {
  const send = () => client.update(requestOf(upstream, { fenced }));

  it('that was carried out before the connection died is told as the success it is', async () => {
    // The first loss may be that of a stale connection, so the write is repeated, and meets the version that it made itself.
    upstream.next.PUT.push(serveThen(drop));
    const { outcome, answer, changed } = await send();
    expect({ outcome, changed }).toEqual({ outcome: 'changed', changed: ['spec.ttlSecondsAfterFinished'] });
    expect(answer.job).toEqual(upstream.job());
    expect(upstream.methods()).toBe('GET PUT PUT GET');
    expect(upstream.job().metadata.resourceVersion).toBe('72447177');
  });

  it('that was lost with a stale connection is repeated, and is done once', async () => {
    upstream.next.PUT.push(drop);
    expect((await send()).outcome).toBe('changed');
    expect(upstream.methods()).toBe('GET PUT PUT');
    expect(upstream.job().metadata.resourceVersion).toBe('72447177');
  });

  it('that was dropped before it was carried out is Timeout, without Retry-After, and nothing is written', async () => {
    upstream.next.PUT.push(drop, drop);
    const { status } = await refusal(send());
    expect(status).toMatchObject({ code: 504, reason: 'Timeout', details: {} });
    expect(upstream.methods()).toBe('GET PUT PUT GET');
    expect(upstream.job().metadata.resourceVersion).toBe('72447176');
  });

  it.each([502, 503])('that was carried out behind a %i is repeated, and its own conflict is not told', async (status) => {
    upstream.next.PUT.push(serveThen(reply({ status })));
    expect((await send()).outcome).toBe('changed');
    expect(upstream.methods()).toBe('GET PUT PUT GET');
    expect(ttl()).toBe(1000);
  });

  it('that was carried out behind a 504 is settled by a read', async () => {
    upstream.next.PUT.push(serveThen(reply({ status: 504 })));
    expect((await send()).outcome).toBe('changed');
    expect(upstream.methods()).toBe('GET PUT GET');
  });

  it('whose every try failed is told by a read: done or not', async () => {
    upstream.next.PUT.push(unavailable, serveThen(unavailable), ...times(2, unavailable));
    expect((await send()).outcome).toBe('changed');
    upstream.next.PUT.push(...times(4, unavailable));
    upstream.arrived.length = 0;
    const { status } = await refusal(client.update(requestOf(upstream, { fenced, ttl: 7 })));
    expect(status).toMatchObject({ code: 503, reason: 'ServiceUnavailable', details: {} });
    expect(upstream.methods()).toBe('GET PUT PUT PUT PUT GET');
    expect(ttl()).toBe(1000);
  });

  it('in whose place the job was deleted is not taken for done', async () => {
    upstream.next.PUT.push((response) => {
      upstream.storage.seed({
        kind: 'TFJob',
        metadata: { name: 'tfjob-test', namespace: 'kube-test' },
        spec: { ttlSecondsAfterFinished: 1000 },
      });
      response.destroy();
    }, drop);
    // Created anew with the very value that was asked for, but another uid: another job.
    const { status } = await refusal(client.update({ ...requestOf(upstream, { fenced }) }));
    expect(status).toMatchObject({ code: 504, reason: 'Timeout' });
  });
});

describe.each([
  ['with a resourceVersion', true],
  ['without a resourceVersion', false],
])('a write %s that met itself or another one', (_title, fenced) => {
  const send = () => refusal(client.update(requestOf(upstream, { fenced })));

  it('is Timeout where the job cannot be read: the change may be in', async () => {
    upstream.next.PUT.push(serveThen(unavailable));
    upstream.next.GET.push((response, serve) => reply(serve())(response), ...times(4, unavailable));
    const { status, note } = await send();
    expect(status).toMatchObject({ code: 504, reason: 'Timeout', details: {} });
    expect(note).toEqual({ reason: '409, and the job could not be read', errorCode: 'CCI.02.409101' });
    expect(upstream.methods()).toBe('GET PUT PUT GET GET GET GET');
    expect(ttl()).toBe(1000);
  });

  it.each([
    ['was overwritten after it was carried out', serveThen(unavailable)],
    ['was never carried out', unavailable],
  ])('is Timeout where it %s, which nobody can tell: it is not done a second time over another change', async (_what, first) => {
    upstream.next.PUT.push(first, overwrite);
    const { status, note } = await send();
    expect(status).toMatchObject({ code: 504, reason: 'Timeout', details: {} });
    expect(note).toEqual({ reason: '409, and the job was changed meanwhile', errorCode: 'CCI.02.409101' });
    expect(upstream.methods()).toBe('GET PUT PUT GET');
    expect(ttl()).toBe(5);
  });

  it.each([429, 503])('is Timeout and not %i, which would say that nothing was written', async (code) => {
    upstream.next.PUT.push(
      serveThen((response) => {
        upstream.edit((job) => {
          job.spec.ttlSecondsAfterFinished = 5;
        });
        response.writeHead(503).end();
      }),
      ...times(3, reply({ status: code })),
    );
    expect((await send()).status).toMatchObject({ code: 504, reason: 'Timeout', details: {} });
    expect(upstream.methods()).toBe('GET PUT PUT PUT PUT GET');
    expect(ttl()).toBe(5);
  });
});

describe('the settling of a write', () => {
  it('goes by meaning: the order of labels, and no labels or an empty map, make no difference', async () => {
    upstream.edit((job) => {
      job.metadata.annotations = { z: '1', a: '2' };
      job.metadata.labels = {};
    });
    upstream.next.PUT.push(serveThen(reply({ status: 504 })));
    upstream.next.GET.push(
      (response, serve) => reply(serve())(response),
      (response, serve) => {
        const job = JSON.parse(serve().body);
        delete job.metadata.labels;
        job.metadata.annotations = Object.fromEntries(Object.entries(job.metadata.annotations).reverse());
        reply({ status: 200, body: job })(response);
      },
    );
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
  });

  it.each<[string, (job: ReturnType<Upstream['job']>) => void]>([
    ['a label too many', (job) => Object.assign(job.metadata, { labels: { app: 'test', more: '' } })],
    ['a label too few', (job) => delete job.metadata.labels],
    ['an annotation', (job) => Object.assign(job.metadata, { annotations: { a: '' } })],
    ['a policy', (job) => Object.assign(job.spec, { cleanPodPolicy: 'All' })],
    ['a deadline', (job) => Object.assign(job.spec, { activeDeadlineSeconds: 1 })],
    ['another uid', (job) => Object.assign(job.metadata, { uid: 'other' })],
  ])('sees %s', async (_title, change) => {
    upstream.next.PUT.push(serveThen(reply({ status: 504 })));
    upstream.next.GET.push(
      (response, serve) => reply(serve())(response),
      (response, serve) => {
        const job = JSON.parse(serve().body);
        change(job);
        reply({ status: 200, body: job })(response);
      },
    );
    expect((await refusal(client.update(requestOf(upstream)))).status.code).toBe(504);
  });

  it('minds another client’s change of anything else as little as the write does', async () => {
    upstream.next.PUT.push(
      serveThen((response) => {
        upstream.edit((job) => {
          job.spec.backoffLimit = 9;
        });
        response.destroy();
      }),
    );
    expect((await client.update(requestOf(upstream))).answer.job.spec).toMatchObject({ backoffLimit: 9, ttlSecondsAfterFinished: 1000 });
  });

  it('that finds the credentials refused leaves the verdict as it was', async () => {
    upstream.next.PUT.push(serveThen(reply({ status: 504 })));
    upstream.next.GET.push((response, serve) => reply(serve())(response), reply({ status: 401 }));
    const context = newContext();
    expect((await refusal(client.update(requestOf(upstream), context))).status).toMatchObject({ code: 504, details: {} });
    expect(context.calls.map(({ answer }) => answer)).toEqual([200, 504, 401]);
  });
});
