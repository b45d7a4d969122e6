import { describe, expect, it, vi } from 'vitest';
import { credential } from '../../credentials.ts';
import { client, type Fault, newContext, refusal, reply, requestOf, serveThen, upstream, useUpstream } from './harness.ts';

// The clock stands still but for what a test says a call took.
useUpstream({ now: 1e12 });

/** A fault, or a proper answer, that takes so many milliseconds of the request's time. */
const slowly =
  (ms: number, fault: Fault = (response, serve) => reply(serve())(response)): Fault =>
  (response, serve, arrived) => {
    vi.setSystemTime(Date.now() + ms);
    return fault(response, serve, arrived);
  };
const silence: Fault = () => undefined;
const noTime = { code: 504, reason: 'Timeout', message: 'Timeout: no time is left to call CCI', details: {} };

describe('the deadline', () => {
  it('that has passed lets nothing begin: no call, and no read of the secret beside the first', async () => {
    for (const left of [0, -1, -60_000]) {
      expect((await refusal(client.update(requestOf(upstream), newContext(left)))).status).toMatchObject(noTime);
    }
    expect([upstream.methods(), client.secrets.calls]).toEqual(['', 1]);
  });

  it('less than 3 s away lets no write begin, but a read', async () => {
    const { status, note } = await refusal(client.update(requestOf(upstream), newContext(2999)));
    expect(status).toMatchObject(noTime);
    expect(note).toEqual({ reason: 'deadline' });
    expect(upstream.methods()).toBe('GET');
    expect((await client.update(upstream.job(), newContext(2999))).outcome).toBe('unchanged');
  });

  it('exactly 3 s away lets a write begin', async () => {
    expect((await client.update(requestOf(upstream), newContext(3000))).outcome).toBe('changed');
  });

  it('that a slow read has come near lets no write begin', async () => {
    upstream.next.GET.push(slowly(17_001));
    expect((await refusal(client.update(requestOf(upstream)))).status).toMatchObject(noTime);
    expect(upstream.methods()).toBe('GET');
  });

  it('that refused credentials have come near lets no write begin with newer ones', async () => {
    await client.update(upstream.job());
    client.setSecret({ token: credential('newer') });
    upstream.next.PUT.push(slowly(17_001, reply({ status: 401 })));
    expect((await refusal(client.update(requestOf(upstream)))).status).toMatchObject(noTime);
    expect(upstream.methods()).toBe('GET GET PUT');
    expect(upstream.job().metadata.resourceVersion).toBe('72447176');
  });

  it('that a conflict has come near lets no further write begin', async () => {
    upstream.next.PUT.push(
      slowly(17_001, (response, serve) => {
        upstream.edit((job) => Object.assign(job.metadata, { labels: { app: 'test', by: 'another' } }));
        reply(serve())(response);
      }),
    );
    const request = { ...requestOf(upstream, { fenced: false }) };
    expect((await refusal(client.update(request))).status).toMatchObject(noTime);
    expect(upstream.methods()).toBe('GET PUT GET');
    expect(upstream.job().spec).not.toHaveProperty('ttlSecondsAfterFinished');
  });

  it.each([
    ['was carried out', true],
    ['was not carried out', false],
  ])('that a 503 has come near leaves the time to settle a write that %s', async (_title, applied) => {
    const unavailable = reply({ status: 503 });
    upstream.next.PUT.push(slowly(17_001, applied ? serveThen(unavailable) : unavailable));
    const result = client.update(requestOf(upstream));
    if (applied) expect((await result).outcome).toBe('changed');
    else expect((await refusal(result)).status).toMatchObject({ code: 503, details: {} });
    expect(upstream.methods()).toBe('GET PUT GET');
  });

  it('bounds each call: a read of nothing but silence ends in time', async () => {
    upstream.next.GET.push(silence);
    const context = newContext(150);
    upstream.next.GET.push(silence, silence, silence);
    const { status } = await refusal(client.update(requestOf(upstream), context));
    expect(status).toMatchObject({ code: 504, reason: 'Timeout', details: {} });
    expect(new Set(context.calls.map(({ answer }) => answer))).toEqual(new Set(['ETIMEDOUT']));
  });

  it.each([
    ['was carried out', serveThen(silence)],
    ['was not carried out', silence],
  ])('keeps 2 s for settling a write that met silence and %s', async (_title, fault) => {
    // With 3 s left a write may take one; the clock stands still, so the rest is there for the read.
    upstream.next.PUT.push(fault);
    const context = newContext(3000);
    const result = client.update(requestOf(upstream), context);
    if (fault === silence) expect((await refusal(result)).status).toMatchObject({ code: 504, reason: 'Timeout', details: {} });
    else expect((await result).outcome).toBe('changed');
    expect(context.calls.map(({ method, answer }) => `${method} ${answer}`)).toEqual(['GET 200', 'PUT ETIMEDOUT', 'GET 200']);
  });
});
