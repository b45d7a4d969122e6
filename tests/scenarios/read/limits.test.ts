import { describe, expect, it } from 'vitest';
import { useGateway } from '../gateway.ts';
import { answerWith, listOf, MiB, read, tooLarge } from './request.ts';

useGateway();

const list = '/apis/kubeflow.org/v1/tfjobs';
const gzip = { 'accept-encoding': 'gzip' };

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
