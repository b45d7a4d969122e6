import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../lib/json/json.ts';
import { client, cutOff, type Fault, refusal, reply, requestOf, times, upstream, useUpstream } from './harness.ts';

useUpstream();

/** Answers with the job after an edit that spoils it. */
const spoilt =
  (spoil: (job: JsonObject & { metadata: JsonObject }) => void): Fault =>
  (response, serve) => {
    const job = JSON.parse(serve().body);
    spoil(job);
    reply({ status: 200, body: job })(response);
  };
const rewritten =
  (rewrite: (text: string) => string | Buffer): Fault =>
  (response, serve) =>
    reply({ status: 200, body: rewrite(serve().body) })(response);

const unreadable: [string, Fault][] = [
  ['nothing', rewritten(() => '')],
  ['HTML', rewritten(() => '<html>welcome</html>')],
  ['half of the job', rewritten((text) => text.slice(0, -10))],
  ['the job and more', rewritten((text) => `${text}{}`)],
  ['the job behind a byte order mark', rewritten((text) => `\ufeff${text}`)],
  ['bytes that are no UTF-8', rewritten((text) => Buffer.from(text.replace('"test"', '"t\u00e9st"'), 'latin1'))],
  ['null', rewritten(() => 'null')],
  ['an array', rewritten((text) => `[${text}]`)],
  ['a text', rewritten((text) => JSON.stringify(text))],
  ['a deep nest', rewritten(() => '['.repeat(1_000_000))],
  ['a number', rewritten(() => '1.0')],
  ['another name', spoilt((job) => Object.assign(job.metadata, { name: 'other' }))],
  ['another namespace', spoilt((job) => Object.assign(job.metadata, { namespace: 'other' }))],
  ['another kind', spoilt((job) => Object.assign(job, { kind: 'Status', status: 'Success' }))],
  ['no metadata', spoilt((job) => delete (job as JsonObject).metadata)],
  ['metadata that is an array', spoilt((job) => Object.assign(job, { metadata: [] }))],
  ['no resourceVersion', spoilt((job) => delete job.metadata.resourceVersion)],
  ['an empty resourceVersion', spoilt((job) => Object.assign(job.metadata, { resourceVersion: '' }))],
  ['a resourceVersion that is a number', spoilt((job) => Object.assign(job.metadata, { resourceVersion: 72447176 }))],
  ['a job larger than 3 MiB', rewritten((text) => text + ' '.repeat(3 * 1024 * 1024))],
];

describe('an answer that is no job', () => {
  it.each(unreadable)('(%s) to a read is InternalError, and nothing is written', async (_title, fault) => {
    upstream.next.GET.push(fault);
    const { status, note } = await refusal(client.update(requestOf(upstream)));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(note.reason).toMatch(/^the answer is /);
    expect(upstream.methods()).toBe('GET');
  });

  it.each(unreadable)('(%s) to a write that was carried out is settled by a read: success', async (_title, fault) => {
    upstream.next.PUT.push(fault);
    const { outcome, answer } = await client.update(requestOf(upstream));
    expect(outcome).toBe('changed');
    expect(answer.job).toEqual(upstream.job());
    expect(upstream.methods()).toBe('GET PUT GET');
  });

  it.each(['', '<html>'])('(%j) to a write that was not carried out is InternalError', async (body) => {
    upstream.next.PUT.push(reply({ status: 200, body }));
    const { status } = await refusal(client.update(requestOf(upstream)));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(upstream.methods()).toBe('GET PUT GET');
  });

  it.each([202, 204])('(%i) to a write that was carried out is settled by a read', async (status) => {
    upstream.next.PUT.push((response, serve) => {
      serve();
      reply({ status })(response);
    });
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
  });

  it('is taken at exactly 3 MiB', async () => {
    upstream.next.GET.push(rewritten((text) => text.padEnd(3 * 1024 * 1024)));
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
  });

  it('in a text that is no job says in the log how it begins, without values', async () => {
    upstream.next.GET.push(rewritten((text) => `${text.slice(0, 300)}, `));
    const { note } = await refusal(client.update(requestOf(upstream)));
    expect(note.reason).toBe('the answer is not JSON');
    expect(String(note.body)).toMatch(/^\{"apiVersion":"…","kind":"…","metadata":\{/);
    expect(String(note.body).length).toBeLessThanOrEqual(200);
    expect(String(note.body)).not.toContain('tfjob-test');
  });
});

describe('an answer that is cut off', () => {
  it('is read again', async () => {
    upstream.next.GET.push(cutOff, cutOff);
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
    expect(upstream.methods()).toBe('GET GET GET PUT');
  });

  it('is InternalError once four tries have failed', async () => {
    upstream.next.GET.push(...times(4, cutOff));
    const { status, note } = await refusal(client.update(requestOf(upstream)));
    expect(status).toMatchObject({ code: 500, reason: 'InternalError', details: {} });
    expect(note).toEqual({ reason: 'the answer was cut off' });
    expect(upstream.methods()).toBe('GET GET GET GET');
  });

  it('after a write is not written again but settled by a read', async () => {
    upstream.next.PUT.push(cutOff);
    expect((await client.update(requestOf(upstream))).outcome).toBe('changed');
    expect(upstream.methods()).toBe('GET PUT GET');
  });
});
