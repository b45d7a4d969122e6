import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { liveJob, liveText, now, reset, useGateway } from '../scenarios/gateway.ts';
import { patch, trips } from '../scenarios/patch/request.ts';

useGateway();

const red = (ttl: number) => ({ spec: { ttlSecondsAfterFinished: ttl } });
/** CCI takes every request, carries out none and says nothing. */
const hang = (): void => {
  now.upstream.answer = () => undefined;
};
/** Does what a patch of the spec asks, as CCI would. */
function carryOut(body: Buffer): void {
  const { metadata, spec, ...job } = liveJob();
  const resourceVersion = String(Number(metadata.resourceVersion) + 1);
  now.simulator.put({ ...job, metadata: { ...metadata, resourceVersion }, spec: { ...spec, ...JSON.parse(body.toString()).spec } });
}
/** What a patch came to: its code, its Retry-After, the calls that it cost, and seconds. */
async function patched(ttl: number) {
  now.upstream.received.length = 0;
  const began = performance.now();
  const { status, headers } = await patch(red(ttl));
  return { status, retryAfter: headers.get('retry-after'), trips: trips(), seconds: (performance.now() - began) / 1000 };
}

describe('the function that patches, while CCI hangs', () => {
  let before: string;
  beforeEach(async () => {
    await reset();
    expect(await patched(1)).toMatchObject({ status: 200, trips: 'PATCH' });
    before = liveText();
  });

  it('waits once, then answers at once that nothing was written, asks by a read alone, and is back as soon as CCI is', async () => {
    hang();
    const first = await patched(2);
    expect(first).toMatchObject({ status: 504, retryAfter: null, trips: 'PATCH GET' });
    expect(first.seconds).toBeLessThan(17);

    const began = performance.now();
    for (let request = 0; request < 30; request++) {
      const { status, retryAfter, trips: asked } = await patched(3);
      expect([status, asked]).toEqual([503, '']);
      expect(['3', '4', '5']).toContain(retryAfter);
    }
    expect(performance.now() - began).toBeLessThan(1900);

    await sleep(2100);
    expect(await patched(4)).toMatchObject({ status: 504, retryAfter: null, trips: 'GET' });
    expect(liveText()).toBe(before);
    expect(await patched(5)).toMatchObject({ status: 503, trips: '' });

    now.upstream.answer = undefined;
    await sleep(2100);
    expect(await patched(6)).toMatchObject({ status: 200, trips: 'GET PUT' });
    expect(await patched(7)).toMatchObject({ status: 200, trips: 'PATCH' });
    expect(liveJob().spec.ttlSecondsAfterFinished).toBe(7);
  });

  it('settles a write that nobody answered by a read, whatever is known of CCI', async () => {
    now.upstream.answer = ({ method, body }) => {
      if (method === 'GET') return 'hand on';
      carryOut(body);
      return undefined;
    };
    for (const ttl of [8, 9]) expect(await patched(ttl)).toMatchObject({ status: 200, trips: 'PATCH GET' });
    expect(liveJob().spec.ttlSecondsAfterFinished).toBe(9);
  });

  it('loses no request to a CCI that takes two seconds for each call', async () => {
    now.upstream.answer = async ({ body }, response) => {
      await sleep(2000);
      carryOut(body);
      response.writeHead(200, { 'content-type': 'application/json' }).end(liveText());
    };
    for (const ttl of [10, 11, 12]) expect(await patched(ttl)).toMatchObject({ status: 200, trips: 'PATCH' });
  });
});
