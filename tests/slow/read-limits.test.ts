import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { jobPath, useGateway } from '../scenarios/gateway.ts';
import { answerWith, listOf, MiB, read, tooLarge } from '../scenarios/read/request.ts';

useGateway();

const list = '/apis/kubeflow.org/v1/tfjobs';
const gzip = { 'accept-encoding': 'gzip' };
/** Random text, which gzip makes little smaller: base64 holds 6 bits in 8. */
const noise = (length: number): string => {
  let state = 1;
  const bytes = Buffer.alloc(Math.ceil((length * 3) / 4));
  for (let i = 0; i < bytes.length; i += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    bytes[i] = state >> 16;
  }
  return bytes.toString('base64').slice(0, length);
};

describe('a large answer', () => {
  it('is measured as it is sent: compressed it fits', async () => {
    answerWith(listOf(20 * MiB));
    const answer = await read(list, gzip);
    expect([answer.status, answer.body.x.length]).toEqual([200, 20 * MiB - 38]);
  });

  it('is measured as it is sent: compressed and in base64 it does not fit', async () => {
    // 6 bits in 8 after gzip, and 8 in 6 again by base64: as long as before.
    answerWith(listOf(7 * MiB, noise));
    const answer = await read(list, gzip);
    expect([answer.status, answer.headers['content-encoding'] === 'gzip', answer.body]).toEqual([413, false, tooLarge]);
  });
});

describe('an upstream’s list', () => {
  it('of 24 MiB is read', async () => {
    answerWith(gzipSync(listOf(24 * MiB)), { 'content-encoding': 'gzip' });
    expect((await read(list, gzip)).status).toBe(200);
  });

  it.each([
    ['as it is', (text: string) => Buffer.from(text), {}],
    ['compressed', (text: string) => gzipSync(text), { 'content-encoding': 'gzip' }],
  ])('above 24 MiB is refused with a word about limit: %s', async (_title, pack, headers) => {
    answerWith(pack(listOf(24 * MiB + 1)), headers as Record<string, string>);
    expect((await read(list, gzip)).body).toEqual(tooLarge);
  });

  it('that is a bomb is refused, and the next request is answered', async () => {
    answerWith(gzipSync(Buffer.alloc(200 * MiB)), { 'content-encoding': 'gzip' });
    expect((await read(list, gzip)).body).toEqual(tooLarge);
    answerWith('{"kind":"TFJobList"}');
    expect((await read(list, gzip)).status).toBe(200);
  });

  it('that is an endless error is no list', async () => {
    answerWith(Buffer.alloc(33 * MiB), {}, 404);
    expect((await read(jobPath)).status).toBeGreaterThanOrEqual(400);
  });
});
