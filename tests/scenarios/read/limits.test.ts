import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { jobPath, status, useGateway } from '../gateway.ts';
import { answerWith, read } from './request.ts';

useGateway();

const list = '/apis/kubeflow.org/v1/tfjobs';
const MiB = 2 ** 20;
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
/** A list of so many bytes in all. */
const listOf = (size: number, filled: (length: number) => string = (length) => 'x'.repeat(length)): string => {
  const empty = '{"kind":"TFJobList","items":[],"x":""}';
  return `${empty.slice(0, -2)}${filled(size - empty.length)}"}`;
};
const tooLarge = status(413, 'RequestEntityTooLarge', expect.stringMatching(/use limit and continue/));

describe('an answer', () => {
  it('up to 1 MiB is sent as it is, and above it compressed for who takes gzip', async () => {
    answerWith(listOf(MiB - 1));
    expect((await read(list, gzip)).headers['content-encoding']).toBeUndefined();
    const large = listOf(MiB + 1);
    answerWith(large);
    const packed = await read(list, gzip);
    expect([packed.headers['content-encoding'], packed.headers.vary, packed.text]).toEqual(['gzip', 'Accept-Encoding', `${large}\n`]);
    expect((await read(list, { 'accept-encoding': 'gzip;q=0, br' })).headers['content-encoding']).toBeUndefined();
    expect((await read(list)).text).toBe(`${large}\n`);
  });

  it('that Lambda cannot send is a Status that says to use limit', async () => {
    answerWith(listOf(6 * MiB));
    const answer = await read(list);
    expect([answer.status, answer.type, answer.body]).toEqual([413, 'application/json', tooLarge]);
    expect(answer.headers['retry-after']).toBeUndefined();
  });

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

  it('is measured as it is sent: quotes count twice', async () => {
    const quotes = (length: number) => '\\"'.repeat(length / 2);
    answerWith(listOf(2 * MiB, quotes));
    expect((await read(list)).status).toBe(200);
    answerWith(listOf(4 * MiB, quotes));
    expect((await read(list)).body).toEqual(tooLarge);
  });

  it('that fits only without its indentation is sent without', async () => {
    const items = Array.from({ length: 300_000 }, () => 1);
    const compact = JSON.stringify({ kind: 'TFJobList', items: [[[[[[[[[[items]]]]]]]]]] });
    answerWith(compact);
    expect((await read(`${list}?pretty=true`)).text).toBe(`${compact}\n`);
  });

  it('in YAML and as a Table has the same limits', async () => {
    answerWith(JSON.stringify({ kind: 'TFJobList', items: Array(96).fill('x'.repeat(65_536)) }));
    expect((await read(list, { accept: 'application/yaml' })).body).toEqual(tooLarge);
    expect((await read(list, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })).body).toEqual(tooLarge);
    // What is made here is made of at most 4 MiB (read-memory.test.ts).
    expect((await read(list, { ...gzip, accept: 'application/yaml' })).status).toBe(413);
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
